#include "support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "bench/folder.h"
#include "trust/draw.h"

double sample_normal(struct suan_draw *draw)
{
    double u = (suan_draw_u32(draw) + 1.0) / 4294967297.0, v = suan_draw_u32(draw) / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void party(struct suan_party *out, const char *id, const char *role)
{
    snprintf(out->id, sizeof out->id, "%s", id);
    snprintf(out->version, sizeof out->version, "1.0.0");
    snprintf(out->variant, sizeof out->variant, "x86-64-v3");
    snprintf(out->role, sizeof out->role, "%s", role);
    out->tar = suan_sha256(suan_span_text(id));
    out->threads = 1;
}

void sample_facts(const struct sample *sample, struct suan_measurement *m)
{
    static const uint32_t weights[] = {100000, 200000, 400000, 300000};
    m->mode = SUAN_MODE_QUICK;
    snprintf(m->tier, sizeof m->tier, "B");
    snprintf(m->level, sizeof m->level, "FULL");
    snprintf(m->session.id, sizeof m->session.id, "00112233445566778899aabbccddeeff");
    snprintf(m->session.host_version, sizeof m->session.host_version, "suan test");
    m->session.start_ns = UINT64_C(1767225600000000000);
    m->session.end_ns = m->session.start_ns + 30000000000u;
    m->session.attempt = m->session.looks = 1;
    m->session.sizes = sample->sizes;
    m->session.pairs = sample->pairs;
    snprintf(m->task.id, sizeof m->task.id, "astro.crossmatch/1");
    m->task.contract = suan_sha256(suan_span_text("contract"));
    m->task.size_min = 5;
    m->task.size_max = 512;
    m->task.n_weights = 4;
    memcpy(m->task.weights_ppm, weights, sizeof weights);
    m->task.unit_jobs = 1000000;
    m->task.jobs_per_load = 10000;
    m->task.error_k_ppm = 1000000;
    party(&m->release, "sky-kdtree", "");
    party(&m->baseline, "crossmatch", "incumbent");
    m->seed.logged = !sample->unlogged;
    if (m->seed.logged) {
        m->seed.plan = suan_sha256(suan_span_text("plan"));
        m->seed.log_root = suan_sha256(suan_span_text("root"));
        m->seed.plan_index = 17;
    }
    memset(m->seed.secret, 7, sizeof m->seed.secret);
    m->seed.commit = suan_seed_commit(m->seed.secret, &m->release.tar);
    struct suan_json *machine = suan_json_new_object();
    m->machine_class = suan_sha256(suan_span_text("class"));
    m->rate_mflops = 6000;
    suan_json_set_hex(machine, "class", m->machine_class.bytes, SUAN_DIGEST_SIZE);
    suan_json_set_integer(machine, "rate_mflops", m->rate_mflops);
    suan_json_set_text(machine, "cpu", "Test CPU");
    m->machine = suan_json_new_object();
    suan_json_set(m->machine, "machine", machine);
    m->aa.eps_ppm = 5000;
    m->init_b_ns = 5000000;
    m->init_p_ns = 85000000;
    suan_measurement_check(m, "R29", SUAN_CHECK_PASS, "right in 4 sizes");
    snprintf(m->saving.tariff, sizeof m->saving.tariff, "2026-11");
    m->saving.fen_per_cpu_hour = 30;
}

struct noise {
    struct suan_draw draw;
    struct suan_rows *rows;
    const struct sample *sample;
};

static void add_pair(struct noise *noise, struct suan_row row, double cost, double ratio, double block_effect)
{
    for (int side = 0; side < 2; side++) {
        double error = 1 + noise->sample->pair_sd * sample_normal(&noise->draw);
        row.side = (enum suan_row_side)side;
        row.cpu_ns = llround(10 * cost * fmax(0.05, error) * (side == 1 ? ratio * (1 + block_effect) : 1));
        row.wall_ns = row.cpu_ns + 1000;
        row.failed = side == 1 && row.phase == SUAN_PHASE_MAIN ? noise->sample->failed : 0;
        row.flag = row.failed > 0 ? SUAN_ROW_FAILED : SUAN_ROW_FINE;
        cr_assert(suan_rows_add(noise->rows, &row));
    }
}

static void add_block(struct noise *noise, enum suan_row_phase phase, uint32_t block, const uint64_t *sizes,
                      uint32_t count, double ratio)
{
    double effect = noise->sample->block_sd * sample_normal(&noise->draw);
    double trend = phase == SUAN_PHASE_MAIN && noise->sample->blocks > 1
                       ? noise->sample->drift * block / (noise->sample->blocks - 1)
                       : 0;
    for (uint32_t g = 0; g < count; g++) {
        double cost = 200000.0 * (double)sizes[g];
        for (uint32_t pair = 0; pair < noise->sample->pairs; pair++) {
            struct suan_row row = {.phase = phase,
                                   .n = sizes[g],
                                   .block = block,
                                   .pair = pair,
                                   .cpu = 1,
                                   .calls = 10,
                                   .rss_kib = 20480,
                                   .order = (enum suan_row_order)(pair % 2)};
            add_pair(noise, row, cost, ratio, effect + trend);
        }
    }
}

void sample_rows(const struct sample *sample, const struct suan_measurement *facts, const char *seed,
                 struct suan_rows *out)
{
    struct noise noise = {.rows = out, .sample = sample};
    struct suan_digest master = suan_derive_master(facts);
    uint64_t sizes[SUAN_SIZES_MAX], aa[2];
    uint32_t places[2];
    suan_draw_init(&noise.draw, suan_span_text(seed), "noise");
    cr_assert_eq(
        suan_sizes_draw(&master, facts->task.size_min, facts->task.size_max, sample->sizes, sizes, NULL),
        SUAN_OK);
    suan_derive_aa_sizes(sample->sizes, places);
    aa[0] = sizes[places[0]];
    aa[1] = sizes[places[1]];
    for (uint32_t block = 0; block < sample->blocks; block++)
        add_block(&noise, SUAN_PHASE_AA, block, aa, 2, 1);
    for (uint32_t block = 0; block < sample->blocks; block++)
        add_block(&noise, SUAN_PHASE_MAIN, block, sizes, sample->sizes, 1 / sample->speedup);
}

struct suan_measurement *sample_measurement(const struct sample *sample, struct suan_rows *out_rows,
                                            struct suan_buffer *zst)
{
    struct suan_measurement *m = suan_measurement_new();
    struct suan_error error = {0};
    sample_facts(sample, m);
    sample_rows(sample, m, "sample", out_rows);
    cr_assert_eq(suan_derive(m, out_rows, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_folder_pack_rows(out_rows, m, zst, &error), SUAN_OK, "%s", error.message);
    return m;
}
