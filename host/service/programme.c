/* What a programme file says; whether it contradicts itself; whether worked examples come out. */
#include "programme.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "policy/check.h"
#include "policy/examples.h"
#include "programmes.h"

/* --- show --------------------------------------------------------------------------------------------- */

static void set_day(struct suan_json *object, const char *key, int32_t day)
{
    char text[11];
    if (day == INT32_MAX)
        return;
    suan_day_format(day, text);
    suan_json_set_text(object, key, text);
}

static void set_ratio(struct suan_json *object, const char *key, struct suan_ratio ratio)
{
    struct suan_json *parts = suan_json_new_object();
    suan_json_set_integer(parts, "num", ratio.num);
    suan_json_set_integer(parts, "den", ratio.den);
    suan_json_set(object, key, parts);
}

static void add_value(struct suan_json *array, const struct suan_value *value)
{
    char day[11];
    switch (value->type) {
    case SUAN_VALUE_TEXT: suan_json_add_span(array, value->text); return;
    case SUAN_VALUE_INTEGER: suan_json_add_integer(array, value->integer); return;
    case SUAN_VALUE_BOOLEAN: suan_json_add_text(array, value->integer != 0 ? "true" : "false"); return;
    case SUAN_VALUE_DAY:
        suan_day_format((int32_t)value->integer, day);
        suan_json_add_text(array, day);
        return;
    case SUAN_VALUE_ABSENT:
    case SUAN_VALUE_TERM: return;
    }
}

static void add_predicates(const struct suan_programme *programme, const struct suan_predicate *predicates,
                           uint32_t count, const char *key, struct suan_json *object)
{
    struct suan_json *rows = suan_json_new_array();
    for (uint32_t i = 0; i < count; i++) {
        struct suan_json *row = suan_json_new_object(), *values = suan_json_new_array();
        for (uint32_t v = 0; v < predicates[i].value_count; v++)
            add_value(values, &predicates[i].values[v]);
        suan_json_set_span(row, "id", predicates[i].id);
        suan_json_set_text(row, "field", suan_field_name(predicates[i].field));
        suan_json_set_text(row, "op", suan_op_name(predicates[i].op));
        suan_json_set(row, "values", values);
        suan_json_set_span(row, "why", predicates[i].why);
        suan_json_set_span(row, "clause", suan_programme_clause(programme, predicates[i].source));
        suan_json_add(rows, row);
    }
    suan_json_set(object, key, rows);
}

static void add_caps(const struct suan_programme *programme, const struct suan_cap *caps, uint32_t count,
                     struct suan_span tier, struct suan_json *rows)
{
    for (uint32_t i = 0; i < count; i++) {
        struct suan_json *row = suan_json_new_object();
        suan_json_set_span(row, "id", caps[i].id);
        if (tier.size > 0)
            suan_json_set_span(row, "tier", tier);
        suan_json_set_text(row, "scope", suan_scope_name(caps[i].scope));
        suan_json_set_text(row, "period", suan_period_name(caps[i].period));
        suan_json_set_text(row, "measure", suan_measure_name(caps[i].measure));
        suan_json_set_integer(row, "amount_fen", caps[i].amount_fen);
        add_predicates(programme, caps[i].when, caps[i].when_count, "when", row);
        suan_json_set_span(row, "clause", suan_programme_clause(programme, caps[i].source));
        suan_json_add(rows, row);
    }
}

static void set_tiers(const struct suan_programme *programme, struct suan_json *result)
{
    struct suan_json *rows = suan_json_new_array(), *caps = suan_json_new_array();
    for (uint32_t i = 0; i < programme->tier_count; i++) {
        const struct suan_tier *tier = &programme->tiers[i];
        struct suan_json *row = suan_json_new_object();
        suan_json_set_span(row, "id", tier->id);
        if (tier->has_rate)
            set_ratio(row, "rate", tier->rate);
        else
            suan_json_set_null(row, "rate");
        add_predicates(programme, tier->when, tier->when_count, "when", row);
        suan_json_set_span(row, "clause", suan_programme_clause(programme, tier->source));
        suan_json_add(rows, row);
        add_caps(programme, tier->caps, tier->cap_count, tier->id, caps);
    }
    add_caps(programme, programme->caps, programme->cap_count, suan_span(NULL, 0), caps);
    suan_json_set(result, "tiers", rows);
    suan_json_set(result, "caps", caps);
}

static void set_budget(const struct suan_programme *programme, struct suan_json *result)
{
    static const char *const kinds[] = {
        [SUAN_BUDGET_NONE] = "none", [SUAN_BUDGET_CAP] = "cap", [SUAN_BUDGET_FLOOR] = "floor"};
    struct suan_json *budget = suan_json_new_object();
    suan_json_set_text(budget, "kind", kinds[programme->budget.kind]);
    if (programme->budget.kind != SUAN_BUDGET_NONE) {
        suan_json_set_integer(budget, "amount_fen", programme->budget.amount_fen);
        suan_json_set_text(budget, "period",
                           programme->budget.period == SUAN_PERIOD_CALENDAR_YEAR ? "calendar_year" : "fund");
    }
    suan_json_set(result, "budget", budget);
}

static void set_head(const struct suan_programme *programme, struct suan_json *result)
{
    struct suan_json *head = suan_json_new_object();
    programmes_name(programme, head);
    if (programme->supersedes.size > 0)
        suan_json_set_span(head, "supersedes", programme->supersedes);
    suan_json_set_text(head, "instrument", suan_instrument_name(programme->instrument));
    suan_json_set_span(head, "status", programme->status);
    suan_json_set_span(head, "issuer", programme->issuer);
    suan_json_set_span(head, "jurisdiction", programme->jurisdiction_name);
    suan_json_set_span(head, "jurisdiction_code", programme->jurisdiction_code);
    set_day(head, "from", programme->from);
    set_day(head, "to", programme->to);
    suan_json_set_text(head, "mode",
                       programme->mode == SUAN_VOUCHER_REIMBURSE ? "reimburse" : "deduct_at_use");
    suan_json_set_integer(head, "validity_days", programme->validity_days);
    suan_json_set_integer(head, "publicity_days", programme->publicity_days);
    suan_json_set(result, "programme", head);
}

static void set_texts(struct suan_json *result, const char *key, const struct suan_span *texts,
                      uint32_t count)
{
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; i < count; i++)
        suan_json_add_span(array, texts[i]);
    suan_json_set(result, key, array);
}

static void set_sources(const struct suan_programme *programme, struct suan_json *result)
{
    struct suan_json *rows = suan_json_new_array();
    for (uint32_t i = 0; i < programme->source_count; i++) {
        struct suan_json *row = suan_json_new_object();
        suan_json_set_span(row, "kind", programme->sources[i].kind);
        suan_json_set_span(row, "phrase", programme->sources[i].phrase);
        suan_json_set_span(row, "url", programme->sources[i].url);
        suan_json_set_span(row, "note", programme->sources[i].note);
        suan_json_add(rows, row);
    }
    suan_json_set(result, "sources", rows);
}

static struct suan_json *programme_json(const struct suan_programme *programme)
{
    struct suan_json *result = suan_json_new_object();
    set_head(programme, result);
    set_texts(result, "claimants", programme->claimants, programme->claimant_count);
    add_predicates(programme, programme->eligibility, programme->eligibility_count, "eligibility", result);
    set_tiers(programme, result);
    set_budget(programme, result);
    set_texts(result, "documents", programme->apply_documents, programme->apply_document_count);
    set_texts(result, "redeem_documents", programme->redeem_documents, programme->redeem_document_count);
    set_texts(result, "unknown", programme->unknown, programme->unknown_count);
    set_sources(programme, result);
    return result;
}

enum suan_status suan_service_programme_show(struct suan_service *service, const char *folder,
                                             const char *said, struct suan_json **out_result,
                                             struct suan_error *error)
{
    SUAN_CLEANUP(programmes_done) struct programmes programmes = {0};
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *read = NULL;
    bool is_file = access(said, F_OK) == 0 || strchr(said, '/') != NULL;
    enum suan_status status =
        is_file ? programme_read(said, &read, error) : programmes_load(service, folder, &programmes, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_programme *found = is_file ? read : programmes_find(&programmes, suan_span_text(said));
    if (found == NULL)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "policy.unknown-programme",
                              "say its id as in the file, or a file", "no programme '%s' here", said);
    *out_result = programme_json(found);
    return SUAN_OK;
}

/* --- check -------------------------------------------------------------------------------------------- */

struct checking {
    struct programmes library;
    struct suan_json *rows;
    struct suan_json *findings; /* of the file being checked */
    int64_t errors;
};

static void checking_done(struct checking *checking)
{
    programmes_done(&checking->library);
    suan_json_release(checking->rows);
}

static void add_finding(struct suan_json *findings, const char *kind, const char *code, const char *message)
{
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "kind", kind);
    suan_json_set_text(row, "code", code);
    suan_json_set_text(row, "message", message);
    suan_json_add(findings, row);
}

static void hear_finding(void *context, const struct suan_finding *finding)
{
    struct checking *checking = context;
    add_finding(checking->findings, finding->kind == SUAN_FINDING_ERROR ? "error" : "note", finding->code,
                finding->message);
}

/* A file that cannot be read as a programme is a finding, so that the others are checked all the same; its
 * status is returned. */
static enum suan_status check_file(struct checking *checking, const char *path, struct suan_error *error)
{
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *programme = NULL;
    struct suan_json *row = suan_json_new_object();
    size_t errors = 1;
    suan_json_set_text(row, "file", path);
    checking->findings = suan_json_new_array();
    enum suan_status status = programme_read(path, &programme, error);
    if (status == SUAN_OK) {
        programmes_name(programme, row);
        errors = suan_programme_check(programme, programmes_list(&checking->library), checking->library.count,
                                      hear_finding, checking);
    } else {
        add_finding(checking->findings, "error", error->code, error->message);
    }
    suan_json_set_boolean(row, "ok", errors == 0);
    suan_json_set(row, "findings", checking->findings);
    suan_json_add(checking->rows, row);
    checking->errors += (int64_t)errors;
    return status;
}

enum suan_status suan_service_programme_check(struct suan_service *service, const char *folder,
                                              const char *const *files, size_t count,
                                              struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(checking_done) struct checking checking = {.rows = suan_json_new_array()};
    struct suan_error first = {0}, present;
    enum suan_status status = programmes_load(service, folder, &checking.library, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        present = (struct suan_error){0};
        enum suan_status one = check_file(&checking, files[i], &present);
        if (status == SUAN_OK && one != SUAN_OK) {
            status = one;
            first = present;
        }
    }
    *out_result = suan_json_new_object();
    suan_json_set(*out_result, "files", suan_take(&checking.rows));
    suan_json_set_integer(*out_result, "errors", checking.errors);
    if (status != SUAN_OK) {
        if (error != NULL)
            *error = first;
        return status;
    }
    if (checking.errors == 0)
        return SUAN_OK;
    return suan_error_set(
        error, SUAN_E_REFUSED, "programme.contradiction", "mend each finding marked 'error'",
        "%lld contradictions: such rules must not be installed", (long long)checking.errors);
}

/* --- test --------------------------------------------------------------------------------------------- */

struct testing {
    struct programmes programmes;
    struct suan_json *rows;
    const char *file; /* being run */
    int64_t passed;
    size_t failed;
};

static void testing_done(struct testing *testing)
{
    programmes_done(&testing->programmes);
    suan_json_release(testing->rows);
}

static void hear_example(void *context, const struct suan_example_report *one)
{
    struct testing *testing = context;
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "file", testing->file);
    suan_json_set_span(row, "id", one->id);
    suan_json_set_span(row, "title", one->title);
    suan_json_set_integer(row, "steps", one->steps);
    suan_json_set_boolean(row, "passed", one->passed);
    if (!one->passed) {
        suan_json_set_span(row, "difference", one->difference);
        suan_json_set_span(row, "trace", one->trace);
    }
    suan_json_add(testing->rows, row);
    testing->passed += one->passed;
}

static enum suan_status run_examples(struct testing *testing, const char *path, struct suan_span text,
                                     struct suan_error *error)
{
    struct suan_examples *examples = NULL;
    size_t failed = 0;
    testing->file = path;
    enum suan_status status = suan_examples_parse(text, path, &examples, error);
    if (status == SUAN_OK)
        status = suan_examples_run(examples, programmes_list(&testing->programmes), testing->programmes.count,
                                   hear_example, testing, &failed, error);
    testing->failed += failed;
    suan_examples_free(examples);
    return status;
}

enum round { ROUND_PROGRAMMES, ROUND_EXAMPLES };

/* Programmes first, so that the order of the words does not matter. */
static enum suan_status take_file(struct testing *testing, enum round round, const char *path,
                                  size_t *examples, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_programme *programme = NULL;
    enum suan_status status = suan_file_read(path, SUAN_EXAMPLES_FILE_MAX, &text, error);
    if (status != SUAN_OK)
        return status;
    bool is_programme = programmes_schema_is(suan_buffer_span(&text), "suan.programme/1");
    if (round == ROUND_EXAMPLES)
        return is_programme ? SUAN_OK : run_examples(testing, path, suan_buffer_span(&text), error);
    *examples += !is_programme;
    if (!is_programme)
        return SUAN_OK;
    status = programme_read(path, &programme, error);
    return status == SUAN_OK ? programmes_put(&testing->programmes, programme, error) : status;
}

static enum suan_status run_own_examples(struct testing *testing, const char *folder,
                                         struct suan_error *error)
{
    char path[PATH_MAX], file[PATH_MAX + 32];
    size_t examples = 0;
    enum suan_status status = programmes_folder(folder, path, error);
    if (status != SUAN_OK)
        return status;
    snprintf(file, sizeof file, "%s/examples.json", path);
    return take_file(testing, ROUND_EXAMPLES, file, &examples, error);
}

static enum suan_status test_all(struct testing *testing, const char *folder, const char *const *files,
                                 size_t count, struct suan_error *error)
{
    size_t examples = 0;
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < 2 * count && status == SUAN_OK; i++)
        status = i < count ? take_file(testing, ROUND_PROGRAMMES, files[i], &examples, error)
                           : take_file(testing, ROUND_EXAMPLES, files[i - count], &examples, error);
    if (status == SUAN_OK && examples == 0)
        status = run_own_examples(testing, folder, error);
    return status;
}

enum suan_status suan_service_programme_test(struct suan_service *service, const char *folder,
                                             const char *const *files, size_t count,
                                             struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(testing_done) struct testing testing = {.rows = suan_json_new_array()};
    enum suan_status status = programmes_load(service, folder, &testing.programmes, error);
    if (status == SUAN_OK)
        status = test_all(&testing, folder, files, count, error);
    if (status != SUAN_OK)
        return status;
    *out_result = suan_json_new_object();
    suan_json_set(*out_result, "examples", suan_take(&testing.rows));
    suan_json_set_integer(*out_result, "passed", testing.passed);
    suan_json_set_integer(*out_result, "failed", (int64_t)testing.failed);
    if (testing.failed == 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_FORMAT, "programme.example",
                          "mend the programme, or the example if the programme is right",
                          "%zu of %lld examples come out differently", testing.failed,
                          (long long)testing.passed + (long long)testing.failed);
}
