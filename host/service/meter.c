/*
 * The meter. The calling thread alone adds to the counters and reads the clock; the meter's thread looks at
 * the counters, asks for the end of an interval, and writes. The receipt, which both touch, is under a lock
 * that a call takes only when an interval ends.
 */
#include "meter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "thread.h"
#include "trust/draw.h"

enum {
    INTERVAL_MS = 250,
    INTERVALS_A_WRITE = 3,
    SHADOW_RATE_PPM = 20000,
    SHADOW_BUDGET_PPM = 50000,
    WHOLE_PPM = 1000000
};
/* A period is full before its sums pass what a receipt can carry. */
#define PERIOD_CPU_MAX_NS (INT64_C(1) << 52)

/* Calls ever counted; what an interval's end has taken over stands in `taken`. */
struct counters {
    _Atomic int64_t done[SUAN_RECEIPT_BINS_MAX], failed[SUAN_RECEIPT_BINS_MAX], outside;
};
struct taken {
    int64_t done[SUAN_RECEIPT_BINS_MAX], failed[SUAN_RECEIPT_BINS_MAX], outside;
};

struct meter {
    struct counters counters;
    atomic_bool interval_over;
    size_t bin_count, last_bin;                          /* last_bin: of the call before */
    struct suan_receipt_bin bins[SUAN_RECEIPT_BINS_MAX]; /* their limits alone */
    uint32_t until_shadow;                               /* calls until the next shadow run; 0: none */
    struct suan_draw draw;
    struct meter_clock clock;
    struct meter_reading last;

    pthread_mutex_t lock;         /* over what follows */
    struct suan_receipt *receipt; /* the period up to the last interval's end */
    struct taken taken;
    uint64_t shadows; /* recorded ever */
    enum { METER_RUN, METER_STOP } order;
    pthread_cond_t changed;

    pthread_mutex_t writing; /* one writer at a time, taken before `lock` */
    struct journal *journal;
    struct suan_receipt_basis basis;
    pthread_t thread;
    pid_t process;
};

static int64_t cpu_of(const struct suan_receipt *receipt)
{
    int64_t cpu_ns = 0;
    for (size_t i = 0; i < receipt->bin_count; i++)
        cpu_ns += receipt->bins[i].cpu_ns;
    return cpu_ns;
}

static bool is_empty(const struct suan_receipt *receipt)
{
    int64_t calls = 0;
    for (size_t i = 0; i < receipt->bin_count; i++)
        calls += receipt->bins[i].jobs + receipt->bins[i].failed;
    return calls == 0;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* --- the period on disk ------------------------------------------------------------------------------- */

static struct suan_receipt *copy_of(const struct suan_receipt *receipt)
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

/* Calls that no interval's end has taken over yet count as well; only their CPU time is not known. */
static void add_pending(const struct meter *meter, struct suan_receipt *copy)
{
    for (size_t i = 0; i < meter->bin_count; i++) {
        copy->bins[i].jobs +=
            atomic_load_explicit(&meter->counters.done[i], memory_order_relaxed) - meter->taken.done[i];
        copy->bins[i].failed +=
            atomic_load_explicit(&meter->counters.failed[i], memory_order_relaxed) - meter->taken.failed[i];
    }
    copy->unmetered_jobs +=
        atomic_load_explicit(&meter->counters.outside, memory_order_relaxed) - meter->taken.outside;
}

static enum suan_status write_period(struct meter *meter, struct suan_error *error)
{
    pthread_mutex_lock(&meter->writing);
    pthread_mutex_lock(&meter->lock);
    meter->receipt->end_ns = later(suan_clock_real_ns(), meter->receipt->start_ns);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *copy = copy_of(meter->receipt);
    if (copy != NULL)
        add_pending(meter, copy);
    pthread_mutex_unlock(&meter->lock);
    enum suan_status status = copy != NULL
                                  ? journal_write(meter->journal, copy, error)
                                  : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    pthread_mutex_unlock(&meter->writing);
    return status;
}

/* --- intervals ---------------------------------------------------------------------------------------- */

static int64_t weight_of(const struct meter *meter, size_t bin, int64_t jobs)
{
    size_t row = bin + 1 < meter->basis.count ? bin + 1 : meter->basis.count - 1;
    int64_t cost = meter->basis.p_hi_ns[row] / 1000 + 1; /* microseconds: the sum stays far below 2^62 */
    return (jobs < INT32_MAX / 32 ? jobs : INT32_MAX / 32) * (cost < INT32_MAX ? cost : INT32_MAX);
}

/* CPU time since the last reading; none after a change of source. */
static int64_t read_interval(struct meter *meter)
{
    struct meter_reading now = meter->last;
    if (meter->clock.read(meter->clock.context, &now, NULL) != SUAN_OK)
        return 0;
    bool comparable = now.source == meter->last.source && now.cpu_ns >= meter->last.cpu_ns;
    int64_t cpu_ns = comparable ? (int64_t)(now.cpu_ns - meter->last.cpu_ns) : 0;
    meter->last = now;
    return cpu_ns;
}

/* A full period counts no more: what comes then is on the receipt as not metered. */
static bool has_room(const struct suan_receipt *receipt, int64_t cpu_ns, const int64_t *jobs)
{
    bool room = cpu_of(receipt) + cpu_ns <= PERIOD_CPU_MAX_NS;
    for (size_t i = 0; i < receipt->bin_count; i++)
        room &= receipt->bins[i].jobs + jobs[i] <= SUAN_RECEIPT_JOBS_MAX;
    return room;
}

static void take_over(struct meter *meter, int64_t cpu_ns)
{
    int64_t jobs[SUAN_RECEIPT_BINS_MAX] = {0}, weights[SUAN_RECEIPT_BINS_MAX], parts[SUAN_RECEIPT_BINS_MAX];
    struct suan_receipt *receipt = meter->receipt;
    for (size_t i = 0; i < meter->bin_count; i++) {
        int64_t failed = atomic_load_explicit(&meter->counters.failed[i], memory_order_relaxed);
        jobs[i] = atomic_load_explicit(&meter->counters.done[i], memory_order_relaxed) - meter->taken.done[i];
        weights[i] = weight_of(meter, i, jobs[i]);
        receipt->bins[i].failed += failed - meter->taken.failed[i];
        meter->taken.failed[i] = failed;
        meter->taken.done[i] += jobs[i];
    }
    int64_t outside = atomic_load_explicit(&meter->counters.outside, memory_order_relaxed);
    receipt->unmetered_jobs += outside - meter->taken.outside;
    meter->taken.outside = outside;
    bool split = suan_split(cpu_ns, weights, parts, (uint32_t)meter->bin_count);
    bool room = has_room(receipt, cpu_ns, jobs);
    for (size_t i = 0; i < meter->bin_count; i++) {
        receipt->bins[i].jobs += room ? jobs[i] : 0;
        receipt->bins[i].cpu_ns += room && split ? parts[i] : 0;
        receipt->unmetered_jobs += room ? 0 : jobs[i];
    }
}

/* The interval's CPU time goes to its bins in proportion to what their jobs cost by the attested measurement.
 */
static void end_interval(struct meter *meter)
{
    int64_t cpu_ns = read_interval(meter);
    pthread_mutex_lock(&meter->lock);
    take_over(meter, cpu_ns);
    pthread_mutex_unlock(&meter->lock);
    atomic_store_explicit(&meter->interval_over, false, memory_order_relaxed);
}

static void add_one(_Atomic int64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* bin_count if it belongs to none. */
static size_t bin_of(struct meter *meter, int64_t size)
{
    size_t i = 0;
    while (i < meter->bin_count && size > meter->bins[i].hi)
        i++;
    /* The smallest attested size itself belongs to the first bin. */
    if (i == 0 && meter->bin_count > 0 && size < meter->bins[0].lo)
        return meter->bin_count;
    meter->last_bin = i < meter->bin_count ? i : meter->last_bin;
    return i;
}

void meter_count(struct meter *meter, int64_t size, enum meter_outcome outcome)
{
    size_t i = meter->last_bin;
    if (size <= meter->bins[i].lo || size > meter->bins[i].hi)
        i = bin_of(meter, size);
    if (i == meter->bin_count)
        add_one(&meter->counters.outside);
    else
        add_one(outcome == METER_DONE ? &meter->counters.done[i] : &meter->counters.failed[i]);
    if (atomic_load_explicit(&meter->interval_over, memory_order_relaxed))
        end_interval(meter);
}

/* --- the meter's thread ------------------------------------------------------------------------------- */

/* Changes whenever there is something new to write. */
static uint64_t state_of(const struct meter *meter)
{
    uint64_t sum = meter->shadows;
    for (size_t i = 0; i < meter->bin_count; i++) {
        sum += (uint64_t)atomic_load_explicit(&meter->counters.done[i], memory_order_relaxed);
        sum += (uint64_t)atomic_load_explicit(&meter->counters.failed[i], memory_order_relaxed);
        sum += (uint64_t)meter->taken.done[i] + (uint64_t)meter->taken.failed[i];
    }
    return sum + (uint64_t)atomic_load_explicit(&meter->counters.outside, memory_order_relaxed);
}

/* False once the meter closes. */
static bool sleep_interval(struct meter *meter, uint64_t *out_state)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += INTERVAL_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&meter->lock);
    while (meter->order == METER_RUN && pthread_cond_timedwait(&meter->changed, &meter->lock, &until) == 0)
        continue;
    bool goes_on = meter->order == METER_RUN;
    *out_state = state_of(meter);
    pthread_mutex_unlock(&meter->lock);
    return goes_on;
}

static void *keep(void *context)
{
    struct meter *meter = context;
    uint64_t seen = 0, written = 0, now = 0;
    for (int intervals = 1; sleep_interval(meter, &now); intervals++) {
        if (now != seen)
            atomic_store_explicit(&meter->interval_over, true, memory_order_relaxed);
        seen = now;
        if (now == written || intervals < INTERVALS_A_WRITE)
            continue;
        intervals = 0;
        if (write_period(meter, NULL) == SUAN_OK)
            written = now;
    }
    return NULL;
}

/* --- opening ------------------------------------------------------------------------------------------ */

static void describe(struct suan_receipt *receipt, const struct meter_subject *subject)
{
    snprintf(receipt->user, sizeof receipt->user, "-");
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
    suan_random(receipt->meter, sizeof receipt->meter);
    receipt->shadow_rate_ppm = SHADOW_RATE_PPM;
    suan_receipt_bins(subject->basis, receipt);
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

/* Shadows that cost more than their share of the last period become rarer in the next one. */
static int64_t next_rate(const struct suan_receipt *receipt)
{
    int64_t allowed = 0, rate = 0;
    if (!suan_mul_div(cpu_of(receipt), SHADOW_BUDGET_PPM, WHOLE_PPM, &allowed) ||
        receipt->shadow_cost_ns <= allowed ||
        !suan_mul_div(receipt->shadow_rate_ppm, allowed, receipt->shadow_cost_ns, &rate))
        return SHADOW_RATE_PPM;
    return rate;
}

/* Takes from the period what the receipt holds: the rest is the beginning of the next one. */
static void advance(struct suan_receipt *period, const struct suan_receipt *receipt,
                    const struct suan_digest *digest)
{
    period->shadow_rate_ppm = next_rate(receipt);
    period->previous = *digest;
    period->sequence = receipt->sequence + 1;
    period->start_ns = receipt->end_ns;
    period->end_ns = later(period->end_ns, period->start_ns);
    period->shadow_cost_ns -= receipt->shadow_cost_ns;
    period->unmetered_jobs -= receipt->unmetered_jobs;
    period->pair_count -= receipt->pair_count;
    if (period->pair_count > 0)
        memmove(period->pairs, period->pairs + receipt->pair_count,
                period->pair_count * sizeof period->pairs[0]);
    for (size_t i = 0; i < period->bin_count; i++) {
        period->bins[i].jobs -= receipt->bins[i].jobs;
        period->bins[i].cpu_ns -= receipt->bins[i].cpu_ns;
        period->bins[i].failed -= receipt->bins[i].failed;
    }
}

/* A process that died between keeping a receipt and beginning the next period has closed this one. */
static enum suan_status finish_closing(struct meter *meter, struct suan_receipt *old,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *closed = NULL;
    struct suan_digest digest;
    enum suan_status status = journal_find_receipt(meter->journal, old->sequence, &closed, &digest, error);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        advance(old, closed, &digest);
    return status;
}

static enum suan_status take_up(struct meter *meter, struct suan_error *error)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *old = NULL;
    enum suan_status status = journal_read(meter->journal, &old, error);
    if (status == SUAN_E_NOT_FOUND)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = finish_closing(meter, old, error);
    if (status != SUAN_OK)
        return status;
    if (continues(old, meter->receipt)) {
        suan_receipt_free(meter->receipt);
        meter->receipt = suan_take(&old);
        return SUAN_OK;
    }
    struct suan_receipt *fresh = meter->receipt;
    memcpy(fresh->meter, old->meter, sizeof fresh->meter);
    fresh->sequence = old->sequence;
    fresh->previous = old->previous;
    fresh->start_ns = later(fresh->start_ns, old->end_ns);
    fresh->end_ns = fresh->start_ns;
    return is_empty(old) ? SUAN_OK : journal_set_aside(meter->journal, old, error);
}

/* The gap is uniform around its mean, and only this process knows the key. */
static uint32_t draw_gap(struct meter *meter, int64_t rate_ppm)
{
    if (rate_ppm <= 0)
        return 0;
    uint32_t mean = (uint32_t)(WHOLE_PPM / rate_ppm);
    return 1 + suan_draw_below(&meter->draw, 2 * mean - 1);
}

/* A forked child leaves alone what the parent's thread waits on. */
static void meter_free(struct meter *meter)
{
    suan_receipt_free(meter->receipt);
    journal_close(meter->journal);
    if (meter->process == getpid()) {
        pthread_mutex_destroy(&meter->lock);
        pthread_mutex_destroy(&meter->writing);
        pthread_cond_destroy(&meter->changed);
    }
    free(meter);
}

static struct meter *meter_new(const struct meter_subject *subject, const struct meter_clock *clock)
{
    uint8_t key[32];
    pthread_condattr_t monotonic;
    struct meter *meter = calloc(1, sizeof *meter);
    if (meter == NULL || (meter->receipt = suan_receipt_new()) == NULL) {
        free(meter);
        return NULL;
    }
    pthread_mutex_init(&meter->lock, NULL);
    pthread_mutex_init(&meter->writing, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&meter->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    meter->process = getpid();
    meter->basis = *subject->basis;
    meter->clock = *clock;
    describe(meter->receipt, subject);
    meter->bin_count = meter->receipt->bin_count;
    memcpy(meter->bins, meter->receipt->bins, sizeof meter->bins);
    suan_random(key, sizeof key);
    suan_draw_init(&meter->draw, suan_span(key, sizeof key), "shadow");
    return meter;
}

enum suan_status meter_open(const char *journal, const struct meter_subject *subject,
                            const struct meter_clock *clock, struct meter **out, struct suan_error *error)
{
    struct meter *meter = meter_new(subject, clock);
    if (meter == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status = journal_open(journal, &subject->tar, subject->home, &meter->journal, error);
    if (status == SUAN_OK)
        status = take_up(meter, error);
    if (status == SUAN_OK)
        status = write_period(meter, error);
    if (status == SUAN_OK)
        status = meter->clock.read(meter->clock.context, &meter->last, error);
    if (status == SUAN_OK)
        status = thread_start(&meter->thread, keep, meter, error);
    if (status != SUAN_OK) {
        meter_free(meter);
        return status;
    }
    meter->until_shadow = draw_gap(meter, meter->receipt->shadow_rate_ppm);
    *out = meter;
    return SUAN_OK;
}

void meter_close(struct meter *meter)
{
    if (meter == NULL)
        return;
    if (meter->process == getpid()) {
        pthread_mutex_lock(&meter->lock);
        meter->order = METER_STOP;
        pthread_cond_signal(&meter->changed);
        pthread_mutex_unlock(&meter->lock);
        pthread_join(meter->thread, NULL);
        end_interval(meter);
        (void)!write_period(meter, NULL);
    }
    meter_free(meter);
}

/* --- shadows ------------------------------------------------------------------------------------------ */

static bool may_cost_more(const struct suan_receipt *receipt)
{
    int64_t allowed = 0;
    if (receipt->pair_count < SUAN_RECEIPT_PAIRS_ENOUGH)
        return true;
    return receipt->pair_count < SUAN_RECEIPT_PAIRS_MAX &&
           suan_mul_div(cpu_of(receipt), SHADOW_BUDGET_PPM, WHOLE_PPM, &allowed) &&
           receipt->shadow_cost_ns <= allowed;
}

bool meter_draws(struct meter *meter)
{
    if (meter->until_shadow == 0 || --meter->until_shadow > 0)
        return false;
    pthread_mutex_lock(&meter->lock);
    int64_t rate_ppm = meter->receipt->shadow_rate_ppm;
    bool drawn = may_cost_more(meter->receipt);
    pthread_mutex_unlock(&meter->lock);
    meter->until_shadow = draw_gap(meter, rate_ppm);
    return drawn;
}

void meter_shadow(struct meter *meter, const struct suan_receipt_pair *pair, int64_t cost_ns)
{
    pthread_mutex_lock(&meter->lock);
    struct suan_receipt *receipt = meter->receipt;
    struct suan_receipt_pair *pairs =
        receipt->pair_count < SUAN_RECEIPT_PAIRS_MAX
            ? realloc(receipt->pairs, (receipt->pair_count + 1) * sizeof receipt->pairs[0])
            : NULL;
    receipt->shadow_cost_ns += cost_ns;
    meter->shadows++;
    if (pairs != NULL) {
        receipt->pairs = pairs;
        pairs[receipt->pair_count++] = *pair;
    }
    pthread_mutex_unlock(&meter->lock);
}

/* --- receipts ----------------------------------------------------------------------------------------- */

enum suan_status meter_receipt(struct meter *meter, const char *user, const struct suan_digest *class,
                               const int64_t *scores, size_t score_count, struct suan_receipt **out,
                               struct suan_error *error)
{
    end_interval(meter);
    enum suan_status status = write_period(meter, error);
    if (status != SUAN_OK)
        return status;
    pthread_mutex_lock(&meter->lock);
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = copy_of(meter->receipt);
    pthread_mutex_unlock(&meter->lock);
    if (receipt == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (is_empty(receipt))
        return suan_error_set(error, SUAN_E_NOT_FOUND, "meter.empty", "call the solver first",
                              "nothing was metered in this period");
    snprintf(receipt->user, sizeof receipt->user, "%s", user);
    receipt->class = *class;
    receipt->score_count = score_count < SUAN_RECEIPT_SCORES_MAX ? score_count : SUAN_RECEIPT_SCORES_MAX;
    memcpy(receipt->scores, scores, receipt->score_count * sizeof scores[0]);
    status = suan_receipt_compute(receipt, &meter->basis, error);
    if (status == SUAN_OK)
        *out = suan_take(&receipt);
    return status;
}

enum suan_status meter_next(struct meter *meter, const struct suan_receipt *receipt,
                            const struct suan_digest *digest, struct suan_span envelope,
                            struct suan_error *error)
{
    enum suan_status status = journal_keep_receipt(meter->journal, receipt->sequence, envelope, error);
    if (status != SUAN_OK)
        return status;
    pthread_mutex_lock(&meter->lock);
    advance(meter->receipt, receipt, digest);
    int64_t rate_ppm = meter->receipt->shadow_rate_ppm;
    pthread_mutex_unlock(&meter->lock);
    meter->until_shadow = draw_gap(meter, rate_ppm);
    return write_period(meter, error);
}
