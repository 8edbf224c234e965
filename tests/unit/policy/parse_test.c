/* What is read, and what is refused: programmes, claims, tariffs, days. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "library.h"
#include "policy/claim.h"
#include "policy/tariff.h"

/* --- days --------------------------------------------------------------------------------------------- */

static int32_t day(const char *text)
{
    int32_t out = SUAN_DAY_NONE;
    return suan_day_parse(suan_span_text(text), &out) ? out : SUAN_DAY_NONE;
}

Test(date, counts_days_as_the_calendar_does)
{
    cr_assert_eq(day("1970-01-01"), 0);
    cr_assert_eq(day("1969-12-31"), -1);
    cr_assert_eq(day("2000-03-01") - day("2000-02-28"), 2);
    cr_assert_eq(day("2100-03-01") - day("2100-02-28"), 1);
    cr_assert_eq(day("2024-01-01"), 19723);
    cr_assert_neq(day("0001-01-01"), SUAN_DAY_NONE);
    cr_assert_neq(day("9999-12-31"), SUAN_DAY_NONE);
}

Test(date, refuses_what_is_no_day)
{
    static const char *const rows[] = {"",           "2024-02-30", "2023-02-29",    "2024-13-01",
                                       "2024-00-01", "2024-01-00", "2024-1-01",     "2024-01-1",
                                       "24-01-01",   "2024/01/01", "2024-01-01 ",   "+024-01-01",
                                       "0000-01-01", "2024-01-0x", "２０２４-01-01"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(day(rows[i]), SUAN_DAY_NONE, "%s", rows[i]);
}

Test(date, formats_what_it_parses)
{
    char text[11];
    for (int32_t d = day("1999-12-25"); d < day("2005-01-05"); d++) {
        suan_day_format(d, text);
        cr_assert_eq(day(text), d);
    }
}

Test(date, a_moment_belongs_to_its_day_in_utc_plus_8)
{
    int32_t out = 0;
    cr_assert(suan_day_parse_moment(suan_span_text("2024-12-31T15:59:59Z"), &out));
    cr_assert_eq(out, day("2024-12-31"));
    cr_assert(suan_day_parse_moment(suan_span_text("2024-12-31T16:00:00Z"), &out));
    cr_assert_eq(out, day("2025-01-01"));
    cr_assert_eq(suan_day_of_time(UINT64_C(1735660799) * 1000000000), day("2024-12-31"));
    cr_assert_eq(suan_day_of_time(UINT64_C(1735660800) * 1000000000), day("2025-01-01"));
    cr_assert_not(suan_day_parse_moment(suan_span_text("2024-12-31T23:59:60Z"), &out));
    cr_assert_not(suan_day_parse_moment(suan_span_text("2024-12-31T15:59:59+08:00"), &out));
}

Test(date, one_year_ends_the_day_before)
{
    cr_assert(suan_day_within_one_year(day("2024-03-01"), day("2025-02-28")));
    cr_assert_not(suan_day_within_one_year(day("2024-03-01"), day("2025-03-01")));
    cr_assert(suan_day_within_one_year(day("2023-03-01"), day("2024-02-29")));
    cr_assert(suan_day_within_one_year(day("2024-02-29"), day("2025-02-28")));
    cr_assert_not(suan_day_within_one_year(day("2024-02-29"), day("2025-03-01")));
}

/* --- documents with one thing wrong ------------------------------------------------------------------- */

/* The text with the first `from` made `to`; the test fails if it is not there. */
static void replace(const char *text, const char *from, const char *to, struct suan_buffer *out)
{
    const char *place = strstr(text, from);
    cr_assert_not_null(place, "%s", from);
    suan_buffer_append(out, text, (size_t)(place - text));
    suan_buffer_append_text(out, to);
    suan_buffer_append_text(out, place + strlen(from));
}

struct wrong {
    const char *from, *to;
    const char *code, *path; /* what the message must name */
};

static const char programme_text[] =
    "{\"schema\":\"suan.programme/"
    "1\",\"id\":\"x\",\"version\":1,\"instrument\":\"compute_voucher\",\"status\":\"design\","
    "\"jurisdiction\":{\"level\":\"city\",\"code\":\"330100\",\"name\":\"n\"},\"issuer\":\"i\",\"currency\":"
    "\"CNY\","
    "\"unit\":\"fen\",\"tz\":\"Asia/Shanghai\",\"effective\":{\"from\":\"2024-01-01\",\"to\":null,"
    "\"select_by\":\"apply_date\"},\"claimants\":[\"enterprise\"],\"priority\":[],\"eligibility\":[{\"id\":"
    "\"P\","
    "\"field\":\"claimant.size\",\"op\":\"eq\",\"value\":\"sme\",\"why\":\"w\",\"source\":0}],\"base\":{"
    "\"kind\":"
    "\"contract_fee\",\"include_lines\":[\"compute\"],\"exclude_lines\":[]},\"tiers\":[{\"id\":\"T\","
    "\"when\":[],"
    "\"rate\":{\"num\":20,\"den\":100},\"caps\":[]}],\"caps\":[{\"id\":\"C\",\"scope\":\"enterprise\","
    "\"period\":"
    "\"calendar_year\",\"measure\":\"issued\",\"amount_fen\":500}],\"stacking\":{\"group\":\"g\",\"same_"
    "contract\":"
    "\"forbid\"},\"duplicate_contract\":\"reject\",\"budget\":{\"kind\":\"cap\",\"amount_fen\":1000,"
    "\"period\":"
    "\"calendar_year\",\"charge_on\":\"issue\",\"on_exhaustion\":\"first_come_partial\"},\"rounding\":{"
    "\"mode\":\"floor\","
    "\"unit_fen\":1,\"per\":\"component\"},\"voucher\":{\"validity_days\":365,\"transferable\":false,"
    "\"divisible\":true,"
    "\"mode\":\"reimburse\"},\"workflow\":{},\"documents\":{},\"clawback\":{},\"sources\":[{\"kind\":"
    "\"design\"}],"
    "\"unknown\":[]}";

static const struct wrong programme_rows[] = {
    {"suan.programme/1", "suan.programme/2", "policy.bad-field", "schema"},
    {"\"id\":\"x\"", "\"id\":\"X\"", "policy.bad-field", "id"},
    {"\"version\":1", "\"version\":0", "policy.bad-field", "version"},
    {"\"version\":1", "\"version\":1.0", "policy.bad-field", "version"},
    {"compute_voucher", "cash", "policy.bad-field", "instrument"},
    {"330100", "33010", "policy.bad-field", "jurisdiction.code"},
    {"330100", "33010a", "policy.bad-field", "jurisdiction.code"},
    {"CNY", "USD", "policy.bad-field", "currency"},
    {"Asia/Shanghai", "UTC", "policy.bad-field", "tz"},
    {"2024-01-01", "2024-02-30", "policy.bad-date", "effective.from"},
    {"\"to\":null", "\"to\":\"2023-12-31\"", "policy.bad-date", "effective.to"},
    {"apply_date", "any_date", "policy.bad-field", "effective.select_by"},
    {"[\"enterprise\"]", "[]", "policy.bad-field", "claimants"},
    {"[\"enterprise\"]", "[\"person\"]", "policy.bad-field", "claimants"},
    {"claimant.size", "claimant.shoe_size", "policy.unsupported", "eligibility[0].field"},
    {"\"op\":\"eq\"", "\"op\":\"like\"", "policy.bad-field", "eligibility[0].op"},
    {"\"op\":\"eq\"", "\"op\":\"ge\"", "policy.bad-field", "eligibility[0].op"},
    {"\"op\":\"eq\"", "\"op\":\"in\"", "policy.bad-field", "eligibility[0].value"},
    {"\"op\":\"eq\"", "\"op\":\"within_one_year\"", "policy.bad-field", "eligibility[0].op"},
    {"\"value\":\"sme\"", "\"value\":3", "policy.bad-field", "eligibility[0].value"},
    {"\"value\":\"sme\"", "\"value\":null", "policy.bad-field", "eligibility[0].value"},
    {"\"source\":0", "\"source\":1", "policy.bad-field", "eligibility[0].source"},
    {"\"source\":0", "\"sauce\":0", "policy.bad-field", "eligibility[0].sauce"},
    {"[\"compute\"]", "[\"computing\"]", "policy.bad-field", "base.include_lines"},
    {"\"tiers\":[{", "\"tiers\":[],\"unknown2\":[{", "policy.bad-field", "unknown2"},
    {"\"rate\":{\"num\":20,\"den\":100},", "", "policy.bad-field", "tiers[0].rate"},
    {"\"num\":20", "\"num\":101", "policy.contradiction", "tiers[0].rate"},
    {"\"den\":100", "\"den\":0", "policy.bad-amount", "tiers[0].rate.den"},
    {"\"den\":100", "\"den\":1000001", "policy.bad-amount", "tiers[0].rate.den"},
    {"\"num\":20", "\"num\":-20", "policy.bad-amount", "tiers[0].rate.num"},
    {"\"scope\":\"enterprise\"", "\"scope\":\"group\"", "policy.unsupported", "caps[0].scope: 'group'"},
    {"\"period\":\"calendar_year\"", "\"period\":\"rolling_365\"", "policy.unsupported", "'rolling_365'"},
    {"\"period\":\"calendar_year\"", "\"period\":\"support_cycle\"", "policy.unsupported", "'support_cycle'"},
    {"\"charge_on\":\"issue\"", "\"charge_on\":\"redeem\"", "policy.unsupported",
     "budget.charge_on: 'redeem'"},
    {"first_come_partial", "queue_next_period", "policy.unsupported", "'queue_next_period'"},
    {"first_come_partial", "merit_rank", "policy.unsupported", "'merit_rank'"},
    {"\"amount_fen\":500", "\"amount_fen\":5e2", "policy.bad-amount", "caps[0].amount_fen"},
    {"\"amount_fen\":500", "\"amount_fen\":9007199254740992", "policy.bad-amount", "caps[0].amount_fen"},
    {"\"amount_fen\":500", "\"amount_fen\":\"500\"", "policy.bad-amount", "caps[0].amount_fen"},
    {"\"amount_fen\":1000,", "", "policy.bad-field", "budget.amount_fen"},
    {"\"id\":\"C\"", "\"id\":\"BUDGET\"", "policy.bad-field", "caps[0].id"},
    {"\"forbid\"", "\"cap\"", "policy.bad-field", "stacking.combined_rate"},
    {"\"unit_fen\":1", "\"unit_fen\":100", "policy.unsupported", "rounding.unit_fen"},
    {"\"validity_days\":365", "\"validity_days\":0", "policy.bad-field", "voucher.validity_days"},
    {"\"transferable\":false", "\"transferable\":true", "policy.unsupported", "voucher.transferable"},
    {"\"sources\":[{\"kind\":\"design\"}]", "\"sources\":[]", "policy.bad-field", "sources"},
    {"\"unknown\":[]", "\"unknown\":[5]", "policy.bad-field", "unknown"},
    {"\"workflow\":{}", "\"workflow\":{},\"workflow\":{}", "policy.bad-field", "test"},
    {"\"id\":\"T\",", "\"id\":\"T\",\"component\":\"far\",", "policy.bad-field", "tiers[0].component"},
    {"\"id\":\"T\",\"when\":[]", "\"id\":\"T\",\"component\":\"local\",\"when\":[{}]", "policy.bad-field",
     "tiers[0].when[0]"},
    {"\"tiers\":[{",
     "\"tiers\":[{\"id\":\"L\",\"component\":\"local\",\"when\":[],\"rate\":null,\"caps\":[]},{",
     "policy.bad-field", "tiers"},
    {"\"workflow\":{}", "\"workflow\":{},\"earn\":{}", "policy.contradiction", "earn"},
};

static void refuse_programme(const struct wrong *row)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *programme = NULL;
    struct suan_error error = {0};
    static const uint8_t digest[32];
    replace(programme_text, row->from, row->to, &text);
    enum suan_status status =
        suan_programme_parse(suan_buffer_span(&text), digest, "test", &programme, &error);
    cr_expect_neq(status, SUAN_OK, "%s -> %s was accepted", row->from, row->to);
    if (status == SUAN_OK)
        return;
    cr_expect_str_eq(error.code, row->code, "%s -> %s: %s %s", row->from, row->to, error.code, error.message);
    cr_expect_not_null(strstr(error.message, row->path), "%s: %s", row->path, error.message);
    cr_expect_null(programme);
}

Test(programme, refuses_whatever_is_wrong_and_names_it)
{
    for (size_t i = 0; i < sizeof programme_rows / sizeof programme_rows[0]; i++)
        refuse_programme(&programme_rows[i]);
}

Test(programme, control_the_unchanged_text_is_read)
{
    struct suan_programme *programme = library_parse(programme_text);
    cr_assert(suan_span_equal(programme->id, suan_span_text("x")));
    cr_assert_eq(programme->caps[0].amount_fen, 500);
    cr_assert_eq(programme->eligibility[0].field, SUAN_FIELD_CLAIMANT_SIZE);
    cr_assert_eq(programme->to, INT32_MAX);
    suan_programme_free(programme);
}

Test(programme, suggests_the_nearest_name)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_programme *programme = NULL;
    struct suan_error error = {0};
    static const uint8_t digest[32];
    replace(programme_text, "\"budget\"", "\"bugdet\"", &text);
    cr_assert_eq(suan_programme_parse(suan_buffer_span(&text), digest, "test", &programme, &error),
                 SUAN_E_USAGE);
    cr_assert_not_null(strstr(error.hint, "budget"));
}

/* --- claims ------------------------------------------------------------------------------------------- */

static const char claim_text[] =
    "{\"schema\":\"suan.claim/"
    "1\",\"instrument\":\"compute_voucher\",\"date\":\"2026-03-01\",\"programme\":\"p\","
    "\"enterprise\":\"ent\",\"contract_id\":\"c\",\"claimant\":{\"class\":\"enterprise\",\"region_code\":"
    "\"330109\","
    "\"blacklisted\":false,\"support_year\":1},\"contract\":{\"number\":\"HZ-1\",\"supplier\":\"sup\","
    "\"signed\":"
    "\"2026-02-20\",\"term\":{\"start\":\"2026-03-01\",\"end\":\"2027-02-28\"},\"facility\":\"domestic\"},"
    "\"lines\":[{"
    "\"kind\":\"compute\",\"region_code\":\"330109\",\"amount_fen\":300,\"paid_fen\":200}],\"attest\":{"
    "\"benefit\":true},"
    "\"requested_fen\":50,\"reviewer_fen\":40,\"other_awards\":[{\"issuer\":\"x\",\"amount_fen\":7}],"
    "\"documents\":[]}";

static const struct wrong claim_rows[] = {
    {"suan.claim/1", "suan.claim/2", "policy.bad-field", "schema"},
    {"\"instrument\":\"compute_voucher\",", "", "policy.bad-field", "instrument"},
    {"2026-03-01", "2026-02-29", "policy.bad-date", "date"},
    {"\"date\":\"2026-03-01\",", "", "policy.bad-field", "date"},
    {"\"date\":\"2026-03-01\"", "\"date\":\"2026-03-01\",\"at\":\"2026-03-01T00:00:00Z\"", "policy.bad-field",
     "at"},
    {"\"date\":\"2026-03-01\"", "\"at\":\"2026-03-01T00:00:00\"", "policy.bad-date", "at"},
    {"\"programme\":\"p\"", "\"programme\":\"p\",\"family\":\"f\"", "policy.bad-field", "family"},
    {"\"enterprise\":\"ent\",", "", "policy.bad-field", "enterprise"},
    {"\"enterprise\":\"ent\"", "\"enterprise\":\"e|t\"", "policy.bad-field", "enterprise"},
    {"\"enterprise\":\"ent\"", "\"enterprise\":5.5", "policy.bad-field", "enterprise"},
    {"\"enterprise\":\"ent\"", "\"enterprise\":\"e\\nt\"", "policy.bad-field", "enterprise"},
    {"\"class\":\"enterprise\"", "\"klass\":\"enterprise\"", "policy.bad-field", "claimant.klass"},
    {"\"class\":\"enterprise\"", "\"region\":\"local\"", "policy.bad-field", "claimant.region"},
    {"330109", "3301090", "policy.bad-field", "claimant.region_code"},
    {"\"blacklisted\":false", "\"blacklisted\":0", "policy.bad-field", "claimant.blacklisted"},
    {"\"support_year\":1", "\"support_year\":1.5", "policy.bad-field", "claimant.support_year"},
    {"\"number\":\"HZ-1\"", "\"number\":\"-–—\"", "policy.bad-field", "contract.number"},
    {"2026-02-20", "2026-02-31", "policy.bad-date", "contract.signed"},
    {"2027-02-28", "2026-02-28", "policy.bad-date", "contract.term.end"},
    {",\"end\":\"2027-02-28\"", "", "policy.bad-field", "contract.term.end"},
    {"domestic", "foreign", "policy.bad-field", "contract.facility"},
    {"\"lines\":[{", "\"lines\":{\"compute\":5},\"project\":[{", "policy.bad-field", "project"},
    {"\"kind\":\"compute\"", "\"kind\":\"electricity\"", "policy.bad-field", "lines[0].kind"},
    {"\"amount_fen\":300", "\"amount_fen\":300.5", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":3e2", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":-300", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":-0", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":\"300\"", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":true", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":9007199254740992", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":99999999999999999999999", "policy.bad-amount",
     "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":1e999", "policy.bad-amount", "lines[0].amount_fen"},
    {"\"amount_fen\":300", "\"amount_fen\":NaN", "policy.bad-field", "claim"},
    {"\"amount_fen\":300,", "", "policy.bad-field", "lines[0].amount_fen"},
    {"\"amount_fen\":300,\"paid_fen\":200}",
     "\"amount_fen\":9007199254740991},{\"kind\":\"other\",\"amount_fen\":1}", "policy.bad-amount", "lines"},
    {"\"requested_fen\":50", "\"requested_fen\":0", "policy.bad-amount", "requested_fen"},
    {"\"reviewer_fen\":40", "\"reviewer_fen\":[]", "policy.bad-amount", "reviewer_fen"},
    {"\"amount_fen\":7", "\"amount_fen\":7.0", "policy.bad-amount", "other_awards[0].amount_fen"},
    {"\"documents\":[]", "\"documents\":[{\"kind\":\"x\",\"sha256\":\"00\"}]", "policy.bad-field",
     "documents[0].sha256"},
    {"\"documents\":[]", "\"other_awards_fen\":5", "policy.bad-field", "other_awards_fen"},
    {"\"documents\":[]", "\"documents\":[],\"date\":\"2026-03-01\"", "policy.bad-field", "claim"},
    {"\"documents\":[]", "\"documents\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "policy.bad-field", "claim"},
    {"\"documents\":[]}", "\"documents\":[]} x", "policy.bad-field", "claim"},
};

static void refuse_claim(const struct wrong *row)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = NULL;
    struct suan_error error = {0};
    replace(claim_text, row->from, row->to, &text);
    enum suan_status status =
        suan_claim_parse(suan_buffer_span(&text), SUAN_CLAIM_BY_REVIEWER, "claim", &claim, &error);
    cr_expect_eq(status, SUAN_E_USAGE, "%s -> %s: %s", row->from, row->to, suan_status_name(status));
    if (status == SUAN_OK)
        return;
    cr_expect_str_eq(error.code, row->code, "%s -> %s: %s %s", row->from, row->to, error.code, error.message);
    cr_expect_not_null(strstr(error.message, row->path), "%s: %s", row->path, error.message);
}

Test(claim, refuses_whatever_is_wrong_and_names_it)
{
    for (size_t i = 0; i < sizeof claim_rows / sizeof claim_rows[0]; i++)
        refuse_claim(&claim_rows[i]);
}

static struct suan_claim *read_claim(const char *text, enum suan_claim_origin origin)
{
    struct suan_claim *claim = NULL;
    struct suan_error error = {0};
    cr_assert_eq(suan_claim_parse(suan_span_text(text), origin, "claim", &claim, &error), SUAN_OK, "%s",
                 error.message);
    return claim;
}

Test(claim, control_the_unchanged_text_is_read)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = read_claim(claim_text, SUAN_CLAIM_BY_REVIEWER);
    cr_assert_eq(claim->lines[0].amount_fen, 300);
    cr_assert_eq(claim->other_awards_fen, 7);
    cr_assert_eq(claim->reviewer_fen, 40);
    cr_assert_eq(claim->values[SUAN_FIELD_ATTEST_BENEFIT].integer, 1);
    cr_assert(suan_span_equal(claim->contract_key, suan_span_text("ent|sup|HZ1")));
}

Test(claim, what_only_a_reviewer_may_state_does_not_count_from_a_claimant)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = read_claim(claim_text, SUAN_CLAIM_BY_CLAIMANT);
    cr_assert_eq(claim->reviewer_fen, SUAN_FEN_ABSENT);
    cr_assert_eq(claim->values[SUAN_FIELD_ATTEST_BENEFIT].type, SUAN_VALUE_ABSENT);
}

Test(claim, the_contract_key_ignores_how_a_number_is_typed)
{
    static const char *const numbers[] = {"hz-1", "ＨＺ－１", " HZ 1 ", "h.z/1", "HZ|1"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        replace(claim_text, "HZ-1", numbers[i], &text);
        SUAN_CLEANUP(suan_claim_freep)
        struct suan_claim *claim = read_claim(suan_buffer_text(&text), SUAN_CLAIM_BY_CLAIMANT);
        cr_expect(suan_span_equal(claim->contract_key, suan_span_text("ent|sup|HZ1")), "%s", numbers[i]);
    }
}

Test(claim, a_file_above_a_mebibyte_is_refused_before_it_is_read)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_claim *claim = NULL;
    while (text.size <= SUAN_CLAIM_FILE_MAX)
        suan_buffer_append_text(&text, "                                                                ");
    cr_assert_eq(suan_claim_parse(suan_buffer_span(&text), SUAN_CLAIM_BY_CLAIMANT, "claim", &claim, NULL),
                 SUAN_E_USAGE);
}

static void lines_claim(size_t count, struct suan_buffer *out)
{
    suan_buffer_append_text(
        out, "{\"schema\":\"suan.claim/1\",\"instrument\":\"compute_voucher\",\"date\":\"2026-03-01\","
             "\"enterprise\":\"e\",\"contract_id\":\"c\",\"lines\":[");
    for (size_t i = 0; i < count; i++)
        suan_buffer_printf(out, "%s{\"kind\":\"compute\",\"amount_fen\":1}", i > 0 ? "," : "");
    suan_buffer_append_text(out, "]}");
}

Test(claim, takes_4096_lines_and_not_one_more)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer most = {0}, more = {0};
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = NULL;
    struct suan_claim *refused = NULL;
    lines_claim(4096, &most);
    lines_claim(4097, &more);
    cr_assert_eq(suan_claim_parse(suan_buffer_span(&most), SUAN_CLAIM_BY_CLAIMANT, "c", &claim, NULL),
                 SUAN_OK);
    cr_assert_eq(suan_claim_parse(suan_buffer_span(&more), SUAN_CLAIM_BY_CLAIMANT, "c", &refused, NULL),
                 SUAN_E_USAGE);
}

/* --- tariffs ------------------------------------------------------------------------------------------ */

static const char tariff_text[] =
    "{\"schema\":\"suan.tariff/1\",\"id\":\"d\",\"from\":\"2026-01-01\",\"until\":null,"
    "\"fen_per_cpu_hour\":1500,\"source\":\"s\"}";

static const struct wrong tariff_rows[] = {
    {"suan.tariff/1", "suan.tariff/2", "policy.bad-field", "schema"},
    {"2026-01-01", "2026-01-32", "policy.bad-date", "from"},
    {"null", "\"2025-12-31\"", "policy.bad-date", "until"},
    {"1500", "0", "policy.bad-amount", "fen_per_cpu_hour"},
    {"1500", "15.5", "policy.bad-amount", "fen_per_cpu_hour"},
    {"\"source\":\"s\"", "\"source\":\"\"", "policy.bad-field", "source"},
    {"\"source\"", "\"sauce\"", "policy.bad-field", "sauce"},
};

Test(tariff, refuses_whatever_is_wrong_and_names_it)
{
    for (size_t i = 0; i < sizeof tariff_rows / sizeof tariff_rows[0]; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
        const struct wrong *row = &tariff_rows[i];
        struct suan_tariff tariff;
        struct suan_error error = {0};
        replace(tariff_text, row->from, row->to, &text);
        cr_expect_eq(suan_tariff_parse(suan_buffer_span(&text), "t", &tariff, &error), SUAN_E_FORMAT, "%s",
                     row->to);
        cr_expect_str_eq(error.code, row->code, "%s: %s", row->to, error.message);
        cr_expect_not_null(strstr(error.message, row->path), "%s: %s", row->path, error.message);
    }
}

Test(tariff, the_latest_in_force_prices_a_day)
{
    struct suan_tariff tariffs[3] = {{.id = "a", .from = 10, .until = INT32_MAX, .fen_per_cpu_hour = 1},
                                     {.id = "b", .from = 20, .until = 30, .fen_per_cpu_hour = 2},
                                     {.id = "c", .from = 5, .until = 8, .fen_per_cpu_hour = 3}};
    cr_assert_null(suan_tariff_find(tariffs, 3, 4));
    cr_assert_str_eq(suan_tariff_find(tariffs, 3, 8)->id, "c");
    cr_assert_null(suan_tariff_find(tariffs, 3, 9));
    cr_assert_str_eq(suan_tariff_find(tariffs, 3, 19)->id, "a");
    cr_assert_str_eq(suan_tariff_find(tariffs, 3, 30)->id, "b");
    cr_assert_str_eq(suan_tariff_find(tariffs, 3, 31)->id, "a");
}

Test(tariff, one_floor_through_128_bits)
{
    int64_t fen = -1;
    cr_assert(suan_tariff_fen(INT64_C(3600000000000) - 1, 1, &fen));
    cr_assert_eq(fen, 0);
    cr_assert(suan_tariff_fen(INT64_C(9007199254740991), 1500, &fen));
    cr_assert_eq(fen, 3752999);
    cr_assert_not(suan_tariff_fen(INT64_MAX, INT64_MAX, &fen));
    cr_assert_not(suan_tariff_fen(-1, 1500, &fen));
}
