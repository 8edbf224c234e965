/* The embedding library on the world's registry. */
#include "stand.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "service/service.h"
#include "trust/dsse.h"

static _Noreturn void give_up(const char *what, const struct suan_error *error)
{
    fprintf(stderr, "stand: %s: %s (%s)\n", what, error->message, error->code != NULL ? error->code : "");
    abort();
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void stand_new(struct stand *stand)
{
    *stand = (struct stand){0};
    snprintf(stand->folder, sizeof stand->folder, "/tmp/suan-libsuan-XXXXXX");
    if (mkdtemp(stand->folder) == NULL)
        abort();
    snprintf(stand->registry, sizeof stand->registry, "%s/registry", SUAN_TEST_WORLD);
    snprintf(stand->trust, sizeof stand->trust, "%s/trust.json", SUAN_TEST_WORLD);
    snprintf(stand->journal, sizeof stand->journal, "%s/meter", stand->folder);
    snprintf(stand->receipt, sizeof stand->receipt, "%s/receipt.json", stand->folder);
}

void stand_done(struct stand *stand)
{
    suan_close(stand->library);
    stand->library = NULL;
    nftw(stand->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The folder that is copied, and where to: for the walk. */
static _Thread_local const char *copy_from, *copy_to;

static int copy_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer content = {0};
    char target[PATH_MAX];
    (void)info;
    (void)where;
    snprintf(target, sizeof target, "%s%s", copy_to, path + strlen(copy_from));
    if (type == FTW_D)
        return mkdir(target, 0700);
    if (suan_file_read(path, (size_t)1 << 30, &content, NULL) != SUAN_OK)
        return 1;
    return suan_file_replace(target, suan_buffer_span(&content), 0600, NULL) != SUAN_OK;
}

void stand_copy_registry(struct stand *stand, const char *name)
{
    char target[PATH_MAX];
    snprintf(target, sizeof target, "%s/%s", stand->folder, name);
    copy_from = stand->registry;
    copy_to = target;
    if (nftw(stand->registry, copy_entry, 16, FTW_PHYS) != 0)
        abort();
    snprintf(stand->registry, sizeof stand->registry, "%s", target);
}

void stand_change_trust(struct stand *stand, const char *from, const char *to)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, changed = {0};
    if (suan_file_read(stand->trust, 1 << 20, &text, NULL) != SUAN_OK)
        abort();
    const char *whole = suan_buffer_text(&text), *place = strstr(whole, from);
    if (place == NULL) {
        fprintf(stderr, "stand: no %s in %s\n", from, whole);
        abort();
    }
    suan_buffer_append(&changed, whole, (size_t)(place - whole));
    suan_buffer_append_text(&changed, to);
    suan_buffer_append_text(&changed, place + strlen(from));
    snprintf(stand->trust, sizeof stand->trust, "%s/trust.json", stand->folder);
    if (suan_file_replace(stand->trust, suan_buffer_span(&changed), 0600, NULL) != SUAN_OK)
        abort();
}

int32_t stand_open(struct stand *stand, uint64_t flags)
{
    struct suan_open_options options = SUAN_OPEN_OPTIONS_INIT;
    options.registry = stand->registry;
    options.trust = stand->trust;
    options.journal = stand->journal;
    options.worker = SUAN_TEST_WORKER;
    options.flags = flags;
    stand->error = (struct suan_error){0};
    return suan_open(&options, &stand->library, &stand->error);
}

void stand_must_open(struct stand *stand)
{
    if (stand_open(stand, SUAN_OPEN_INPROCESS) != SUAN_OK)
        give_up("open", &stand->error);
}

const int64_t *stand_table(void)
{
    static _Alignas(64)
        const int64_t table[TABLE_SIZE] = {7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return table;
}

int32_t stand_load(struct stand *stand, const char *what, int32_t level, uint64_t seed,
                   struct suan_solver **out)
{
    struct suan_tensor table = SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE);
    struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
    options.level = level;
    options.seed = seed;
    options.prepared = &table;
    options.n_prepared = 1;
    options.input_bytes = options.output_bytes = 1 << 20;
    options.deadline_ms = 30000;
    stand->error = (struct suan_error){0};
    return suan_load(stand->library, what, &options, out, &stand->error);
}

struct suan_solver *stand_must_load(struct stand *stand, const char *what, int32_t level, uint64_t seed)
{
    struct suan_solver *solver = NULL;
    if (stand_load(stand, what, level, seed, &solver) != SUAN_OK)
        give_up(what, &stand->error);
    return solver;
}

bool stand_is_right(const int64_t *sums, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += i;
        if (sums[i] != sum + stand_table()[i % TABLE_SIZE])
            return false;
    }
    return true;
}

int32_t stand_call(struct stand *stand, struct suan_solver *solver, int64_t n, uint64_t deadline_ms)
{
    _Alignas(64) int64_t data[DATA_MAX], sums[DATA_MAX] = {0};
    struct suan_tensor in[] = {SUAN_VIEW1(SUAN_I64, stand_table(), TABLE_SIZE),
                               SUAN_VIEW1(SUAN_I64, data, n)};
    struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, sums, n)};
    for (int64_t i = 0; i < n; i++)
        data[i] = i;
    stand->error = (struct suan_error){0};
    int32_t status = suan_call(solver, in, 2, out, 1, deadline_ms, &stand->error);
    return status == SUAN_OK && !stand_is_right(sums, n) ? SUAN_E_NUMERIC : status;
}

void stand_must_call(struct stand *stand, struct suan_solver *solver, int64_t n, int times)
{
    for (int i = 0; i < times; i++) {
        if (stand_call(stand, solver, n, 0) != SUAN_OK)
            give_up("call", &stand->error);
    }
}

const char *stand_key(const char *ident)
{
    static _Thread_local char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/keys/%s", SUAN_TEST_WORLD, ident);
    return path;
}

int32_t stand_receipt(struct stand *stand, struct suan_solver *solver)
{
    stand->error = (struct suan_error){0};
    return suan_receipt(solver, "firm", stand_key("firm"), stand->receipt, &stand->error);
}

struct suan_receipt *stand_read_receipt(const char *path)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse envelope = {0};
    struct suan_error error = {0};
    struct suan_receipt *receipt = NULL;
    if (suan_file_read(path, SUAN_DSSE_SIZE_MAX, &text, &error) != SUAN_OK ||
        suan_dsse_parse(suan_buffer_span(&text), &envelope, &error) != SUAN_OK ||
        suan_receipt_parse(suan_buffer_span(&envelope.payload), &receipt, &error) != SUAN_OK)
        give_up(path, &error);
    return receipt;
}

struct suan_receipt *stand_must_receipt(struct stand *stand, struct suan_solver *solver)
{
    if (stand_receipt(stand, solver) != SUAN_OK)
        give_up("receipt", &stand->error);
    return stand_read_receipt(stand->receipt);
}

int64_t stand_jobs(const struct suan_receipt *receipt)
{
    int64_t jobs = 0;
    for (size_t i = 0; i < receipt->bin_count; i++)
        jobs += receipt->bins[i].jobs;
    return jobs;
}

enum suan_status stand_change(struct stand *stand, const char *noun, const char *verb, const char *as,
                              const char *option, const char *value, const char *option2, const char *value2)
{
    SUAN_CLEANUP(suan_service_closep) struct suan_service *service = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *request = suan_json_new_object();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_service_options options = {.registry = stand->registry};
    struct suan_acting acting = {.as = as, .sign = {stand_key(as)}, .n_sign = 1};
    const struct suan_verb *row = suan_verbs;
    while (strcmp(row->noun, noun) != 0 || strcmp(row->verb, verb) != 0)
        row++;
    suan_json_set_text(request, option, value);
    if (option2 != NULL)
        suan_json_set_text(request, option2, value2);
    stand->error = (struct suan_error){0};
    enum suan_status status = suan_service_open(&options, SUAN_SERVICE_WRITE, &service, &stand->error);
    return status != SUAN_OK ? status
                             : suan_service_change(service, &acting, row, request, &result, &stand->error);
}
