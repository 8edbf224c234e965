/*
 * Runs every row of the table against a sealed worker, and its control against one with every layer off. A
 * row passes if the attempt is stopped in the sealed worker, works in the control, and afterwards host,
 * sibling and inputs are as before. Writes one JSON row a case. Usage: hostile OUT.json [UID]   (as that
 * account, when started by root)
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "engine/guest.h"
#include "rows.h"

struct row {
    int id;
    const char *name, *layer;
    enum hostile_control control;
};

#define AS_ROW(id, symbol, name, layer, control) {id, name, layer, control},
static const struct row rows[] = {HOSTILE_ROWS(AS_ROW)};
enum { ROWS = sizeof rows / sizeof rows[0], INPUTS = 512 };

static const char *const everything_off[] = {"--without", "seccomp",   "--without", "root",      "--without",
                                             "landlock",  "--without", "caps",      "--without", "mdwe",
                                             "--without", "rlimits",   NULL};

static const char *const all_but_the_root[] = {"--without", "seccomp", "--without", "landlock",
                                               "--without", "caps",    "--without", "mdwe",
                                               "--without", "rlimits", NULL};

struct suite {
    struct suan_engine *sealed, *open, *rooted;
    struct suan_guest *sibling;
    struct suan_buffer plugin;
    struct suan_json *results;
    double input[INPUTS];
    int failures;
};

static void must(enum suan_status status, const struct suan_error *error, const char *what)
{
    if (status == SUAN_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, suan_status_name(status), error->message);
    exit(1);
}

/* The plugin's bytes with its orders filled in. */
static void give_orders(struct suite *suite, int row, enum hostile_origin origin)
{
    const uint64_t mark = HOSTILE_MARK;
    struct hostile_orders *place = memmem(suite->plugin.data, suite->plugin.size, &mark, sizeof mark);
    const struct hostile_orders orders = {mark, (uint32_t)row, (uint32_t)origin};
    if (place == NULL)
        exit(1);
    memcpy(place, &orders, sizeof orders);
}

static enum suan_status open_guest(struct suite *suite, struct suan_engine *engine, struct suan_guest **out,
                                   struct suan_error *error)
{
    const struct suan_guest_options options = {
        .plugin = suan_buffer_span(&suite->plugin),
        .task = HOSTILE_TASK,
        .deadline_ms = 2000,
        .group = SUAN_GUEST_UNGROUPED,
        .require = engine == suite->sealed ? SUAN_ISOLATION_STRONG : SUAN_ISOLATION_UNCHECKED,
        .input_bytes = 1 << 20,
        .output_bytes = 1 << 20,
    };
    return suan_guest_open(engine, &options, out, error);
}

static enum suan_status call(struct suan_guest *guest, double *input, double *out_result,
                             struct suan_error *error)
{
    int64_t in_shape[8] = {INPUTS}, out_shape[8] = {1}, one[8] = {1};
    struct suan_tensor in = {.data = input,
                             .device_type = SUAN_DEVICE_CPU,
                             .ndim = 1,
                             .dtype = {SUAN_DTYPE_FLOAT, 64, 1},
                             .shape = in_shape,
                             .strides = one};
    struct suan_tensor out = in;
    out.data = out_result;
    out.shape = out_shape;
    return suan_guest_run(guest, &in, 1, &out, 1, 0, error);
}

/* What one attempt came to: a status, and if that is SUAN_OK the errno it met (0: it worked). */
struct finding {
    enum suan_status status;
    int failure;
    char text[96];
};

static struct finding try_it(struct suite *suite, struct suan_engine *engine, int row,
                             enum hostile_origin origin)
{
    struct suan_error error = {0};
    struct suan_guest *guest = NULL;
    struct finding finding = {0};
    double result = -1;
    char text[64];
    give_orders(suite, row, origin);
    finding.status = open_guest(suite, engine, &guest, &error);
    if (finding.status == SUAN_OK)
        finding.status = call(guest, suite->input, &result, &error);
    finding.failure = (int)result;
    if (finding.status != SUAN_OK)
        snprintf(finding.text, sizeof finding.text, "%s", suan_status_name(finding.status));
    else
        snprintf(finding.text, sizeof finding.text, "%s",
                 finding.failure == 0 ? "carried out" : strerror_r(finding.failure, text, sizeof text));
    suan_guest_close(guest);
    return finding;
}

static bool is_stopped(const struct finding *finding)
{
    return finding->status == SUAN_OK
               ? finding->failure != 0
               : finding->status == SUAN_E_WORKER_VIOLATION || finding->status == SUAN_E_WORKER_CRASHED ||
                     finding->status == SUAN_E_WORKER_LIMIT;
}

/* The same change to memory that nobody sealed. */
static struct finding probe(int row)
{
    struct finding finding = {0};
    int fd = memfd_create("probe", MFD_CLOEXEC);
    char *page = ftruncate(fd, 4096) == 0 ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    long result = -1;
    if (page != MAP_FAILED && row == HOSTILE_MPROTECT_INPUT)
        result = mprotect(page, 4096, PROT_READ | PROT_WRITE);
    else if (page != MAP_FAILED && row == HOSTILE_REMOVE_INPUT)
        result = mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0 ? madvise(page, 4096, MADV_REMOVE) : -1;
    finding.failure = result == 0 ? 0 : errno;
    snprintf(finding.text, sizeof finding.text, result == 0 ? "carried out" : "refused");
    close(fd);
    return finding;
}

/* In the control the attempt must work. SIGKILL of oneself is ignored by pid 1, which counts as carried out.
 */
static bool control_works(const struct row *row, const struct finding *finding)
{
    bool worked = finding->status == SUAN_OK && finding->failure == 0;
    bool absent = finding->status == SUAN_OK && row->control == CONTROL_ABSENT_OK;
    return worked || absent;
}

/* Host, sibling and inputs after the attempt. */
static bool all_is_well(struct suite *suite)
{
    struct suan_error error = {0};
    double result = -1;
    for (int i = 0; i < INPUTS; i++) {
        if (suite->input[i] != i)
            return false;
    }
    return call(suite->sibling, suite->input, &result, &error) == SUAN_OK && result == 0;
}

static void report(struct suite *suite, const struct row *row, enum hostile_origin origin,
                   const char *account, const struct finding *sealed, const struct finding *control,
                   bool passed)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "id", row->id);
    suan_json_set_text(object, "name", row->name);
    suan_json_set_text(object, "layer", row->layer);
    suan_json_set_text(object, "account", account);
    suan_json_set_text(object, "from", origin == FROM_CONSTRUCTOR ? "constructor" : "run");
    suan_json_set_text(object, "sealed", sealed->text);
    suan_json_set_text(object, "control", control->text);
    suan_json_set_text(object, "result", passed ? "pass" : "FAIL");
    suan_json_add(suite->results, object);
    if (passed)
        return;
    suite->failures++;
    printf("FAIL %3d %s (%s, %s): sealed: %s; control: %s\n", row->id, row->name, account,
           origin == FROM_CONSTRUCTOR ? "constructor" : "run", sealed->text, control->text);
}

static void run_row(struct suite *suite, const struct row *row, enum hostile_origin origin,
                    const char *account)
{
    bool memory = row->control == CONTROL_PROBE;
    if (memory && origin == FROM_CONSTRUCTOR)
        return; /* there are no inputs yet */
    struct finding sealed = try_it(suite, suite->sealed, row->id, origin);
    struct suan_engine *undefended = row->control == CONTROL_OPEN_ROOTED ? suite->rooted : suite->open;
    struct finding control = memory ? probe(row->id) : try_it(suite, undefended, row->id, origin);
    bool passed = is_stopped(&sealed) && control_works(row, &control) && all_is_well(suite);
    report(suite, row, origin, account, &sealed, &control, passed);
}

static struct suan_engine *start_engine(const char *worker, const char *const *switches)
{
    const struct suan_engine_options options = {.worker = worker, .switches = switches};
    struct suan_engine *engine = NULL;
    struct suan_error error = {0};
    must(suan_engine_open(&options, &engine, &error), &error, "opening an engine");
    return engine;
}

/* Starts again as an ordinary account, with a file it may write to. A process that merely changed its account
   would not do: the kernel does not let others, nor itself, look into it. */
static _Noreturn void start_again_as(const char *uid, char **argv)
{
    gid_t id = (gid_t)atoi(uid);
    char *arguments[] = {argv[0], argv[1], NULL};
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || fchown(fd, id, id) != 0 || setgroups(0, NULL) != 0 || setgid(id) != 0 || setuid(id) != 0 ||
        execv("/proc/self/exe", arguments) != 0)
        perror("becoming an ordinary user");
    exit(1);
}

static void write_results(const struct suite *suite, const char *path)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_error error = {0};
    suan_buffer_append_text(&text, "[");
    for (size_t i = 0; i < suan_json_count(suite->results); i++) {
        suan_buffer_append_text(&text, i == 0 ? "\n " : ",\n ");
        must(suan_json_format(suan_json_at(suite->results, i), SUAN_JSON_STYLE_CANONICAL, &text, &error),
             &error, path);
    }
    suan_buffer_append_text(&text, "\n]\n");
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(text.data, 1, text.size, file) != text.size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct suite suite;
    struct suan_error error = {0};
    if (argc < 2)
        return 2;
    if (argc > 2 && geteuid() == 0)
        start_again_as(argv[2], argv);
    must(suan_file_read(SUAN_TEST_PLUGIN, 1 << 24, &suite.plugin, &error), &error, SUAN_TEST_PLUGIN);
    const char *account = geteuid() == 0 ? "root" : "ordinary";
    for (int i = 0; i < INPUTS; i++)
        suite.input[i] = i;
    suite.results = suan_json_new_array();
    suite.sealed = start_engine(SUAN_TEST_WORKER, NULL);
    suite.open = start_engine(SUAN_TEST_WORKER_OPEN, everything_off);
    suite.rooted = start_engine(SUAN_TEST_WORKER_OPEN, all_but_the_root);
    give_orders(&suite, HOSTILE_NONE, FROM_RUN);
    must(open_guest(&suite, suite.sealed, &suite.sibling, &error), &error, "the sibling");
    for (size_t i = 0; i < ROWS; i++) {
        run_row(&suite, &rows[i], FROM_RUN, account);
        run_row(&suite, &rows[i], FROM_CONSTRUCTOR, account);
    }
    printf("%zu cases as %s at %s, %d failed\n", suan_json_count(suite.results), account,
           suan_isolation_level_name(suan_guest_level(suite.sibling)), suite.failures);
    suan_guest_close(suite.sibling);
    suan_engine_close(suite.rooted);
    suan_engine_close(suite.open);
    suan_engine_close(suite.sealed);
    write_results(&suite, argv[1]);
    suan_json_release(suite.results);
    suan_buffer_done(&suite.plugin);
    return suite.failures == 0 ? 0 : 1;
}
