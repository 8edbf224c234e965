/* `suan programme show`, `check`, `test` and `whatif`. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "command.h"

#define HANGZHOU SUAN_TEST_PROGRAMMES "/hangzhou-compute-2025.json"
#define PRORATA SUAN_TEST_PROGRAMMES "/demo-prorata.json"
#define CLAIM SUAN_TEST_PROGRAMMES "/claim-3m.json"

static int64_t integer(const struct command_result *result, const char *key)
{
    return suan_json_integer(command_json(result, key));
}

static bool says(const struct suan_json *object, const char *key, const char *text)
{
    return suan_span_equal(suan_json_text(suan_json_find(object, key)), suan_span_text(text));
}

Test(rules, all_worked_examples_come_out)
{
    SUAN_CLEANUP(command_done)
    struct command_result own = command_run("programme test " SUAN_TEST_PROGRAMMES "/examples.json --json");
    SUAN_CLEANUP(command_done)
    struct command_result edges = command_run(
        "programme test " SUAN_TEST_EDGES "/edges.json --programmes " SUAN_TEST_EDGES "/programmes --json");
    cr_expect_eq(own.exit, 0);
    cr_expect_geq(integer(&own, "passed"), 55);
    cr_expect_eq(integer(&own, "failed"), 0);
    cr_expect_eq(edges.exit, 0);
    cr_expect_gt(integer(&edges, "passed"), 0);
    cr_expect_eq(integer(&edges, "failed"), 0);
}

Test(rules, an_edited_programme_fails_the_examples_that_say_otherwise)
{
    SUAN_CLEANUP(folder_done) struct folder folder = folder_new();
    folder_edit(&folder, "edited.json", HANGZHOU, "\"num\": 30", "\"num\": 31");
    SUAN_CLEANUP(command_done)
    struct command_result result = command_run("programme test %s/edited.json", folder.path);
    cr_expect_eq(result.exit, 1);
    cr_expect(command_says(&result, "FAILED QT01"));
    cr_expect(command_says(&result, "floor(3,000,000.00 × 31/100)"), "the trace of the first difference");
}

Test(rules, examples_that_are_malformed_are_refused_whole)
{
    SUAN_CLEANUP(folder_done) struct folder folder = folder_new();
    folder_edit(&folder, "examples.json", SUAN_TEST_PROGRAMMES "/examples.json", "\"steps\"", "\"step\"");
    SUAN_CLEANUP(command_done)
    struct command_result result = command_run("programme test %s/examples.json --json", folder.path);
    cr_expect_eq(result.exit, 2);
    cr_expect(command_failed_with(&result, "policy.bad-field"));
}

Test(rules, every_programme_that_comes_along_checks_out)
{
    SUAN_CLEANUP(command_done)
    struct command_result result =
        command_run("programme check " SUAN_TEST_PROGRAMMES "/*-compute-*.json " PRORATA " --json");
    cr_expect_eq(result.exit, 0, "%s", suan_buffer_text(&result.text));
    cr_expect_eq(integer(&result, "errors"), 0);
}

static const struct {
    const char *what, *old, *new;
    int exit;
    const char *code;
} mistakes[] = {
    {"versions that overlap", "\"from\": \"2025-", "\"from\": \"2023-", 3, "programme.contradiction"},
    {"a scope that is not evaluated", "\"scope\": \"enterprise\"", "\"scope\": \"group\"", 3,
     "policy.unsupported"},
    {"a rate above one", "\"num\": 30", "\"num\": 3000", 3, "policy.contradiction"},
    {"another currency", "\"CNY\"", "\"USD\"", 2, "policy.bad-field"},
    {"a key twice", "\"version\"", "\"id\": \"twice\", \"version\"", 2, "policy.bad-field"},
};

Test(rules, a_mistake_is_named_and_the_other_files_are_checked_all_the_same)
{
    SUAN_CLEANUP(folder_done) struct folder folder = folder_new();
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        folder_edit(&folder, "edited.json", HANGZHOU, mistakes[i].old, mistakes[i].new);
        SUAN_CLEANUP(command_done)
        struct command_result result =
            command_run("programme check %s/edited.json " PRORATA " --json", folder.path);
        const struct suan_json *files = command_json(&result, "files");
        cr_expect_eq(result.exit, mistakes[i].exit, "%s: exit %d", mistakes[i].what, result.exit);
        cr_expect(command_failed_with(&result, mistakes[i].code), "%s: %s", mistakes[i].what,
                  suan_buffer_text(&result.text));
        cr_expect(!suan_json_boolean(suan_json_find(suan_json_at(files, 0), "ok")), "%s", mistakes[i].what);
        cr_expect(suan_json_boolean(suan_json_find(suan_json_at(files, 1), "ok")), "%s", mistakes[i].what);
    }
}

Test(rules, a_programme_is_shown_with_what_it_leaves_open)
{
    SUAN_CLEANUP(command_done)
    struct command_result text = command_run("programme show wuhan-compute-article");
    SUAN_CLEANUP(command_done)
    struct command_result json = command_run("programme show " HANGZHOU " --json");
    SUAN_CLEANUP(command_done) struct command_result absent = command_run("programme show nowhere --json");
    cr_expect(command_says(&text, "UNKNOWN: a reviewer sets the amount"));
    cr_expect(command_says(&text, "a floor: what happens when demand is below it"));
    cr_expect(says(command_json(&json, "programme"), "id", "hangzhou-compute-2025"));
    cr_expect_eq(absent.exit, 5);
}

/* Two contracts of 3,000,000.00 in one year: a budget of 1,000,000.00 holds one award of 900,000.00. */
Test(rules, whatif_shows_who_gets_less_and_when_the_budget_runs_out)
{
    SUAN_CLEANUP(folder_done) struct folder claims = folder_new();
    SUAN_CLEANUP(folder_done) struct folder rules = folder_new();
    folder_edit(&claims, "a.json", CLAIM, "\"date\": \"2026-03-01\"", "\"date\": \"2026-03-02\"");
    folder_edit(&claims, "b.json", CLAIM, "HZ-2026-017", "HZ-2026-018");
    folder_edit(&rules, "edited.json", HANGZHOU, "\"amount_fen\": 25000000000", "\"amount_fen\": 100000000");
    SUAN_CLEANUP(command_done)
    struct command_result result =
        command_run("programme whatif %s/edited.json %s --json", rules.path, claims.path);
    const struct suan_json *before = command_json(&result, "before"), *after = command_json(&result, "after");
    const struct suan_json *later = suan_json_at(command_json(&result, "claims"), 1);
    cr_assert_eq(result.exit, 0, "%s", suan_buffer_text(&result.text));
    cr_expect_eq(suan_json_integer(suan_json_find(before, "award_fen")), 180000000);
    cr_expect_eq(suan_json_integer(suan_json_find(after, "award_fen")), 100000000);
    cr_expect_null(suan_json_find(before, "budget_exhausted"));
    cr_expect(says(after, "budget_exhausted", "2026-03-02"));
    cr_expect_eq(integer(&result, "changed"), 1);
    cr_expect(says(suan_json_find(later, "after"), "binding", "BUDGET"));
}

Test(rules, whatif_with_the_same_rules_changes_nothing)
{
    SUAN_CLEANUP(command_done)
    struct command_result result = command_run("programme whatif " HANGZHOU " " CLAIM " --json");
    cr_expect_eq(result.exit, 0);
    cr_expect_eq(integer(&result, "changed"), 0);
}
