#include "bench/measurement.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "bench/attestation.h"
#include "bench/plan.h"
#include "support.h"

static struct suan_measurement *measured(struct sample sample)
{
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    return sample_measurement(&sample, &rows, &zst);
}

Test(measurement, a_planted_saving_is_credited_with_less_than_was_planted)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured((struct sample)SAMPLE);
    cr_assert_eq(m->outcome, SUAN_OUTCOME_CREDITED, "%s", suan_outcome_name(m->outcome));
    double planted = 0.75 * (double)m->saving.baseline_ns;
    cr_expect_lt((double)m->saving.credited_ns, planted);
    cr_expect_gt((double)m->saving.credited_ns, 0.85 * planted);
    cr_expect(m->saving.lo_ns < m->saving.point_ns && m->saving.point_ns < m->saving.hi_ns);
    cr_expect_gt(m->saving.fen, 0);
    cr_expect_eq(m->flags, 0, "%x", m->flags);
}

Test(measurement, equal_programs_credit_nothing)
{
    struct sample sample = SAMPLE;
    sample.speedup = 1;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured(sample);
    cr_assert_eq(m->outcome, SUAN_OUTCOME_NO_SAVING);
    cr_assert_eq(m->saving.credited_ns, 0);
}

Test(measurement, without_a_plan_in_a_log_nothing_is_credited)
{
    struct sample sample = SAMPLE;
    sample.unlogged = true;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured(sample);
    cr_assert_eq(m->outcome, SUAN_OUTCOME_UNLOGGED);
    cr_assert_eq(m->saving.credited_ns, 0);
    cr_assert_gt(m->saving.lcb_ns, 0);
}

Test(measurement, noise_beyond_the_limits_is_said)
{
    struct sample sample = SAMPLE;
    sample.pair_sd = 0.5;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured(sample);
    cr_assert_eq(m->outcome, SUAN_OUTCOME_NOISY);
    cr_assert_eq(m->saving.credited_ns, 0);
    cr_assert_eq(suan_outcome_status(m->outcome), SUAN_E_UNSTABLE);
}

Test(measurement, failed_calls_are_billed_and_too_many_fail_the_session)
{
    struct sample sample = SAMPLE;
    sample.failed = 1;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured(sample);
    cr_assert_eq(m->outcome, SUAN_OUTCOME_FAILED);
    cr_assert_gt(m->grid[0].ratio_ppm, 340000); /* a quarter, and a tenth of the baseline again */
}

Test(measurement, a_drifting_plugin_is_billed_at_its_slowest)
{
    struct sample steady = SAMPLE, drifting = SAMPLE;
    steady.blocks = drifting.blocks = 9;
    steady.block_sd = drifting.block_sd = 0.0005;
    drifting.drift = 0.3;
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured(steady);
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *d = measured(drifting);
    cr_assert_eq(m->flags & SUAN_REMARK_TREND, 0);
    cr_assert_neq(d->flags & SUAN_REMARK_TREND, 0);
    double plugin = (double)d->saving.plugin_ns / (double)m->saving.plugin_ns;
    cr_assert(plugin > 1.24 && plugin < 1.29, "%g", plugin); /* the last third of 0 to 30 % */
}

Test(measurement, more_attempts_cost_confidence)
{
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    struct sample sample = SAMPLE;
    SUAN_CLEANUP(suan_measurement_freep)
    struct suan_measurement *m = sample_measurement(&sample, &rows, &zst);
    int64_t first = m->saving.lcb_ns;
    m->session.attempt = 10;
    m->outcome = SUAN_OUTCOME_CREDITED;
    cr_assert_eq(suan_derive(m, &rows, NULL), SUAN_OK);
    cr_assert_lt(m->saving.lcb_ns, first);
    m->session.attempt = 16;
    struct suan_error error = {0};
    cr_assert_eq(suan_derive(m, &rows, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "measure.attempts");
}

Test(measurement, the_fit_finds_the_exponent)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured((struct sample)SAMPLE);
    cr_assert(m->fit.present);
    double n = 60, slope = m->fit.base.b + 2 * m->fit.base.c * log(n);
    cr_expect(fabs(slope - 1) < 0.05, "%g", slope);
    cr_expect_eq(m->fit.limit_n, 4 * (int64_t)m->grid[3].n);
    cr_expect(m->fit.limit_ratio_hi_ppm > 250000 && m->fit.limit_ratio_hi_ppm < 350000);
}

static void format(const struct suan_measurement *m, struct suan_buffer *out)
{
    struct suan_error error = {0};
    cr_assert_eq(suan_measurement_format(m, out, &error), SUAN_OK, "%s", error.message);
}

Test(measurement, the_document_is_the_measurement)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured((struct sample)SAMPLE);
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer second = {0};
    struct suan_error error = {0};
    format(m, &text);
    cr_assert_eq(suan_measurement_parse(suan_buffer_span(&text), "m", &again, &error), SUAN_OK, "%s",
                 error.message);
    format(again, &second);
    cr_assert(suan_span_equal(suan_buffer_span(&text), suan_buffer_span(&second)));
}

Test(measurement, unknown_and_missing_fields_are_named)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured((struct sample)SAMPLE);
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_error error = {0};
    format(m, &text);
    char *place = strstr((char *)(uintptr_t)suan_buffer_text(&text), "\"attempt\"");
    memcpy(place, "\"attempz\"", 9);
    cr_assert_eq(suan_measurement_parse(suan_buffer_span(&text), "m", &again, &error), SUAN_E_FORMAT);
    cr_assert_not_null(strstr(error.message, "session.attempz"), "%s", error.message);
}

Test(measurement, strangers_text_is_made_harmless)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = measured((struct sample)SAMPLE);
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_error error = {0};
    suan_measurement_check(m, "R99", SUAN_CHECK_FAIL, "第 3 個 \x1b[31m\xE2\x80\xAE e\xCC\x81 \xff\n end");
    cr_assert_str_eq(m->checks[m->n_checks - 1].detail, "第 3 個 ?[31m??? e?? ?? end");
    format(m, &text);
    cr_assert_eq(suan_measurement_parse(suan_buffer_span(&text), "m", &again, &error), SUAN_OK, "%s",
                 error.message);
}

Test(measurement, plan_document_round_trip)
{
    struct suan_plan plan = {.mode = SUAN_MODE_FULL, .attempt = 2, .task = "astro.crossmatch/1"}, again = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    snprintf(plan.release.id, sizeof plan.release.id, "sky-kdtree");
    snprintf(plan.release.version, sizeof plan.release.version, "1.0.0");
    snprintf(plan.baseline.id, sizeof plan.baseline.id, "crossmatch");
    snprintf(plan.baseline.version, sizeof plan.baseline.version, "1.0.0");
    snprintf(plan.baseline.role, sizeof plan.baseline.role, "incumbent");
    plan.commit = suan_sha256(suan_span_text("commit"));
    cr_assert_eq(suan_plan_format(&plan, &text, NULL), SUAN_OK);
    cr_assert_eq(suan_plan_parse(suan_buffer_span(&text), &again, NULL), SUAN_OK);
    cr_assert_arr_eq(&plan, &again, sizeof plan);
}

Test(measurement, statement_round_trip)
{
    struct suan_digest tar = suan_sha256(suan_span_text("tar"));
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_statement_done) struct suan_statement again = {0};
    struct suan_span predicate = suan_span_text("{\"a\":1}");
    cr_assert_eq(suan_statement_format("sky 1.0", &tar, SUAN_PREDICATE_PLAN, predicate, &text, NULL),
                 SUAN_OK);
    cr_assert_eq(suan_statement_parse(suan_buffer_span(&text), &again, NULL), SUAN_OK);
    cr_assert(suan_span_equal(suan_buffer_span(&again.predicate), predicate));
    cr_assert(suan_digest_equal(&again.tar, &tar));
    cr_assert_str_eq(again.name, "sky 1.0");
    cr_assert_str_eq(again.predicate_type, SUAN_PREDICATE_PLAN);
}
