/* Reading a measurement: strict, bounded, and nothing in it believed beyond its form. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "measurement.h"

/* Carries the first failure through a run of fields; each reader below does nothing once it has one. */
struct reader {
    const char *where;
    enum suan_status status;
    struct suan_error *error;
};

#define INTEGER_MAX SUAN_JSON_INTEGER_MAX

static bool is_ok(const struct reader *reader)
{
    return reader->status == (enum suan_status)SUAN_OK;
}

static void refuse(struct reader *reader, const char *key, const char *what)
{
    if (is_ok(reader))
        reader->status = suan_error_set(reader->error, SUAN_E_FORMAT, "measurement.field", NULL, "%s.%s: %s",
                                        reader->where, key, what);
}

static void only(struct reader *reader, const struct suan_json *object, const char *const *known)
{
    if (is_ok(reader))
        reader->status = suan_json_only(object, known, reader->where, reader->error);
}

static int64_t integer(struct reader *reader, const struct suan_json *object, const char *key, int64_t min,
                       int64_t max)
{
    int64_t value = 0;
    if (is_ok(reader))
        reader->status = suan_json_get_integer(object, key, SUAN_JSON_REQUIRED, min, max, &value,
                                               reader->where, reader->error);
    return value;
}

static void text(struct reader *reader, const struct suan_json *object, const char *key, char *out,
                 size_t size)
{
    struct suan_span span = {0};
    if (is_ok(reader))
        reader->status = suan_json_get_text(object, key, SUAN_JSON_REQUIRED, size - 1, &span, reader->where,
                                            reader->error);
    if (is_ok(reader)) {
        memcpy(out, span.data, span.size);
        out[span.size] = '\0';
    }
}

static int word(struct reader *reader, const struct suan_json *object, const char *key,
                const char *const *names)
{
    char value[32] = "";
    text(reader, object, key, value, sizeof value);
    for (int i = 0; is_ok(reader) && names[i] != NULL; i++) {
        if (strcmp(value, names[i]) == 0)
            return i;
    }
    refuse(reader, key, "not one of the known words");
    return 0;
}

static void hex(struct reader *reader, const struct suan_json *object, const char *key, uint8_t *out,
                size_t size)
{
    if (is_ok(reader))
        reader->status =
            suan_json_get_hex(object, key, SUAN_JSON_REQUIRED, out, size, reader->where, reader->error);
}

static void digest(struct reader *reader, const struct suan_json *object, const char *key,
                   struct suan_digest *out)
{
    hex(reader, object, key, out->bytes, sizeof out->bytes);
}

static const struct suan_json *object_at(struct reader *reader, const struct suan_json *object,
                                         const char *key, enum suan_json_need need)
{
    const struct suan_json *out = NULL;
    if (is_ok(reader))
        reader->status = suan_json_get_object(object, key, need, &out, reader->where, reader->error);
    return out;
}

static const struct suan_json *array_at(struct reader *reader, const struct suan_json *object,
                                        const char *key, size_t max_count)
{
    const struct suan_json *out = NULL;
    if (is_ok(reader))
        reader->status = suan_json_get_array(object, key, SUAN_JSON_REQUIRED, max_count, &out, reader->where,
                                             reader->error);
    return is_ok(reader) ? out : NULL;
}

/* A real is text, and only as "%.17g" writes it: one value, one spelling. */
static double real_value(struct reader *reader, const struct suan_json *value, const char *key)
{
    char again[40], *end;
    struct suan_span span = suan_json_text(value);
    if (!is_ok(reader))
        return 0;
    if (value == NULL || suan_json_type(value) != SUAN_JSON_STRING || span.size == 0 ||
        span.size >= sizeof again) {
        refuse(reader, key, "must be a real in text form");
        return 0;
    }
    if (suan_span_equal(span, suan_span_text("nan")))
        return (double)NAN;
    double number = strtod((const char *)span.data, &end);
    snprintf(again, sizeof again, "%.17g", number);
    if (!suan_span_equal(span, suan_span_text(again)))
        refuse(reader, key, "must be a real in text form");
    return number;
}

static double real(struct reader *reader, const struct suan_json *object, const char *key)
{
    return real_value(reader, suan_json_find(object, key), key);
}

static void reals(struct reader *reader, const struct suan_json *object, const char *key, double *out,
                  size_t count)
{
    const struct suan_json *array = array_at(reader, object, key, count);
    if (is_ok(reader) && suan_json_count(array) != count)
        refuse(reader, key, "wrong number of values");
    for (size_t i = 0; is_ok(reader) && i < count; i++)
        out[i] = real_value(reader, suan_json_at(array, i), key);
}

static void integers(struct reader *reader, const struct suan_json *object, const char *key, int64_t *out,
                     size_t count)
{
    const struct suan_json *array = array_at(reader, object, key, count);
    if (is_ok(reader) && suan_json_count(array) != count)
        refuse(reader, key, "wrong number of values");
    for (size_t i = 0; is_ok(reader) && i < count; i++) {
        const struct suan_json *value = suan_json_at(array, i);
        if (suan_json_type(value) != SUAN_JSON_INTEGER || suan_json_integer(value) < 0)
            refuse(reader, key, "must be integers from 0");
        out[i] = suan_json_integer(value);
    }
}

static uint64_t time_at(struct reader *reader, const struct suan_json *object, const char *key)
{
    char value[24] = "", again[24], *end;
    text(reader, object, key, value, sizeof value);
    errno = 0;
    unsigned long long time = strtoull(value, &end, 10);
    snprintf(again, sizeof again, "%llu", time);
    if (is_ok(reader) && (errno != 0 || strcmp(value, again) != 0))
        refuse(reader, key, "must be nanoseconds in decimal text");
    return time;
}

/* A short text of an array of texts. */
static void text_item(struct reader *reader, const struct suan_json *value, const char *key, char *out,
                      size_t size)
{
    struct suan_span span = suan_json_text(value);
    if (suan_json_type(value) != SUAN_JSON_STRING || span.size >= size) {
        refuse(reader, key, "must be short texts");
        return;
    }
    memcpy(out, span.data, span.size);
    out[span.size] = '\0';
}

/* --- sections ----------------------------------------------------------------------------------------- */

static const char *const outcome_words[] = {"credited", "no-saving", "unlogged",   "noisy",   "wrong",
                                            "cheat",    "failed",    "unmeasured", "aborted", NULL};
static const char *const mode_words[] = {"quick", "full", NULL};
static const char *const state_words[] = {"warm", "cold", NULL};

static unsigned read_flags(struct reader *reader, const struct suan_json *root)
{
    const struct suan_json *array = array_at(reader, root, "flags", 32);
    unsigned flags = 0, last = 0;
    for (size_t i = 0; is_ok(reader) && i < suan_json_count(array); i++) {
        struct suan_span span = suan_json_text(suan_json_at(array, i));
        unsigned bit = last;
        while (suan_remark_names[bit] != NULL &&
               !suan_span_equal(span, suan_span_text(suan_remark_names[bit])))
            bit++;
        if (suan_remark_names[bit] == NULL) {
            refuse(reader, "flags", "unknown flag, or out of order");
            return 0;
        }
        flags |= 1u << bit;
        last = bit + 1;
    }
    return flags;
}

static void read_head(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    char schema[32] = "";
    text(reader, root, "schema", schema, sizeof schema);
    if (is_ok(reader) && strcmp(schema, "suan.measurement/1") != 0)
        refuse(reader, "schema", "is not suan.measurement/1");
    m->outcome = (enum suan_outcome)word(reader, root, "status", outcome_words);
    text(reader, root, "reason", m->reason, sizeof m->reason);
    m->mode = (enum suan_mode)word(reader, root, "mode", mode_words);
    text(reader, root, "tier", m->tier, sizeof m->tier);
    if (is_ok(reader) && (m->tier[0] < 'A' || m->tier[0] > 'D'))
        refuse(reader, "tier", "must be A to D");
    const struct suan_json *missing = array_at(reader, root, "missing", SUAN_MISSING_MAX);
    m->n_missing = is_ok(reader) ? (uint32_t)suan_json_count(missing) : 0;
    for (uint32_t i = 0; i < m->n_missing; i++)
        text_item(reader, suan_json_at(missing, i), "missing", m->missing[i], sizeof m->missing[i]);
    m->flags = read_flags(reader, root);
}

static void read_session(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    struct suan_session_facts *session = &m->session;
    static const char *const known[] = {"id",    "start_ns", "end_ns", "host_version", "attempt",
                                        "looks", "sizes",    "pairs",  "log_prev",     NULL};
    const struct suan_json *object = object_at(reader, root, "session", SUAN_JSON_REQUIRED);
    reader->where = "session";
    only(reader, object, known);
    text(reader, object, "id", session->id, sizeof session->id);
    session->start_ns = time_at(reader, object, "start_ns");
    session->end_ns = time_at(reader, object, "end_ns");
    text(reader, object, "host_version", session->host_version, sizeof session->host_version);
    session->attempt = (uint32_t)integer(reader, object, "attempt", 1, 1000000);
    session->looks = (uint32_t)integer(reader, object, "looks", 1, 16);
    session->sizes = (uint32_t)integer(reader, object, "sizes", SUAN_SIZES_MIN, SUAN_SIZES_MAX);
    session->pairs = (uint32_t)integer(reader, object, "pairs", 1, SUAN_ROW_PAIRS_MAX);
    digest(reader, object, "log_prev", &session->log_prev);
}

static void read_task(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    struct suan_task_facts *task = &m->task;
    static const char *const known[] = {"id",          "contract",  "size_min",      "size_max",
                                        "weights_ppm", "unit_jobs", "jobs_per_load", "error_k_ppm",
                                        "cache_mode",  NULL};
    const struct suan_json *object = object_at(reader, root, "task", SUAN_JSON_REQUIRED);
    int64_t weights[SUAN_WEIGHTS_MAX] = {0};
    reader->where = "task";
    only(reader, object, known);
    text(reader, object, "id", task->id, sizeof task->id);
    digest(reader, object, "contract", &task->contract);
    task->size_min = (uint64_t)integer(reader, object, "size_min", 1, (int64_t)SUAN_SIZE_LIMIT);
    task->size_max = (uint64_t)integer(reader, object, "size_max", 1, (int64_t)SUAN_SIZE_LIMIT);
    const struct suan_json *array = array_at(reader, object, "weights_ppm", SUAN_WEIGHTS_MAX);
    task->n_weights = is_ok(reader) ? (uint32_t)suan_json_count(array) : 0;
    integers(reader, object, "weights_ppm", weights, task->n_weights);
    for (uint32_t i = 0; is_ok(reader) && i < task->n_weights; i++) {
        if (weights[i] > 1000000)
            refuse(reader, "weights_ppm", "a share above 1,000,000");
        task->weights_ppm[i] = (uint32_t)weights[i];
    }
    task->unit_jobs = integer(reader, object, "unit_jobs", 1, INTEGER_MAX);
    task->jobs_per_load = integer(reader, object, "jobs_per_load", 1, INTEGER_MAX);
    task->error_k_ppm = integer(reader, object, "error_k_ppm", 0, INTEGER_MAX);
    task->cache_mode = (uint32_t)integer(reader, object, "cache_mode", 0, 2);
}

static void read_party(struct reader *reader, const struct suan_json *root, const char *key,
                       struct suan_party *party)
{
    static const char *const known[] = {"id", "version", "tar", "variant", "threads", "role", NULL};
    const struct suan_json *object = object_at(reader, root, key, SUAN_JSON_REQUIRED);
    reader->where = key;
    only(reader, object, known);
    text(reader, object, "id", party->id, sizeof party->id);
    text(reader, object, "version", party->version, sizeof party->version);
    digest(reader, object, "tar", &party->tar);
    text(reader, object, "variant", party->variant, sizeof party->variant);
    party->threads = (uint32_t)integer(reader, object, "threads", 1, 65536);
    if (is_ok(reader) && suan_json_find(object, "role") != NULL)
        text(reader, object, "role", party->role, sizeof party->role);
}

static void read_release(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    read_party(reader, root, "release", &m->release);
}

static void read_baseline(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    read_party(reader, root, "baseline", &m->baseline);
}

static void read_seed(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    static const char *const known[] = {"plan",   "plan_index", "log_root", "commit",
                                        "secret", "same_party", NULL};
    const struct suan_json *object = object_at(reader, root, "seed", SUAN_JSON_REQUIRED);
    bool same_party = false;
    reader->where = "seed";
    only(reader, object, known);
    m->seed.logged = is_ok(reader) && suan_json_find(object, "plan_index") != NULL;
    if (m->seed.logged) {
        digest(reader, object, "plan", &m->seed.plan);
        m->seed.plan_index = integer(reader, object, "plan_index", 0, INTEGER_MAX);
        digest(reader, object, "log_root", &m->seed.log_root);
    }
    digest(reader, object, "commit", &m->seed.commit);
    hex(reader, object, "secret", m->seed.secret, sizeof m->seed.secret);
    if (is_ok(reader))
        reader->status = suan_json_get_boolean(object, "same_party", SUAN_JSON_REQUIRED, &same_party,
                                               reader->where, reader->error);
    if (is_ok(reader) && same_party != ((m->flags & SUAN_REMARK_SAME_PARTY) != 0))
        refuse(reader, "same_party", "differs from the flag");
    if (is_ok(reader) && !m->seed.logged &&
        (suan_json_find(object, "plan") != NULL || suan_json_find(object, "log_root") != NULL))
        refuse(reader, "plan_index", "missing beside plan or log_root");
}

/* The fingerprint is kept as it is; class and rate are what the numbers use. */
static void read_machine(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    const struct suan_json *object = object_at(reader, root, "machine", SUAN_JSON_REQUIRED);
    reader->where = "machine";
    digest(reader, object, "class", &m->machine_class);
    m->rate_mflops = integer(reader, object, "rate_mflops", 1, INTEGER_MAX);
    if (!is_ok(reader))
        return;
    m->machine = suan_json_new_object();
    suan_json_set_copy(m->machine, "machine", object);
}

static void read_isolation(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    static const char *const known[] = {"level", "layers", NULL};
    const struct suan_json *object = object_at(reader, root, "isolation", SUAN_JSON_REQUIRED);
    reader->where = "isolation";
    only(reader, object, known);
    text(reader, object, "level", m->level, sizeof m->level);
    const struct suan_json *layers = array_at(reader, object, "layers", SUAN_LAYERS_MAX);
    m->n_layers = is_ok(reader) ? (uint32_t)suan_json_count(layers) : 0;
    for (uint32_t i = 0; i < m->n_layers; i++)
        text_item(reader, suan_json_at(layers, i), "layers", m->layers[i], sizeof m->layers[i]);
}

static void read_aa(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    struct suan_aa_facts *aa = &m->aa;
    static const char *const known[] = {"bias_ppm", "halfwidth_ppm", "eps_ppm", "count", NULL};
    const struct suan_json *object = object_at(reader, root, "aa", SUAN_JSON_REQUIRED);
    reader->where = "aa";
    only(reader, object, known);
    aa->bias_ppm = integer(reader, object, "bias_ppm", -INTEGER_MAX, INTEGER_MAX);
    aa->halfwidth_ppm = integer(reader, object, "halfwidth_ppm", 0, INTEGER_MAX);
    aa->eps_ppm = integer(reader, object, "eps_ppm", 0, INTEGER_MAX);
    aa->count = integer(reader, object, "count", 0, INTEGER_MAX);
}

struct integer_field {
    const char *key;
    size_t offset; /* of an int64_t */
};

static void integer_fields(struct reader *reader, const struct suan_json *object,
                           const struct integer_field *fields, size_t count, int64_t min, void *out)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = integer(reader, object, fields[i].key, min, INTEGER_MAX);
        memcpy((uint8_t *)out + fields[i].offset, &value, sizeof value);
    }
}

#define GRID(name)                                                                                           \
    {                                                                                                        \
#name, offsetof(struct suan_grid_row, name)                                                          \
    }
static const struct integer_field grid_fields[] = {
    GRID(calls),     GRID(cpu_b_ns),  GRID(cpu_p_ns), GRID(wall_b_ns), GRID(wall_p_ns),
    GRID(ratio_ppm), GRID(lo_ppm),    GRID(hi_ppm),   GRID(bound_ppm), GRID(p_hi_ns),
    GRID(rss_b_kib), GRID(rss_p_kib), GRID(failed)};

static void read_grid_row(struct reader *reader, const struct suan_json *object, struct suan_grid_row *row)
{
    static const char *const known[] = {
        "n",         "state",     "blocks",          "pairs",     "calls",  "cpu_b_ns",
        "cpu_p_ns",  "wall_b_ns", "wall_p_ns",       "ratio_ppm", "lo_ppm", "hi_ppm",
        "bound_ppm", "p_hi_ns",   "rss_b_kib",       "rss_p_kib", "failed", "err_b",
        "err_p",     "ecdf_ppm",  "block_ratio_ppm", NULL};
    only(reader, object, known);
    row->n = (uint64_t)integer(reader, object, "n", 1, (int64_t)SUAN_SIZE_LIMIT);
    row->state = (enum suan_row_state)word(reader, object, "state", state_words);
    row->blocks = (uint32_t)integer(reader, object, "blocks", 0, SUAN_ROW_BLOCKS_MAX);
    row->pairs = (uint32_t)integer(reader, object, "pairs", 0, SUAN_ROW_BLOCKS_MAX * SUAN_ROW_PAIRS_MAX);
    integer_fields(reader, object, grid_fields, sizeof grid_fields / sizeof grid_fields[0], 0, row);
    reals(reader, object, "err_b", row->err_b, 3);
    reals(reader, object, "err_p", row->err_p, 3);
    integers(reader, object, "block_ratio_ppm", row->block_ratio_ppm, row->blocks);
    integers(reader, object, "ecdf_ppm", row->ecdf_ppm, SUAN_ECDF_POINTS);
}

static void read_grid(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    const struct suan_json *array = array_at(reader, root, "grid", SUAN_GRID_MAX);
    reader->where = "grid";
    m->n_grid = is_ok(reader) ? (uint32_t)suan_json_count(array) : 0;
    for (uint32_t i = 0; is_ok(reader) && i < m->n_grid; i++)
        read_grid_row(reader, suan_json_at(array, i), &m->grid[i]);
}

static void read_fit_side(struct reader *reader, const struct suan_json *fit, const char *key,
                          uint32_t *points, struct suan_fit_side *side)
{
    static const char *const known[] = {"a", "b", "c", "b_lo", "b_hi", "pi", NULL};
    const struct suan_json *object = object_at(reader, fit, key, SUAN_JSON_REQUIRED);
    only(reader, object, known);
    side->a = real(reader, object, "a");
    side->b = real(reader, object, "b");
    side->c = real(reader, object, "c");
    side->b_lo = real(reader, object, "b_lo");
    side->b_hi = real(reader, object, "b_hi");
    const struct suan_json *intervals = array_at(reader, object, "pi", SUAN_PI_MAX);
    *points = is_ok(reader) ? (uint32_t)suan_json_count(intervals) : 0;
    for (uint32_t i = 0; is_ok(reader) && i < *points; i++) {
        const struct suan_json *pair = suan_json_at(intervals, i);
        side->pi[i][0] = real_value(reader, suan_json_at(pair, 0), "pi");
        side->pi[i][1] = real_value(reader, suan_json_at(pair, 1), "pi");
        if (is_ok(reader) && suan_json_count(pair) != 2)
            refuse(reader, "pi", "must be pairs");
    }
}

static void read_fit(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    struct suan_fit_facts *fit = &m->fit;
    static const char *const known[] = {"baseline", "plugin", "limit_n", "limit_ratio_hi_ppm", NULL};
    const struct suan_json *object = object_at(reader, root, "fit", SUAN_JSON_OPTIONAL);
    uint32_t base_points = 0;
    reader->where = "fit";
    fit->present = is_ok(reader) && object != NULL;
    if (!fit->present)
        return;
    only(reader, object, known);
    read_fit_side(reader, object, "baseline", &base_points, &fit->base);
    read_fit_side(reader, object, "plugin", &fit->points, &fit->plugin);
    if (is_ok(reader) && base_points != fit->points)
        refuse(reader, "pi", "of different lengths");
    fit->limit_n = integer(reader, object, "limit_n", 1, INTEGER_MAX);
    fit->limit_ratio_hi_ppm = integer(reader, object, "limit_ratio_hi_ppm", 0, INTEGER_MAX);
}

static void read_checks(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    static const char *const known[] = {"id", "result", "detail", NULL};
    const struct suan_json *array = array_at(reader, root, "checks", SUAN_CHECKS_MAX);
    reader->where = "checks";
    m->n_checks = is_ok(reader) ? (uint32_t)suan_json_count(array) : 0;
    for (uint32_t i = 0; is_ok(reader) && i < m->n_checks; i++) {
        const struct suan_json *object = suan_json_at(array, i);
        only(reader, object, known);
        text(reader, object, "id", m->checks[i].id, sizeof m->checks[i].id);
        m->checks[i].result = (enum suan_check_result)word(reader, object, "result", suan_check_result_names);
        text(reader, object, "detail", m->checks[i].detail, sizeof m->checks[i].detail);
    }
}

#define SAVING(name)                                                                                         \
    {                                                                                                        \
#name, offsetof(struct suan_saving, name)                                                            \
    }
static const struct integer_field signed_fields[] = {SAVING(baseline_ns), SAVING(plugin_ns), SAVING(point_ns),
                                                     SAVING(lo_ns),       SAVING(hi_ns),     SAVING(lcb_ns)};
static const struct integer_field unsigned_fields[] = {
    SAVING(rank),        SAVING(eps_ns),        SAVING(init_ns),          SAVING(haircut_ppm),
    SAVING(credited_ns), SAVING(dropped_pairs), SAVING(kept_credited_ns), SAVING(p_us)};

static void read_saving(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    static const char *const known[] = {"formula",
                                        "state",
                                        "baseline_ns",
                                        "plugin_ns",
                                        "point_ns",
                                        "lo_ns",
                                        "hi_ns",
                                        "lcb_ns",
                                        "rank",
                                        "eps_ns",
                                        "init_ns",
                                        "haircut_ppm",
                                        "credited_ns",
                                        "dropped_pairs",
                                        "kept_credited_ns",
                                        "p_us",
                                        "tariff",
                                        "fen",
                                        "fen_per_cpu_hour",
                                        NULL};
    const struct suan_json *object = object_at(reader, root, "saving", SUAN_JSON_OPTIONAL);
    char formula[24] = "";
    reader->where = "saving";
    m->has_saving = is_ok(reader) && object != NULL;
    if (!m->has_saving)
        return;
    only(reader, object, known);
    text(reader, object, "formula", formula, sizeof formula);
    if (is_ok(reader) && strcmp(formula, "suan-credit/1") != 0)
        refuse(reader, "formula", "is not suan-credit/1");
    m->saving.state = (enum suan_row_state)word(reader, object, "state", state_words);
    integer_fields(reader, object, signed_fields, sizeof signed_fields / sizeof signed_fields[0],
                   -INTEGER_MAX, &m->saving);
    integer_fields(reader, object, unsigned_fields, sizeof unsigned_fields / sizeof unsigned_fields[0], 0,
                   &m->saving);
    if (!is_ok(reader) || suan_json_find(object, "tariff") == NULL)
        return;
    text(reader, object, "tariff", m->saving.tariff, sizeof m->saving.tariff);
    m->saving.fen_per_cpu_hour = integer(reader, object, "fen_per_cpu_hour", 0, INTEGER_MAX);
    m->saving.fen = integer(reader, object, "fen", 0, INTEGER_MAX);
    if (m->saving.tariff[0] == '\0')
        refuse(reader, "tariff", "must not be empty");
}

static void read_raw(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    struct suan_raw_facts *raw = &m->raw;
    static const char *const known[] = {"sha256", "rows", "parts", NULL};
    const struct suan_json *object = object_at(reader, root, "raw", SUAN_JSON_REQUIRED);
    reader->where = "raw";
    only(reader, object, known);
    digest(reader, object, "sha256", &raw->sha256);
    raw->rows = integer(reader, object, "rows", 0, SUAN_ROWS_MAX);
    const struct suan_json *parts = array_at(reader, object, "parts", SUAN_RAW_PARTS_MAX);
    raw->n_parts = is_ok(reader) ? (uint32_t)suan_json_count(parts) : 0;
    for (uint32_t i = 0; is_ok(reader) && i < raw->n_parts; i++) {
        if (!suan_unhex(suan_json_text(suan_json_at(parts, i)), raw->parts[i].bytes, SUAN_DIGEST_SIZE))
            refuse(reader, "parts", "must be SHA-256 digests");
    }
}

static void read_init(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    static const char *const known[] = {"b_ns", "p_ns", NULL};
    const struct suan_json *object = object_at(reader, root, "init", SUAN_JSON_REQUIRED);
    reader->where = "init";
    only(reader, object, known);
    m->init_b_ns = integer(reader, object, "b_ns", 0, INTEGER_MAX);
    m->init_p_ns = integer(reader, object, "p_ns", 0, INTEGER_MAX);
}

/* A section's messages begin with its own name; the next one's with the document's again. */
static void read_document(struct reader *reader, const struct suan_json *root, struct suan_measurement *m)
{
    static const char *const known[] = {"schema",  "status",    "reason", "mode",    "tier",     "missing",
                                        "flags",   "session",   "task",   "release", "baseline", "seed",
                                        "machine", "isolation", "aa",     "grid",    "init",     "fit",
                                        "checks",  "saving",    "raw",    NULL};
    static void (*const sections[])(struct reader *, const struct suan_json *, struct suan_measurement *) = {
        read_head, read_session, read_task,      read_release, read_baseline,
        read_seed, read_machine, read_isolation, read_aa,      read_grid,
        read_init, read_fit,     read_checks,    read_saving,  read_raw};
    const char *name = reader->where;
    only(reader, root, known);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        reader->where = name;
        sections[i](reader, root, m);
    }
}

enum suan_status suan_measurement_parse(struct suan_span document, const char *name,
                                        struct suan_measurement **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *json = NULL;
    enum suan_status status =
        suan_json_parse(document, SUAN_MEASUREMENT_SIZE_MAX, SUAN_JSON_CANONICAL, name, &json, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = suan_measurement_new();
    if (m == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    struct reader reader = {.where = name, .status = (enum suan_status)SUAN_OK, .error = error};
    read_document(&reader, suan_json_root(json), m);
    if (!is_ok(&reader))
        return reader.status;
    *out = suan_take(&m);
    return SUAN_OK;
}
