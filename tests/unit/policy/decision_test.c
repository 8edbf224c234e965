/* Traces, overrides by the registry, credits, checks and replays, through the faces. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "library.h"
#include "policy/check.h"
#include "policy/earn.h"
#include "policy/examples.h"
#include "policy/past.h"
#include "policy/whatif.h"
#include "policy/window.h"

static struct library library;
static struct suan_past *past;
static struct suan_history history;

static void begin(void)
{
    library_add(&library, SUAN_TEST_PROGRAMMES);
    past = suan_past_new();
    history = suan_past_history(past);
}

static void end(void)
{
    suan_past_free(past);
    library_done(&library);
}

TestSuite(decision, .init = begin, .fini = end);
TestSuite(check, .init = begin, .fini = end);

static struct suan_claim *claim_of(const char *more)
{
    char text[2048];
    struct suan_claim *claim = NULL;
    struct suan_error error = {0};
    snprintf(text, sizeof text,
             "{\"schema\":\"suan.claim/"
             "1\",\"instrument\":\"compute_voucher\",\"date\":\"2024-05-01\",\"enterprise\":\"A\","
             "\"contract_id\":\"c\",\"lines\":[{\"kind\":\"compute\",\"region_code\":\"110100\",\"amount_"
             "fen\":300000000},"
             "{\"kind\":\"storage\",\"region_code\":\"110100\",\"amount_fen\":12000000}]%s}",
             more);
    cr_assert_eq(suan_claim_parse(suan_span_text(text), SUAN_CLAIM_BY_REVIEWER, "claim", &claim, &error),
                 SUAN_OK, "%s", error.message);
    return claim;
}

static const char beijing[] = ",\"claimant\":{\"class\":\"enterprise\",\"region_code\":\"110108\",\"sector\":"
                              "\"software\",\"blacklisted\":false},"
                              "\"contract\":{\"signed\":\"2024-02-01\",\"related\":false,\"term\":{\"start\":"
                              "\"2024-02-01\",\"end\":\"2025-01-31\"}},"
                              "\"claim\":{\"other_same_level_subsidy\":false}";

static struct suan_decision decide(const char *programme, const struct suan_claim *claim,
                                   struct suan_trace *trace)
{
    struct suan_decision decision;
    struct suan_error error = {0};
    struct suan_request request = {library_find(&library, programme), claim, &history, SUAN_DAY_NONE};
    cr_assert_not_null(request.programme);
    cr_assert_eq(suan_policy_evaluate(&request, &decision, trace, &error), SUAN_OK, "%s", error.message);
    return decision;
}

static size_t issue(const struct suan_decision *decision, const struct suan_claim *claim, int32_t day)
{
    size_t index = 0;
    cr_assert_eq(suan_past_issue(past, decision, claim, day, &index, NULL), SUAN_OK);
    return index;
}

Test(decision, a_trace_shows_what_binds_and_why)
{
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0}, chinese = {0};
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *earlier = claim_of(beijing), *claim = claim_of(beijing);
    struct suan_decision first = decide("beijing-ai-compute-2023", earlier, NULL);
    cr_assert_eq(first.award_fen, 60000000);
    first.award_fen = 180000000; /* as if it had been awarded that much */
    earlier->contract_key = suan_span_text("another");
    issue(&first, earlier, earlier->day);
    struct suan_decision decision = decide("beijing-ai-compute-2023", claim, &trace);
    cr_assert_eq(decision.award_fen, 20000000);
    cr_assert_eq(suan_trace_explain(&trace, &decision, SUAN_LANGUAGE_ENGLISH, &text, NULL), SUAN_OK);
    cr_assert_eq(suan_trace_explain(&trace, &decision, SUAN_LANGUAGE_CHINESE, &chinese, NULL), SUAN_OK);
    const char *shown = suan_buffer_text(&text);
    cr_expect_not_null(strstr(shown, "beijing-ai-compute-2023 v1 (sha256 5f3caa01…)"), "%s", shown);
    cr_expect_not_null(strstr(shown, "REGISTERED  claimant.region = local"), "%s", shown);
    cr_expect_not_null(strstr(shown, "storage 120,000.00"), "%s", shown);
    cr_expect_not_null(strstr(shown, "limit RATE 600,000.00 = floor(3,000,000.00 × 20/100)\n"), "%s", shown);
    cr_expect_not_null(
        strstr(shown, "limit ENTERPRISE_YEAR_ISSUED 200,000.00 = 2,000,000.00 − 1,800,000.00   ← binds\n"),
        "%s", shown);
    cr_expect_not_null(strstr(shown, "每個自然年度累計申領和兌付"), "%s", shown);
    cr_expect_not_null(strstr(suan_buffer_text(&chinese), "起限制"));
}

Test(decision, a_trace_is_json_with_each_step)
{
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = claim_of(beijing);
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_decision decision = decide("beijing-ai-compute-2023", claim, &trace);
    cr_assert_eq(suan_trace_format(&trace, &decision, &text, NULL), SUAN_OK);
    cr_assert_eq(
        suan_json_parse(suan_buffer_span(&text), 1 << 20, SUAN_JSON_CANONICAL, "trace", &document, NULL),
        SUAN_OK);
    const struct suan_json *root = suan_json_root(document), *steps = suan_json_find(root, "steps");
    cr_assert(
        suan_span_equal(suan_json_text(suan_json_find(root, "schema")), suan_span_text("suan.trace/1")));
    cr_assert_eq(suan_json_integer(suan_json_find(root, "award_fen")), 60000000);
    cr_assert_geq(suan_json_count(steps), 14);
    const struct suan_json *region = suan_json_at(steps, 2);
    cr_assert(
        suan_span_equal(suan_json_text(suan_json_find(region, "field")), suan_span_text("claimant.region")));
    cr_assert(suan_span_equal(suan_json_text(suan_json_find(region, "have")), suan_span_text("local")));
    cr_assert_not_null(suan_json_find(region, "clause"));
}

Test(decision, an_unknown_amount_is_null_and_never_zero)
{
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer json = {0}, text = {0};
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *claim = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    struct suan_decision decision = decide("wuhan-compute-article", claim, &trace);
    cr_assert_eq(decision.outcome, SUAN_OUTCOME_REVIEW);
    cr_assert_eq(suan_trace_format(&trace, &decision, &json, NULL), SUAN_OK);
    cr_assert_eq(suan_trace_explain(&trace, &decision, SUAN_LANGUAGE_ENGLISH, &text, NULL), SUAN_OK);
    cr_assert_not_null(strstr(suan_buffer_text(&json), "\"award_fen\":null"));
    cr_assert_not_null(strstr(suan_buffer_text(&text), "award UNKNOWN"));
}

Test(decision, what_the_registry_knows_overrides_the_claim_and_is_said)
{
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = claim_of(beijing);
    suan_claim_know_boolean(claim, SUAN_FIELD_CONTRACT_RELATED, true);
    struct suan_decision decision = decide("beijing-ai-compute-2023", claim, &trace);
    cr_assert_str_eq(decision.binding, "RELATED_PARTY");
    cr_assert_eq(suan_trace_explain(&trace, &decision, SUAN_LANGUAGE_ENGLISH, &text, NULL), SUAN_OK);
    cr_assert_not_null(strstr(suan_buffer_text(&text), "contract.related = true  (by the registry)"));
}

Test(decision, the_registry_knows_the_benchmark)
{
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *claim =
        claim_of(",\"claimant\":{\"class\":\"enterprise\"},\"efficient_benchmark_fen\":900000000");
    claim->lines[0].paid_fen = 10000000;
    claim->lines[1].paid_fen = 0;
    suan_claim_know_benchmark(claim, 6000000);
    cr_assert_eq(decide("demo-efficient", claim, NULL).award_fen, 1440000);
}

Test(decision, only_room_is_told_apart)
{
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *claim = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    struct suan_decision decision = decide("demo-prorata", claim, NULL);
    issue(&decision, claim, claim->day);
    claim->contract_key = suan_span_text("d");
    struct suan_decision full = decide("demo-prorata", claim, NULL);
    cr_assert(full.outcome == SUAN_OUTCOME_REJECT && full.is_room);
    struct suan_decision other = decide("wuhan-opc-2026", claim, NULL);
    cr_assert(other.outcome == SUAN_OUTCOME_REJECT && !other.is_room);
}

Test(decision, evaluated_again_at_issue_uses_the_year_of_issue)
{
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *claim = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    struct suan_decision decision = decide("demo-prorata", claim, NULL);
    issue(&decision, claim, claim->day);
    claim->contract_key = suan_span_text("d");
    struct suan_request request = {library_find(&library, "demo-prorata"), claim, &history, claim->day + 365};
    cr_assert_eq(suan_policy_evaluate(&request, &decision, NULL, NULL), SUAN_OK);
    cr_assert_eq(decision.award_fen, 100000);
}

Test(decision, a_claim_for_the_other_instrument_is_malformed)
{
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *claim = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    struct suan_decision decision;
    struct suan_error error = {0};
    struct suan_request request = {library_find(&library, "algorithm-voucher-design"), claim, &history,
                                   SUAN_DAY_NONE};
    cr_assert_eq(suan_policy_evaluate(&request, &decision, NULL, &error), SUAN_E_USAGE);
    cr_assert_str_eq(error.code, "policy.bad-field");
}

/* --- claim-3m.json, 3,000,000.00 of compute in Hangzhou, under every compute programme ---------------- */

struct quoted {
    const char *programme, *decision, *binding;
    int64_t award_fen;
};

static const struct quoted quotes[] = {
    {"beijing-ai-compute-2023", "REJECT", "NOT_IN_FORCE", 0},
    {"chengdu-compute-2025", "AWARD", "RATE", 180000000},
    {"chengdu-compute-article", "REJECT", "NOT_IN_FORCE", 0},
    {"guizhou-compute", "REJECT", "LOCAL_COMPUTE", 0},
    {"hangzhou-compute-2024", "REJECT", "NOT_IN_FORCE", 0},
    {"hangzhou-compute-2025", "AWARD", "RATE", 90000000},
    {"hangzhou-compute-article", "REJECT", "NOT_IN_FORCE", 0},
    {"shandong-compute-article", "REJECT", "IN_PROVINCE_COMPUTE", 0},
    {"shanghai-compute-article", "REJECT", "LOCAL_COMPUTE", 0},
    {"wuhan-compute-article", "REVIEW", "NEEDS_REVIEWER_RATE", 0},
    {"wuhan-opc-2026", "REJECT", "CLAIMANT_CLASS", 0},
    {"wuxi-compute-article", "AWARD", "RATE", 45000000},
    {"demo-prorata", "AWARD", "BUDGET", 100000},
};

Test(decision, the_claim_of_three_million_is_quoted_as_the_rules_say)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = NULL;
    library_read_file(SUAN_TEST_PROGRAMMES "/claim-3m.json", &text);
    cr_assert_eq(suan_claim_parse(suan_buffer_span(&text), SUAN_CLAIM_BY_CLAIMANT, "claim", &claim, NULL),
                 SUAN_OK);
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        struct suan_decision decision = decide(quotes[i].programme, claim, NULL);
        cr_expect_str_eq(suan_policy_outcome_name(decision.outcome), quotes[i].decision, "%s",
                         quotes[i].programme);
        cr_expect_str_eq(decision.binding, quotes[i].binding, "%s", quotes[i].programme);
        cr_expect_eq(decision.award_fen, quotes[i].award_fen, "%s", quotes[i].programme);
    }
}

/* I17 and I18 of the rules: within a tier awards rise with the base, and splitting a claim never raises the
 * total. */
Test(decision, awards_rise_with_the_base_and_splitting_gains_nothing)
{
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *claim = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    int64_t before = 0;
    for (int64_t base = 0; base < 2000; base++) {
        claim->lines[0].amount_fen = claim->lines[0].paid_fen = base;
        claim->lines[1].paid_fen = 0;
        int64_t whole = decide("demo-efficient", claim, NULL).award_fen;
        claim->lines[0].paid_fen = base / 3;
        int64_t part = decide("demo-efficient", claim, NULL).award_fen;
        claim->lines[0].paid_fen = base - base / 3;
        cr_assert_geq(whole, before);
        cr_assert_leq(part + decide("demo-efficient", claim, NULL).award_fen, whole);
        before = whole;
    }
}

/* A history that fails is passed on, not guessed. */
static enum suan_status broken_sum(void *context, const struct suan_sum_query *query, int64_t *out_fen,
                                   struct suan_error *error)
{
    (void)context;
    (void)query;
    (void)out_fen;
    return suan_error_set(error, SUAN_E_IO, "test.broken", NULL, "no sums today");
}

Test(decision, a_failing_history_is_an_error)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = claim_of(beijing);
    struct suan_decision decision;
    struct suan_history broken = history;
    broken.sum = broken_sum;
    struct suan_request request = {library_find(&library, "beijing-ai-compute-2023"), claim, &broken,
                                   SUAN_DAY_NONE};
    cr_assert_eq(suan_policy_evaluate(&request, &decision, NULL, NULL), SUAN_E_IO);
}

/* A history asked for a sum that was not announced would have to add up everything. */
static void count_wants(void *context, const struct suan_sum_query *kind)
{
    (void)kind;
    ++*(int *)context;
}

Test(decision, programmes_announce_the_sums_they_need)
{
    int beijing_wants = 0, demo_wants = 0, hangzhou_wants = 0;
    suan_history_wants(library_find(&library, "beijing-ai-compute-2023"), count_wants, &beijing_wants);
    suan_history_wants(library_find(&library, "demo-efficient"), count_wants, &demo_wants);
    suan_history_wants(library_find(&library, "hangzhou-compute-2025"), count_wants, &hangzhou_wants);
    cr_assert_eq(beijing_wants, 2);
    cr_assert_eq(demo_wants, 0);
    cr_assert_eq(hangzhou_wants, 3);
}

/* --- credits ------------------------------------------------------------------------------------------ */

static struct suan_earn_decision earn(struct suan_earn_claim claim)
{
    struct suan_earn_decision decision;
    cr_assert_eq(
        suan_policy_earn(library_find(&library, "algorithm-voucher-design"), &claim, &decision, NULL),
        SUAN_OK);
    return decision;
}

static const struct suan_earn_claim worked = {.saving_ns = INT64_C(2700000000000000),
                                              .invocations = 1,
                                              .cards = 1,
                                              .fen_per_hour = 1500,
                                              .baseline_ns = 100,
                                              .credited_ns = 5,
                                              .runs = 5,
                                              .owner_room_fen = 100000000};

Test(decision, the_worked_credit_from_a_receipt)
{
    struct suan_earn_decision decision = earn(worked);
    int64_t parts[2];
    const struct suan_earn_owner owners[2] = {{7000, 0}, {3000, 0}};
    cr_assert_eq(decision.saved_fen, 1125000);
    cr_assert_eq(decision.credit_fen, 225000);
    cr_assert(suan_earn_split(decision.credit_fen, owners, 2, parts));
    cr_assert(parts[0] == 157500 && parts[1] == 67500);
}

Test(decision, an_owner_at_the_ceiling_limits_the_whole_credit)
{
    const struct suan_programme *programme = library_find(&library, "algorithm-voucher-design");
    const struct suan_earn_owner owners[2] = {{7000, 0}, {3000, 99999970}};
    struct suan_earn_claim claim = worked;
    int64_t parts[2];
    claim.owner_room_fen = suan_earn_owner_room(programme, owners, 2);
    cr_assert_eq(claim.owner_room_fen, 100);
    struct suan_earn_decision decision = earn(claim);
    cr_assert_str_eq(decision.binding, "OWNER_YEAR");
    cr_assert(suan_earn_split(decision.credit_fen, owners, 2, parts));
    cr_assert_eq(parts[1], 30);
}

Test(decision, a_programme_without_credit_pays_none)
{
    struct suan_earn_decision decision;
    cr_assert_eq(suan_policy_earn(library_find(&library, "demo-prorata"), &worked, &decision, NULL),
                 SUAN_E_USAGE);
}

/* --- check -------------------------------------------------------------------------------------------- */

struct heard {
    int errors, notes;
    char last[64];
};

static void hear(void *context, const struct suan_finding *finding)
{
    struct heard *heard = context;
    heard->errors += finding->kind == SUAN_FINDING_ERROR;
    heard->notes += finding->kind == SUAN_FINDING_NOTE;
    snprintf(heard->last, sizeof heard->last, "%s", finding->code);
}

Test(check, the_library_has_no_contradiction)
{
    for (size_t i = 0; i < library.count; i++)
        cr_expect_eq(
            suan_programme_check(library.programmes[i], library_list(&library), library.count, NULL, NULL),
            0);
}

struct contradiction {
    const char *from, *to, *code;
};

static const struct contradiction contradictions[] = {
    {"\"from\": \"2025-06-13\"", "\"from\": \"2025-06-12\"", "programme.overlap"},
    {"\"version\": 3", "\"version\": 2", "programme.chain"},
    {"\"value\": \"domestic\"", "\"value\": \"other\"", "programme.unreachable-tier"},
    {"\"num\": 20", "\"num\": 0", "programme.no-award"},
    {"\"amount_fen\": 800000000", "\"amount_fen\": 0", "programme.no-award"},
    {"\"amount_fen\": 25000000000", "\"amount_fen\": 0", "programme.no-award"},
    {"\"storage\",", "\"compute\",", "programme.base"},
    {"\"id\": \"OTHER\"", "\"id\": \"DOMESTIC\"", "programme.twice"},
    {"\"supersedes\": \"hangzhou-compute-2024\"", "\"supersedes\": \"hangzhou-compute-2025\"",
     "programme.chain"},
};

static void find_contradiction(const struct contradiction *row, const char *text)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer changed = {0};
    const char *place = strstr(text, row->from);
    struct heard heard = {0};
    cr_assert_not_null(place, "%s", row->from);
    suan_buffer_append(&changed, text, (size_t)(place - text));
    suan_buffer_append_text(&changed, row->to);
    suan_buffer_append_text(&changed, place + strlen(row->from));
    SUAN_CLEANUP(suan_programme_freep)
    struct suan_programme *programme = library_parse(suan_buffer_text(&changed));
    cr_expect_gt(suan_programme_check(programme, library_list(&library), library.count, hear, &heard), 0,
                 "%s", row->to);
    cr_expect_str_eq(heard.last, row->code, "%s: %s", row->to, heard.last);
}

Test(check, finds_each_contradiction)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    library_read_file(SUAN_TEST_PROGRAMMES "/hangzhou-compute-2025.json", &text);
    for (size_t i = 0; i < sizeof contradictions / sizeof contradictions[0]; i++)
        find_contradiction(&contradictions[i], suan_buffer_text(&text));
}

/* --- what if ------------------------------------------------------------------------------------------ */

Test(decision, what_if_decides_past_claims_again_in_order)
{
    struct suan_whatif_summary summary;
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *one = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    SUAN_CLEANUP(suan_claim_freep)
    struct suan_claim *two = claim_of(",\"claimant\":{\"class\":\"enterprise\"}");
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *three = claim_of("");
    one->lines[0].amount_fen = two->lines[0].amount_fen = 60000;
    two->contract_key = suan_span_text("d");
    const struct suan_whatif_case cases[] = {{one, SUAN_DAY_NONE, SUAN_OUTCOME_AWARD, 60000},
                                             {two, SUAN_DAY_NONE, SUAN_OUTCOME_AWARD, 60000},
                                             {three, SUAN_DAY_NONE, SUAN_OUTCOME_REVIEW, 0}};
    cr_assert_eq(
        suan_policy_whatif(library_find(&library, "demo-prorata"), cases, 3, NULL, NULL, &summary, NULL),
        SUAN_OK);
    cr_assert_eq(summary.cases, 3);
    cr_assert_eq(summary.changed, 1);
    cr_assert_eq(summary.award_before_fen, 120000);
    cr_assert_eq(summary.award_after_fen, 100000);
    cr_assert_eq(summary.outcomes_after[SUAN_OUTCOME_REVIEW], 1);
}

/* --- examples: what the runner must notice ------------------------------------------------------------ */

static struct suan_span last_difference;
static char difference_text[256];

static void keep(void *context, const struct suan_example_report *one)
{
    (void)context;
    snprintf(difference_text, sizeof difference_text, "%.*s", SUAN_SPAN_PRINTF(one->difference));
    last_difference = suan_span_text(difference_text);
}

static size_t run(const char *step)
{
    char text[1024];
    size_t failed = 99;
    struct suan_error error = {0};
    SUAN_CLEANUP(suan_examples_freep) struct suan_examples *examples = NULL;
    snprintf(text, sizeof text,
             "{\"schema\":\"suan.examples/"
             "1\",\"unit\":\"fen\",\"note\":\"\",\"examples\":[{\"id\":\"X\",\"title\":\"\","
             "\"steps\":[%s]}]}",
             step);
    cr_assert_eq(suan_examples_parse(suan_span_text(text), "x", &examples, &error), SUAN_OK, "%s",
                 error.message);
    cr_assert_eq(
        suan_examples_run(examples, library_list(&library), library.count, keep, NULL, &failed, &error),
        SUAN_OK);
    return failed;
}

Test(decision, an_example_that_expects_something_else_fails_and_says_what)
{
    cr_assert_eq(run("{\"op\":\"share\",\"num\":1,\"den\":2,\"expect\":{\"permille\":500}}"), 0);
    cr_assert_eq(run("{\"op\":\"share\",\"num\":1,\"den\":2,\"expect\":{\"permille\":501}}"), 1);
    cr_assert_str_eq(difference_text, "step 1: permille: expected 501, got 500");
    cr_assert_eq(run("{\"op\":\"share\",\"num\":1,\"den\":2,\"expect\":{\"permile\":500}}"), 1);
    cr_assert_not_null(strstr(difference_text, "permile"));
}

Test(decision, a_number_that_is_no_integer_spoils_its_step_alone)
{
    cr_assert_eq(run("{\"op\":\"share\",\"num\":0.5,\"den\":2,\"expect\":{\"decision\":\"ERROR\",\"binding\":"
                     "\"BAD_AMOUNT\"}},{\"op\":\"share\",\"num\":1,\"den\":2,\"expect\":{\"permille\":500}}"),
                 0);
    cr_assert_eq(run("{\"op\":\"share\",\"num\":1,\"den\":2,\"expect\":{\"permille\":500.0}}"), 1);
}
