/*
 * Programmes and tariffs on record: their files are blobs, the rows say which and since when. Rows: programme
 * ID|00|version8 -> digest32, index8, time8; tariff index8 -> id, from8, until8 (civil days), fen8, digest32,
 * time8.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/identity.h"
#include "catalog/member.h"
#include "policy/check.h"
#include "policy/date.h"
#include "policy/programme.h"
#include "policy/tariff.h"
#include "record.h"

/* An authority installs rules, or the operator for it. */
static enum suan_status require_authority(struct suan_txn *txn, const struct suan_act *act,
                                          struct suan_error *error)
{
    struct suan_identity identity;
    enum suan_status status = suan_identity_get(txn, &act->by, &identity, error);
    if (status != SUAN_OK)
        return status;
    if (identity.type != SUAN_IDENT_AUTHORITY && identity.type != SUAN_IDENT_OPERATOR)
        return suan_error_set(error, SUAN_E_PERMISSION, "event.permission", "ask the authority that funds it",
                              "'%s' is neither an authority nor the operator", identity.ident);
    return suan_act_require(txn, act, &act->by, SUAN_ROLE_FINANCE, "a programme or tariff", error);
}

static enum suan_status read_blob(struct suan_txn *txn, const struct suan_act *act,
                                  struct suan_digest *out_digest, struct suan_span *out_text,
                                  struct suan_error *error)
{
    enum suan_status status = suan_json_get_hex(act->command->body, "file", SUAN_JSON_REQUIRED,
                                                out_digest->bytes, SUAN_DIGEST_SIZE, "", error);
    return status != SUAN_OK ? status : suan_act_blob(txn, act, out_digest, out_text, error);
}

/* --- programmes --------------------------------------------------------------------------------------- */

static size_t programme_key(struct suan_span id, int64_t version, uint8_t out[SUAN_PROGRAMME_ID_MAX + 9])
{
    memcpy(out, id.data, id.size);
    out[id.size] = 0;
    suan_put_be64(out + id.size + 1, (uint64_t)version);
    return id.size + 9;
}

static enum suan_status decode_programme(struct suan_txn *txn, struct suan_span key, struct suan_span value,
                                         struct suan_installed *out, struct suan_error *error)
{
    struct row_reader reader = {value, key.size < 10 || key.size > SUAN_PROGRAMME_ID_MAX + 9};
    *out = (struct suan_installed){0};
    row_bytes(&reader, out->digest.bytes, SUAN_DIGEST_SIZE);
    out->index = row_u64(&reader);
    out->time_ns = row_u64(&reader);
    enum suan_status status = row_check(&reader, "programme", error);
    if (status != SUAN_OK)
        return status;
    memcpy(out->id, key.data, key.size - 9);
    out->version = (int64_t)suan_be64(key.data + key.size - 8);
    return suan_blob_get(txn, &out->digest, &out->text, error);
}

enum suan_status suan_programme_get(struct suan_txn *txn, struct suan_span id, struct suan_installed *out,
                                    struct suan_error *error)
{
    uint8_t prefix[SUAN_PROGRAMME_ID_MAX + 9];
    struct suan_span key, value;
    enum suan_status status = SUAN_E_NOT_FOUND;
    if (id.size > 0 && id.size <= SUAN_PROGRAMME_ID_MAX) {
        programme_key(id, 0, prefix);
        status =
            suan_row_last(txn, SUAN_TABLE_PROGRAMME, suan_span(prefix, id.size + 1), &key, &value, error);
    }
    if (status == SUAN_E_NOT_FOUND)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "programme.absent",
                              "an authority installs it: 'suan programme install'",
                              "no programme '%.*s' on record", SUAN_SPAN_PRINTF(id));
    return status != SUAN_OK ? status : decode_programme(txn, key, value, out, error);
}

enum suan_status suan_programme_each(struct suan_txn *txn,
                                     enum suan_status (*visit)(void *context,
                                                               const struct suan_installed *one),
                                     void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_PROGRAMME, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_installed one;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_programme(txn, key, value, &one, error);
        if (status == SUAN_OK)
            status = visit(context, &one);
    }
    return status;
}

/* The versions on record, for the chain of `supersedes`. */
struct versions {
    struct suan_programme *all[SUAN_PROGRAMMES_MAX];
    size_t count;
    struct suan_error *error;
};

static void versions_done(struct versions *versions)
{
    for (size_t i = 0; i < versions->count; i++)
        suan_programme_free(versions->all[i]);
}

static enum suan_status add_version(void *context, const struct suan_installed *one)
{
    struct versions *versions = context;
    if (versions->count == SUAN_PROGRAMMES_MAX)
        return suan_error_set(versions->error, SUAN_E_EXHAUSTED, "programme.count", NULL,
                              "%d versions of programmes are on record, which is the limit",
                              SUAN_PROGRAMMES_MAX);
    enum suan_status status = suan_programme_parse(one->text, one->digest.bytes, one->id,
                                                   &versions->all[versions->count], versions->error);
    versions->count += status == SUAN_OK;
    return status;
}

/* Keeps the first error among the findings. */
static void keep_first(void *context, const struct suan_finding *finding)
{
    struct suan_finding *first = context;
    if (first->code == NULL && finding->kind == SUAN_FINDING_ERROR)
        *first = *finding;
}

/* What contradicts itself, or a version of its chain that is on record, decides nothing. */
static enum suan_status check_contradictions(struct suan_txn *txn, const struct suan_programme *programme,
                                             struct suan_error *error)
{
    SUAN_CLEANUP(versions_done) struct versions versions = {.error = error};
    struct suan_finding first = {.code = NULL};
    enum suan_status status = suan_programme_each(txn, add_version, &versions, error);
    if (status != SUAN_OK)
        return status;
    size_t errors = suan_programme_check(programme, (const struct suan_programme *const *)versions.all,
                                         versions.count, keep_first, &first);
    return errors == 0
               ? SUAN_OK
               : suan_error_set(error, SUAN_E_REFUSED, first.code, "try 'suan programme check' on the file",
                                "programme '%.*s': %s", SUAN_SPAN_PRINTF(programme->id), first.message);
}

enum suan_status check_programme(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *programme = NULL;
    struct suan_digest digest;
    struct suan_span text, row;
    uint8_t key[SUAN_PROGRAMME_ID_MAX + 9];
    enum suan_status status = require_authority(txn, act, error);
    if (status == SUAN_OK)
        status = read_blob(txn, act, &digest, &text, error);
    if (status == SUAN_OK)
        status = suan_programme_parse(text, digest.bytes, "programme", &programme, error);
    if (status != SUAN_OK)
        return status;
    if (programme->id.size > SUAN_PROGRAMME_ID_MAX)
        return suan_error_set(error, SUAN_E_FORMAT, "event.format", NULL, "programme: its id is too long");
    size_t size = programme_key(programme->id, programme->version, key);
    status = suan_row_get(txn, SUAN_TABLE_PROGRAMME, suan_span(key, size), &row, error);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", "raise its version",
                              "version %lld of programme '%.*s' is on record already",
                              (long long)programme->version, SUAN_SPAN_PRINTF(programme->id));
    return status == SUAN_E_NOT_FOUND ? check_contradictions(txn, programme, error) : status;
}

enum suan_status apply_programme(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *programme = NULL;
    struct suan_digest digest;
    struct suan_span text;
    uint8_t key[SUAN_PROGRAMME_ID_MAX + 9], value[SUAN_DIGEST_SIZE + 16];
    enum suan_status status = read_blob(txn, act, &digest, &text, error);
    if (status == SUAN_OK)
        status = suan_programme_parse(text, digest.bytes, "programme", &programme, error);
    if (status != SUAN_OK)
        return status;
    size_t size = programme_key(programme->id, programme->version, key);
    memcpy(value, digest.bytes, SUAN_DIGEST_SIZE);
    suan_put_be64(value + SUAN_DIGEST_SIZE, act->index);
    suan_put_be64(value + SUAN_DIGEST_SIZE + 8, act->time_ns);
    return suan_row_put(txn, SUAN_TABLE_PROGRAMME, suan_span(key, size), suan_span(value, sizeof value),
                        error);
}

/* --- tariffs ------------------------------------------------------------------------------------------ */

static enum suan_status decode_tariff(struct suan_txn *txn, struct suan_span value,
                                      struct suan_installed *out, int32_t *out_from, int32_t *out_until,
                                      struct suan_error *error)
{
    struct row_reader reader = {value, false};
    *out = (struct suan_installed){0};
    row_text(&reader, out->id, sizeof out->id);
    *out_from = (int32_t)row_u64(&reader);
    *out_until = (int32_t)row_u64(&reader);
    row_bytes(&reader, out->digest.bytes, SUAN_DIGEST_SIZE);
    out->index = row_u64(&reader);
    out->time_ns = row_u64(&reader);
    enum suan_status status = row_check(&reader, "tariff", error);
    return status != SUAN_OK ? status : suan_blob_get(txn, &out->digest, &out->text, error);
}

/* Visits tariffs in the order of their installation, with the days they are for. */
static enum suan_status each_tariff(struct suan_txn *txn,
                                    enum suan_status (*visit)(void *context, const struct suan_installed *one,
                                                              int32_t from, int32_t until),
                                    void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_TARIFF, suan_span(NULL, 0), suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct suan_installed one;
        int32_t from = 0, until = 0;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_tariff(txn, value, &one, &from, &until, error);
        if (status == SUAN_OK)
            status = visit(context, &one, from, until);
    }
    return status;
}

struct on_day {
    int32_t day, best_from;
    struct suan_installed *out;
    int found;
};

static enum suan_status keep_if_in_force(void *context, const struct suan_installed *one, int32_t from,
                                         int32_t until)
{
    struct on_day *on = context;
    if (on->day < from || on->day > until || (on->found && from < on->best_from))
        return SUAN_OK;
    *on->out = *one;
    on->best_from = from;
    on->found = 1;
    return SUAN_OK;
}

enum suan_status suan_tariff_get(struct suan_txn *txn, uint64_t time_ns, struct suan_installed *out,
                                 struct suan_error *error)
{
    struct on_day on = {.day = suan_day_of_time(time_ns), .out = out};
    enum suan_status status = each_tariff(txn, keep_if_in_force, &on, error);
    if (status == SUAN_OK && !on.found) {
        char day[11];
        suan_day_format(on.day, day);
        return suan_error_set(error, SUAN_E_NOT_FOUND, "tariff.absent",
                              "an authority installs one: 'suan tariff install'",
                              "no tariff on record is in force on %s", day);
    }
    return status;
}

struct passing {
    enum suan_status (*visit)(void *context, const struct suan_installed *one);
    void *context;
};

static enum suan_status pass_on(void *context, const struct suan_installed *one, int32_t from, int32_t until)
{
    struct passing *passing = context;
    (void)from;
    (void)until;
    return passing->visit(passing->context, one);
}

enum suan_status suan_tariff_each(struct suan_txn *txn,
                                  enum suan_status (*visit)(void *context, const struct suan_installed *one),
                                  void *context, struct suan_error *error)
{
    struct passing passing = {visit, context};
    return each_tariff(txn, pass_on, &passing, error);
}

enum suan_status check_tariff(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_tariff tariff;
    struct suan_digest digest;
    struct suan_span text;
    enum suan_status status = require_authority(txn, act, error);
    if (status == SUAN_OK)
        status = read_blob(txn, act, &digest, &text, error);
    return status != SUAN_OK ? status : suan_tariff_parse(text, "tariff", &tariff, error);
}

enum suan_status apply_tariff(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct suan_tariff tariff;
    struct suan_digest digest;
    struct suan_span text;
    uint8_t key[8];
    enum suan_status status = read_blob(txn, act, &digest, &text, error);
    if (status == SUAN_OK)
        status = suan_tariff_parse(text, "tariff", &tariff, error);
    if (status != SUAN_OK)
        return status;
    suan_put_be64(key, act->index);
    row_put_text(&value, tariff.id);
    suan_buffer_append_be64(&value, (uint64_t)(int64_t)tariff.from);
    suan_buffer_append_be64(&value, (uint64_t)(int64_t)tariff.until);
    suan_buffer_append(&value, digest.bytes, SUAN_DIGEST_SIZE);
    suan_buffer_append_be64(&value, act->index);
    suan_buffer_append_be64(&value, act->time_ns);
    status = suan_buffer_check(&value, error);
    return status != SUAN_OK ? status
                             : suan_row_put(txn, SUAN_TABLE_TARIFF, suan_span(key, sizeof key),
                                            suan_buffer_span(&value), error);
}
