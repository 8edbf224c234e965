/* Which release a caller gets, by the trust file alone. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "stand.h"
#include "trust/signer.h"

static struct stand stand;

static void begin(void)
{
    stand_new(&stand);
}

static void end(void)
{
    stand_done(&stand);
}

TestSuite(find, .init = begin, .fini = end);

static int32_t find(const char *what, struct suan_found *out)
{
    *out = (struct suan_found)SUAN_FOUND_INIT;
    stand.error = (struct suan_error){0};
    return suan_find(stand.library, what, out, &stand.error);
}

static const struct {
    const char *what;
    int32_t status;
    const char *name, *code;
} rows[] = {
    {TASK, SUAN_OK, "toy-next", ""},
    {"toy-slow", SUAN_OK, "toy-slow", ""},
    {"toy-fast@1.0.0", SUAN_OK, "toy-fast", ""},
    {"toy-odd", SUAN_OK, "toy-odd", ""},
    {"toy-yanked@1.0.0", SUAN_OK, "toy-yanked", ""},
    {"toy-new@1.0.0", SUAN_OK, "toy-new", ""},
    {"toy-new", SUAN_E_NOT_FOUND, "", "release.none"},
    {"toy-thin", SUAN_E_NOT_FOUND, "", "release.none"},
    {"toy-yanked", SUAN_E_REFUSED, "", "release.none"},
    {"toy-gone", SUAN_E_REFUSED, "", "release.none"},
    {"toy-gone@1.0.0", SUAN_E_REFUSED, "", "release.revoked"},
    {"nobody", SUAN_E_NOT_FOUND, "", "release.none"},
    {"toy-fast@9.9.9", SUAN_E_NOT_FOUND, "", "release.absent"},
    {"no.such-task/1", SUAN_E_NOT_FOUND, "", "release.none"},
    {"", SUAN_E_NOT_FOUND, "", "release.none"},
};

Test(find, gives_the_release_that_the_words_mean_or_says_why_not)
{
    struct suan_found found;
    stand_must_open(&stand);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(find(rows[i].what, &found), rows[i].status, "%s: %s", rows[i].what, stand.error.message);
        cr_expect_str_eq(found.name, rows[i].name, "%s", rows[i].what);
        cr_expect_str_eq(stand.error.code != NULL ? stand.error.code : "", rows[i].code, "%s", rows[i].what);
    }
}

Test(find, says_what_the_evidence_is)
{
    struct suan_found found;
    stand_must_open(&stand);
    cr_assert_eq(find(TASK, &found), SUAN_OK);
    cr_expect_eq(found.bound_ppm, 160000); /* 0.8 of what costs 0.2 of the incumbent */
    cr_expect_eq(found.signatures, 2);
    cr_expect_eq(found.unit_jobs, 1000000);
    cr_expect_eq(found.credited_ns, 30);
    cr_expect_str_eq(found.task, TASK);
    cr_assert_eq(find("toy-odd", &found), SUAN_OK);
    cr_expect_eq(found.bound_ppm, 0);
}

Test(find, writes_no_more_than_the_caller_has_room_for)
{
    struct {
        struct suan_found found;
        char after[8];
    } place = {.found = {.struct_size = offsetof(struct suan_found, digest)}, .after = "intact"};
    stand_must_open(&stand);
    memset(place.found.digest, 0x5A, sizeof place.found.digest);
    cr_assert_eq(suan_find(stand.library, TASK, &place.found, NULL), SUAN_OK);
    cr_expect_str_eq(place.found.name, "toy-next");
    cr_expect_eq(place.found.digest[0], 0x5A);
    cr_expect_str_eq(place.after, "intact");
}

/* Each changed trust file takes the release away; the first test is the control. */
static const struct {
    const char *from, *to;
} others[] = {
    {"\"policy\": {", "\"policy\": {"},
    {"\"id\": \"library\"", "\"id\": \"another\""},
    {"\"body1\"", "\"body9\""},
    {"\"k\": 2", "\"k\": 3"},
};

Test(find, counts_only_bodies_and_the_policy_of_the_trust_file)
{
    struct suan_found found;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct stand changed;
        stand_new(&changed);
        stand_change_trust(&changed, others[i].from, others[i].to);
        cr_assert_eq(stand_open(&changed, 0), SUAN_OK, "%s: %s", others[i].to, changed.error.message);
        found = (struct suan_found)SUAN_FOUND_INIT;
        cr_expect_eq(suan_find(changed.library, "toy-fast", &found, NULL),
                     i == 0 ? SUAN_OK : SUAN_E_NOT_FOUND, "%s", others[i].to);
        stand_done(&changed);
    }
}

static void public_text(const char *ident, struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    cr_assert_eq(suan_signer_open(stand_key(ident), &signer, NULL), SUAN_OK);
    suan_public_key_format(suan_signer_key(signer), out);
}

Test(find, a_key_that_the_trust_file_does_not_list_counts_for_nobody)
{
    struct suan_found found = SUAN_FOUND_INIT;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer body = {0}, lab = {0};
    public_text("body1", &body);
    public_text("lab", &lab);
    stand_change_trust(&stand, suan_buffer_text(&body), suan_buffer_text(&lab));
    cr_assert_eq(stand_open(&stand, 0), SUAN_OK, "%s", stand.error.message);
    cr_expect_eq(suan_find(stand.library, "toy-fast", &found, NULL), SUAN_E_NOT_FOUND);
}

/* --- checkpoints -------------------------------------------------------------------------------------- */

Test(find, a_log_that_is_too_old_is_refused_where_the_trust_file_says_so)
{
    int32_t status = SUAN_OK;
    stand_change_trust(&stand, "\"max_age_s\": 604800", "\"max_age_s\": 1");
    cr_expect_eq(stand_open(&stand, 0), SUAN_OK, "%s", stand.error.message); /* "on_stale": "warn" */
    stand_change_trust(&stand, "\"warn\"", "\"deny\"");
    for (uint64_t until = suan_clock_monotonic_ns() + UINT64_C(10000000000);
         status == SUAN_OK && suan_clock_monotonic_ns() < until;) { /* until the newest event is old enough */
        suan_close(stand.library);
        stand.library = NULL;
        status = stand_open(&stand, 0);
    }
    cr_expect_eq(status, SUAN_E_REFUSED);
    cr_expect_str_eq(stand.error.code, "log.stale", "%s", stand.error.message);
}

Test(find, a_registry_that_shows_an_older_past_is_refused_and_the_evidence_kept)
{
    char older[PATH_MAX], evidence[PATH_MAX + 64];
    struct suan_error error = {0};
    stand_copy_registry(&stand, "older");
    snprintf(older, sizeof older, "%s", stand.registry);
    stand_copy_registry(&stand, "newer");
    cr_assert_eq(
        stand_change(&stand, "review", "reject", "body3", "tar", "toy-thin@1.0.0", "reason", "a test"),
        SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(stand_open(&stand, 0), SUAN_OK, "%s", stand.error.message);
    suan_close(stand.library);
    stand.library = NULL;
    snprintf(stand.registry, sizeof stand.registry, "%s", older);
    cr_expect_eq(stand_open(&stand, 0), SUAN_E_INTEGRITY);
    error = stand.error;
    cr_expect(strcmp(error.code, "log.fork") == 0 || strcmp(error.code, "log.rollback") == 0, "%s",
              error.code);
    snprintf(evidence, sizeof evidence, "%s/checkpoint.test.suan.example.refused", stand.journal);
    cr_expect_eq(access(evidence, R_OK), 0);
}

Test(find, another_past_than_the_one_seen_before_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer kept = {0};
    char path[PATH_MAX + 64];
    stand_must_open(&stand);
    suan_close(stand.library);
    stand.library = NULL;
    snprintf(path, sizeof path, "%s/checkpoint.test.suan.example", stand.journal);
    cr_assert_eq(suan_file_read(path, 1 << 16, &kept, NULL), SUAN_OK);
    char *root = strchr(strchr(suan_buffer_text(&kept), '\n') + 1, '\n') + 1;
    *root = *root == 'A' ? 'B' : 'A';
    cr_assert_eq(suan_file_replace(path, suan_buffer_span(&kept), 0600, NULL), SUAN_OK);
    cr_expect_eq(stand_open(&stand, 0), SUAN_E_INTEGRITY, "%s", stand.error.message);
    cr_expect_str_eq(stand.error.code, "log.fork");
}

Test(find, no_registry_or_no_trust_file_is_said_so)
{
    struct stand absent;
    stand_new(&absent);
    snprintf(absent.registry, sizeof absent.registry, "%s/none", absent.folder);
    cr_expect_eq(stand_open(&absent, 0), SUAN_E_NOT_FOUND);
    cr_expect_str_eq(absent.error.code, "store.absent");
    stand_done(&absent);
    snprintf(stand.trust, sizeof stand.trust, "%s/none.json", stand.folder);
    cr_expect_eq(stand_open(&stand, 0), SUAN_E_NOT_FOUND);
    cr_expect_str_eq(stand.error.code, "trust.absent");
}
