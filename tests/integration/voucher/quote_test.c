/* What `suan voucher quote` says of a contract. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "command.h"

#define CLAIM SUAN_TEST_PROGRAMMES "/claim-3m.json"

static bool says(const struct suan_json *quote, const char *key, const char *text)
{
    return suan_span_equal(suan_json_text(suan_json_find(quote, key)), suan_span_text(text));
}

/* QT01, in the order in which they are shown. */
static const struct {
    const char *programme, *decision, *binding;
    int64_t award_fen; /* -1: not known */
} qt01[] = {
    {"chengdu-compute-2025", "AWARD", "RATE", 180000000},
    {"hangzhou-compute-2025", "AWARD", "RATE", 90000000},
    {"demo-efficient", "AWARD", "RATE", 60000000},
    {"wuxi-compute-article", "AWARD", "RATE", 45000000},
    {"demo-prorata", "AWARD", "BUDGET", 100000},
    {"wuhan-compute-article", "REVIEW", "NEEDS_REVIEWER_RATE", -1},
    {"beijing-ai-compute-2023", "REJECT", "NOT_IN_FORCE", 0},
    {"chengdu-compute-article", "REJECT", "NOT_IN_FORCE", 0},
    {"guizhou-compute", "REJECT", "LOCAL_COMPUTE", 0},
    {"hangzhou-compute-2024", "REJECT", "NOT_IN_FORCE", 0},
    {"hangzhou-compute-article", "REJECT", "NOT_IN_FORCE", 0},
    {"shandong-compute-article", "REJECT", "IN_PROVINCE_COMPUTE", 0},
    {"shanghai-compute-article", "REJECT", "LOCAL_COMPUTE", 0},
    {"wuhan-opc-2026", "REJECT", "CLAIMANT_CLASS", 0},
};

Test(quote, three_million_under_every_programme_the_best_payer_first)
{
    SUAN_CLEANUP(command_done) struct command_result result = command_run("voucher quote %s --json", CLAIM);
    const struct suan_json *quotes = command_json(&result, "quotes");
    cr_assert_eq(result.exit, 0);
    cr_assert_eq(suan_json_count(quotes), sizeof qt01 / sizeof qt01[0]);
    for (size_t i = 0; i < sizeof qt01 / sizeof qt01[0]; i++) {
        const struct suan_json *quote = suan_json_at(quotes, i);
        const struct suan_json *award = suan_json_find(quote, "award_fen");
        cr_expect(says(quote, "programme", qt01[i].programme), "row %zu is %s", i, qt01[i].programme);
        cr_expect(says(quote, "decision", qt01[i].decision), "%s", qt01[i].programme);
        cr_expect(says(quote, "binding", qt01[i].binding), "%s", qt01[i].programme);
        cr_expect_eq(award != NULL ? suan_json_integer(award) : -1, qt01[i].award_fen, "%s",
                     qt01[i].programme);
        cr_expect(suan_json_text(suan_json_find(quote, "reason")).size > 0, "%s", qt01[i].programme);
    }
}

Test(quote, an_amount_that_is_not_known_is_unknown_and_never_zero)
{
    SUAN_CLEANUP(command_done) struct command_result text = command_run("voucher quote %s", CLAIM);
    SUAN_CLEANUP(command_done) struct command_result json = command_run("voucher quote %s --json", CLAIM);
    cr_expect(command_says(&text, "wuhan-compute-article     REVIEW    UNKNOWN"));
    cr_expect(command_says(&json, "\"award_fen\": null"));
    cr_expect(command_says(&text, "rate and caps: neither in the article nor in the passages read"),
              "the open question is shown");
}

Test(quote, names_the_documents_that_the_claim_lacks)
{
    SUAN_CLEANUP(folder_done) struct folder folder = folder_new();
    char digest[160];
    snprintf(digest, sizeof digest, "\"documents\": [{\"kind\": \"contract\", \"sha256\": \"%064d\"}]", 7);
    folder_edit(&folder, "claim.json", CLAIM, "\"documents\": []", digest);
    SUAN_CLEANUP(command_done)
    struct command_result with = command_run("voucher quote %s/claim.json", folder.path);
    SUAN_CLEANUP(command_done) struct command_result without = command_run("voucher quote %s", CLAIM);
    cr_expect(command_says(&without, "missing document contract\n"));
    cr_expect(!command_says(&with, "missing document contract\n"));
    cr_expect(command_says(&with, "missing document license\n"));
}

Test(quote, explains_with_the_clause_in_either_language)
{
    SUAN_CLEANUP(command_done) struct command_result en = command_run("voucher quote %s --explain", CLAIM);
    SUAN_CLEANUP(command_done)
    struct command_result zh = command_run("voucher quote %s --explain --lang zh", CLAIM);
    SUAN_CLEANUP(command_done)
    struct command_result json = command_run("voucher quote %s --explain --json", CLAIM);
    const struct suan_json *first = suan_json_at(command_json(&json, "quotes"), 0);
    cr_expect(command_says(&en, "RATE 1,800,000.00 = floor(3,000,000.00 × 60/100)   ← binds"));
    cr_expect(command_says(&zh, "RATE 1,800,000.00 = floor(3,000,000.00 × 60/100)   ← 起限制"));
    cr_expect(command_says(&zh, "最高可抵扣不超過60%的算力購買費用"));
    cr_expect(says(suan_json_find(first, "trace"), "schema", "suan.trace/1"));
}

Test(quote, another_day_asks_the_rules_of_that_day)
{
    SUAN_CLEANUP(command_done)
    struct command_result result = command_run("voucher quote %s --on 2022-01-01", CLAIM);
    cr_expect_eq(result.exit, 0);
    cr_expect(command_says(&result, "hangzhou-compute-2025     REJECT"));
}

/* Exit statuses: the claim names its programme by `with`, or carries the mistake. */
static const struct {
    const char *what, *folder, *old, *new, *options;
    int exit;
    const char *code; /* of the error; NULL: none */
} ends[] = {
    {"one that pays", SUAN_TEST_PROGRAMMES,
     "\"enterprise\": ", "\"programme\": \"hangzhou-compute-2025\", \"enterprise\": ", "", 0, NULL},
    {"one that a person must look at", SUAN_TEST_PROGRAMMES,
     "\"enterprise\": ", "\"programme\": \"wuhan-compute-article\", \"enterprise\": ", "", 0, NULL},
    {"all reject", SUAN_TEST_PROGRAMMES, "\"enterprise\": ",
     "\"programme\": \"shanghai-compute-article\", \"enterprise\": ", "", 3, "voucher.not-eligible"},
    {"only room is missing", SUAN_TEST_EDGES "/programmes",
     "\"enterprise\": ", "\"programme\": \"t-reject\", \"enterprise\": ", "", 8, "voucher.no-room"},
    {"a family", SUAN_TEST_PROGRAMMES, "\"enterprise\": ", "\"family\": \"hangzhou-\", \"enterprise\": ", "",
     0, NULL},
    {"a programme that nobody knows", SUAN_TEST_PROGRAMMES,
     "\"enterprise\": ", "\"programme\": \"nowhere\", \"enterprise\": ", "", 5, "policy.unknown-programme"},
    {"a negative amount", SUAN_TEST_PROGRAMMES, "\"amount_fen\": 300000000", "\"amount_fen\": -1", "", 2,
     "policy.bad-amount"},
    {"a day that does not exist", SUAN_TEST_PROGRAMMES, "2026-03-01", "2026-02-29", "", 2, "policy.bad-date"},
    {"a field that nobody knows", SUAN_TEST_PROGRAMMES, "\"lines\"", "\"line\"", "", 2, "policy.bad-field"},
    {"--on with no day", SUAN_TEST_PROGRAMMES, "enterprise", "enterprise", "--on tomorrow", 2,
     "policy.bad-date"},
    {"--lang with no language", SUAN_TEST_PROGRAMMES, "enterprise", "enterprise", "--lang fr", 2,
     "cli.option"},
    {"no such folder", "/nonexistent", "enterprise", "enterprise", "", 5, "programme.folder"},
};

Test(quote, answers_with_the_exit_status_of_what_it_found)
{
    SUAN_CLEANUP(folder_done) struct folder folder = folder_new();
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        folder_edit(&folder, "claim.json", CLAIM, ends[i].old, ends[i].new);
        SUAN_CLEANUP(command_done)
        struct command_result result = command_run("voucher quote %s/claim.json --programmes %s %s --json",
                                                   folder.path, ends[i].folder, ends[i].options);
        cr_expect_eq(result.exit, ends[i].exit, "%s: exit %d", ends[i].what, result.exit);
        cr_expect(ends[i].code != NULL ? command_failed_with(&result, ends[i].code)
                                       : command_json(&result, "error") == NULL,
                  "%s: %s", ends[i].what, suan_buffer_text(&result.text));
    }
}
