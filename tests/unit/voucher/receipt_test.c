/* The saving that follows from a receipt, added up by hand; and the document it travels in. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "basis.h"

static struct suan_receipt_basis basis;
static struct suan_receipt *receipt;

static void begin(void)
{
    basis = basis_read();
    receipt = basis_receipt();
}

static void end(void)
{
    suan_receipt_free(receipt);
}

TestSuite(receipt, .init = begin, .fini = end);

static int64_t saving(void)
{
    struct suan_error error = {0};
    cr_assert_eq(suan_receipt_compute(receipt, &basis, &error), SUAN_OK, "%s", error.message);
    return receipt->saving_ns;
}

Test(receipt, the_basis_takes_the_credited_series_alone)
{
    cr_assert_eq(basis.count, 2);
    cr_assert_eq(basis.bound_ppm[1], 500000);
    cr_assert_eq(basis.b_ns[0], 40);
    cr_assert_eq(basis.b_ns[1], 200);
    cr_assert_eq(basis.blocks, 8);
}

Test(receipt, jobs_lie_in_bins_along_the_attested_sizes)
{
    cr_assert_eq(receipt->bin_count, 2);
    cr_assert_null(suan_receipt_bin_of(receipt, 99));
    cr_assert_eq(suan_receipt_bin_of(receipt, 100), &receipt->bins[0]);
    cr_assert_eq(suan_receipt_bin_of(receipt, 1000), &receipt->bins[0]);
    cr_assert_eq(suan_receipt_bin_of(receipt, 1001), &receipt->bins[1]);
    cr_assert_eq(suan_receipt_bin_of(receipt, 4000), &receipt->bins[1]);
    cr_assert_null(suan_receipt_bin_of(receipt, 4001));
}

Test(receipt, without_shadows_the_model_stands_after_the_haircut)
{
    cr_assert_eq(saving(), 48132);
    cr_assert_eq(receipt->flags, 0);
}

Test(receipt, the_cost_of_shadows_and_failures_is_taken_off)
{
    receipt->shadow_cost_ns = 100;
    receipt->bins[0].failed = 2;
    receipt->bins[1].failed = 1;
    cr_assert_eq(saving(), 48132 - 100 - 3 * 200);
    receipt->shadow_cost_ns = 50000;
    cr_assert_eq(saving(), 0);
}

/* 30 equal pairs: the bound of their mean is their difference, 50 ns, for 1,010 jobs; the haircut falls. */
Test(receipt, with_thirty_pairs_the_lower_of_model_and_shadows_stands)
{
    basis_shadows(receipt, 29, 100, 50);
    cr_assert_eq(saving(), 48132);
    basis_shadows(receipt, 30, 100, 50);
    cr_assert_eq(saving(), 50500);
    basis_shadows(receipt, 30, 120, 50);
    cr_assert_eq(saving(), 50666);
    basis_shadows(receipt, 30, 50, 50);
    cr_assert_eq(saving(), 0);
    basis_shadows(receipt, 30, 40, 50);
    cr_assert_eq(saving(), 0);
}

Test(receipt, tier_c_keeps_a_haircut_of_two_percent)
{
    basis.tier = 'C';
    basis_shadows(receipt, 30, 200, 50);
    cr_assert_eq(saving(), 50666 * 98 / 100);
}

Test(receipt, the_shadow_bound_is_the_same_everywhere)
{
    basis_shadows(receipt, 40, 100, 50);
    for (size_t i = 0; i < 40; i++)
        receipt->pairs[i].cpu_b_ns = 80 + (int64_t)i;
    int64_t first = saving();
    cr_assert_gt(first, 1010 * 45);
    cr_assert_lt(first, 1010 * 49);
    cr_assert_eq(saving(), first);
}

Test(receipt, burned_time_is_capped_at_the_attested_bound)
{
    receipt->bins[0].cpu_ns = 100001;
    cr_assert_eq(saving(), (100000 + 666) * 95 / 100);
    receipt->bins[0].cpu_ns = INT64_C(9007199254740991);
    cr_assert_eq(saving(), (100000 + 666) * 95 / 100);
}

Test(receipt, a_faster_machine_has_a_lower_cap)
{
    receipt->bins[0].cpu_ns = 200000;
    receipt->scores[0] = 6600;
    cr_assert_eq(saving(), (90909 + 606) * 95 / 100);
}

Test(receipt, another_class_or_a_score_off_by_more_than_15_percent_gives_nothing)
{
    receipt->scores[0] = 6900;
    cr_assert_gt(saving(), 0);
    receipt->scores[0] = 6901;
    cr_assert_eq(saving(), 0);
    cr_assert_eq(receipt->flags, SUAN_RECEIPT_UNMATCHED);
    receipt->scores[0] = 5100;
    cr_assert_gt(saving(), 0);
    receipt->scores[0] = 5099;
    cr_assert_eq(saving(), 0);
    receipt->scores[0] = 6000;
    receipt->class.bytes[0] = 1;
    cr_assert_eq(saving(), 0);
    cr_assert_eq(receipt->flags, SUAN_RECEIPT_UNMATCHED);
}

Test(receipt, a_wrong_shadow_stops_the_credit)
{
    basis_shadows(receipt, 30, 100, 50);
    receipt->pairs[7].ok = false;
    cr_assert_eq(saving(), 0);
    cr_assert_eq(receipt->flags, SUAN_RECEIPT_WRONG);
}

/* Production cost 59,999 ns for 1,010 jobs, 59.4 a job: too much beside shadows below 47.5 ns, too little
   beside shadows above 150,000 + 118.8 ns. */
Test(receipt, production_that_costs_otherwise_than_its_shadows_stops_the_credit)
{
    basis_shadows(receipt, 30, 200, 48);
    cr_assert_gt(saving(), 0);
    basis_shadows(receipt, 30, 200, 47);
    cr_assert_eq(saving(), 0);
    cr_assert_eq(receipt->flags, SUAN_RECEIPT_DIVERGED);
    basis_shadows(receipt, 29, 200, 47);
    cr_assert_gt(saving(), 0);
    basis_shadows(receipt, 30, 200000, 150118);
    cr_assert_gt(saving(), 0);
    basis_shadows(receipt, 30, 200000, 150119);
    cr_assert_eq(saving(), 0);
}

Test(receipt, use_in_process_earns_by_shadows_alone)
{
    snprintf(receipt->level, sizeof receipt->level, "NONE");
    cr_assert_eq(saving(), 0);
    cr_assert_eq(receipt->flags, SUAN_RECEIPT_INPROCESS);
    basis_shadows(receipt, 30, 100, 50);
    cr_assert_eq(saving(), 50500);
}

Test(receipt, a_quick_measurement_is_said)
{
    basis.mode = SUAN_BASIS_QUICK;
    cr_assert_eq(saving(), 48132);
    cr_assert_eq(receipt->flags, SUAN_RECEIPT_QUICK);
}

Test(receipt, nothing_attested_nothing_saved)
{
    basis.outcome = SUAN_BASIS_NOTHING;
    cr_assert_eq(saving(), 0);
}

Test(receipt, bins_that_are_not_the_attested_ones_are_refused)
{
    receipt->bins[0].hi = 1001;
    cr_assert_eq(suan_receipt_compute(receipt, &basis, NULL), SUAN_E_FORMAT);
}

/* --- the document ------------------------------------------------------------------------------------- */

static void write_out(struct suan_buffer *out)
{
    cr_assert_eq(suan_receipt_format(receipt, out, NULL), SUAN_OK);
}

Test(receipt, what_is_written_is_read_back_and_written_the_same)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, again = {0};
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *copy = NULL;
    struct suan_error error = {0};
    basis_shadows(receipt, 31, 100, 50);
    receipt->unmetered_jobs = 5;
    int64_t saved = saving();
    write_out(&text);
    cr_assert_eq(suan_receipt_parse(suan_buffer_span(&text), &copy, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(copy->saving_ns, saved);
    cr_assert_eq(suan_receipt_compute(copy, &basis, NULL), SUAN_OK);
    cr_assert_eq(copy->saving_ns, saved);
    cr_assert_eq(suan_receipt_format(copy, &again, NULL), SUAN_OK);
    cr_assert(suan_span_equal(suan_buffer_span(&text), suan_buffer_span(&again)));
}

struct wrong {
    const char *from, *to;
};

static const struct wrong wrong_rows[] = {
    {"suan.receipt/1", "suan.receipt/2"},
    {"\"saving_ns\":", "\"saving_n\":"},
    {"\"meter\":\"00", "\"meter\":\""},
    {"\"sequence\":1", "\"sequence\":0"},
    {"\"sequence\":1", "\"sequence\":1.0"},
    {"\"end\":\"2\"", "\"end\":\"0\""},
    {"\"end\":\"2\"", "\"end\":\"x\""},
    {"\"scores\":[6000]", "\"scores\":[0]"},
    {"\"scores\":[6000]", "\"scores\":[2147483649]"},
    {"\"scores\":[6000]", "\"scores\":[1,1,1,1,1]"},
    {"\"jobs\":1000", "\"jobs\":1099511627777"},
    {"\"jobs\":1000", "\"jobs\":-1"},
    {"\"cpu_ns\":50000", "\"cpu_ns\":\"50000\""},
    {"\"pairs\":[[100,50,true],", "\"pairs\":[[100,50,1],"},
    {"\"pairs\":[[100,50,true],", "\"pairs\":[[100,50],"},
    {"\"pairs\":[[100,50,true],", "\"pairs\":[[100,70368744177665,true],"},
    {"\"pairs\":[[100,50,true],", "\"pairs\":[[-1,50,true],"},
    {"\"flags\":[]", "\"flags\":[\"nice\"]"},
    {"\"user\":\"shop\"", "\"user\":5"},
    {"{\"bins\"", "{ \"bins\""},
};

Test(receipt, refuses_whatever_is_wrong)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    basis_shadows(receipt, 2, 100, 50);
    write_out(&text);
    const char *whole = suan_buffer_text(&text);
    for (size_t i = 0; i < sizeof wrong_rows / sizeof wrong_rows[0]; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer changed = {0};
        SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *copy = NULL;
        const char *place = strstr(whole, wrong_rows[i].from);
        cr_assert_not_null(place, "%s in %s", wrong_rows[i].from, whole);
        suan_buffer_append(&changed, whole, (size_t)(place - whole));
        suan_buffer_append_text(&changed, wrong_rows[i].to);
        suan_buffer_append_text(&changed, place + strlen(wrong_rows[i].from));
        cr_expect_eq(suan_receipt_parse(suan_buffer_span(&changed), &copy, NULL), SUAN_E_FORMAT, "%s",
                     wrong_rows[i].to);
    }
}

/* The largest factors that are read: no product may overflow (the sanitizer sees it), and the sum is refused
 * or held. */
Test(receipt, the_largest_numbers_do_not_overflow)
{
    basis.p_hi_ns[0] = basis.p_hi_ns[1] = INT64_C(1) << 46;
    basis.scores[0] = receipt->scores[0] = SUAN_RECEIPT_SCORE_MAX;
    basis.bound_ppm[0] = basis.bound_ppm[1] = basis.limit_ratio_hi_ppm = 1;
    for (size_t i = 0; i < receipt->bin_count; i++) {
        receipt->bins[i].jobs = SUAN_RECEIPT_JOBS_MAX;
        receipt->bins[i].cpu_ns = INT64_C(9007199254740991);
        receipt->bins[i].failed = 0;
    }
    cr_assert_eq(suan_receipt_compute(receipt, &basis, NULL), SUAN_E_FORMAT);
    basis_shadows(receipt, SUAN_RECEIPT_PAIRS_MAX, INT64_C(1) << 46, INT64_C(1) << 46);
    cr_assert_eq(saving(), 0);
}
