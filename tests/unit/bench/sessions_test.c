#include "bench/sessions.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

struct place {
    char folder[32], path[64];
};

static struct place fresh(void)
{
    struct place place = {.folder = "/tmp/suan-sessions-XXXXXX"};
    cr_assert_not_null(mkdtemp(place.folder));
    snprintf(place.path, sizeof place.path, "%s/sessions.jsonl", place.folder);
    return place;
}

static void gone(const struct place *place)
{
    (void)unlink(place->path);
    cr_assert_eq(rmdir(place->folder), 0);
}

static struct suan_digest digest_of(const char *text)
{
    return suan_sha256(suan_span_text(text));
}

static void add(const struct place *place, unsigned number, int64_t ratio_ppm, enum suan_outcome outcome)
{
    struct suan_session_begin begin = {
        .release = digest_of("r"), .task = digest_of("t"), .class = digest_of("c")};
    struct suan_session_end end = {
        .outcome = outcome, .has_aa = true, .aa_ratio_ppm = ratio_ppm, .class = digest_of("c")};
    snprintf(begin.id, sizeof begin.id, "%032u", number);
    memcpy(end.id, begin.id, sizeof end.id);
    cr_assert_eq(suan_sessions_begin(place->path, &begin, NULL, NULL), SUAN_OK);
    if (ratio_ppm > 0)
        cr_assert_eq(suan_sessions_end(place->path, &end, NULL), SUAN_OK);
}

static struct suan_sessions_state state_of(const struct place *place)
{
    struct suan_sessions_state state;
    struct suan_digest class = digest_of("c");
    struct suan_error error = {0};
    cr_assert_eq(suan_sessions_read(place->path, &class, &state, &error), SUAN_OK, "%s", error.message);
    return state;
}

Test(sessions, a_missing_log_is_empty)
{
    struct place place = fresh();
    struct suan_sessions_state state = state_of(&place);
    cr_assert(state.lines == 0 && state.aborted == 0 && state.eps_ppm == 5000);
    gone(&place);
}

Test(sessions, a_session_without_an_end_was_aborted)
{
    struct place place = fresh();
    add(&place, 1, 1001000, SUAN_OUTCOME_CREDITED);
    add(&place, 2, 0, SUAN_OUTCOME_CREDITED);
    struct suan_sessions_state state = state_of(&place);
    cr_assert_eq(state.lines, 3);
    cr_assert_eq(state.aborted, 1);
    gone(&place);
}

Test(sessions, eps_comes_from_the_last_fifty)
{
    struct place place = fresh();
    add(&place, 0, 1500000, SUAN_OUTCOME_NOISY);
    for (unsigned i = 1; i <= 50; i++)
        add(&place, i, 1000000 + 40 * i, SUAN_OUTCOME_CREDITED);
    struct suan_sessions_state state = state_of(&place);
    cr_assert_eq(state.aa_count, 50);
    cr_assert_eq(state.eps_ppm, 2000, "%lld", (long long)state.eps_ppm);
    gone(&place);
}

Test(sessions, noisy_sessions_leave_eps_alone)
{
    struct place place = fresh();
    add(&place, 1, 1001000, SUAN_OUTCOME_CREDITED);
    add(&place, 2, 1200000, SUAN_OUTCOME_NOISY);
    struct suan_sessions_state state = state_of(&place);
    cr_assert_eq(state.aa_count, 1);
    cr_assert_eq(state.eps_ppm, 5000);
    gone(&place);
}

Test(sessions, attempts_count_all_but_the_noisy)
{
    struct place place = fresh();
    struct suan_digest release = digest_of("r"), task = digest_of("t"), class = digest_of("c"),
                       other = digest_of("x");
    uint32_t count = 9;
    add(&place, 1, 1001000, SUAN_OUTCOME_CREDITED);
    add(&place, 2, 1100000, SUAN_OUTCOME_NOISY);
    add(&place, 3, 0, SUAN_OUTCOME_CREDITED);
    cr_assert_eq(suan_sessions_attempts(place.path, &release, &task, &class, &count, NULL), SUAN_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(suan_sessions_attempts(place.path, &other, &task, &class, &count, NULL), SUAN_OK);
    cr_assert_eq(count, 0);
    gone(&place);
}

static void rewrite(const struct place *place, const char *from, const char *to)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer log = {0};
    cr_assert_eq(suan_file_read(place->path, 1u << 20, &log, NULL), SUAN_OK);
    char *found = strstr((char *)(uintptr_t)suan_buffer_text(&log), from);
    cr_assert_not_null(found);
    memcpy(found, to, strlen(to));
    cr_assert_eq(suan_file_replace(place->path, suan_buffer_span(&log), 0644, NULL), SUAN_OK);
}

Test(sessions, a_rewritten_line_breaks_the_chain)
{
    struct place place = fresh();
    struct suan_sessions_state state;
    struct suan_digest class = digest_of("c");
    struct suan_error error = {0};
    add(&place, 1, 1009000, SUAN_OUTCOME_CREDITED);
    add(&place, 2, 1001000, SUAN_OUTCOME_CREDITED);
    rewrite(&place, "1009000", "1000000");
    cr_assert_eq(suan_sessions_read(place.path, &class, &state, &error), SUAN_E_INTEGRITY);
    cr_assert_str_eq(error.code, "sessions.chain");
    cr_assert_not_null(strstr(error.message, "line 3"), "%s", error.message);
    gone(&place);
}

Test(sessions, nothing_is_appended_to_a_broken_log)
{
    struct place place = fresh();
    struct suan_session_begin begin = {.id = "00000000000000000000000000000003"};
    add(&place, 1, 1009000, SUAN_OUTCOME_CREDITED);
    rewrite(&place, "\"prev\":\"00", "\"prev\":\"01");
    cr_assert_eq(suan_sessions_begin(place.path, &begin, NULL, NULL), SUAN_E_INTEGRITY);
    gone(&place);
}

Test(sessions, a_torn_last_line_is_dropped_by_the_next_session)
{
    struct place place = fresh();
    add(&place, 1, 1009000, SUAN_OUTCOME_CREDITED);
    FILE *file = fopen(place.path, "ae");
    cr_assert_not_null(file);
    cr_assert_geq(fputs("{\"event\":\"beg", file), 0);
    cr_assert_eq(fclose(file), 0);
    add(&place, 2, 1001000, SUAN_OUTCOME_CREDITED);
    cr_assert_eq(state_of(&place).lines, 4);
    gone(&place);
}
