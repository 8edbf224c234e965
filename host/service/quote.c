/* One claim under every programme of its instrument, each for itself. */
#include "quote.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "policy/decision.h"
#include "policy/past.h"
#include "programmes.h"

struct quoting {
    const struct suan_quote_request *request;
    const struct suan_claim *claim;
    struct suan_history history;
    enum suan_language language;
    struct suan_decision decision; /* the present one */
    struct quoted {
        struct suan_json *row;
        enum suan_outcome outcome;
        int64_t award_fen;
        bool is_room;
    } * rows;
    size_t count;
};

/* --- reasons ------------------------------------------------------------------------------------------ */

static const struct {
    const char *binding, *reasons[2]; /* English, Chinese */
} reasons[] = {
    {"NOT_IN_FORCE", {"not in force on the day that counts", "該日不在有效期內"}},
    {"CLAIMANT_CLASS", {"this class of claimant may not claim", "申領主體類別不符"}},
    {"DUPLICATE_CONTRACT", {"this contract received an award here before", "該合同已獲本計劃支持"}},
    {"DOUBLE_SUBSIDY", {"another award for the same contract excludes this one", "同一合同已獲其他補貼"}},
    {"NO_UNIQUE_PROGRAMME", {"not exactly one version is in force on that day", "該日並非恰有一個版本有效"}},
    {"NO_TIER", {"no tier is known to apply", "無法確定適用檔次"}},
    {"NEEDS_REVIEWER_RATE",
     {"its source states no rate: a reviewer sets the amount", "來源未載比例，由評審核定金額"}},
    {"RATE", {"the rate of its tier", "按檔次比例"}},
    {"REVIEWER", {"the amount that a reviewer set", "評審核定金額"}},
    {"REQUESTED", {"no more than was asked for", "以申請金額為限"}},
    {"STACK_CAP", {"public money for both vouchers together is limited", "多券合計設上限"}},
    {"BUDGET", {"what is left of its budget", "預算餘額"}},
    {"ZERO_AWARD", {"nothing in the contract counts here", "合同中無可計入的費用"}},
};

static struct suan_span predicate_reason(const struct suan_decision *decision, struct suan_span id)
{
    const struct suan_programme *programme = decision->programme;
    for (uint32_t i = 0; programme != NULL && i < programme->eligibility_count; i++) {
        const struct suan_predicate *predicate = &programme->eligibility[i];
        if (suan_span_equal(predicate->id, id))
            return predicate->why.size > 0 ? predicate->why
                                           : suan_programme_clause(programme, predicate->source);
    }
    return suan_span(NULL, 0);
}

static struct suan_span cap_clause(const struct suan_programme *programme, const struct suan_cap *caps,
                                   uint32_t count, struct suan_span id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (suan_span_equal(caps[i].id, id))
            return suan_programme_clause(programme, caps[i].source);
    }
    return suan_span(NULL, 0);
}

static struct suan_span limit_reason(const struct suan_decision *decision, struct suan_span id)
{
    const struct suan_programme *programme = decision->programme;
    struct suan_span found = suan_span(NULL, 0);
    if (programme == NULL)
        return found;
    for (uint32_t i = 0; found.size == 0 && i < programme->tier_count; i++)
        found = cap_clause(programme, programme->tiers[i].caps, programme->tiers[i].cap_count, id);
    return found.size > 0 ? found : cap_clause(programme, programme->caps, programme->cap_count, id);
}

static void set_reason(const struct quoting *quoting, struct suan_json *row)
{
    static const char *const silent[] = {"the claim does not say: ", "申請未載明："};
    static const char unknown[] = "UNKNOWN:";
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_span id = suan_span_text(quoting->decision.binding);
    if (id.size > sizeof unknown - 1 && memcmp(id.data, unknown, sizeof unknown - 1) == 0) {
        suan_buffer_append_text(&text, silent[quoting->language]);
        id = suan_span(id.data + sizeof unknown - 1, id.size - (sizeof unknown - 1));
    }
    size_t before = text.size;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (suan_span_equal(id, suan_span_text(reasons[i].binding)))
            suan_buffer_append_text(&text, reasons[i].reasons[quoting->language]);
    }
    if (text.size == before)
        suan_buffer_append_span(&text, predicate_reason(&quoting->decision, id));
    if (text.size == before)
        suan_buffer_append_span(&text, limit_reason(&quoting->decision, id));
    if (text.size == before)
        suan_buffer_append_span(&text, id);
    suan_json_set_span(row, "reason", suan_buffer_span(&text));
}

/* --- one row ------------------------------------------------------------------------------------------ */

static void set_spans(struct suan_json *row, const char *key, const struct suan_span *spans, uint32_t count)
{
    struct suan_json *array = suan_json_new_array();
    for (uint32_t i = 0; i < count; i++)
        suan_json_add_span(array, spans[i]);
    suan_json_set(row, key, array);
}

static bool has_document(const struct suan_claim *claim, struct suan_span kind)
{
    for (uint32_t i = 0; i < claim->document_count; i++) {
        if (suan_span_equal(claim->documents[i].kind, kind))
            return true;
    }
    return false;
}

/* Papers that the programme wants and the claim does not come with. */
static void set_documents(const struct quoting *quoting, struct suan_json *row)
{
    struct suan_json *array = suan_json_new_array();
    const struct suan_programme *programme = quoting->decision.programme;
    for (uint32_t i = 0; programme != NULL && i < programme->apply_document_count; i++) {
        if (!has_document(quoting->claim, programme->apply_documents[i]))
            suan_json_add_span(array, programme->apply_documents[i]);
    }
    suan_json_set(row, "documents", array);
}

static void set_decision(const struct quoting *quoting, struct suan_span name, struct suan_json *row)
{
    const struct suan_decision *decision = &quoting->decision;
    const struct suan_programme *programme = decision->programme;
    suan_json_set_span(row, "programme", programme != NULL ? programme->id : name);
    if (programme != NULL) {
        suan_json_set_integer(row, "version", programme->version);
        suan_json_set_hex(row, "sha256", programme->sha256, sizeof programme->sha256);
        suan_json_set_span(row, "issuer", programme->issuer);
    }
    suan_json_set_text(row, "decision", suan_policy_outcome_name(decision->outcome));
    if (decision->outcome == SUAN_OUTCOME_REVIEW)
        suan_json_set_null(row, "award_fen");
    else
        suan_json_set_integer(row, "award_fen", decision->award_fen);
    suan_json_set_text(row, "binding", decision->binding);
    if (decision->base_fen == SUAN_FEN_ABSENT)
        suan_json_set_null(row, "base_fen");
    else
        suan_json_set_integer(row, "base_fen", decision->base_fen);
    suan_json_set_span(row, "tier", decision->tier);
    set_reason(quoting, row);
    set_spans(row, "tight", decision->tight, decision->tight_count);
    set_spans(row, "missing", decision->missing, decision->missing_count);
    set_spans(row, "all_failed", decision->all_failed, decision->all_failed_count);
    set_documents(quoting, row);
    if (programme != NULL)
        set_spans(row, "unknown", programme->unknown, programme->unknown_count);
}

static enum suan_status set_trace(const struct quoting *quoting, const struct suan_trace *trace,
                                  struct suan_json *row, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = suan_trace_explain(trace, &quoting->decision, quoting->language, &text, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_span(row, "explanation", suan_buffer_span(&text));
    suan_buffer_clear(&text);
    status = suan_trace_format(trace, &quoting->decision, &text, error);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&text), SIZE_MAX, SUAN_JSON_NULLS | SUAN_JSON_NEWLINES,
                                 "trace", &document, error);
    if (status == SUAN_OK)
        suan_json_set_copy(row, "trace", suan_json_root(document));
    return status;
}

static void keep(struct quoting *quoting, struct suan_json *row)
{
    const struct suan_decision *decision = &quoting->decision;
    quoting->rows[quoting->count++] =
        (struct quoted){row, decision->outcome, decision->award_fen, decision->is_room};
}

static enum suan_status quote_under(struct quoting *quoting, const struct suan_programme *programme,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_trace_done) struct suan_trace trace = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *row = suan_json_new_object();
    bool is_traced = quoting->request->detail == SUAN_QUOTE_EXPLAINED;
    struct suan_request request = {programme, quoting->claim, &quoting->history, SUAN_DAY_NONE};
    enum suan_status status =
        suan_policy_evaluate(&request, &quoting->decision, is_traced ? &trace : NULL, error);
    if (status != SUAN_OK)
        return status;
    set_decision(quoting, programme->id, row);
    if (is_traced)
        status = set_trace(quoting, &trace, row, error);
    if (status == SUAN_OK)
        keep(quoting, suan_take(&row));
    return status;
}

/* --- all rows ----------------------------------------------------------------------------------------- */

static enum suan_status quote_named(struct quoting *quoting, const struct programmes *programmes,
                                    struct suan_error *error)
{
    const struct suan_programme *programme = NULL;
    enum suan_status status = suan_policy_select(programmes_list(programmes), programmes->count,
                                                 quoting->claim, SUAN_DAY_NONE, &programme, error);
    if (status != SUAN_OK)
        return status;
    if (programme != NULL)
        return quote_under(quoting, programme, error);
    struct suan_json *row = suan_json_new_object();
    suan_policy_no_unique(quoting->claim, &quoting->decision);
    set_decision(quoting, quoting->claim->family, row);
    keep(quoting, row);
    return SUAN_OK;
}

static enum suan_status quote_all(struct quoting *quoting, const struct programmes *programmes,
                                  struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    const struct suan_claim *claim = quoting->claim;
    if (claim->programme.size > 0 || claim->family.size > 0)
        return quote_named(quoting, programmes, error);
    for (size_t i = 0; i < programmes->count && status == SUAN_OK; i++) {
        if (programmes->all[i]->instrument == claim->instrument)
            status = quote_under(quoting, programmes->all[i], error);
    }
    if (status == SUAN_OK && quoting->count == 0)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "policy.unknown-programme",
                              "'suan programme list' shows what is on record", "no programme pays a %s here",
                              suan_instrument_name(claim->instrument));
    return status;
}

/* What pays, the most first; then what may pay; then what does not. Equal ones stay in the order of ids. */
static int compare(const void *left, const void *right)
{
    static const int rank[] = {
        [SUAN_OUTCOME_AWARD] = 0, [SUAN_OUTCOME_REVIEW] = 1, [SUAN_OUTCOME_REJECT] = 2};
    const struct quoted *a = left, *b = right;
    if (a->outcome != b->outcome)
        return rank[a->outcome] - rank[b->outcome];
    if (a->award_fen != b->award_fen)
        return a->award_fen < b->award_fen ? 1 : -1;
    return suan_span_compare(suan_json_text(suan_json_find(a->row, "programme")),
                             suan_json_text(suan_json_find(b->row, "programme")));
}

static enum suan_status verdict(const struct quoting *quoting, struct suan_error *error)
{
    bool is_room = false;
    for (size_t i = 0; i < quoting->count; i++) {
        if (quoting->rows[i].outcome != SUAN_OUTCOME_REJECT)
            return SUAN_OK;
        is_room |= quoting->rows[i].is_room;
    }
    if (is_room)
        return suan_error_set(error, SUAN_E_EXHAUSTED, "voucher.no-room", "wait for its next period",
                              "a programme would pay, but a cap or its budget has no room left");
    return suan_error_set(error, SUAN_E_REFUSED, "voucher.not-eligible", "--explain shows each rule",
                          "no programme pays for this contract");
}

static struct suan_json *document_of(const struct quoting *quoting)
{
    char day[11];
    struct suan_json *result = suan_json_new_object(), *rows = suan_json_new_array();
    suan_day_format(quoting->claim->day, day);
    suan_json_set_text(result, "date", day);
    suan_json_set_text(result, "instrument", suan_instrument_name(quoting->claim->instrument));
    suan_json_set_span(result, "contract", quoting->claim->contract_key);
    for (size_t i = 0; i < quoting->count; i++) {
        suan_json_add(rows, quoting->rows[i].row);
        quoting->rows[i].row = NULL;
    }
    suan_json_set(result, "quotes", rows);
    return result;
}

static void quoting_done(struct quoting *quoting)
{
    for (size_t i = 0; i < quoting->count; i++)
        suan_json_release(quoting->rows[i].row);
    free(quoting->rows);
}

static enum suan_status read_claim(const struct suan_quote_request *request, struct suan_claim **out,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_file_read(request->claim, SUAN_CLAIM_FILE_MAX, &text, error);
    if (status == SUAN_OK)
        status =
            suan_claim_parse(suan_buffer_span(&text), SUAN_CLAIM_BY_CLAIMANT, request->claim, out, error);
    if (status == SUAN_OK && request->on != NULL &&
        !suan_day_parse(suan_span_text(request->on), &(*out)->day))
        return suan_error_set(error, SUAN_E_USAGE, "policy.bad-date", "as in --on 2026-03-01",
                              "--on: '%s' is no day", request->on);
    return status;
}

static enum suan_status find_language(const char *said, enum suan_language *out, struct suan_error *error)
{
    *out = strcmp(said, "zh") == 0 ? SUAN_LANGUAGE_CHINESE : SUAN_LANGUAGE_ENGLISH;
    if (*out == SUAN_LANGUAGE_CHINESE || strcmp(said, "en") == 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_USAGE, "cli.option", "say --lang en or --lang zh",
                          "--lang: '%s' is no language of explanations", said);
}

enum suan_status suan_service_voucher_quote(struct suan_service *service,
                                            const struct suan_quote_request *request,
                                            struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(programmes_done) struct programmes programmes = {0};
    SUAN_CLEANUP(suan_past_freep) struct suan_past *past = suan_past_new();
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = NULL;
    SUAN_CLEANUP(quoting_done) struct quoting quoting = {.request = request};
    enum suan_status status = find_language(request->language, &quoting.language, error);
    if (status == SUAN_OK)
        status = read_claim(request, &claim, error);
    if (status == SUAN_OK)
        status = programmes_load(service, request->programmes, &programmes, error);
    if (status != SUAN_OK)
        return status;
    quoting.rows = calloc(programmes.count + 1, sizeof *quoting.rows);
    if (past == NULL || quoting.rows == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    quoting.history = suan_past_history(past);
    quoting.claim = claim;
    status = quote_all(&quoting, &programmes, error);
    if (status != SUAN_OK)
        return status;
    qsort(quoting.rows, quoting.count, sizeof *quoting.rows, compare);
    *out_result = document_of(&quoting);
    return verdict(&quoting, error);
}
