#ifndef SUAN_BENCH_MEASUREMENT_H
#define SUAN_BENCH_MEASUREMENT_H

/*
 * The result of a session, `suan.measurement/1`: what was observed (session, parties, machine,
 * initialisation, checks) and what suan_derive computed from the rows (A/A, grid, fit, saving). Costs are CPU
 * nanoseconds of a batch's worker, ratios parts per million, plugin over baseline. README.md states every
 * field.
 */
#include "base/json.h"
#include "row.h"
#include "seed.h"
#include "sizes.h"

enum {
    SUAN_MEASUREMENT_SIZE_MAX = 524288,
    SUAN_GRID_MAX = 2 * SUAN_SIZES_MAX,
    SUAN_CHECKS_MAX = 64,
    SUAN_MISSING_MAX = 16,
    SUAN_LAYERS_MAX = 16,
    SUAN_SCORES_MAX = 4,
    SUAN_RAW_PARTS_MAX = 64,
    SUAN_RAW_PART_SIZE = 1048576,
    SUAN_ECDF_POINTS = 21,
    SUAN_PI_MAX = SUAN_SIZES_MAX + 1,
};

enum suan_outcome {
    SUAN_OUTCOME_CREDITED,
    SUAN_OUTCOME_NO_SAVING,
    SUAN_OUTCOME_UNLOGGED, /* no plan in a log: measured, never credited */
    SUAN_OUTCOME_NOISY,
    SUAN_OUTCOME_WRONG,
    SUAN_OUTCOME_CHEAT,
    SUAN_OUTCOME_FAILED,
    SUAN_OUTCOME_UNMEASURED,
    SUAN_OUTCOME_ABORTED,
};
const char *suan_outcome_name(enum suan_outcome outcome); /* "no-saving" */
/* The status by which a caller reacts: OK, REFUSED (no saving, wrong, cheat, failed), UNSTABLE, INTERRUPTED,
 * FORMAT. */
SUAN_MUST_USE enum suan_status suan_outcome_status(enum suan_outcome outcome);

enum suan_mode { SUAN_MODE_QUICK, SUAN_MODE_FULL };

/* What a reader must know beside the numbers; bits, names in suan_remark_names. */
enum suan_remark {
    SUAN_REMARK_ONE_CPU = 1,           /* host and worker shared a CPU */
    SUAN_REMARK_SAME_PARTY = 2,        /* the measurer also runs the log */
    SUAN_REMARK_WIDE = 4,              /* ended before each ratio was known to 1 % */
    SUAN_REMARK_TREND = 8,             /* the ratio moved during the session; billed at its slowest third */
    SUAN_REMARK_SKEWED = 16,           /* geometric mean of ratios off the ratio of sums by more than 3 % */
    SUAN_REMARK_FLOOR = 32,            /* faster than memory can be read: no credit */
    SUAN_REMARK_COLD_PARTIAL = 64,     /* eviction smaller than twice the last-level cache */
    SUAN_REMARK_FEWER_PAIRS = 128,     /* long jobs: fewer pairs in a block than the mode's */
    SUAN_REMARK_STATEFUL = 256,        /* a repeated input was answered more than 10 % faster: no credit */
    SUAN_REMARK_INFORMATION = 512,     /* against a baseline that the caller chose: no credit */
    SUAN_REMARK_SIMULATED_TIME = 1024, /* the registry's time is simulated */
};
extern const char *const suan_remark_names[]; /* in bit order, NULL at the end */

struct suan_party {
    char id[81], version[81], variant[33];
    struct suan_digest tar;
    uint32_t threads;
    char role[16]; /* of the baseline: incumbent, frontier, other; empty for the release */
};

struct suan_task_facts {
    char id[101];
    struct suan_digest contract;
    uint64_t size_min, size_max;
    uint32_t n_weights;
    uint32_t weights_ppm[SUAN_WEIGHTS_MAX]; /* the task's own; suan_sizes_weights spreads them */
    int64_t unit_jobs, jobs_per_load;
    int64_t error_k_ppm;
    uint32_t cache_mode; /* SUAN_CACHE_… of the ABI */
};

struct suan_seed_facts {
    bool logged; /* plan, plan_index and log_root are there */
    struct suan_digest plan, log_root, commit;
    uint8_t secret[SUAN_SECRET_SIZE];
    int64_t plan_index;
};

struct suan_session_facts {
    char id[33];
    uint64_t start_ns, end_ns; /* since 1970; decimal text in JSON */
    char host_version[64];
    uint32_t attempt, looks, sizes, pairs;
    struct suan_digest log_prev; /* line before this session's in the session log */
};

struct suan_aa_facts {
    int64_t bias_ppm, halfwidth_ppm; /* of the worse size; derived */
    int64_t eps_ppm;                 /* from the machine's history */
    int64_t count;                   /* A/A sessions in that history */
};

struct suan_grid_row {
    uint64_t n;
    enum suan_row_state state;
    uint32_t blocks, pairs; /* pairs in all blocks together */
    int64_t calls;          /* on each side */
    int64_t cpu_b_ns, cpu_p_ns, wall_b_ns, wall_p_ns;
    int64_t ratio_ppm, lo_ppm, hi_ppm, bound_ppm;
    int64_t p_hi_ns; /* upper 95 % bound of the plugin's cost per job */
    int64_t rss_b_kib, rss_p_kib, failed;
    double err_b[3],
        err_p[3]; /* q50, q99, max; the worst of all calls; observed, except that max is in the rows */
    int64_t block_ratio_ppm[SUAN_ROW_BLOCKS_MAX];
    int64_t ecdf_ppm[SUAN_ECDF_POINTS]; /* quantiles of the pairs' ratios at 0, 5, … 100 % */
};

/* log t = a + b log n + c (log n)^2, t in ns per job, n the size. */
struct suan_fit_side {
    double a, b, c, b_lo, b_hi;
    double pi[SUAN_PI_MAX][2]; /* 95 % prediction interval at each warm size, then at limit_n, ns */
};
struct suan_fit_facts {
    bool present;    /* at least four sizes */
    uint32_t points; /* used of pi */
    struct suan_fit_side base, plugin;
    int64_t limit_n, limit_ratio_hi_ppm;
};

enum suan_check_result { SUAN_CHECK_PASS, SUAN_CHECK_WARN, SUAN_CHECK_FAIL, SUAN_CHECK_SKIP };
extern const char *const suan_check_result_names[]; /* "pass", "warn", "fail", "skipped", NULL */
struct suan_check {
    char id[16];
    enum suan_check_result result;
    char detail[201];
};

/* Per unit_jobs, weighted over the sizes. */
struct suan_saving {
    enum suan_row_state state; /* which series was credited */
    int64_t baseline_ns, plugin_ns, point_ns, lo_ns, hi_ns, lcb_ns;
    int64_t rank; /* of the LCB among 10,000 replicates */
    int64_t eps_ns, init_ns, haircut_ppm, credited_ns;
    int64_t dropped_pairs, kept_credited_ns; /* pairs with steal or switches; the credit without them */
    int64_t p_us, fen;
    char tariff[65]; /* empty: none, and no fen */
    int64_t fen_per_cpu_hour;
};

struct suan_raw_facts {
    struct suan_digest sha256; /* of jobs.csv */
    int64_t rows;
    uint32_t n_parts;
    struct suan_digest parts[SUAN_RAW_PARTS_MAX]; /* of jobs.csv.zst, 1 MiB each */
};

struct suan_measurement {
    enum suan_outcome outcome;
    char reason[201]; /* why it is not better; may be empty */
    enum suan_mode mode;
    char tier[2];
    uint32_t n_missing;
    char missing[SUAN_MISSING_MAX][129];
    unsigned flags; /* SUAN_REMARK_… */
    struct suan_session_facts session;
    struct suan_task_facts task;
    struct suan_party release, baseline;
    struct suan_seed_facts seed;
    struct suan_json *machine; /* {"machine": fingerprint}: owned; NULL inside only if not yet read */
    struct suan_digest machine_class;
    int64_t rate_mflops;
    char level[32];
    uint32_t n_layers;
    char layers[SUAN_LAYERS_MAX][33];
    struct suan_aa_facts aa;
    uint32_t n_grid;
    struct suan_grid_row grid[SUAN_GRID_MAX];
    int64_t init_b_ns, init_p_ns;
    struct suan_fit_facts fit;
    uint32_t n_checks;
    struct suan_check checks[SUAN_CHECKS_MAX];
    bool has_saving;
    struct suan_saving saving;
    struct suan_raw_facts raw;
};

struct suan_measurement *suan_measurement_new(void);              /* all zero; NULL: out of memory */
void suan_measurement_free(struct suan_measurement *measurement); /* takes NULL */
void suan_measurement_freep(struct suan_measurement **measurement);
/* Adds a check row, text cut to fit; beyond SUAN_CHECKS_MAX nothing. */
void suan_measurement_check(struct suan_measurement *measurement, const char *id,
                            enum suan_check_result result, const char *detail);
/* The same for the reason and for a missing capability. */
void suan_measurement_reason(struct suan_measurement *measurement, const char *reason);
void suan_measurement_missing(struct suan_measurement *measurement, const char *what);

/* Appends the document: canonical JSON. Equal measurements give equal bytes. */
SUAN_MUST_USE enum suan_status suan_measurement_format(const struct suan_measurement *measurement,
                                                       struct suan_buffer *out, struct suan_error *error);
/* Reads a document, strictly. `name` begins messages. Errors: FORMAT "json.…", "measurement.field". */
SUAN_MUST_USE enum suan_status suan_measurement_parse(struct suan_span text, const char *name,
                                                      struct suan_measurement **out,
                                                      struct suan_error *error);

#endif
