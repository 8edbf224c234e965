/* What the scripts of this folder need and a shell has not: one document read strictly, a command killed at a
 * moment by its pidfd, the writer's lock held, a byte flipped. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "store/store.h"

enum { DOCUMENT_MAX = 16777216, KILLED = 137 };

static void fail(const char *what)
{
    fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* --- json PATH: the value at a.b.0.c of the one document on standard input; fails if there is none ---- */

static const struct suan_json *step_into(const struct suan_json *value, const char *name)
{
    char *end = NULL;
    unsigned long index = strtoul(name, &end, 10);
    if (suan_json_type(value) == SUAN_JSON_ARRAY && *end == '\0')
        return suan_json_at(value, index);
    return suan_json_find(value, name);
}

static int print_value(const struct suan_json *value)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    if (value == NULL)
        return 1;
    if (suan_json_type(value) == SUAN_JSON_STRING)
        suan_buffer_append_span(&text, suan_json_text(value));
    else if (suan_json_format(value, SUAN_JSON_STYLE_CANONICAL, &text, NULL) != SUAN_OK)
        return 1;
    printf("%.*s\n", (int)text.size, (const char *)text.data);
    return 0;
}

/* Times in nanoseconds pass 2^53, where the strict reader stops: they become text here. */
static void read_document(struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer number = {0};
    bool quoted = false, escaped = false;
    for (int c = getchar(); out->size < DOCUMENT_MAX; c = getchar()) {
        if (!quoted && c >= '0' && c <= '9') {
            suan_buffer_append_u8(&number, (uint8_t)c);
            continue;
        }
        suan_buffer_append_text(out, number.size > 15 ? "\"" : "");
        suan_buffer_append_span(out, suan_buffer_span(&number));
        suan_buffer_append_text(out, number.size > 15 ? "\"" : "");
        suan_buffer_clear(&number);
        if (c == EOF)
            return;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        suan_buffer_append_u8(out, (uint8_t)c);
    }
}

static int read_json(char *path)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_error error = {0};
    read_document(&text);
    if (suan_json_parse(suan_buffer_span(&text), DOCUMENT_MAX, SUAN_JSON_NEWLINES | SUAN_JSON_NULLS, "stdin",
                        &document, &error) != SUAN_OK) {
        fprintf(stderr, "probe: not one document: %s\n", error.message);
        return 2;
    }
    const struct suan_json *value = suan_json_root(document);
    for (char *rest = NULL, *name = strtok_r(path, ".", &rest); name != NULL && value != NULL;
         name = strtok_r(NULL, ".", &rest))
        value = step_into(value, name);
    return print_value(value);
}

/* --- kill MICROSECONDS COMMAND…: its exit status, or 137 if it was still running and had to be killed - */

static void pause_us(long long us)
{
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        continue;
}

static int signal_after(long long us, int signal, char **command)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0)
        fail("fork");
    int fd = pidfd_open(child, 0);
    if (fd < 0)
        fail("pidfd_open");
    pause_us(us);
    if (pidfd_send_signal(fd, signal, NULL, 0) != 0 && errno != ESRCH)
        fail("pidfd_send_signal");
    if (waitpid(child, &status, 0) != child)
        fail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

/* --- time COMMAND…: how many microseconds it took ----------------------------------------------------- */

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static int time_command(char **command)
{
    int status;
    long long begin = now_us();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        fail("fork");
    printf("%lld\n", now_us() - begin);
    return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

/* --- lock FILE: holds it as a writer does, says so, and waits for the end of its input ---------------- */

static int hold_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        fail(path);
    puts("held");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    return 0;
}

/* --- flip FILE OFFSET BIT ----------------------------------------------------------------------------- */

static int flip(const char *path, long long offset, int bit)
{
    uint8_t byte;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || pread(fd, &byte, 1, offset) != 1)
        fail(path);
    byte ^= (uint8_t)(1 << bit);
    if (pwrite(fd, &byte, 1, offset) != 1)
        fail(path);
    return close(fd);
}

/* --- schema FOLDER MAJOR: what a store made by a newer Suan says of itself ---------------------------- */

struct schema {
    const char *text;
};

static enum suan_status put_schema(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct schema *schema = context;
    return suan_row_put(txn, SUAN_TABLE_META, suan_span_text("store.schema"), suan_span_text(schema->text),
                        error);
}

static int raise_schema(const char *folder, const char *major)
{
    SUAN_CLEANUP(suan_store_closep) struct suan_store *store = NULL;
    char text[32];
    struct schema schema = {text};
    snprintf(text, sizeof text, "%s.0", major);
    if (suan_store_open(folder, SUAN_STORE_WRITE, 0, &store, NULL) != SUAN_OK)
        return 1;
    return suan_store_write(store, put_schema, &schema, NULL) == SUAN_OK ? 0 : 1;
}

/* --- random SEED COUNT LIMIT: numbers below the limit, the same for the same seed --------------------- */

static int print_random(uint64_t seed, int count, uint64_t limit)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int i = 0; i < count; i++) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        printf("%" PRIu64 "\n", state * UINT64_C(0x2545f4914f6cdd1d) % limit);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 2 ? argv[1] : "";
    if (strcmp(verb, "json") == 0)
        return read_json(argv[2]);
    if (strcmp(verb, "kill") == 0 && argc > 3)
        return signal_after(atoll(argv[2]), SIGKILL, argv + 3);
    if (strcmp(verb, "stop") == 0 && argc > 3)
        return signal_after(atoll(argv[2]), SIGTERM, argv + 3);
    if (strcmp(verb, "time") == 0)
        return time_command(argv + 2);
    if (strcmp(verb, "lock") == 0)
        return hold_lock(argv[2]);
    if (strcmp(verb, "flip") == 0 && argc == 5)
        return flip(argv[2], atoll(argv[3]), atoi(argv[4]));
    if (strcmp(verb, "schema") == 0 && argc == 4)
        return raise_schema(argv[2], argv[3]);
    if (strcmp(verb, "random") == 0 && argc == 5)
        return print_random(strtoull(argv[2], NULL, 10), atoi(argv[3]), strtoull(argv[4], NULL, 10));
    fputs("usage: probe json|kill|stop|time|lock|flip|schema|random …\n", stderr);
    return 2;
}
