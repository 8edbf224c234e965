/* The chained session log. */
#include "sessions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "stat.h"

static const char code_chain[] = "sessions.chain";

static enum suan_status broken(size_t line, const char *what, struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, code_chain,
                          "restore the log from a copy; a measurer must not rewrite it",
                          "sessions.jsonl line %zu: %s", line, what);
}

/* --- walking ------------------------------------------------------------------------------------------ */

struct visitor {
    enum suan_status (*visit)(void *context, const struct suan_json *line, struct suan_error *error);
    void *context;
};

static enum suan_status read_log(const char *path, struct suan_buffer *out, struct suan_error *error)
{
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return SUAN_OK;
    return suan_file_read(path, SUAN_SESSIONS_SIZE_MAX, out, error);
}

static enum suan_status visit_line(struct suan_span line, size_t number, struct suan_sessions_state *state,
                                   const struct visitor *visitor, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_digest prev;
    if (suan_json_parse(line, SUAN_SESSIONS_LINE_MAX, SUAN_JSON_CANONICAL, "line", &document, NULL) !=
        SUAN_OK)
        return broken(number, "not a canonical JSON line", error);
    const struct suan_json *root = suan_json_root(document);
    if (suan_json_get_hex(root, "prev", SUAN_JSON_REQUIRED, prev.bytes, sizeof prev.bytes, "", NULL) !=
            SUAN_OK ||
        !suan_digest_equal(&prev, &state->head))
        return broken(number, "does not follow from the line before", error);
    state->head = suan_sha256(line);
    state->lines++;
    return visitor->visit(visitor->context, root, error);
}

static enum suan_status walk(struct suan_span log, struct suan_sessions_state *state,
                             const struct visitor *visitor, struct suan_error *error)
{
    for (size_t number = 1; log.size > 0; number++) {
        const uint8_t *end = memchr(log.data, '\n', log.size);
        if (end == NULL)
            return broken(number, "was cut off", error);
        size_t length = (size_t)(end - log.data);
        enum suan_status status = visit_line(suan_span(log.data, length), number, state, visitor, error);
        if (status != SUAN_OK)
            return status;
        log = suan_span(end + 1, log.size - length - 1);
    }
    return SUAN_OK;
}

/* --- what is asked of it ------------------------------------------------------------------------------ */

struct history {
    const struct suan_digest *class;
    uint64_t begun, ended;
    int64_t ratios[SUAN_SESSIONS_HISTORY]; /* a ring of the class's last A/As */
    uint64_t count;
};

static bool has_digest(const struct suan_json *line, const char *key, const struct suan_digest *digest)
{
    struct suan_digest found;
    return suan_json_get_hex(line, key, SUAN_JSON_REQUIRED, found.bytes, sizeof found.bytes, "", NULL) ==
               SUAN_OK &&
           suan_digest_equal(&found, digest);
}

static bool is_event(const struct suan_json *line, const char *event)
{
    return suan_span_equal(suan_json_text(suan_json_find(line, "event")), suan_span_text(event));
}

static enum suan_status visit_history(void *context, const struct suan_json *line, struct suan_error *error)
{
    (void)error;
    struct history *history = context;
    const struct suan_json *ratio = suan_json_find(line, "aa_ratio_ppm");
    history->begun += is_event(line, "begin");
    history->ended += is_event(line, "end");
    bool noisy = suan_span_equal(suan_json_text(suan_json_find(line, "status")), suan_span_text("noisy"));
    if (is_event(line, "end") && ratio != NULL && !noisy && has_digest(line, "class", history->class))
        history->ratios[history->count++ % SUAN_SESSIONS_HISTORY] =
            suan_stat_log_ratio(suan_json_integer(ratio));
    return SUAN_OK;
}

enum suan_status suan_sessions_read(const char *path, const struct suan_digest *class,
                                    struct suan_sessions_state *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer log = {0};
    struct history history = {.class = class};
    *out = (struct suan_sessions_state){0};
    enum suan_status status = read_log(path, &log, error);
    if (status == SUAN_OK)
        status = walk(suan_buffer_span(&log), out, &(struct visitor){visit_history, &history}, error);
    if (status != SUAN_OK)
        return status;
    uint32_t kept = history.count < SUAN_SESSIONS_HISTORY ? (uint32_t)history.count : SUAN_SESSIONS_HISTORY;
    out->aborted = history.begun > history.ended ? history.begun - history.ended : 0;
    out->eps_ppm = suan_stat_eps(history.ratios, kept);
    out->aa_count = kept;
    return SUAN_OK;
}

struct attempts {
    const struct suan_digest *release, *task, *class;
    struct suan_json *open; /* ids of matching sessions begun */
    uint32_t count;
};

static enum suan_status visit_attempts(void *context, const struct suan_json *line, struct suan_error *error)
{
    (void)error;
    struct attempts *attempts = context;
    struct suan_span id = suan_json_text(suan_json_find(line, "id"));
    char key[33];
    if (id.size == 0 || id.size >= sizeof key)
        return SUAN_OK;
    snprintf(key, sizeof key, "%.*s", SUAN_SPAN_PRINTF(id));
    if (is_event(line, "begin") && has_digest(line, "release", attempts->release) &&
        has_digest(line, "task", attempts->task) && has_digest(line, "class", attempts->class)) {
        suan_json_set_boolean(attempts->open, key, true);
        attempts->count++;
    }
    bool noisy = suan_span_equal(suan_json_text(suan_json_find(line, "status")), suan_span_text("noisy"));
    if (is_event(line, "end") && noisy && suan_json_find(attempts->open, key) != NULL)
        attempts->count--;
    return SUAN_OK;
}

enum suan_status suan_sessions_attempts(const char *path, const struct suan_digest *release,
                                        const struct suan_digest *task, const struct suan_digest *class,
                                        uint32_t *out_count, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer log = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *open_ids = suan_json_new_object();
    struct attempts attempts = {.release = release, .task = task, .class = class, .open = open_ids};
    struct suan_sessions_state state = {0};
    enum suan_status status = read_log(path, &log, error);
    if (status == SUAN_OK)
        status = walk(suan_buffer_span(&log), &state, &(struct visitor){visit_attempts, &attempts}, error);
    if (status == SUAN_OK)
        *out_count = attempts.count;
    return status;
}

/* --- appending ---------------------------------------------------------------------------------------- */

static enum suan_status visit_nothing(void *context, const struct suan_json *line, struct suan_error *error)
{
    (void)context;
    (void)line;
    (void)error;
    return SUAN_OK;
}

static enum suan_status write_line(int fd, struct suan_span line, const char *path, struct suan_error *error)
{
    while (line.size > 0) {
        ssize_t put = write(fd, line.data, line.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return suan_error_errno(error, "file.io", errno, path);
        line = suan_span(line.data + put, line.size - (size_t)put);
    }
    if (fsync(fd) != 0)
        return suan_error_errno(error, "file.io", errno, path);
    return SUAN_OK;
}

/* A crash may leave half a line at the end, which was never acknowledged: it goes. */
static enum suan_status drop_torn_line(int fd, struct suan_buffer *log, const char *path,
                                       struct suan_error *error)
{
    size_t whole = log->size;
    while (whole > 0 && log->data[whole - 1] != '\n')
        whole--;
    if (whole == log->size)
        return SUAN_OK;
    log->size = whole;
    if (ftruncate(fd, (off_t)whole) != 0)
        return suan_error_errno(error, "file.io", errno, path);
    return SUAN_OK;
}

static enum suan_status append_line(const char *path, struct suan_json *line, struct suan_digest *out_prev,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer log = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_sessions_state state = {0};
    SUAN_CLEANUP(suan_closep) int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        return suan_error_errno(error, "file.io", errno, path);
    enum suan_status status = suan_file_read(path, SUAN_SESSIONS_SIZE_MAX, &log, error);
    if (status == SUAN_OK)
        status = drop_torn_line(fd, &log, path, error);
    if (status == SUAN_OK)
        status = walk(suan_buffer_span(&log), &state, &(struct visitor){visit_nothing, NULL}, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_hex(line, "prev", state.head.bytes, sizeof state.head.bytes);
    status = suan_json_format(line, SUAN_JSON_STYLE_CANONICAL, &text, error);
    if (status != SUAN_OK)
        return status;
    suan_buffer_append_u8(&text, '\n');
    status = write_line(fd, suan_buffer_span(&text), path, error);
    if (status == SUAN_OK && out_prev != NULL)
        *out_prev = state.head;
    return status;
}

static void set_time(struct suan_json *line, uint64_t time_ns)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)time_ns);
    suan_json_set_text(line, "time_ns", text);
}

static void set_digest(struct suan_json *line, const char *key, const struct suan_digest *digest)
{
    suan_json_set_hex(line, key, digest->bytes, sizeof digest->bytes);
}

enum suan_status suan_sessions_begin(const char *path, const struct suan_session_begin *begin,
                                     struct suan_digest *out_prev, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *line = suan_json_new_object();
    suan_json_set_text(line, "event", "begin");
    suan_json_set_text(line, "id", begin->id);
    set_digest(line, "release", &begin->release);
    set_digest(line, "task", &begin->task);
    set_digest(line, "class", &begin->class);
    set_digest(line, "plan", &begin->plan);
    suan_json_set_text(line, "mode", begin->mode == SUAN_MODE_QUICK ? "quick" : "full");
    set_time(line, begin->time_ns);
    return append_line(path, line, out_prev, error);
}

enum suan_status suan_sessions_end(const char *path, const struct suan_session_end *end,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *line = suan_json_new_object();
    suan_json_set_text(line, "event", "end");
    suan_json_set_text(line, "id", end->id);
    suan_json_set_text(line, "status", suan_outcome_name(end->outcome));
    if (end->has_aa)
        suan_json_set_integer(line, "aa_ratio_ppm", end->aa_ratio_ppm);
    set_digest(line, "class", &end->class);
    set_digest(line, "raw", &end->raw);
    set_time(line, end->time_ns);
    return append_line(path, line, NULL, error);
}
