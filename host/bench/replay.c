/* Recomputing: parse, derive again from the rows, write again, compare field by field. */
#include "replay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "attestation.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "derive.h"

enum { PATH_LIMIT = 4096, WHERE_MAX = 128 };

static enum suan_status differs(const char *field, const char *what, struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, "replay.difference", "do not rely on this measurement",
                          "%s: %s", field, what);
}

/* --- comparing documents ------------------------------------------------------------------------------ */

/* The fit is computed in doubles: its reals may differ by 2 ppm. */
static bool is_close(struct suan_span a, struct suan_span b)
{
    char *end_a, *end_b;
    double x = strtod((const char *)a.data, &end_a), y = strtod((const char *)b.data, &end_b);
    if (*end_a != '\0' || *end_b != '\0' || a.size == 0 || b.size == 0)
        return false;
    return fabs(x - y) <= 2e-6 * fmax(1, fmax(fabs(x), fabs(y)));
}

static bool is_equal(const struct suan_json *a, const struct suan_json *b, bool loose)
{
    switch (suan_json_type(a)) {
    case SUAN_JSON_STRING:
        return suan_span_equal(suan_json_text(a), suan_json_text(b)) ||
               (loose && is_close(suan_json_text(a), suan_json_text(b)));
    case SUAN_JSON_INTEGER: {
        int64_t x = suan_json_integer(a), y = suan_json_integer(b);
        return x == y || (loose && llabs(x - y) <= 1 + llabs(x) / 500000);
    }
    case SUAN_JSON_BOOLEAN: return suan_json_boolean(a) == suan_json_boolean(b);
    default: return true;
    }
}

/* Writes the path of the first difference to `where`, which holds the path so far; false if there is none. */
static bool find_difference(const struct suan_json *a, const struct suan_json *b, char where[WHERE_MAX])
{
    bool loose = strncmp(where, "fit", 3) == 0;
    size_t used = strlen(where);
    if (a == NULL || b == NULL || suan_json_type(a) != suan_json_type(b) || !is_equal(a, b, loose) ||
        suan_json_count(a) != suan_json_count(b))
        return true;
    if (suan_json_type(a) == SUAN_JSON_ARRAY) {
        for (size_t i = 0; i < suan_json_count(a); i++) {
            snprintf(where + used, WHERE_MAX - used, "[%zu]", i);
            if (find_difference(suan_json_at(a, i), suan_json_at(b, i), where))
                return true;
        }
    }
    if (suan_json_type(a) == SUAN_JSON_OBJECT) {
        const struct suan_json *member = NULL;
        for (const char *key = suan_json_next(a, NULL, &member); key != NULL;
             key = suan_json_next(a, key, &member)) {
            snprintf(where + used, WHERE_MAX - used, "%s%.40s", used > 0 ? "." : "", key);
            if (find_difference(member, suan_json_find(b, key), where))
                return true;
        }
    }
    where[used] = '\0';
    return false;
}

static enum suan_status compare(struct suan_span given, const struct suan_measurement *again,
                                struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *first = NULL;
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *second = NULL;
    char where[WHERE_MAX] = "";
    enum suan_status status = suan_measurement_format(again, &text, error);
    if (status == SUAN_OK)
        status = suan_json_parse(given, SUAN_MEASUREMENT_SIZE_MAX, 0, "measurement.json", &first, error);
    if (status == SUAN_OK)
        status =
            suan_json_parse(suan_buffer_span(&text), SUAN_MEASUREMENT_SIZE_MAX, 0, "replay", &second, error);
    if (status != SUAN_OK)
        return status;
    if (find_difference(suan_json_root(first), suan_json_root(second), where))
        return differs(where, "another value follows from the rows", error);
    return SUAN_OK;
}

/* --- what the numbers rest on ------------------------------------------------------------------------- */

static enum suan_status check_raw(const struct suan_measurement *m, struct suan_span zst,
                                  struct suan_rows *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer csv = {0};
    enum suan_status status = suan_rows_decompress(zst, &csv, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest digest = suan_sha256(suan_buffer_span(&csv));
    if (!suan_digest_equal(&digest, &m->raw.sha256))
        return differs("raw.sha256", "jobs.csv is not the one that was measured", error);
    uint32_t parts = 0;
    for (size_t at = 0; at < zst.size; at += SUAN_RAW_PART_SIZE, parts++) {
        size_t length = zst.size - at < SUAN_RAW_PART_SIZE ? zst.size - at : SUAN_RAW_PART_SIZE;
        digest = suan_sha256(suan_span(zst.data + at, length));
        if (parts >= m->raw.n_parts || !suan_digest_equal(&digest, &m->raw.parts[parts]))
            return differs("raw.parts", "jobs.csv.zst is not the file that was recorded", error);
    }
    if (parts != m->raw.n_parts)
        return differs("raw.parts", "jobs.csv.zst is shorter than recorded", error);
    status = suan_rows_parse(suan_buffer_span(&csv), out, error);
    if (status == SUAN_OK && (int64_t)out->count != m->raw.rows)
        return differs("raw.rows", "jobs.csv has another number of rows", error);
    return status;
}

static enum suan_status check_seed(const struct suan_measurement *m, struct suan_error *error)
{
    struct suan_digest commit = suan_seed_commit(m->seed.secret, &m->release.tar);
    if (!suan_digest_equal(&commit, &m->seed.commit))
        return differs("seed.secret", "it is not the one that was committed to", error);
    return SUAN_OK;
}

static bool is_drawn(const uint64_t *sizes, uint32_t count, uint64_t n)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sizes[i] == n)
            return true;
    }
    return false;
}

/* Another seed draws other sizes: rows of sizes that were not drawn show it. */
static enum suan_status check_sizes(const struct suan_measurement *m, const struct suan_rows *rows,
                                    struct suan_error *error)
{
    uint64_t sizes[SUAN_SIZES_MAX];
    struct suan_digest master = suan_derive_master(m);
    enum suan_status status =
        suan_sizes_draw(&master, m->task.size_min, m->task.size_max, m->session.sizes, sizes, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < rows->count; i++) {
        if (!is_drawn(sizes, m->session.sizes, rows->items[i].n))
            return differs(
                "seed", "the rows' sizes do not follow from secret, packages, contract and log root", error);
    }
    return SUAN_OK;
}

static enum suan_status check_envelope(struct suan_span envelope, struct suan_span measurement,
                                       const struct suan_measurement *m, const struct suan_public_key *key,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_dsse_done) struct suan_dsse dsse = {0};
    SUAN_CLEANUP(suan_statement_done) struct suan_statement statement = {0};
    if (envelope.size == 0)
        return key == NULL ? SUAN_OK
                           : differs("measurement.dsse.json", "there is no signature to check", error);
    enum suan_status status = suan_dsse_parse(envelope, &dsse, error);
    if (status == SUAN_OK && key != NULL)
        status = suan_dsse_verify(&dsse, key, error);
    if (status == SUAN_OK)
        status = suan_statement_parse(suan_buffer_span(&dsse.payload), &statement, error);
    if (status != SUAN_OK)
        return status;
    if (strcmp(dsse.type, SUAN_STATEMENT_TYPE) != 0 ||
        strcmp(statement.predicate_type, SUAN_PREDICATE_MEASUREMENT) != 0)
        return differs("measurement.dsse.json", "it is not a statement about a measurement", error);
    if (!suan_digest_equal(&statement.tar, &m->release.tar))
        return differs("measurement.dsse.json", "its subject is another package", error);
    if (!suan_span_equal(suan_buffer_span(&statement.predicate), measurement))
        return differs("measurement.dsse.json", "what was signed is not this measurement", error);
    return SUAN_OK;
}

static bool is_decided(enum suan_outcome outcome)
{
    return outcome == SUAN_OUTCOME_WRONG || outcome == SUAN_OUTCOME_CHEAT || outcome == SUAN_OUTCOME_FAILED ||
           outcome == SUAN_OUTCOME_UNMEASURED || outcome == SUAN_OUTCOME_ABORTED;
}

enum suan_status suan_replay(struct suan_span measurement, struct suan_span rows_zst,
                             struct suan_span envelope, const struct suan_public_key *key,
                             struct suan_measurement **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = NULL;
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    enum suan_status status = suan_measurement_parse(measurement, "measurement.json", &m, error);
    if (status == SUAN_OK)
        status = check_envelope(envelope, measurement, m, key, error);
    if (status == SUAN_OK)
        status = check_seed(m, error);
    if (status == SUAN_OK)
        status = check_raw(m, rows_zst, &rows, error);
    if (status == SUAN_OK)
        status = check_sizes(m, &rows, error);
    if (status != SUAN_OK)
        return status;
    if (!is_decided(m->outcome))
        m->outcome = SUAN_OUTCOME_CREDITED; /* to be found again */
    status = suan_derive(m, &rows, error);
    if (status == SUAN_OK)
        status = compare(measurement, m, error);
    if (status == SUAN_OK)
        *out = suan_take(&m);
    return status;
}

static enum suan_status read_part(const char *folder, const char *name, size_t limit, struct suan_buffer *out,
                                  struct suan_error *error)
{
    char path[PATH_LIMIT];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return suan_error_set(error, SUAN_E_USAGE, "folder.path", NULL, "%s: the path is too long", folder);
    return suan_file_read(path, limit, out, error);
}

enum suan_status suan_replay_folder(const char *folder, const struct suan_public_key *key,
                                    struct suan_measurement **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer json = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    enum suan_status status = read_part(folder, "measurement.json", SUAN_MEASUREMENT_SIZE_MAX, &json, error);
    if (status == SUAN_OK)
        status = read_part(folder, "jobs.csv.zst", SUAN_ROWS_ZST_MAX, &zst, error);
    if (status == SUAN_OK)
        status = read_part(folder, "measurement.dsse.json", SUAN_DSSE_SIZE_MAX, &envelope, error);
    if (status == SUAN_E_NOT_FOUND && zst.size > 0)
        status = SUAN_OK;
    if (status != SUAN_OK)
        return status;
    return suan_replay(suan_buffer_span(&json), suan_buffer_span(&zst), suan_buffer_span(&envelope), key, out,
                       error);
}

enum suan_status suan_replay_rows(const char *folder, struct suan_rows *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer csv = {0};
    enum suan_status status = read_part(folder, "jobs.csv.zst", SUAN_ROWS_ZST_MAX, &zst, error);
    if (status == SUAN_OK)
        status = suan_rows_decompress(suan_buffer_span(&zst), &csv, error);
    if (status == SUAN_OK)
        status = suan_rows_parse(suan_buffer_span(&csv), out, error);
    return status;
}
