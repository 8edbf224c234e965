#ifndef SUAN_VOUCHER_RECEIPT_H
#define SUAN_VOUCHER_RECEIPT_H

/*
 * Receipts of metered use, suan.receipt/1, and the saving that follows from one and the attested measurement
 * it names. A pure function: host, registry and auditors compute the same integer from the same two
 * documents. Canonical JSON in a DSSE envelope (payload type application/vnd.suan.receipt+json), signed by
 * the user's key.
 */
#include "base/json.h"
#include "trust/digest.h"

enum {
    SUAN_RECEIPT_SIZE_MAX = 524288,
    SUAN_RECEIPT_BINS_MAX = 16,
    SUAN_RECEIPT_PAIRS_MAX = 4096,
    SUAN_RECEIPT_SCORES_MAX = 4,
    SUAN_RECEIPT_METER_SIZE = 16,
    SUAN_RECEIPT_PAIRS_ENOUGH =
        30 /* with so many shadow pairs the shadows bound the saving, and the haircut falls */
};
#define SUAN_RECEIPT_JOBS_MAX (INT64_C(1) << 40) /* of one bin */
#define SUAN_RECEIPT_SCORE_MAX (INT64_C(1) << 31)
#define SUAN_RECEIPT_TYPE "application/vnd.suan.receipt+json"

/* Jobs whose size is above `lo` and at most `hi`: two neighbours of the attested grid, or its largest size
 * and limit_n. */
struct suan_receipt_bin {
    int64_t lo, hi, jobs, cpu_ns, failed;
};
/* One input computed by both sides on one CPU. */
struct suan_receipt_pair {
    int64_t cpu_b_ns, cpu_p_ns;
    bool ok; /* the checker passed the plugin's answer */
};

enum suan_receipt_flags {
    SUAN_RECEIPT_QUICK = 1, /* rests on a quick measurement */
    SUAN_RECEIPT_WRONG = 2, /* a shadow found a wrong answer: no credit */
    SUAN_RECEIPT_DIVERGED =
        4, /* production dearer than its shadows by a quarter, or under half of them: no credit */
    SUAN_RECEIPT_UNMATCHED = 8, /* another class of machine, or its score off by more than 15 %: no credit */
    SUAN_RECEIPT_INPROCESS = 16 /* used without a worker */
};

struct suan_receipt {
    char user[65], id[65], version[65], task[97], level[33];
    struct suan_digest tar, measurement, class; /* measurement: the attested blob */
    int64_t scores[SUAN_RECEIPT_SCORES_MAX]; /* of the machine it ran on, as the measurement states its own */
    size_t score_count;
    uint64_t start_ns, end_ns;              /* the period */
    uint8_t meter[SUAN_RECEIPT_METER_SIZE]; /* random name of the journal that counted */
    int64_t sequence;                       /* 1, 2, … of that meter */
    struct suan_digest previous;            /* digest of the receipt before; zeros for the first */
    size_t bin_count;
    struct suan_receipt_bin bins[SUAN_RECEIPT_BINS_MAX];
    int64_t unmetered_jobs; /* of sizes outside the grid and its limit: never credited */
    int64_t shadow_rate_ppm, shadow_cost_ns;
    size_t pair_count;
    struct suan_receipt_pair *pairs; /* owned */
    int64_t saving_ns;
    unsigned flags; /* enum suan_receipt_flags; derived with the saving */
};

struct suan_receipt *suan_receipt_new(void);
void suan_receipt_free(struct suan_receipt *receipt); /* takes NULL */
void suan_receipt_freep(struct suan_receipt **receipt);
/* Errors: FORMAT "receipt.format" and the JSON ones; REFUSED "json.too-large". */
SUAN_MUST_USE enum suan_status suan_receipt_parse(struct suan_span text, struct suan_receipt **out,
                                                  struct suan_error *error);
/* Appends the canonical document. */
SUAN_MUST_USE enum suan_status suan_receipt_format(const struct suan_receipt *receipt,
                                                   struct suan_buffer *out, struct suan_error *error);

/* What of a measurement bounds a saving; read from its document (the attestation's predicate). */
struct suan_receipt_basis {
    struct suan_digest class;
    int64_t scores[SUAN_RECEIPT_SCORES_MAX];
    size_t score_count;
    enum { SUAN_BASIS_NOTHING, SUAN_BASIS_CREDITED } outcome;
    enum { SUAN_BASIS_QUICK, SUAN_BASIS_FULL } mode;
    int64_t haircut_ppm;
    char tier;
    size_t count; /* sizes of the credited series, ascending */
    int64_t n[SUAN_RECEIPT_BINS_MAX], bound_ppm[SUAN_RECEIPT_BINS_MAX], p_hi_ns[SUAN_RECEIPT_BINS_MAX];
    int64_t b_ns[SUAN_RECEIPT_BINS_MAX];      /* the baseline's cost per job, rounded up: what a failed job is
                                                 billed */
    int64_t limit_n, limit_ratio_hi_ppm;      /* limit_n 0: nothing beyond the grid */
    int64_t baseline_ns, credited_ns, blocks; /* per unit of jobs; for the rule of the credit */
};
/* Errors: FORMAT "receipt.basis" naming the field. */
SUAN_MUST_USE enum suan_status suan_receipt_basis_read(const struct suan_json *measurement,
                                                       struct suan_receipt_basis *out,
                                                       struct suan_error *error);
/* The bins along the basis' grid, all counts zero: where a meter puts its jobs. */
void suan_receipt_bins(const struct suan_receipt_basis *basis, struct suan_receipt *receipt);
/* The bin a job of that size belongs to, or NULL. */
struct suan_receipt_bin *suan_receipt_bin_of(struct suan_receipt *receipt, int64_t size);

/*
 * Fills saving_ns and flags from everything else in the receipt:
 *   P = min(cpu_ns, jobs * p_hi_ns(upper size) * score ratio)
 *   model = sum over bins of max(0, floor(P * (10^6 - R) / R)), R the larger bound_ppm of the bin's two sizes
 *   saving = max(0, min(model after haircut, jobs * lower bound of the mean shadow B - P) - shadow cost -
 * failures) spec: README.md of this folder. Errors: FORMAT "measure.range".
 */
SUAN_MUST_USE enum suan_status suan_receipt_compute(struct suan_receipt *receipt,
                                                    const struct suan_receipt_basis *basis,
                                                    struct suan_error *error);

#endif
