/*
 * The integer that a receipt saves. Every factor is bounded where it is read (jobs 2^40, costs 2^46 and 2^53,
 * scores 2^31), so that no product passes 127 bits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "receipt.h"
#include "receipt_part.h"
#include "trust/bootstrap.h"

enum {
    WHOLE_PPM = 1000000,
    SCORE_LIMIT_PPM = 150000,
    TIER_C_SHADOW_HAIRCUT_PPM = 20000,
    DIVERGED_PPM = 250000,
    SHADOW_ALLOWANCE_NS = 150000
};
/* 2.5 % of the bootstrap's replicates. */
enum { SHADOW_RANK = SUAN_BOOTSTRAP_REPLICATES / 40 };

/* --- bins --------------------------------------------------------------------------------------------- */

void suan_receipt_bins(const struct suan_receipt_basis *basis, struct suan_receipt *receipt)
{
    receipt->bin_count = 0;
    for (size_t i = 1; i < basis->count; i++)
        receipt->bins[receipt->bin_count++] =
            (struct suan_receipt_bin){.lo = basis->n[i - 1], .hi = basis->n[i]};
    if (basis->count > 0 && basis->limit_n > basis->n[basis->count - 1])
        receipt->bins[receipt->bin_count++] =
            (struct suan_receipt_bin){.lo = basis->n[basis->count - 1], .hi = basis->limit_n};
}

struct suan_receipt_bin *suan_receipt_bin_of(struct suan_receipt *receipt, int64_t size)
{
    for (size_t i = 0; i < receipt->bin_count; i++) {
        struct suan_receipt_bin *bin = &receipt->bins[i];
        /* The smallest attested size itself belongs to the first bin. */
        if ((size > bin->lo || (i == 0 && size == bin->lo)) && size <= bin->hi)
            return bin;
    }
    return NULL;
}

static enum suan_status check_bins(const struct suan_receipt *receipt, const struct suan_receipt_basis *basis,
                                   struct suan_error *error)
{
    struct suan_receipt expected = {0};
    suan_receipt_bins(basis, &expected);
    bool same = expected.bin_count == receipt->bin_count;
    for (size_t i = 0; same && i < receipt->bin_count; i++)
        same = expected.bins[i].lo == receipt->bins[i].lo && expected.bins[i].hi == receipt->bins[i].hi;
    return same ? SUAN_OK
                : suan_error_set(error, SUAN_E_FORMAT, "receipt.format", NULL,
                                 "bins: not those of the attested measurement");
}

/* --- the saving --------------------------------------------------------------------------------------- */

__extension__ typedef __int128 wide;

static enum suan_status narrow(wide value, int64_t *out, struct suan_error *error)
{
    if (value > SUAN_JSON_INTEGER_MAX)
        return suan_error_set(error, SUAN_E_FORMAT, "measure.range", "close the metering period more often",
                              "a sum of the receipt passes 2^53");
    *out = value < 0 ? 0 : (int64_t)value;
    return SUAN_OK;
}

static wide least(wide a, wide b)
{
    return a < b ? a : b;
}

/* Row of the grid whose upper size the bin ends at; beyond the grid the largest row. */
static size_t upper_row(const struct suan_receipt_basis *basis, size_t bin)
{
    return bin + 1 < basis->count ? bin + 1 : basis->count - 1;
}

/* CPU time that counts: no more than the attested upper bound per job, corrected for a slower or faster
 * machine. */
static wide counted_cost(const struct suan_receipt *receipt, const struct suan_receipt_basis *basis, size_t i)
{
    const struct suan_receipt_bin *bin = &receipt->bins[i];
    wide cap = (wide)bin->jobs * basis->p_hi_ns[upper_row(basis, i)] * basis->scores[0] / receipt->scores[0];
    return least(bin->cpu_ns, cap);
}

static int64_t bin_ratio_ppm(const struct suan_receipt_basis *basis, size_t i)
{
    int64_t low = basis->bound_ppm[i], high = basis->bound_ppm[upper_row(basis, i)];
    int64_t ratio = low > high ? low : high;
    bool beyond = i + 1 >= basis->count;
    return beyond && basis->limit_ratio_hi_ppm > ratio ? basis->limit_ratio_hi_ppm : ratio;
}

static wide model_saving(const struct suan_receipt *receipt, const struct suan_receipt_basis *basis,
                         wide *out_failures)
{
    wide model = 0;
    *out_failures = 0;
    for (size_t i = 0; i < receipt->bin_count; i++) {
        int64_t ratio = bin_ratio_ppm(basis, i);
        wide saved = ratio > 0 ? counted_cost(receipt, basis, i) * (WHOLE_PPM - ratio) / ratio : 0;
        model += saved > 0 ? saved : 0;
        *out_failures += (wide)receipt->bins[i].failed * basis->b_ns[upper_row(basis, i)];
    }
    return model;
}

static int64_t total_jobs(const struct suan_receipt *receipt)
{
    int64_t jobs = 0;
    for (size_t i = 0; i < receipt->bin_count; i++)
        jobs += receipt->bins[i].jobs;
    return jobs;
}

/* jobs * the lower 2.5 % bound of the mean of baseline minus plugin over the shadow pairs. */
static enum suan_status shadow_saving(const struct suan_receipt *receipt, wide *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_freep) struct suan_cost *pairs = calloc(receipt->pair_count, sizeof *pairs);
    SUAN_CLEANUP(suan_freep) struct suan_cost *sums = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *sums);
    SUAN_CLEANUP(suan_freep) int64_t *means = calloc(SUAN_BOOTSTRAP_REPLICATES, sizeof *means);
    if (pairs == NULL || sums == NULL || means == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (size_t i = 0; i < receipt->pair_count; i++)
        pairs[i] = (struct suan_cost){receipt->pairs[i].cpu_b_ns, receipt->pairs[i].cpu_p_ns, 1};
    enum suan_status status = receipt_format_part(receipt, RECEIPT_WITHOUT_SAVING, &text, error);
    struct suan_digest seed = suan_sha256(suan_buffer_span(&text));
    if (status == SUAN_OK)
        status = suan_bootstrap_pairs(pairs, (uint32_t)receipt->pair_count,
                                      suan_span(seed.bytes, sizeof seed.bytes), "shadow",
                                      SUAN_BOOTSTRAP_REPLICATES, sums, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < SUAN_BOOTSTRAP_REPLICATES; i++)
        means[i] = sums[i].base_ns - sums[i].plugin_ns;
    wide bound = suan_bootstrap_rank(means, SUAN_BOOTSTRAP_REPLICATES, SHADOW_RANK);
    wide saved = bound * total_jobs(receipt) / (wide)receipt->pair_count;
    *out = bound < 0 ? 0 : saved;
    return SUAN_OK;
}

static bool is_off(wide value, wide reference, int64_t limit_ppm)
{
    wide difference = value > reference ? value - reference : reference - value;
    return difference * WHOLE_PPM > reference * limit_ppm;
}

/*
 * What a job cost in production, against what it cost in the shadows. Dearer by more than a quarter: time was
 * burned where it is metered. Less than half: work was skipped where nobody checks. A job alone between two
 * freezes costs up to 0.15 ms more than one among many (waking, waiting, cold pages), so that much of a
 * shadow's cost is not held against production.
 */
static bool has_diverged(const struct suan_receipt *receipt)
{
    wide production = 0, shadow = 0;
    int64_t jobs = total_jobs(receipt);
    wide pairs = (wide)receipt->pair_count;
    if (receipt->pair_count < SUAN_RECEIPT_PAIRS_ENOUGH || jobs == 0)
        return false;
    for (size_t i = 0; i < receipt->bin_count; i++)
        production += receipt->bins[i].cpu_ns;
    for (size_t i = 0; i < receipt->pair_count; i++)
        shadow += receipt->pairs[i].cpu_p_ns;
    bool burned = production * pairs * WHOLE_PPM > shadow * jobs * (WHOLE_PPM + DIVERGED_PPM);
    bool skipped = 2 * production * pairs < (shadow - SHADOW_ALLOWANCE_NS * pairs) * jobs;
    return burned || skipped;
}

static unsigned find_flags(const struct suan_receipt *receipt, const struct suan_receipt_basis *basis)
{
    unsigned flags = 0;
    if (basis->mode == SUAN_BASIS_QUICK)
        flags |= SUAN_RECEIPT_QUICK;
    for (size_t i = 0; i < receipt->pair_count; i++)
        flags |= receipt->pairs[i].ok ? 0u : SUAN_RECEIPT_WRONG;
    if (has_diverged(receipt))
        flags |= SUAN_RECEIPT_DIVERGED;
    if (!suan_digest_equal(&receipt->class, &basis->class) || receipt->score_count == 0 ||
        basis->score_count == 0 || is_off(receipt->scores[0], basis->scores[0], SCORE_LIMIT_PPM))
        flags |= SUAN_RECEIPT_UNMATCHED;
    if (strncmp(receipt->level, "NONE", 4) == 0)
        flags |= SUAN_RECEIPT_INPROCESS;
    return flags;
}

enum suan_status suan_receipt_compute(struct suan_receipt *receipt, const struct suan_receipt_basis *basis,
                                      struct suan_error *error)
{
    enum suan_status status = check_bins(receipt, basis, error);
    if (status != SUAN_OK)
        return status;
    bool enough = receipt->pair_count >= SUAN_RECEIPT_PAIRS_ENOUGH;
    receipt->saving_ns = 0;
    receipt->flags = find_flags(receipt, basis);
    if (basis->outcome != SUAN_BASIS_CREDITED || basis->count == 0 ||
        (receipt->flags & (SUAN_RECEIPT_WRONG | SUAN_RECEIPT_DIVERGED | SUAN_RECEIPT_UNMATCHED)) != 0 ||
        ((receipt->flags & SUAN_RECEIPT_INPROCESS) != 0 && !enough))
        return SUAN_OK;
    int64_t haircut = enough ? (basis->tier == 'C' ? TIER_C_SHADOW_HAIRCUT_PPM : 0) : basis->haircut_ppm;
    wide failures = 0;
    wide saving = model_saving(receipt, basis, &failures) * (WHOLE_PPM - haircut) / WHOLE_PPM;
    if (enough) {
        wide shadow = 0;
        status = shadow_saving(receipt, &shadow, error);
        if (status != SUAN_OK)
            return status;
        saving = least(saving, shadow);
    }
    return narrow(saving - receipt->shadow_cost_ns - failures, &receipt->saving_ns, error);
}
