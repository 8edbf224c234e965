/* Receipts as documents, and what of a measurement bounds them. */
#include "receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "receipt_part.h"
#include "trust/bootstrap.h"

static const char code_format[] = "receipt.format";
static const char code_basis[] = "receipt.basis";

enum { WHOLE_PPM = 1000000 };

struct suan_receipt *suan_receipt_new(void)
{
    return calloc(1, sizeof(struct suan_receipt));
}

void suan_receipt_free(struct suan_receipt *receipt)
{
    if (receipt == NULL)
        return;
    free(receipt->pairs);
    free(receipt);
}

void suan_receipt_freep(struct suan_receipt **receipt)
{
    suan_receipt_free(*receipt);
}

/* --- reading ------------------------------------------------------------------------------------------ */

static enum suan_status read_text(const struct suan_json *root, const char *key, char *out, size_t capacity,
                                  struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status =
        suan_json_get_text(root, key, SUAN_JSON_REQUIRED, capacity - 1, &text, "", error);
    if (status == SUAN_OK)
        snprintf(out, capacity, "%.*s", SUAN_SPAN_PRINTF(text));
    return status;
}

static enum suan_status read_count(const struct suan_json *root, const char *key, int64_t *out,
                                   const char *where, struct suan_error *error)
{
    return suan_json_get_integer(root, key, SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX, out, where, error);
}

static enum suan_status read_time(const struct suan_json *root, const char *key, uint64_t *out,
                                  struct suan_error *error)
{
    struct suan_span text = {NULL, 0};
    enum suan_status status = suan_json_get_text(root, key, SUAN_JSON_REQUIRED, 20, &text, "", error);
    uint64_t value = 0;
    for (size_t i = 0; status == SUAN_OK && i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || value > (UINT64_MAX - 9) / 10)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "%s: not a time in nanoseconds",
                                  key);
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = value;
    return status;
}

static enum suan_status read_names(const struct suan_json *root, struct suan_receipt *out,
                                   struct suan_error *error)
{
    enum suan_status status = read_text(root, "user", out->user, sizeof out->user, error);
    if (status == SUAN_OK)
        status = read_text(root, "id", out->id, sizeof out->id, error);
    if (status == SUAN_OK)
        status = read_text(root, "version", out->version, sizeof out->version, error);
    if (status == SUAN_OK)
        status = read_text(root, "task", out->task, sizeof out->task, error);
    if (status == SUAN_OK)
        status = read_text(root, "level", out->level, sizeof out->level, error);
    return status;
}

static enum suan_status read_digests(const struct suan_json *root, struct suan_receipt *out,
                                     struct suan_error *error)
{
    struct {
        const char *key;
        struct suan_digest *digest;
    } rows[] = {{"tar", &out->tar},
                {"measurement", &out->measurement},
                {"class", &out->class},
                {"previous", &out->previous}};
    enum suan_status status =
        suan_json_get_hex(root, "meter", SUAN_JSON_REQUIRED, out->meter, SUAN_RECEIPT_METER_SIZE, "", error);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == SUAN_OK; i++)
        status = suan_json_get_hex(root, rows[i].key, SUAN_JSON_REQUIRED, rows[i].digest->bytes,
                                   SUAN_DIGEST_SIZE, "", error);
    return status;
}

static enum suan_status read_scores(const struct suan_json *root, int64_t *out, size_t *out_count,
                                    struct suan_error *error)
{
    const struct suan_json *scores = NULL;
    enum suan_status status =
        suan_json_get_array(root, "scores", SUAN_JSON_REQUIRED, SUAN_RECEIPT_SCORES_MAX, &scores, "", error);
    if (status != SUAN_OK)
        return status;
    *out_count = suan_json_count(scores);
    for (size_t i = 0; i < *out_count; i++) {
        out[i] = suan_json_integer(suan_json_at(scores, i));
        if (out[i] <= 0 || out[i] > SUAN_RECEIPT_SCORE_MAX)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                                  "scores: must be integers from 1 to 2^31");
    }
    return SUAN_OK;
}

static enum suan_status read_bin(const struct suan_json *row, struct suan_receipt_bin *out,
                                 struct suan_error *error)
{
    static const char *const known[] = {"cpu_ns", "failed", "hi", "jobs", "lo", NULL};
    static const char where[] = "bins[]";
    enum suan_status status = suan_json_only(row, known, where, error);
    if (status == SUAN_OK)
        status = read_count(row, "lo", &out->lo, where, error);
    if (status == SUAN_OK)
        status = read_count(row, "hi", &out->hi, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(row, "jobs", SUAN_JSON_REQUIRED, 0, SUAN_RECEIPT_JOBS_MAX, &out->jobs,
                                       where, error);
    if (status == SUAN_OK)
        status = read_count(row, "cpu_ns", &out->cpu_ns, where, error);
    if (status == SUAN_OK)
        status = read_count(row, "failed", &out->failed, where, error);
    return status;
}

static enum suan_status read_bins(const struct suan_json *root, struct suan_receipt *out,
                                  struct suan_error *error)
{
    const struct suan_json *bins = NULL;
    enum suan_status status =
        suan_json_get_array(root, "bins", SUAN_JSON_REQUIRED, SUAN_RECEIPT_BINS_MAX, &bins, "", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(bins); i++)
        status = read_bin(suan_json_at(bins, i), &out->bins[out->bin_count++], error);
    return status;
}

static bool is_cost(int64_t ns)
{
    return ns >= 0 && ns <= SUAN_BOOTSTRAP_COST_MAX;
}

/* A pair is written as [cpu_b_ns, cpu_p_ns, ok]: 4,096 of them must stay small. */
static enum suan_status read_pairs(const struct suan_json *shadow, struct suan_receipt *out,
                                   struct suan_error *error)
{
    const struct suan_json *pairs = NULL;
    enum suan_status status = suan_json_get_array(shadow, "pairs", SUAN_JSON_REQUIRED, SUAN_RECEIPT_PAIRS_MAX,
                                                  &pairs, "shadow", error);
    if (status != SUAN_OK)
        return status;
    out->pair_count = suan_json_count(pairs);
    out->pairs = calloc(out->pair_count > 0 ? out->pair_count : 1, sizeof *out->pairs);
    if (out->pairs == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (size_t i = 0; i < out->pair_count; i++) {
        const struct suan_json *pair = suan_json_at(pairs, i);
        struct suan_receipt_pair *place = &out->pairs[i];
        if (suan_json_type(pair) != SUAN_JSON_ARRAY || suan_json_count(pair) != 3 ||
            suan_json_type(suan_json_at(pair, 2)) != SUAN_JSON_BOOLEAN)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "shadow.pairs[%zu]: not a pair",
                                  i);
        place->cpu_b_ns = suan_json_integer(suan_json_at(pair, 0));
        place->cpu_p_ns = suan_json_integer(suan_json_at(pair, 1));
        place->ok = suan_json_boolean(suan_json_at(pair, 2));
        if (!is_cost(place->cpu_b_ns) || !is_cost(place->cpu_p_ns))
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                                  "shadow.pairs[%zu]: a cost is outside 0 to 2^46 ns", i);
    }
    return SUAN_OK;
}

static enum suan_status read_shadow(const struct suan_json *root, struct suan_receipt *out,
                                    struct suan_error *error)
{
    static const char *const known[] = {"cost_ns", "pairs", "rate_ppm", NULL};
    const struct suan_json *shadow = NULL;
    enum suan_status status = suan_json_get_object(root, "shadow", SUAN_JSON_REQUIRED, &shadow, "", error);
    if (status == SUAN_OK)
        status = suan_json_only(shadow, known, "shadow", error);
    if (status == SUAN_OK)
        status = read_count(shadow, "rate_ppm", &out->shadow_rate_ppm, "shadow", error);
    if (status == SUAN_OK)
        status = read_count(shadow, "cost_ns", &out->shadow_cost_ns, "shadow", error);
    return status != SUAN_OK ? status : read_pairs(shadow, out, error);
}

static enum suan_status read_flags(const struct suan_json *root, unsigned *out, struct suan_error *error);

static enum suan_status read_receipt(const struct suan_json *root, struct suan_receipt *out,
                                     struct suan_error *error)
{
    static const char *const known[] = {
        "bins",  "class",    "end",       "flags",          "id",     "level",    "measurement",
        "meter", "previous", "saving_ns", "schema",         "scores", "sequence", "shadow",
        "start", "tar",      "task",      "unmetered_jobs", "user",   "version",  NULL};
    enum suan_status status = suan_json_only(root, known, "", error);
    if (status == SUAN_OK &&
        !suan_span_equal(suan_json_text(suan_json_find(root, "schema")), suan_span_text("suan.receipt/1")))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "schema: not suan.receipt/1");
    if (status == SUAN_OK)
        status = read_names(root, out, error);
    if (status == SUAN_OK)
        status = read_digests(root, out, error);
    if (status == SUAN_OK)
        status = read_scores(root, out->scores, &out->score_count, error);
    if (status == SUAN_OK)
        status = read_time(root, "start", &out->start_ns, error);
    if (status == SUAN_OK)
        status = read_time(root, "end", &out->end_ns, error);
    if (status == SUAN_OK)
        status = read_count(root, "sequence", &out->sequence, "", error);
    if (status == SUAN_OK)
        status = read_bins(root, out, error);
    if (status == SUAN_OK)
        status = read_count(root, "unmetered_jobs", &out->unmetered_jobs, "", error);
    if (status == SUAN_OK)
        status = read_shadow(root, out, error);
    if (status == SUAN_OK)
        status = read_count(root, "saving_ns", &out->saving_ns, "", error);
    return status != SUAN_OK ? status : read_flags(root, &out->flags, error);
}

enum suan_status suan_receipt_parse(struct suan_span text, struct suan_receipt **out,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = suan_receipt_new();
    if (receipt == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status =
        suan_json_parse(text, SUAN_RECEIPT_SIZE_MAX, SUAN_JSON_CANONICAL, "receipt", &document, error);
    if (status == SUAN_OK)
        status = read_receipt(suan_json_root(document), receipt, error);
    if (status == SUAN_OK && (receipt->end_ns < receipt->start_ns || receipt->sequence < 1))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "the period or the sequence is impossible");
    if (status == SUAN_OK)
        *out = suan_take(&receipt);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static const char *const flag_names[] = {"quick", "wrong", "diverged", "unmatched", "in-process"};
enum { FLAG_COUNT = sizeof flag_names / sizeof flag_names[0] };

static enum suan_status read_flags(const struct suan_json *root, unsigned *out, struct suan_error *error)
{
    const struct suan_json *flags = NULL;
    enum suan_status status =
        suan_json_get_array(root, "flags", SUAN_JSON_REQUIRED, FLAG_COUNT, &flags, "", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(flags); i++) {
        size_t f = 0;
        while (f < FLAG_COUNT &&
               !suan_span_equal(suan_json_text(suan_json_at(flags, i)), suan_span_text(flag_names[f])))
            f++;
        if (f == FLAG_COUNT)
            return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "flags: an unknown flag");
        *out |= 1u << f;
    }
    return status;
}

static void set_time(struct suan_json *root, const char *key, uint64_t ns)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)ns);
    suan_json_set_text(root, key, text);
}

static struct suan_json *bins_json(const struct suan_receipt *receipt)
{
    struct suan_json *bins = suan_json_new_array();
    for (size_t i = 0; i < receipt->bin_count; i++) {
        const struct suan_receipt_bin *bin = &receipt->bins[i];
        struct suan_json *row = suan_json_new_object();
        suan_json_set_integer(row, "lo", bin->lo);
        suan_json_set_integer(row, "hi", bin->hi);
        suan_json_set_integer(row, "jobs", bin->jobs);
        suan_json_set_integer(row, "cpu_ns", bin->cpu_ns);
        suan_json_set_integer(row, "failed", bin->failed);
        suan_json_add(bins, row);
    }
    return bins;
}

static void add_flag(struct suan_json *pair, bool ok)
{
    struct suan_json *holder = suan_json_new_object();
    suan_json_set_boolean(holder, "ok", ok);
    suan_json_add_copy(pair, suan_json_find(holder, "ok"));
    suan_json_release(holder);
}

static struct suan_json *shadow_json(const struct suan_receipt *receipt)
{
    struct suan_json *shadow = suan_json_new_object(), *pairs = suan_json_new_array();
    suan_json_set_integer(shadow, "rate_ppm", receipt->shadow_rate_ppm);
    suan_json_set_integer(shadow, "cost_ns", receipt->shadow_cost_ns);
    for (size_t i = 0; i < receipt->pair_count; i++) {
        struct suan_json *pair = suan_json_new_array();
        suan_json_add_integer(pair, receipt->pairs[i].cpu_b_ns);
        suan_json_add_integer(pair, receipt->pairs[i].cpu_p_ns);
        add_flag(pair, receipt->pairs[i].ok);
        suan_json_add(pairs, pair);
    }
    suan_json_set(shadow, "pairs", pairs);
    return shadow;
}

enum suan_status receipt_format_part(const struct suan_receipt *receipt, enum receipt_part part,
                                     struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *root = suan_json_new_object();
    struct suan_json *scores = suan_json_new_array(), *flags = suan_json_new_array();
    suan_json_set_text(root, "schema", "suan.receipt/1");
    suan_json_set_text(root, "user", receipt->user);
    suan_json_set_text(root, "id", receipt->id);
    suan_json_set_text(root, "version", receipt->version);
    suan_json_set_text(root, "task", receipt->task);
    suan_json_set_text(root, "level", receipt->level);
    suan_json_set_hex(root, "tar", receipt->tar.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_hex(root, "measurement", receipt->measurement.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_hex(root, "class", receipt->class.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_hex(root, "meter", receipt->meter, SUAN_RECEIPT_METER_SIZE);
    suan_json_set_hex(root, "previous", receipt->previous.bytes, SUAN_DIGEST_SIZE);
    for (size_t i = 0; i < receipt->score_count; i++)
        suan_json_add_integer(scores, receipt->scores[i]);
    suan_json_set(root, "scores", scores);
    set_time(root, "start", receipt->start_ns);
    set_time(root, "end", receipt->end_ns);
    suan_json_set_integer(root, "sequence", receipt->sequence);
    suan_json_set(root, "bins", bins_json(receipt));
    suan_json_set_integer(root, "unmetered_jobs", receipt->unmetered_jobs);
    suan_json_set(root, "shadow", shadow_json(receipt));
    for (size_t f = 0; f < FLAG_COUNT && part == RECEIPT_WHOLE; f++) {
        if ((receipt->flags & (1u << f)) != 0)
            suan_json_add_text(flags, flag_names[f]);
    }
    suan_json_set(root, "flags", flags);
    if (part == RECEIPT_WHOLE)
        suan_json_set_integer(root, "saving_ns", receipt->saving_ns);
    return suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, out, error);
}

enum suan_status suan_receipt_format(const struct suan_receipt *receipt, struct suan_buffer *out,
                                     struct suan_error *error)
{
    return receipt_format_part(receipt, RECEIPT_WHOLE, out, error);
}

/* --- the basis ---------------------------------------------------------------------------------------- */

static enum suan_status read_grid_row(const struct suan_json *row, size_t i, struct suan_receipt_basis *out,
                                      struct suan_error *error)
{
    int64_t cpu_b = 0, calls = 0;
    enum suan_status status = read_count(row, "n", &out->n[i], "grid[]", error);
    if (status == SUAN_OK)
        status = read_count(row, "bound_ppm", &out->bound_ppm[i], "grid[]", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(row, "p_hi_ns", SUAN_JSON_REQUIRED, 0, SUAN_BOOTSTRAP_COST_MAX,
                                       &out->p_hi_ns[i], "grid[]", error);
    if (status == SUAN_OK)
        status = read_count(row, "cpu_b_ns", &cpu_b, "grid[]", error);
    if (status == SUAN_OK)
        status = read_count(row, "calls", &calls, "grid[]", error);
    if (status == SUAN_OK)
        status = read_count(row, "blocks", &out->blocks, "grid[]", error);
    if (status != SUAN_OK)
        return status;
    if (calls < 1 || out->bound_ppm[i] < 1 || (i > 0 && out->n[i] <= out->n[i - 1]))
        return suan_error_set(error, SUAN_E_FORMAT, code_basis, NULL,
                              "grid: sizes must ascend, calls and bounds be positive");
    out->b_ns[i] = cpu_b / calls + (cpu_b % calls != 0);
    return SUAN_OK;
}

static enum suan_status read_grid(const struct suan_json *measurement, struct suan_span state,
                                  struct suan_receipt_basis *out, struct suan_error *error)
{
    const struct suan_json *grid = NULL;
    enum suan_status status = suan_json_get_array(measurement, "grid", SUAN_JSON_REQUIRED,
                                                  2 * SUAN_RECEIPT_BINS_MAX, &grid, "", error);
    for (size_t i = 0; status == SUAN_OK && i < suan_json_count(grid); i++) {
        const struct suan_json *row = suan_json_at(grid, i);
        if (!suan_span_equal(suan_json_text(suan_json_find(row, "state")), state))
            continue;
        if (out->count == SUAN_RECEIPT_BINS_MAX - 1)
            return suan_error_set(error, SUAN_E_FORMAT, code_basis, NULL, "grid: too many sizes");
        status = read_grid_row(row, out->count++, out, error);
    }
    return status;
}

static enum suan_status read_saving(const struct suan_json *measurement, struct suan_span *out_state,
                                    struct suan_receipt_basis *out, struct suan_error *error)
{
    const struct suan_json *saving = NULL, *fit = suan_json_find(measurement, "fit");
    enum suan_status status =
        suan_json_get_object(measurement, "saving", SUAN_JSON_REQUIRED, &saving, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(saving, "state", SUAN_JSON_REQUIRED, 8, out_state, "saving", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(saving, "haircut_ppm", SUAN_JSON_REQUIRED, 0, WHOLE_PPM,
                                       &out->haircut_ppm, "saving", error);
    if (status == SUAN_OK)
        status = read_count(saving, "baseline_ns", &out->baseline_ns, "saving", error);
    if (status == SUAN_OK)
        status = read_count(saving, "credited_ns", &out->credited_ns, "saving", error);
    if (status == SUAN_OK && fit != NULL)
        status = read_count(fit, "limit_n", &out->limit_n, "fit", error);
    if (status == SUAN_OK && fit != NULL)
        status = read_count(fit, "limit_ratio_hi_ppm", &out->limit_ratio_hi_ppm, "fit", error);
    return status;
}

static enum suan_status read_machine(const struct suan_json *measurement, struct suan_receipt_basis *out,
                                     struct suan_error *error)
{
    const struct suan_json *machine = NULL;
    struct suan_span tier = suan_json_text(suan_json_find(measurement, "tier"));
    enum suan_status status =
        suan_json_get_object(measurement, "machine", SUAN_JSON_REQUIRED, &machine, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(machine, "class", SUAN_JSON_REQUIRED, out->class.bytes, SUAN_DIGEST_SIZE,
                                   "machine", error);
    out->tier = tier.size == 1 ? (char)tier.data[0] : 'D';
    return status != SUAN_OK ? status : read_scores(machine, out->scores, &out->score_count, error);
}

enum suan_status suan_receipt_basis_read(const struct suan_json *measurement, struct suan_receipt_basis *out,
                                         struct suan_error *error)
{
    struct suan_span state = {NULL, 0};
    *out = (struct suan_receipt_basis){0};
    if (suan_span_equal(suan_json_text(suan_json_find(measurement, "status")), suan_span_text("credited")))
        out->outcome = SUAN_BASIS_CREDITED;
    if (suan_span_equal(suan_json_text(suan_json_find(measurement, "mode")), suan_span_text("full")))
        out->mode = SUAN_BASIS_FULL;
    enum suan_status status = read_machine(measurement, out, error);
    if (status == SUAN_OK && suan_json_find(measurement, "saving") == NULL)
        return SUAN_OK;
    if (status == SUAN_OK)
        status = read_saving(measurement, &state, out, error);
    return status != SUAN_OK ? status : read_grid(measurement, state, out, error);
}
