/* The meter: counters in memory, intervals of CPU time, and a state file that survives a kill. */
#include "meter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "trust/draw.h"

#define INTERVAL_NS UINT64_C(50000000)
#define SYNC_NS UINT64_C(1000000000)
enum { LOOK_EVERY = 32, SHADOW_RATE_PPM = 20000, SHADOW_BUDGET_PPM = 50000, WHOLE_PPM = 1000000 };

struct meter {
    struct suan_receipt *receipt; /* the period so far; `lock` guards its shadow part */
    struct suan_receipt_basis basis;
    struct meter_clock clock;
    char path[PATH_MAX];
    int lock_fd;
    int64_t pending[SUAN_RECEIPT_BINS_MAX]; /* jobs of the interval */
    int64_t pending_jobs;
    uint64_t cpu_ns;              /* at the interval's beginning */
    uint64_t began_ns, synced_ns; /* by the monotonic clock */
    uint32_t until_look;          /* calls until the clock is looked at */
    uint32_t until_shadow;        /* calls until the next shadow run; 0: none */
    struct suan_draw draw;
    pthread_mutex_t lock;
};

static int64_t sum_of(const struct suan_receipt *receipt, int64_t *out_cpu_ns)
{
    int64_t jobs = 0;
    *out_cpu_ns = 0;
    for (size_t i = 0; i < receipt->bin_count; i++) {
        jobs += receipt->bins[i].jobs;
        *out_cpu_ns += receipt->bins[i].cpu_ns;
    }
    return jobs;
}

/* --- the state file ------------------------------------------------------------------------------------ */

static enum suan_status write_state(struct meter *meter, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    pthread_mutex_lock(&meter->lock);
    meter->receipt->end_ns = suan_clock_real_ns();
    enum suan_status status = suan_receipt_format(meter->receipt, &text, error);
    pthread_mutex_unlock(&meter->lock);
    meter->synced_ns = suan_clock_monotonic_ns();
    return status != SUAN_OK ? status : suan_file_replace(meter->path, suan_buffer_span(&text), 0600, error);
}

/* A period goes on only if it is about the same release, measurement and sizes. */
static bool continues(const struct suan_receipt *old, const struct suan_receipt *fresh)
{
    bool same = suan_digest_equal(&old->tar, &fresh->tar) &&
                suan_digest_equal(&old->measurement, &fresh->measurement) &&
                old->bin_count == fresh->bin_count && strcmp(old->task, fresh->task) == 0 &&
                strcmp(old->level, fresh->level) == 0;
    for (size_t i = 0; same && i < old->bin_count; i++)
        same = old->bins[i].lo == fresh->bins[i].lo && old->bins[i].hi == fresh->bins[i].hi;
    return same;
}

/* A period that cannot go on (another measurement was attested since) was never signed: it is kept beside,
 * not lost. */
static enum suan_status keep_apart(const struct meter *meter, const struct suan_receipt *old,
                                   struct suan_error *error)
{
    char path[PATH_MAX + 64];
    int64_t cpu_ns = 0;
    if (sum_of(old, &cpu_ns) == 0)
        return SUAN_OK;
    snprintf(path, sizeof path, "%s.%llu", meter->path, (unsigned long long)old->end_ns);
    return rename(meter->path, path) == 0 ? SUAN_OK : suan_error_errno(error, "meter.io", errno, path);
}

static enum suan_status read_state(struct meter *meter, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *old = NULL;
    enum suan_status status = suan_file_read(meter->path, SUAN_RECEIPT_SIZE_MAX, &text, error);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = suan_receipt_parse(suan_buffer_span(&text), &old, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, meter->path);
        return status;
    }
    meter->receipt->sequence = old->sequence;
    meter->receipt->previous = old->previous;
    meter->receipt->shadow_rate_ppm = old->shadow_rate_ppm;
    if (!continues(old, meter->receipt))
        return keep_apart(meter, old, error);
    suan_receipt_free(meter->receipt);
    meter->receipt = suan_take(&old);
    return SUAN_OK;
}

/* --- opening ------------------------------------------------------------------------------------------- */

static enum suan_status take_lock(struct meter *meter, const char *journal, const char *name,
                                  struct suan_error *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s.lock", journal, name) >= PATH_MAX ||
        snprintf(meter->path, sizeof meter->path, "%s/%s.json", journal, name) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the journal's path is too long");
    meter->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (meter->lock_fd < 0)
        return suan_error_errno(error, "meter.io", errno, path);
    if (flock(meter->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_LOCKED, "meter.locked",
                          "give this process a journal folder of its own",
                          "%s is metered by another solver or process", meter->path);
}

static void describe(struct meter *meter, const struct meter_subject *subject)
{
    struct suan_receipt *receipt = meter->receipt;
    snprintf(receipt->user, sizeof receipt->user, "%s", subject->user != NULL ? subject->user : "-");
    snprintf(receipt->id, sizeof receipt->id, "%s", subject->id);
    snprintf(receipt->version, sizeof receipt->version, "%s", subject->version);
    snprintf(receipt->task, sizeof receipt->task, "%s", subject->task);
    snprintf(receipt->level, sizeof receipt->level, "%s", subject->level);
    receipt->tar = subject->tar;
    receipt->measurement = subject->measurement;
    receipt->class = subject->basis->class;
    receipt->score_count = subject->basis->score_count;
    memcpy(receipt->scores, subject->basis->scores, sizeof receipt->scores);
    receipt->start_ns = receipt->end_ns = suan_clock_real_ns();
    receipt->sequence = 1;
    receipt->shadow_rate_ppm = SHADOW_RATE_PPM;
    suan_receipt_bins(subject->basis, receipt);
}

/* The gap is uniform around its mean, and only this process knows the key. */
static uint32_t draw_gap(struct meter *meter)
{
    int64_t rate = meter->receipt->shadow_rate_ppm;
    if (rate <= 0)
        return 0;
    uint32_t mean = (uint32_t)(WHOLE_PPM / rate);
    return 1 + suan_draw_below(&meter->draw, 2 * mean - 1);
}

static void meter_free(struct meter *meter)
{
    suan_receipt_free(meter->receipt);
    if (meter->lock_fd >= 0)
        close(meter->lock_fd);
    pthread_mutex_destroy(&meter->lock);
    free(meter);
}

enum suan_status meter_open(const char *journal, const struct meter_subject *subject,
                            const struct meter_clock *clock, struct meter **out, struct suan_error *error)
{
    char name[2 * SUAN_DIGEST_SIZE + 16];
    uint8_t key[32];
    struct meter *meter = calloc(1, sizeof *meter);
    if (meter == NULL || (meter->receipt = suan_receipt_new()) == NULL) {
        free(meter);
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    }
    pthread_mutex_init(&meter->lock, NULL);
    meter->lock_fd = -1;
    meter->basis = *subject->basis;
    meter->clock = *clock;
    describe(meter, subject);
    suan_hex(subject->tar.bytes, SUAN_DIGEST_SIZE, name);
    if (strncmp(subject->level, "NONE", 4) == 0)
        strcat(name, "-inprocess");
    suan_random(key, sizeof key);
    suan_draw_init(&meter->draw, suan_span(key, sizeof key), "shadow");
    enum suan_status status = take_lock(meter, journal, name, error);
    if (status == SUAN_OK)
        status = read_state(meter, error);
    if (status == SUAN_OK)
        status = write_state(meter, error);
    if (status != SUAN_OK) {
        meter_free(meter);
        return status;
    }
    meter->until_shadow = draw_gap(meter);
    meter->until_look = LOOK_EVERY;
    meter_restart(meter);
    *out = meter;
    return SUAN_OK;
}

/* --- intervals ----------------------------------------------------------------------------------------- */

void meter_restart(struct meter *meter)
{
    (void)!meter->clock.read(meter->clock.context, &meter->cpu_ns, NULL);
    meter->began_ns = suan_clock_monotonic_ns();
}

static int64_t weight_of(const struct meter *meter, size_t bin)
{
    size_t row = bin + 1 < meter->basis.count ? bin + 1 : meter->basis.count - 1;
    int64_t cost = meter->basis.p_hi_ns[row] / 1000 + 1; /* microseconds: the sum stays far below 2^62 */
    return meter->pending[bin] * (cost < INT32_MAX ? cost : INT32_MAX);
}

/* The interval's CPU time goes to its bins in proportion to what their jobs cost by the attested measurement.
 */
static void end_interval(struct meter *meter)
{
    int64_t weights[SUAN_RECEIPT_BINS_MAX], parts[SUAN_RECEIPT_BINS_MAX];
    struct suan_receipt *receipt = meter->receipt;
    uint64_t now = meter->cpu_ns;
    if (meter->clock.read(meter->clock.context, &now, NULL) != SUAN_OK || now < meter->cpu_ns)
        now = meter->cpu_ns;
    for (size_t i = 0; i < receipt->bin_count; i++)
        weights[i] = weight_of(meter, i);
    if (meter->pending_jobs > 0 &&
        suan_split((int64_t)(now - meter->cpu_ns), weights, parts, (uint32_t)receipt->bin_count)) {
        for (size_t i = 0; i < receipt->bin_count; i++) {
            receipt->bins[i].jobs += meter->pending[i];
            receipt->bins[i].cpu_ns += parts[i];
        }
    }
    memset(meter->pending, 0, sizeof meter->pending);
    meter->pending_jobs = 0;
    meter->cpu_ns = now;
}

static void look(struct meter *meter)
{
    uint64_t now_ns = suan_clock_monotonic_ns();
    meter->until_look = LOOK_EVERY;
    if (now_ns - meter->began_ns < INTERVAL_NS)
        return;
    end_interval(meter);
    meter->began_ns = now_ns;
    if (now_ns - meter->synced_ns >= SYNC_NS)
        (void)!write_state(meter, NULL);
}

void meter_count(struct meter *meter, int64_t size, enum meter_outcome outcome)
{
    struct suan_receipt_bin *bin = suan_receipt_bin_of(meter->receipt, size);
    if (bin == NULL)
        meter->receipt->unmetered_jobs++;
    else if (outcome == METER_FAILED)
        bin->failed++;
    else {
        meter->pending[bin - meter->receipt->bins]++;
        meter->pending_jobs++;
    }
    if (--meter->until_look == 0)
        look(meter);
}

/* --- shadows ------------------------------------------------------------------------------------------- */

bool meter_draws(struct meter *meter)
{
    if (meter->until_shadow == 0 || --meter->until_shadow > 0)
        return false;
    meter->until_shadow = draw_gap(meter);
    return true;
}

void meter_shadow(struct meter *meter, const struct suan_receipt_pair *pair, int64_t cost_ns)
{
    pthread_mutex_lock(&meter->lock);
    struct suan_receipt *receipt = meter->receipt;
    receipt->shadow_cost_ns += cost_ns;
    if (receipt->pair_count < SUAN_RECEIPT_PAIRS_MAX) {
        struct suan_receipt_pair *pairs =
            realloc(receipt->pairs, (receipt->pair_count + 1) * sizeof receipt->pairs[0]);
        if (pairs != NULL) {
            receipt->pairs = pairs;
            pairs[receipt->pair_count++] = *pair;
        }
    }
    pthread_mutex_unlock(&meter->lock);
}

/* --- receipts ------------------------------------------------------------------------------------------ */

static struct suan_receipt *copy_receipt(const struct suan_receipt *receipt)
{
    struct suan_receipt *copy = suan_receipt_new();
    if (copy == NULL)
        return NULL;
    *copy = *receipt;
    copy->pairs = malloc((receipt->pair_count > 0 ? receipt->pair_count : 1) * sizeof *copy->pairs);
    if (copy->pairs == NULL) {
        suan_receipt_free(copy);
        return NULL;
    }
    if (receipt->pair_count > 0)
        memcpy(copy->pairs, receipt->pairs, receipt->pair_count * sizeof *copy->pairs);
    return copy;
}

enum suan_status meter_receipt(struct meter *meter, const char *user, const struct suan_digest *class,
                               const int64_t *scores, size_t score_count, struct suan_receipt **out,
                               struct suan_error *error)
{
    int64_t cpu_ns = 0;
    end_interval(meter);
    enum suan_status status = write_state(meter, error);
    if (status != SUAN_OK)
        return status;
    if (sum_of(meter->receipt, &cpu_ns) == 0)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "meter.empty", "call the solver first",
                              "nothing was metered in this period");
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = copy_receipt(meter->receipt);
    if (receipt == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    snprintf(receipt->user, sizeof receipt->user, "%s", user);
    receipt->class = *class;
    receipt->score_count = score_count < SUAN_RECEIPT_SCORES_MAX ? score_count : SUAN_RECEIPT_SCORES_MAX;
    memcpy(receipt->scores, scores, receipt->score_count * sizeof scores[0]);
    status = suan_receipt_compute(receipt, &meter->basis, error);
    if (status == SUAN_OK)
        *out = suan_take(&receipt);
    return status;
}

/* Shadows that cost more than their share of the last period become rarer in the next one. */
static int64_t next_rate(const struct suan_receipt *receipt)
{
    int64_t cpu_ns = 0, allowed = 0, rate = 0;
    (void)sum_of(receipt, &cpu_ns);
    if (!suan_mul_div(cpu_ns, SHADOW_BUDGET_PPM, WHOLE_PPM, &allowed) || receipt->shadow_cost_ns <= allowed ||
        !suan_mul_div(receipt->shadow_rate_ppm, allowed, receipt->shadow_cost_ns, &rate))
        return SHADOW_RATE_PPM;
    return rate;
}

enum suan_status meter_next(struct meter *meter, const struct suan_digest *receipt, struct suan_error *error)
{
    pthread_mutex_lock(&meter->lock);
    struct suan_receipt *period = meter->receipt;
    period->shadow_rate_ppm = next_rate(period);
    period->previous = *receipt;
    period->sequence++;
    period->start_ns = suan_clock_real_ns();
    period->shadow_cost_ns = period->unmetered_jobs = 0;
    period->pair_count = 0;
    for (size_t i = 0; i < period->bin_count; i++)
        period->bins[i].jobs = period->bins[i].cpu_ns = period->bins[i].failed = 0;
    pthread_mutex_unlock(&meter->lock);
    return write_state(meter, error);
}

void meter_close(struct meter *meter)
{
    if (meter == NULL)
        return;
    end_interval(meter);
    (void)!write_state(meter, NULL);
    meter_free(meter);
}

/* --- what was metered ---------------------------------------------------------------------------------- */

static void list_one(const struct suan_receipt *receipt, struct suan_json *rows)
{
    struct suan_json *row = suan_json_new_object();
    int64_t cpu_ns = 0, jobs = sum_of(receipt, &cpu_ns);
    suan_json_set_text(row, "id", receipt->id);
    suan_json_set_text(row, "version", receipt->version);
    suan_json_set_text(row, "task", receipt->task);
    suan_json_set_text(row, "level", receipt->level);
    suan_json_set_integer(row, "jobs", jobs);
    suan_json_set_integer(row, "cpu_ns", cpu_ns);
    suan_json_set_integer(row, "unmetered_jobs", receipt->unmetered_jobs);
    suan_json_set_integer(row, "pairs", (int64_t)receipt->pair_count);
    suan_json_set_integer(row, "receipts", receipt->sequence - 1);
    suan_json_add(rows, row);
}

static void close_folder(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

enum suan_status meter_list(const char *journal, struct suan_json **out, struct suan_error *error)
{
    SUAN_CLEANUP(close_folder) DIR *folder = opendir(journal);
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct suan_json *rows = suan_json_new_array();
    suan_json_set(result, "periods", rows);
    if (folder == NULL && errno != ENOENT)
        return suan_error_errno(error, "meter.io", errno, journal);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = NULL;
        char path[PATH_MAX];
        size_t size = strlen(entry->d_name);
        if (size < 2 * SUAN_DIGEST_SIZE + 5 || strcmp(entry->d_name + size - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", journal, entry->d_name);
        enum suan_status status = suan_file_read(path, SUAN_RECEIPT_SIZE_MAX, &text, error);
        if (status == SUAN_OK)
            status = suan_receipt_parse(suan_buffer_span(&text), &receipt, error);
        if (status != SUAN_OK)
            return status;
        list_one(receipt, rows);
    }
    *out = suan_take(&result);
    return SUAN_OK;
}
