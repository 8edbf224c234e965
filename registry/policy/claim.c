/* Reading claims: every member is known, typed and bounded before anything is decided. */
#include "claim.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "claim_read.h"
#include "reader.h"

enum { PATH_BYTES = 96 };

void *claim_take(struct suan_claim *claim, size_t count, size_t size, struct suan_error *error)
{
    void *place = arena_take(&claim->memory->arena, count, size);
    if (place == NULL)
        suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while reading a claim");
    return place;
}

/* --- days --------------------------------------------------------------------------------------------- */

enum suan_status claim_read_day(const struct suan_json *object, int32_t *out, struct suan_error *error)
{
    struct suan_span at = {NULL, 0};
    bool has_date = suan_json_find(object, "date") != NULL, has_at = suan_json_find(object, "at") != NULL;
    if (has_date && has_at)
        return policy_fail(error, policy_bad_field, "", "at", "'date' is stated, too");
    if (!has_at)
        return policy_day(object, "date", SUAN_JSON_REQUIRED, out, "", error);
    enum suan_status status = policy_prose(object, "at", SUAN_JSON_REQUIRED, &at, "", error);
    if (status == SUAN_OK && !suan_day_parse_moment(at, out))
        return policy_fail(error, policy_bad_date, "", "at", "not a moment in UTC, YYYY-MM-DDThh:mm:ssZ");
    return status;
}

static enum suan_status read_term(const struct suan_json *object, struct suan_value *out,
                                  struct suan_error *error)
{
    static const char *const known[] = {"start", "end", NULL};
    const struct suan_json *term;
    int32_t start = 0, end = 0;
    enum suan_status status = policy_object(object, "term", SUAN_JSON_OPTIONAL, &term, "contract", error);
    if (status != SUAN_OK || term == NULL)
        return status;
    status = policy_only(term, known, "contract.term", error);
    if (status == SUAN_OK)
        status = policy_day(term, "start", SUAN_JSON_REQUIRED, &start, "contract.term", error);
    if (status == SUAN_OK)
        status = policy_day(term, "end", SUAN_JSON_REQUIRED, &end, "contract.term", error);
    if (status == SUAN_OK && end < start)
        return policy_fail(error, policy_bad_date, "contract.term", "end", "ends before it starts");
    if (status == SUAN_OK)
        *out = (struct suan_value){.type = SUAN_VALUE_TERM, .integer = start, .end = end};
    return status;
}

/* --- facts -------------------------------------------------------------------------------------------- */

static enum suan_status read_typed(const struct suan_json *object, enum suan_field field, const char *where,
                                   struct suan_value *out, struct suan_error *error)
{
    enum { YEARS_MAX = 1000 };
    const char *key = suan_field_key(field);
    bool truth = false;
    int32_t day = 0;
    switch (suan_field_type(field)) {
    case SUAN_VALUE_BOOLEAN: {
        enum suan_status status = policy_boolean(object, key, SUAN_JSON_REQUIRED, &truth, where, error);
        out->integer = truth;
        return status;
    }
    case SUAN_VALUE_INTEGER:
        return policy_integer(object, key, SUAN_JSON_REQUIRED, 0, YEARS_MAX, &out->integer, where, error);
    case SUAN_VALUE_DAY: {
        enum suan_status status = policy_day(object, key, SUAN_JSON_REQUIRED, &day, where, error);
        out->integer = day;
        return status;
    }
    case SUAN_VALUE_TERM: return read_term(object, out, error);
    default: return policy_text(object, key, SUAN_JSON_REQUIRED, 256, &out->text, where, error);
    }
}

static enum suan_status read_fact(const struct suan_json *object, enum suan_field field, const char *where,
                                  struct suan_value *out, struct suan_error *error)
{
    if (suan_json_find(object, suan_field_key(field)) == NULL)
        return SUAN_OK;
    struct suan_value value = {.type = suan_field_type(field)};
    enum suan_status status = read_typed(object, field, where, &value, error);
    if (status == SUAN_OK)
        *out = value;
    return status;
}

struct group {
    const char *name;
    enum suan_field first, last;
    enum suan_field region; /* what worked examples may state, too; SUAN_FIELD_COUNT: nothing */
};

static const struct group groups[] = {
    {"claimant", SUAN_FIELD_CLAIMANT_CLASS, SUAN_FIELD_CLAIMANT_DISTRICT, SUAN_FIELD_CLAIMANT_REGION},
    {"contract", SUAN_FIELD_CONTRACT_NUMBER, SUAN_FIELD_CONTRACT_RELATED, SUAN_FIELD_CONTRACT_REGION},
    {"project", SUAN_FIELD_PROJECT_ID, SUAN_FIELD_PROJECT_LEVEL, SUAN_FIELD_COUNT},
    {"attest", SUAN_FIELD_ATTEST_BENEFIT, SUAN_FIELD_ATTEST_BENEFIT, SUAN_FIELD_COUNT},
    {"claim", SUAN_FIELD_CLAIM_OTHER_SAME_LEVEL_SUBSIDY, SUAN_FIELD_CLAIM_OTHER_SAME_LEVEL_SUBSIDY,
     SUAN_FIELD_COUNT},
    {"algorithm", SUAN_FIELD_ALGORITHM_RELEASE, SUAN_FIELD_ALGORITHM_BENCHMARK_VALID, SUAN_FIELD_COUNT},
};

static enum suan_status read_group(struct suan_claim *claim, const struct suan_json *root,
                                   const struct group *group, enum claim_form form, struct suan_error *error)
{
    enum { KEYS_MAX = 16 };
    const char *known[KEYS_MAX];
    size_t count = 0;
    const struct suan_json *object;
    enum suan_status status = policy_object(root, group->name, SUAN_JSON_OPTIONAL, &object, "", error);
    if (status != SUAN_OK || object == NULL)
        return status;
    for (int field = (int)group->first; field <= (int)group->last; field++)
        known[count++] = suan_field_key((enum suan_field)field);
    bool region = form == CLAIM_STEP && group->region != SUAN_FIELD_COUNT;
    if (region)
        known[count++] = suan_field_key(group->region);
    known[count] = NULL;
    status = policy_only(object, known, group->name, error);
    for (int field = (int)group->first; status == SUAN_OK && field <= (int)group->last; field++)
        status = read_fact(object, (enum suan_field)field, group->name, &claim->values[field], error);
    if (status == SUAN_OK && region)
        status = read_fact(object, group->region, group->name, &claim->values[group->region], error);
    return status;
}

static bool is_text_of(const struct suan_value *value, const char *const *words)
{
    if (value->type == SUAN_VALUE_ABSENT)
        return true;
    for (; *words != NULL; words++) {
        if (suan_span_equal(value->text, suan_span_text(*words)))
            return true;
    }
    return false;
}

bool is_region_code(struct suan_span code)
{
    for (size_t i = 0; i < code.size; i++) {
        if (code.data[i] < '0' || code.data[i] > '9')
            return false;
    }
    return code.size == 6;
}

/* Words from closed lists, and codes. */
static enum suan_status check_facts(const struct suan_claim *claim, struct suan_error *error)
{
    static const char *const facilities[] = {"domestic", "other", NULL};
    static const char *const regions[] = {"local", "nonlocal", NULL};
    const struct suan_value *v = claim->values;
    if (!is_text_of(&v[SUAN_FIELD_CONTRACT_FACILITY], facilities))
        return policy_fail(error, policy_bad_field, "contract", "facility", "must be domestic or other");
    if (!is_text_of(&v[SUAN_FIELD_CLAIMANT_REGION], regions))
        return policy_fail(error, policy_bad_field, "claimant", "region", "must be local or nonlocal");
    if (!is_text_of(&v[SUAN_FIELD_CONTRACT_REGION], regions))
        return policy_fail(error, policy_bad_field, "contract", "region", "must be local or nonlocal");
    const struct suan_value *code = &v[SUAN_FIELD_CLAIMANT_REGION_CODE];
    if (code->type == SUAN_VALUE_TEXT && !is_region_code(code->text))
        return policy_fail(error, policy_bad_field, "claimant", "region_code",
                           "a division code has six digits");
    if (code->type == SUAN_VALUE_TEXT && v[SUAN_FIELD_CLAIMANT_REGION].type == SUAN_VALUE_TEXT)
        return policy_fail(error, policy_bad_field, "claimant", "region", "'region_code' is stated, too");
    return SUAN_OK;
}

/* --- the rest ----------------------------------------------------------------------------------------- */

static enum suan_status read_other_awards(struct suan_claim *claim, const struct suan_json *root,
                                          struct suan_error *error)
{
    static const char *const known[] = {"issuer", "amount_fen", NULL};
    const struct suan_json *list;
    enum suan_status status =
        policy_array(root, "other_awards", SUAN_JSON_OPTIONAL, SUAN_CLAIM_LIST_MAX, &list, "", error);
    if (status != SUAN_OK || list == NULL)
        return status;
    if (suan_json_find(root, "other_awards_fen") != NULL)
        return policy_fail(error, policy_bad_field, "", "other_awards_fen", "'other_awards' is stated, too");
    for (size_t i = 0; i < suan_json_count(list); i++) {
        char path[PATH_BYTES];
        struct suan_span issuer;
        int64_t amount = 0;
        const struct suan_json *award = suan_json_at(list, i);
        snprintf(path, sizeof path, "other_awards[%zu]", i);
        status = policy_only(award, known, path, error);
        if (status == SUAN_OK)
            status = policy_text(award, "issuer", SUAN_JSON_REQUIRED, 256, &issuer, path, error);
        if (status == SUAN_OK)
            status = policy_amount(award, "amount_fen", SUAN_JSON_REQUIRED, 0, SUAN_JSON_INTEGER_MAX, &amount,
                                   path, error);
        if (status != SUAN_OK)
            return status;
        claim->other_awards_fen += amount;
        if (claim->other_awards_fen > SUAN_JSON_INTEGER_MAX)
            return policy_fail(error, policy_bad_amount, "", "other_awards", "the sum is beyond 2^53 - 1");
    }
    return SUAN_OK;
}

static enum suan_status read_amounts(struct suan_claim *claim, const struct suan_json *root,
                                     struct suan_error *error)
{
    const int64_t most = SUAN_JSON_INTEGER_MAX;
    enum suan_status status =
        policy_amount(root, "requested_fen", SUAN_JSON_OPTIONAL, 1, most, &claim->requested_fen, "", error);
    if (status == SUAN_OK)
        status =
            policy_amount(root, "reviewer_fen", SUAN_JSON_OPTIONAL, 0, most, &claim->reviewer_fen, "", error);
    if (status == SUAN_OK)
        status = policy_amount(root, "efficient_benchmark_fen", SUAN_JSON_OPTIONAL, 0, most,
                               &claim->efficient_benchmark_fen, "", error);
    if (status == SUAN_OK)
        status = policy_amount(root, "other_awards_fen", SUAN_JSON_OPTIONAL, 0, most,
                               &claim->other_awards_fen, "", error);
    return status == SUAN_OK ? read_other_awards(claim, root, error) : status;
}

static enum suan_status read_documents(struct suan_claim *claim, const struct suan_json *root,
                                       struct suan_error *error)
{
    static const char *const known[] = {"kind", "sha256", NULL};
    const struct suan_json *list;
    enum suan_status status =
        policy_array(root, "documents", SUAN_JSON_OPTIONAL, SUAN_CLAIM_LIST_MAX, &list, "", error);
    if (status != SUAN_OK || list == NULL)
        return status;
    claim->documents = claim_take(claim, suan_json_count(list), sizeof *claim->documents, error);
    if (claim->documents == NULL)
        return SUAN_E_MEMORY;
    claim->document_count = (uint32_t)suan_json_count(list);
    for (size_t i = 0; i < claim->document_count; i++) {
        char path[PATH_BYTES];
        struct suan_span digest = {NULL, 0};
        const struct suan_json *document = suan_json_at(list, i);
        snprintf(path, sizeof path, "documents[%zu]", i);
        status = policy_only(document, known, path, error);
        if (status == SUAN_OK)
            status =
                policy_text(document, "kind", SUAN_JSON_REQUIRED, 64, &claim->documents[i].kind, path, error);
        if (status == SUAN_OK)
            status = policy_text(document, "sha256", SUAN_JSON_REQUIRED, 64, &digest, path, error);
        if (status == SUAN_OK && !suan_unhex(digest, claim->documents[i].sha256, 32))
            status = policy_fail(error, policy_bad_field, path, "sha256",
                                 "must be 64 lower-case hexadecimal digits");
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

/* A party's name takes part in the contract key, whose parts are joined by bars. */
static enum suan_status check_party(struct suan_span party, const char *where, const char *key,
                                    struct suan_error *error)
{
    if (party.size > 0 && memchr(party.data, '|', party.size) != NULL)
        return policy_fail(error, policy_bad_field, where, key, "must not hold a vertical bar");
    return SUAN_OK;
}

static enum suan_status make_contract_key(struct suan_claim *claim, struct suan_error *error)
{
    const struct suan_value *number = &claim->values[SUAN_FIELD_CONTRACT_NUMBER];
    const struct suan_value *supplier = &claim->values[SUAN_FIELD_CONTRACT_SUPPLIER];
    enum suan_status status = check_party(claim->enterprise, "", "enterprise", error);
    if (status == SUAN_OK)
        status = check_party(supplier->text, "contract", "supplier", error);
    if (status != SUAN_OK)
        return status;
    claim->contract_key = claim->contract_id;
    if (number->type == SUAN_VALUE_ABSENT || supplier->type == SUAN_VALUE_ABSENT)
        return claim->contract_id.size > 0 ? SUAN_OK
                                           : policy_fail(error, policy_bad_field, "", "contract_id",
                                                         "missing, as are number or supplier");
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
    suan_buffer_append_span(&key, claim->enterprise);
    suan_buffer_append_u8(&key, '|');
    suan_buffer_append_span(&key, supplier->text);
    suan_buffer_append_u8(&key, '|');
    size_t before = key.size;
    suan_text_letters(&key, number->text);
    status = suan_buffer_check(&key, error);
    if (status == SUAN_OK && key.size == before)
        return policy_fail(error, policy_bad_field, "contract", "number", "holds neither letters nor digits");
    if (status != SUAN_OK)
        return status;
    claim->contract_key = arena_copy(&claim->memory->arena, suan_buffer_span(&key));
    return claim->contract_key.data != NULL
               ? SUAN_OK
               : suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

static enum suan_status read_parties(struct suan_claim *claim, const struct suan_json *root,
                                     struct suan_error *error)
{
    enum suan_status status =
        policy_text(root, "programme", SUAN_JSON_OPTIONAL, POLICY_ID_MAX, &claim->programme, "", error);
    if (status == SUAN_OK)
        status = policy_text(root, "family", SUAN_JSON_OPTIONAL, POLICY_ID_MAX, &claim->family, "", error);
    if (status == SUAN_OK && claim->programme.size > 0 && claim->family.size > 0)
        status = policy_fail(error, policy_bad_field, "", "family", "'programme' is stated, too");
    if (status == SUAN_OK)
        status = policy_text(root, "enterprise", SUAN_JSON_REQUIRED, 256, &claim->enterprise, "", error);
    if (status == SUAN_OK)
        status = policy_text(root, "contract_id", SUAN_JSON_OPTIONAL, 512, &claim->contract_id, "", error);
    return status;
}

static enum suan_status read_head(struct suan_claim *claim, const struct suan_json *root,
                                  enum claim_form form, struct suan_error *error)
{
    static const char *const document_keys[] = {"schema",
                                                "instrument",
                                                "date",
                                                "at",
                                                "programme",
                                                "family",
                                                "enterprise",
                                                "contract_id",
                                                "claimant",
                                                "contract",
                                                "lines",
                                                "project",
                                                "attest",
                                                "claim",
                                                "algorithm",
                                                "requested_fen",
                                                "reviewer_fen",
                                                "efficient_benchmark_fen",
                                                "other_awards",
                                                "documents",
                                                NULL};
    static const char *const step_keys[] = {"op",
                                            "voucher",
                                            "expect",
                                            "lines_by_region",
                                            "other_awards_fen",
                                            "schema",
                                            "instrument",
                                            "date",
                                            "at",
                                            "programme",
                                            "family",
                                            "enterprise",
                                            "contract_id",
                                            "claimant",
                                            "contract",
                                            "lines",
                                            "project",
                                            "attest",
                                            "claim",
                                            "algorithm",
                                            "requested_fen",
                                            "reviewer_fen",
                                            "efficient_benchmark_fen",
                                            "other_awards",
                                            "documents",
                                            NULL};
    static const char *const schemas[] = {"suan.claim/1", NULL};
    static const char *const instruments[] = {"compute_voucher", "algorithm_voucher", NULL};
    enum suan_json_need need = form == CLAIM_DOCUMENT ? SUAN_JSON_REQUIRED : SUAN_JSON_OPTIONAL;
    int schema = 0, instrument = -1;
    enum suan_status status =
        policy_only(root, form == CLAIM_DOCUMENT ? document_keys : step_keys, "", error);
    if (status == SUAN_OK)
        status = policy_choice(root, "schema", need, schemas, &schema, "", error);
    if (status == SUAN_OK)
        status = policy_choice(root, "instrument", need, instruments, &instrument, "", error);
    claim->has_instrument = instrument >= 0;
    claim->instrument = instrument > 0 ? SUAN_INSTRUMENT_ALGORITHM : SUAN_INSTRUMENT_COMPUTE;
    return status == SUAN_OK ? claim_read_day(root, &claim->day, error) : status;
}

static enum suan_status read_claim(struct suan_claim *claim, const struct suan_json *root,
                                   enum claim_form form, struct suan_error *error)
{
    enum suan_status status = read_head(claim, root, form, error);
    if (status == SUAN_OK)
        status = read_parties(claim, root, error);
    for (size_t i = 0; status == SUAN_OK && i < sizeof groups / sizeof groups[0]; i++)
        status = read_group(claim, root, &groups[i], form, error);
    if (status == SUAN_OK)
        status = check_facts(claim, error);
    if (status == SUAN_OK)
        status = claim_read_lines(claim, root, form, error);
    if (status == SUAN_OK)
        status = read_amounts(claim, root, error);
    if (status == SUAN_OK)
        status = read_documents(claim, root, error);
    return status == SUAN_OK ? make_contract_key(claim, error) : status;
}

static struct suan_claim *new_claim(void)
{
    struct suan_claim *claim = calloc(1, sizeof *claim);
    if (claim != NULL)
        claim->memory = calloc(1, sizeof *claim->memory);
    if (claim == NULL || claim->memory == NULL) {
        free(claim);
        return NULL;
    }
    claim->requested_fen = claim->reviewer_fen = claim->efficient_benchmark_fen = SUAN_FEN_ABSENT;
    return claim;
}

enum suan_status claim_read(const struct suan_json *object, enum claim_form form,
                            enum suan_claim_origin origin, struct suan_json_document *document,
                            struct suan_claim **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_claim_freep) struct suan_claim *claim = new_claim();
    if (claim == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while reading a claim");
    enum suan_status status = read_claim(claim, object, form, error);
    if (status != SUAN_OK)
        return status;
    if (origin == SUAN_CLAIM_BY_CLAIMANT) {
        claim->reviewer_fen = SUAN_FEN_ABSENT;
        claim->values[SUAN_FIELD_ATTEST_BENEFIT] = (struct suan_value){.type = SUAN_VALUE_ABSENT};
    }
    claim->memory->document = document;
    *out = suan_take(&claim);
    return SUAN_OK;
}

enum suan_status suan_claim_parse(struct suan_span text, enum suan_claim_origin origin, const char *name,
                                  struct suan_claim **out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    enum suan_status status = policy_parse(text, name, &document, error);
    if (status != SUAN_OK)
        return status;
    status = claim_read(suan_json_root(document), CLAIM_DOCUMENT, origin, document, out, error);
    if (status != SUAN_OK) {
        suan_error_prefix(error, name);
        return status;
    }
    document = NULL;
    return SUAN_OK;
}

void suan_claim_free(struct suan_claim *claim)
{
    if (claim == NULL)
        return;
    suan_json_free(claim->memory->document);
    arena_done(&claim->memory->arena);
    free(claim->memory);
    free(claim);
}

void suan_claim_freep(struct suan_claim **claim)
{
    suan_claim_free(*claim);
}

enum suan_status suan_claim_know_text(struct suan_claim *claim, enum suan_field field, const char *text,
                                      struct suan_error *error)
{
    struct suan_span copy = arena_copy(&claim->memory->arena, suan_span_text(text));
    if (copy.data == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    claim->values[field] = (struct suan_value){.type = SUAN_VALUE_TEXT, .by_registry = true, .text = copy};
    return SUAN_OK;
}

void suan_claim_know_boolean(struct suan_claim *claim, enum suan_field field, bool value)
{
    claim->values[field] =
        (struct suan_value){.type = SUAN_VALUE_BOOLEAN, .by_registry = true, .integer = value};
}

void suan_claim_know_benchmark(struct suan_claim *claim, int64_t benchmark_fen)
{
    claim->efficient_benchmark_fen = benchmark_fen;
    claim->benchmark_by_registry = true;
}
