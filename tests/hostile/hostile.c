/*
 * Runs every row of the table against a sealed worker, and its control without the defence. A row passes if the attempt ends
 * in the sealed worker as the table says, works in the control, and afterwards host, sibling and inputs are as before. Writes one JSON row a case. Usage: hostile OUT.json [UID]   (as that
 * account, when started by root)
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "engine/guest_state.h"
#include "rows.h"
#include "support/reach.h"

struct row {
    int id;
    const char *name, *layer;
    enum hostile_end ends;
    enum hostile_control control;
};

#define AS_ROW(id, symbol, name, layer, ends, control) {id, name, layer, ends, control},
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
    struct suan_buffer plugins[2]; /* the second makes threads, and says so */
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

/* How a row is to be tried. */
struct trial {
    const struct row *row;
    enum hostile_origin origin;
    struct suan_engine *engine;
    uint64_t deadline_ms;
    struct suan_buffer *plugin;
};

static const struct row no_row = {HOSTILE_NONE, "nothing", "", ENDS_HARMLESS, CONTROL_OPEN};

static bool needs_threads(int row, enum hostile_origin origin)
{
    return origin == FROM_THREAD || row == HOSTILE_CHANGE_REPLY || row == HOSTILE_AFTER_REPLY;
}

/* The plugin's bytes with its orders filled in. */
static struct suan_buffer *give_orders(struct suite *suite, int row, enum hostile_origin origin)
{
    const uint64_t mark = HOSTILE_MARK;
    struct suan_buffer *plugin = &suite->plugins[needs_threads(row, origin) ? 1 : 0];
    const struct hostile_orders orders = {mark, (uint32_t)row, (uint32_t)origin,
                                          row == HOSTILE_SLOW_TEARDOWN ? 2500 : 400, 0};
    struct hostile_orders *place = memmem(plugin->data, plugin->size, &mark, sizeof mark);
    if (place == NULL)
        exit(1);
    memcpy(place, &orders, sizeof orders);
    return plugin;
}

static enum suan_status open_guest(struct suite *suite, const struct trial *trial, struct suan_guest **out,
                                   struct suan_error *error)
{
    const struct suan_guest_options options = {
        .plugin = suan_buffer_span(trial->plugin),
        .task = HOSTILE_TASK,
        .deadline_ms = 2000,
        .group = SUAN_GUEST_UNGROUPED,
        .require = trial->engine == suite->sealed ? SUAN_ISOLATION_STRONG : SUAN_ISOLATION_UNCHECKED,
        .input_bytes = 1 << 20,
        .output_bytes = 1 << 20,
        .memory_bytes = 160 << 20,
        .workers = trial->row->id == HOSTILE_HIJACK ? 2 : 1,
        .flags = trial->plugin == &suite->plugins[1] ? SUAN_FLAG_OWN_THREADS : 0,
        .dynamic_outputs = trial->row->control == CONTROL_LANDED,
    };
    return suan_guest_open(trial->engine, &options, out, error);
}

static enum suan_status call(struct suan_guest *guest, double *input, double *out_result,
                             uint64_t deadline_ms, struct suan_error *error)
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
    return suan_guest_run(guest, &in, 1, &out, 1, deadline_ms, error);
}

/* What one attempt came to: a status, and if that is SUAN_OK the errno it met (0: it worked). */
struct finding {
    enum suan_status status;
    int failure;
    bool landed, spoilt; /* spoilt: something of the caller's was touched */
    char text[128];
};

/* Was what the plugin forged in the host's own mapping, for a trusting host to use? */
static bool has_landed(const struct suan_guest *guest)
{
    struct hostile_landing landing;
    const uint8_t *reply = (const uint8_t *)guest->region.reply;
    memcpy(&landing, reply + HOSTILE_LANDING_AT, sizeof landing);
    const uint8_t *base = landing.in_output != 0 ? guest->region.output.base : reply;
    uint64_t bytes = landing.in_output != 0 ? guest->region.output.bytes : SUAN_WIRE_PAGE;
    return landing.mark == HOSTILE_LANDED && landing.size <= sizeof landing.value && landing.offset < bytes &&
           memcmp(base + landing.offset, &landing.value, landing.size) == 0;
}

static bool is_clean(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    }
    return true;
}

static int calls_of(int row)
{
    return row == HOSTILE_LEAK ? 8 : row == HOSTILE_FLOAT_MODE ? 2 : 1;
}

/* The canaries around the result are the caller's, and nobody's to write. */
static void run_calls(struct suite *suite, const struct trial *trial, struct suan_guest *guest,
                      struct finding *finding, struct suan_error *error)
{
    const double canary = 12345;
    double place[3] = {canary, -1, canary};
    for (int i = calls_of(trial->row->id); i > 0 && finding->status == SUAN_OK; i--)
        finding->status = call(guest, suite->input, &place[1], trial->deadline_ms, error);
    const struct timespec moment = {0, 5000000};
    double result = place[1];
    finding->landed = has_landed(guest);
    for (int i = 0; i < 100 && !finding->landed && needs_threads(trial->row->id, FROM_RUN); i++) {
        nanosleep(&moment, NULL); /* until its thread has had its turn */
        finding->landed = has_landed(guest);
    }
    if (trial->row->id == HOSTILE_AFTER_REPLY)
        finding->failure = place[1] == result ? 0 : EIO;
    else
        finding->failure = (int)result;
    finding->spoilt = place[0] != canary || place[2] != canary || !is_clean(error->message) ||
                      (finding->status != SUAN_OK && calls_of(trial->row->id) == 1 && result != -1);
}

static struct finding try_it(struct suite *suite, const struct trial *trial)
{
    struct suan_error error = {0};
    struct suan_guest *guest = NULL;
    struct finding finding = {0};
    char text[64];
    finding.status = open_guest(suite, trial, &guest, &error);
    if (finding.status == SUAN_OK)
        run_calls(suite, trial, guest, &finding, &error);
    if (finding.status != SUAN_OK)
        snprintf(finding.text, sizeof finding.text, "%s: %.80s", suan_status_name(finding.status),
                 error.message);
    else
        snprintf(finding.text, sizeof finding.text, "%s",
                 finding.failure == 0  ? "carried out"
                 : finding.failure < 0 ? "not tried"
                                       : strerror_r(finding.failure, text, sizeof text));
    uint64_t began = suan_clock_monotonic_ns();
    suan_guest_close(guest);
    finding.spoilt |= suan_clock_monotonic_ns() - began > UINT64_C(1500000000);
    return finding;
}

static bool is_stopped(const struct finding *finding)
{
    return finding->status == SUAN_OK
               ? finding->failure > 0
               : finding->status == SUAN_E_WORKER_VIOLATION || finding->status == SUAN_E_WORKER_CRASHED ||
                     finding->status == SUAN_E_WORKER_LIMIT;
}

static bool ends_as(enum hostile_end ends, const struct finding *finding)
{
    int status = finding->status;
    if (finding->spoilt)
        return false;
    switch (ends) {
    case ENDS_STOPPED: return is_stopped(finding);
    case ENDS_HARMLESS: return status == SUAN_OK && finding->failure == 0;
    case ENDS_CRASHED: return status == SUAN_E_WORKER_CRASHED;
    case ENDS_TIMEOUT: return status == SUAN_E_WORKER_TIMEOUT;
    case ENDS_PROTOCOL: return status == SUAN_E_WORKER_PROTOCOL;
    case ENDS_FAILED: return status < 0 && status >= -63;
    case ENDS_REFUSED_OR_OK: return status == SUAN_OK || status == SUAN_E_WORKER_PROTOCOL;
    case ENDS_ENDED: return status != SUAN_OK;
    }
    return false;
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

static struct finding try_bare(const struct suan_buffer *plugin)
{
    static const char *const texts[] = {"no namespaces for it", "unharmed", "carried out: it harmed its host",
                                        "carried out"};
    enum bare_result result = bare_try(plugin->data, plugin->size);
    struct finding finding = {.failure = result == BARE_HARMED || result == BARE_DID ? 0 : EPERM};
    snprintf(finding.text, sizeof finding.text, "%s", texts[result]);
    return finding;
}

/* In the worker without layers; what crashes there may do so only if it crashes anywhere on this machine. */
static struct finding try_open(struct suite *suite, const struct trial *trial)
{
    struct finding finding = try_it(suite, trial);
    bool crashed = finding.status == SUAN_E_WORKER_CRASHED;
    if (trial->row->control != CONTROL_NATIVE || !crashed)
        return finding;
    if (bare_try(trial->plugin->data, trial->plugin->size) == BARE_HARMED) {
        finding = (struct finding){0};
        snprintf(finding.text, sizeof finding.text, "not attackable here");
    }
    return finding;
}

static struct finding control(struct suite *suite, const struct trial *sealed, const struct finding *found)
{
    struct trial trial = *sealed;
    struct finding finding = *found;
    trial.engine = trial.row->control == CONTROL_OPEN_ROOTED ? suite->rooted : suite->open;
    switch (trial.row->control) {
    case CONTROL_PROBE: return probe(trial.row->id);
    case CONTROL_BARE: return try_bare(trial.plugin);
    case CONTROL_LANDED:
        finding.status = SUAN_OK;
        finding.failure = found->landed ? 0 : EPERM;
        snprintf(finding.text, sizeof finding.text,
                 found->landed ? "carried out: it lies in the host's mapping" : "lost");
        return finding;
    case CONTROL_PATIENT: trial.deadline_ms = 5000; break;
    default: break;
    }
    return try_open(suite, &trial);
}

/* In the control the attempt must work. A thread left behind is noticed by the host, which shows that it was. */
static bool control_works(const struct row *row, const struct finding *finding)
{
    bool worked = finding->status == SUAN_OK && finding->failure == 0;
    bool absent = finding->status == SUAN_OK && row->control == CONTROL_ABSENT_OK && finding->failure > 0;
    bool noticed = finding->status == SUAN_E_WORKER_VIOLATION && row->id == HOSTILE_BUSY_THREAD;
    return worked || absent || noticed;
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
    return call(suite->sibling, suite->input, &result, 0, &error) == SUAN_OK && result == 0;
}

static const char *const origin_names[HOSTILE_ORIGINS] = {"run", "constructor", "resolver", "thread"};

static void report(struct suite *suite, const struct trial *trial, const char *account,
                   const struct finding *sealed, const struct finding *control_found, bool passed)
{
    const struct row *row = trial->row;
    struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "id", row->id);
    suan_json_set_text(object, "name", row->name);
    suan_json_set_text(object, "layer", row->layer);
    suan_json_set_text(object, "account", account);
    suan_json_set_text(object, "from", origin_names[trial->origin]);
    suan_json_set_text(object, "sealed", sealed->text);
    suan_json_set_text(object, "control", control_found->text);
    suan_json_set_text(object, "result", passed ? "pass" : "FAIL");
    suan_json_add(suite->results, object);
    if (passed)
        return;
    suite->failures++;
    printf("FAIL %3d %s (%s, %s): sealed: %s%s; control: %s\n", row->id, row->name, account,
           origin_names[trial->origin], sealed->text, sealed->spoilt ? " (spoilt)" : "", control_found->text);
}

/* What a row is tried from beside run. Time, replies and ends are run's alone; before run there are no inputs and no
 * threads; a thread's own limits are not a matter for threads. */
static bool makes_sense(const struct row *row, enum hostile_origin origin)
{
    static const int runs_alone[] = {HOSTILE_HIJACK,    HOSTILE_BUSY_THREAD, HOSTILE_WAKE_STORM,
                                     HOSTILE_RECURSION, HOSTILE_SWALLOW,     HOSTILE_LEAK};
    if (origin == FROM_RUN)
        return true;
    for (size_t i = 0; i < sizeof runs_alone / sizeof runs_alone[0]; i++) {
        if (runs_alone[i] == row->id)
            return false;
    }
    switch (row->control) {
    case CONTROL_PROBE: return origin == FROM_THREAD;
    case CONTROL_PATIENT:
    case CONTROL_LANDED:
    case CONTROL_BARE: return false;
    default: return origin != FROM_THREAD || row->id != HOSTILE_THREAD_BOMB;
    }
}

static void run_row(struct suite *suite, const struct row *row, enum hostile_origin origin,
                    const char *account)
{
    struct trial trial = {.row = row, .origin = origin, .engine = suite->sealed, .deadline_ms = 1000};
    if (!makes_sense(row, origin))
        return;
    if (row->ends == ENDS_TIMEOUT)
        trial.deadline_ms = 100;
    trial.plugin = give_orders(suite, row->id, origin);
    struct finding sealed = try_it(suite, &trial), without = control(suite, &trial, &sealed);
    bool passed = ends_as(row->ends, &sealed) && control_works(row, &without) && all_is_well(suite);
    report(suite, &trial, account, &sealed, &without, passed);
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
    int cause = test_reach(SUAN_TEST_SOURCE);
    cause = cause == 0 ? test_reach(SUAN_TEST_BUILD) : cause;
    if (cause != 0) {
        fprintf(stderr, "%s: no other account can reach it, and a mount namespace did not help: %s\n",
                SUAN_TEST_SOURCE, strerror(cause));
        exit(1);
    }
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
    must(suan_file_read(SUAN_TEST_PLUGIN, 1 << 24, &suite.plugins[0], &error), &error, SUAN_TEST_PLUGIN);
    must(suan_file_read(SUAN_TEST_PLUGIN_THREADS, 1 << 24, &suite.plugins[1], &error), &error,
         SUAN_TEST_PLUGIN_THREADS);
    const char *account = geteuid() == 0 ? "root" : "ordinary";
    for (int i = 0; i < INPUTS; i++)
        suite.input[i] = i;
    suite.results = suan_json_new_array();
    suite.sealed = start_engine(SUAN_TEST_WORKER, NULL);
    suite.open = start_engine(SUAN_TEST_WORKER_OPEN, everything_off);
    suite.rooted = start_engine(SUAN_TEST_WORKER_OPEN, all_but_the_root);
    const struct trial honest = {
        .row = &no_row, .engine = suite.sealed, .plugin = give_orders(&suite, HOSTILE_NONE, FROM_RUN)};
    must(open_guest(&suite, &honest, &suite.sibling, &error), &error, "the sibling");
    for (size_t i = 0; i < ROWS; i++) {
        for (int origin = 0; origin < HOSTILE_ORIGINS; origin++)
            run_row(&suite, &rows[i], (enum hostile_origin)origin, account);
    }
    printf("%zu cases as %s at %s, %d failed\n", suan_json_count(suite.results), account,
           suan_isolation_level_name(suan_guest_level(suite.sibling)), suite.failures);
    suan_guest_close(suite.sibling);
    suan_engine_close(suite.rooted);
    suan_engine_close(suite.open);
    suan_engine_close(suite.sealed);
    write_results(&suite, argv[1]);
    suan_json_release(suite.results);
    suan_buffer_done(&suite.plugins[0]);
    suan_buffer_done(&suite.plugins[1]);
    return suite.failures == 0 ? 0 : 1;
}
