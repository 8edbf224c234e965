#include "bench/replay.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench/attestation.h"
#include "bench/folder.h"
#include "support.h"

struct record {
    struct suan_measurement *m;
    struct suan_rows rows;
    struct suan_buffer zst, json;
};

static void record_done(struct record *record)
{
    suan_measurement_free(record->m);
    suan_rows_done(&record->rows);
    suan_buffer_done(&record->zst);
    suan_buffer_done(&record->json);
}

static void record_make(struct record *record)
{
    struct sample sample = SAMPLE;
    record->m = sample_measurement(&sample, &record->rows, &record->zst);
    cr_assert_eq(suan_measurement_format(record->m, &record->json, NULL), SUAN_OK);
}

static enum suan_status replay(const struct record *record, struct suan_error *error)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    return suan_replay(suan_buffer_span(&record->json), suan_buffer_span(&record->zst), suan_span(NULL, 0),
                       NULL, &again, error);
}

Test(replay, an_honest_record_is_found_again)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    struct suan_error error = {0};
    record_make(&record);
    cr_assert_eq(replay(&record, &error), SUAN_OK, "%s", error.message);
}

static void expect_difference(struct record *record, const char *field)
{
    struct suan_error error = {0};
    suan_buffer_clear(&record->json);
    cr_assert_eq(suan_measurement_format(record->m, &record->json, NULL), SUAN_OK);
    cr_expect_eq(replay(record, &error), SUAN_E_INTEGRITY, "%s", error.message);
    cr_expect_eq(strncmp(error.message, field, strlen(field)), 0, "%s", error.message);
}

Test(replay, a_changed_secret_is_named)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    record_make(&record);
    record.m->seed.secret[31] ^= 1;
    expect_difference(&record, "seed.secret");
}

Test(replay, a_changed_root_is_named)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    record_make(&record);
    record.m->seed.log_root.bytes[0] ^= 1;
    expect_difference(&record, "seed");
}

Test(replay, a_changed_weight_is_named)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    record_make(&record);
    record.m->task.weights_ppm[0] += 1000;
    record.m->task.weights_ppm[1] -= 1000;
    expect_difference(&record, "saving");
}

Test(replay, a_changed_saving_is_named)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    record_make(&record);
    record.m->saving.credited_ns++;
    expect_difference(&record, "saving.credited_ns");
}

Test(replay, a_changed_digit_of_the_rows_is_named)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    record_make(&record);
    record.rows.items[record.rows.count - 1].cpu_ns += 1;
    suan_buffer_clear(&record.zst);
    struct suan_measurement *other = suan_measurement_new();
    cr_assert_eq(suan_folder_pack_rows(&record.rows, other, &record.zst, NULL), SUAN_OK);
    suan_measurement_free(other);
    expect_difference(&record, "raw.sha256");
}

/* Whoever also replaces the digests is caught by the figures. */
Test(replay, rows_that_give_other_figures_are_named)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    record_make(&record);
    record.rows.items[record.rows.count - 1].cpu_ns += 1;
    suan_buffer_clear(&record.zst);
    cr_assert_eq(suan_folder_pack_rows(&record.rows, record.m, &record.zst, NULL), SUAN_OK);
    expect_difference(&record, "grid[");
}

Test(replay, an_envelope_about_something_else_is_refused)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    struct suan_error error = {0};
    record_make(&record);
    const char envelope[] =
        "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[]}";
    enum suan_status status = suan_replay(suan_buffer_span(&record.json), suan_buffer_span(&record.zst),
                                          suan_span_text(envelope), NULL, &again, &error);
    cr_assert_neq(status, SUAN_OK);
}

Test(replay, a_written_folder_replays)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *again = NULL;
    struct suan_error error = {0};
    char folder[] = "/tmp/suan-folder-XXXXXX", command[128];
    record_make(&record);
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(
        suan_folder_write(folder, record.m, suan_buffer_span(&record.zst), suan_span(NULL, 0), NULL, &error),
        SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_replay_folder(folder, NULL, &again, &error), SUAN_OK, "%s", error.message);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(replay, a_folder_with_other_things_in_it_is_left_alone)
{
    SUAN_CLEANUP(record_done) struct record record = {0};
    struct suan_error error = {0};
    char folder[] = "/tmp/suan-folder-XXXXXX", path[64];
    record_make(&record);
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/thesis.txt", folder);
    FILE *file = fopen(path, "we");
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(
        suan_folder_write(folder, record.m, suan_buffer_span(&record.zst), suan_span(NULL, 0), NULL, &error),
        SUAN_E_CONFLICT);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(rmdir(folder), 0);
}
