/* The document's life, its words, and its writing. */
#include "measurement.h"

#include <stdio.h>
#include <stdlib.h>

const char *const suan_remark_names[] = {"one-cpu",  "same-party",  "wide",           "trend",
                                         "skewed",   "floor",       "cold-partial",   "fewer-pairs",
                                         "stateful", "information", "simulated-time", NULL};
const char *const suan_check_result_names[] = {"pass", "warn", "fail", "skipped", NULL};

const char *suan_outcome_name(enum suan_outcome outcome)
{
    static const char *const names[] = {"credited", "no-saving", "unlogged",   "noisy",  "wrong",
                                        "cheat",    "failed",    "unmeasured", "aborted"};
    return names[outcome];
}

enum suan_status suan_outcome_status(enum suan_outcome outcome)
{
    switch (outcome) {
    case SUAN_OUTCOME_CREDITED:
    case SUAN_OUTCOME_UNLOGGED: return (enum suan_status)SUAN_OK;
    case SUAN_OUTCOME_NOISY: return SUAN_E_UNSTABLE;
    case SUAN_OUTCOME_ABORTED: return SUAN_E_INTERRUPTED;
    case SUAN_OUTCOME_UNMEASURED: return SUAN_E_FORMAT;
    default: return SUAN_E_REFUSED;
    }
}

struct suan_measurement *suan_measurement_new(void)
{
    return calloc(1, sizeof(struct suan_measurement));
}

void suan_measurement_free(struct suan_measurement *measurement)
{
    if (measurement == NULL)
        return;
    suan_json_release(measurement->machine);
    free(measurement);
}

void suan_measurement_freep(struct suan_measurement **measurement)
{
    suan_measurement_free(*measurement);
}

/* Text of strangers ends up in signed JSON and in reports: plain ASCII, CJK and full-width characters stay,
   which no normal form changes; anything else becomes '?'. Cut at a character. */
static void copy_clean(char *out, size_t size, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t used = 0;
    while (*p != '\0') {
        bool is_cjk = p[0] >= 0xE3 && p[0] <= 0xE9 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 &&
                      !(p[0] == 0xE3 && p[1] > 0x80) && !(p[0] == 0xE3 && p[2] >= 0xAA && p[2] <= 0xAF) &&
                      !(p[0] == 0xE4 && p[1] < 0xB8) && !(p[0] == 0xE9 && p[1] == 0xBF && p[2] > 0xBC);
        size_t length = is_cjk ? 3 : 1;
        if (used + length + 1 > size)
            break;
        if (is_cjk)
            memcpy(out + used, p, 3);
        else
            out[used] = *p >= 0x20 && *p < 0x7F ? (char)*p : '?';
        used += length;
        p += length;
    }
    out[used] = '\0';
}

void suan_measurement_check(struct suan_measurement *measurement, const char *id,
                            enum suan_check_result result, const char *detail)
{
    if (measurement->n_checks == SUAN_CHECKS_MAX)
        return;
    struct suan_check *check = &measurement->checks[measurement->n_checks++];
    copy_clean(check->id, sizeof check->id, id);
    check->result = result;
    copy_clean(check->detail, sizeof check->detail, detail);
}

void suan_measurement_missing(struct suan_measurement *measurement, const char *what)
{
    if (measurement->n_missing == SUAN_MISSING_MAX)
        return;
    copy_clean(measurement->missing[measurement->n_missing++], sizeof measurement->missing[0], what);
}

void suan_measurement_reason(struct suan_measurement *measurement, const char *reason)
{
    copy_clean(measurement->reason, sizeof measurement->reason, reason);
}

/* --- writing ------------------------------------------------------------------------------------------ */

static void set_digest(struct suan_json *object, const char *key, const struct suan_digest *digest)
{
    suan_json_set_hex(object, key, digest->bytes, sizeof digest->bytes);
}

static void set_time(struct suan_json *object, const char *key, uint64_t time_ns)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)time_ns);
    suan_json_set_text(object, key, text);
}

static void add_real(struct suan_json *array, double value)
{
    struct suan_json *holder = suan_json_new_object();
    suan_json_set_real(holder, "v", value);
    suan_json_add_copy(array, suan_json_find(holder, "v"));
    suan_json_release(holder);
}

static struct suan_json *reals(const double *values, size_t count)
{
    struct suan_json *array = suan_json_new_array();
    for (size_t i = 0; i < count; i++)
        add_real(array, values[i]);
    return array;
}

static struct suan_json *integers(const int64_t *values, size_t count)
{
    struct suan_json *array = suan_json_new_array();
    for (size_t i = 0; i < count; i++)
        suan_json_add_integer(array, values[i]);
    return array;
}

static struct suan_json *flag_list(unsigned flags)
{
    struct suan_json *array = suan_json_new_array();
    for (unsigned bit = 0; suan_remark_names[bit] != NULL; bit++) {
        if ((flags >> bit & 1) != 0)
            suan_json_add_text(array, suan_remark_names[bit]);
    }
    return array;
}

static struct suan_json *session_object(const struct suan_session_facts *session)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "id", session->id);
    set_time(object, "start_ns", session->start_ns);
    set_time(object, "end_ns", session->end_ns);
    suan_json_set_text(object, "host_version", session->host_version);
    suan_json_set_integer(object, "attempt", session->attempt);
    suan_json_set_integer(object, "looks", session->looks);
    suan_json_set_integer(object, "sizes", session->sizes);
    suan_json_set_integer(object, "pairs", session->pairs);
    set_digest(object, "log_prev", &session->log_prev);
    return object;
}

static struct suan_json *task_object(const struct suan_task_facts *task)
{
    struct suan_json *object = suan_json_new_object(), *weights = suan_json_new_array();
    for (uint32_t i = 0; i < task->n_weights; i++)
        suan_json_add_integer(weights, task->weights_ppm[i]);
    suan_json_set_text(object, "id", task->id);
    set_digest(object, "contract", &task->contract);
    suan_json_set_integer(object, "size_min", (int64_t)task->size_min);
    suan_json_set_integer(object, "size_max", (int64_t)task->size_max);
    suan_json_set(object, "weights_ppm", weights);
    suan_json_set_integer(object, "unit_jobs", task->unit_jobs);
    suan_json_set_integer(object, "jobs_per_load", task->jobs_per_load);
    suan_json_set_integer(object, "error_k_ppm", task->error_k_ppm);
    suan_json_set_integer(object, "cache_mode", task->cache_mode);
    return object;
}

static struct suan_json *party_object(const struct suan_party *party)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "id", party->id);
    suan_json_set_text(object, "version", party->version);
    set_digest(object, "tar", &party->tar);
    suan_json_set_text(object, "variant", party->variant);
    suan_json_set_integer(object, "threads", party->threads);
    if (party->role[0] != '\0')
        suan_json_set_text(object, "role", party->role);
    return object;
}

static struct suan_json *seed_object(const struct suan_measurement *m)
{
    struct suan_json *object = suan_json_new_object();
    if (m->seed.logged) {
        set_digest(object, "plan", &m->seed.plan);
        suan_json_set_integer(object, "plan_index", m->seed.plan_index);
        set_digest(object, "log_root", &m->seed.log_root);
    }
    set_digest(object, "commit", &m->seed.commit);
    suan_json_set_hex(object, "secret", m->seed.secret, sizeof m->seed.secret);
    suan_json_set_boolean(object, "same_party", (m->flags & SUAN_REMARK_SAME_PARTY) != 0);
    return object;
}

static struct suan_json *isolation_object(const struct suan_measurement *m)
{
    struct suan_json *object = suan_json_new_object(), *layers = suan_json_new_array();
    for (uint32_t i = 0; i < m->n_layers; i++)
        suan_json_add_text(layers, m->layers[i]);
    suan_json_set_text(object, "level", m->level);
    suan_json_set(object, "layers", layers);
    return object;
}

static struct suan_json *aa_object(const struct suan_aa_facts *aa)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "bias_ppm", aa->bias_ppm);
    suan_json_set_integer(object, "halfwidth_ppm", aa->halfwidth_ppm);
    suan_json_set_integer(object, "eps_ppm", aa->eps_ppm);
    suan_json_set_integer(object, "count", aa->count);
    return object;
}

static struct suan_json *grid_object(const struct suan_grid_row *row)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "n", (int64_t)row->n);
    suan_json_set_text(object, "state", row->state == SUAN_STATE_WARM ? "warm" : "cold");
    suan_json_set_integer(object, "blocks", row->blocks);
    suan_json_set_integer(object, "pairs", row->pairs);
    suan_json_set_integer(object, "calls", row->calls);
    suan_json_set_integer(object, "cpu_b_ns", row->cpu_b_ns);
    suan_json_set_integer(object, "cpu_p_ns", row->cpu_p_ns);
    suan_json_set_integer(object, "wall_b_ns", row->wall_b_ns);
    suan_json_set_integer(object, "wall_p_ns", row->wall_p_ns);
    suan_json_set_integer(object, "ratio_ppm", row->ratio_ppm);
    suan_json_set_integer(object, "lo_ppm", row->lo_ppm);
    suan_json_set_integer(object, "hi_ppm", row->hi_ppm);
    suan_json_set_integer(object, "bound_ppm", row->bound_ppm);
    suan_json_set_integer(object, "p_hi_ns", row->p_hi_ns);
    suan_json_set_integer(object, "rss_b_kib", row->rss_b_kib);
    suan_json_set_integer(object, "rss_p_kib", row->rss_p_kib);
    suan_json_set_integer(object, "failed", row->failed);
    suan_json_set(object, "err_b", reals(row->err_b, 3));
    suan_json_set(object, "err_p", reals(row->err_p, 3));
    suan_json_set(object, "block_ratio_ppm", integers(row->block_ratio_ppm, row->blocks));
    suan_json_set(object, "ecdf_ppm", integers(row->ecdf_ppm, SUAN_ECDF_POINTS));
    return object;
}

static struct suan_json *grid_array(const struct suan_measurement *m)
{
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; i < m->n_grid; i++)
        suan_json_add(array, grid_object(&m->grid[i]));
    return array;
}

static struct suan_json *fit_side_object(const struct suan_fit_side *side, uint32_t points)
{
    struct suan_json *object = suan_json_new_object(), *intervals = suan_json_new_array();
    suan_json_set_real(object, "a", side->a);
    suan_json_set_real(object, "b", side->b);
    suan_json_set_real(object, "c", side->c);
    suan_json_set_real(object, "b_lo", side->b_lo);
    suan_json_set_real(object, "b_hi", side->b_hi);
    for (uint32_t i = 0; i < points; i++)
        suan_json_add(intervals, reals(side->pi[i], 2));
    suan_json_set(object, "pi", intervals);
    return object;
}

static struct suan_json *fit_object(const struct suan_fit_facts *fit)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set(object, "baseline", fit_side_object(&fit->base, fit->points));
    suan_json_set(object, "plugin", fit_side_object(&fit->plugin, fit->points));
    suan_json_set_integer(object, "limit_n", fit->limit_n);
    suan_json_set_integer(object, "limit_ratio_hi_ppm", fit->limit_ratio_hi_ppm);
    return object;
}

static struct suan_json *checks_array(const struct suan_measurement *m)
{
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; i < m->n_checks; i++) {
        struct suan_json *object = suan_json_new_object();
        suan_json_set_text(object, "id", m->checks[i].id);
        suan_json_set_text(object, "result", suan_check_result_names[m->checks[i].result]);
        suan_json_set_text(object, "detail", m->checks[i].detail);
        suan_json_add(array, object);
    }
    return array;
}

static struct suan_json *saving_object(const struct suan_saving *saving)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "formula", "suan-credit/1");
    suan_json_set_text(object, "state", saving->state == SUAN_STATE_WARM ? "warm" : "cold");
    suan_json_set_integer(object, "baseline_ns", saving->baseline_ns);
    suan_json_set_integer(object, "plugin_ns", saving->plugin_ns);
    suan_json_set_integer(object, "point_ns", saving->point_ns);
    suan_json_set_integer(object, "lo_ns", saving->lo_ns);
    suan_json_set_integer(object, "hi_ns", saving->hi_ns);
    suan_json_set_integer(object, "lcb_ns", saving->lcb_ns);
    suan_json_set_integer(object, "rank", saving->rank);
    suan_json_set_integer(object, "eps_ns", saving->eps_ns);
    suan_json_set_integer(object, "init_ns", saving->init_ns);
    suan_json_set_integer(object, "haircut_ppm", saving->haircut_ppm);
    suan_json_set_integer(object, "credited_ns", saving->credited_ns);
    suan_json_set_integer(object, "dropped_pairs", saving->dropped_pairs);
    suan_json_set_integer(object, "kept_credited_ns", saving->kept_credited_ns);
    suan_json_set_integer(object, "p_us", saving->p_us);
    if (saving->tariff[0] != '\0') {
        suan_json_set_text(object, "tariff", saving->tariff);
        suan_json_set_integer(object, "fen_per_cpu_hour", saving->fen_per_cpu_hour);
        suan_json_set_integer(object, "fen", saving->fen);
    }
    return object;
}

static struct suan_json *raw_object(const struct suan_raw_facts *raw)
{
    struct suan_json *object = suan_json_new_object(), *parts = suan_json_new_array();
    for (uint32_t i = 0; i < raw->n_parts; i++) {
        char text[2 * SUAN_DIGEST_SIZE + 1];
        suan_hex(raw->parts[i].bytes, SUAN_DIGEST_SIZE, text);
        suan_json_add_text(parts, text);
    }
    set_digest(object, "sha256", &raw->sha256);
    suan_json_set_integer(object, "rows", raw->rows);
    suan_json_set(object, "parts", parts);
    return object;
}

static struct suan_json *init_object(const struct suan_measurement *m)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "b_ns", m->init_b_ns);
    suan_json_set_integer(object, "p_ns", m->init_p_ns);
    return object;
}

static void set_head(struct suan_json *root, const struct suan_measurement *m)
{
    struct suan_json *missing = suan_json_new_array();
    for (uint32_t i = 0; i < m->n_missing; i++)
        suan_json_add_text(missing, m->missing[i]);
    suan_json_set_text(root, "schema", "suan.measurement/1");
    suan_json_set_text(root, "status", suan_outcome_name(m->outcome));
    suan_json_set_text(root, "reason", m->reason);
    suan_json_set_text(root, "mode", m->mode == SUAN_MODE_QUICK ? "quick" : "full");
    suan_json_set_text(root, "tier", m->tier);
    suan_json_set(root, "missing", missing);
    suan_json_set(root, "flags", flag_list(m->flags));
}

static struct suan_json *document(const struct suan_measurement *m)
{
    struct suan_json *root = suan_json_new_object();
    set_head(root, m);
    suan_json_set(root, "session", session_object(&m->session));
    suan_json_set(root, "task", task_object(&m->task));
    suan_json_set(root, "release", party_object(&m->release));
    suan_json_set(root, "baseline", party_object(&m->baseline));
    suan_json_set(root, "seed", seed_object(m));
    if (m->machine != NULL && suan_json_find(m->machine, "machine") != NULL)
        suan_json_set_copy(root, "machine", suan_json_find(m->machine, "machine"));
    suan_json_set(root, "isolation", isolation_object(m));
    suan_json_set(root, "aa", aa_object(&m->aa));
    suan_json_set(root, "grid", grid_array(m));
    suan_json_set(root, "init", init_object(m));
    if (m->fit.present)
        suan_json_set(root, "fit", fit_object(&m->fit));
    suan_json_set(root, "checks", checks_array(m));
    if (m->has_saving)
        suan_json_set(root, "saving", saving_object(&m->saving));
    suan_json_set(root, "raw", raw_object(&m->raw));
    return root;
}

enum suan_status suan_measurement_format(const struct suan_measurement *measurement, struct suan_buffer *out,
                                         struct suan_error *error)
{
    struct suan_json *root = document(measurement);
    enum suan_status status = suan_json_format(root, SUAN_JSON_STYLE_CANONICAL, out, error);
    suan_json_release(root);
    return status;
}
