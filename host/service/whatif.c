/* Past claims under other rules: what is awarded, to whom differently, and when the budget runs out. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "policy/whatif.h"
#include "programme.h"
#include "programmes.h"

enum { CLAIMS_MAX = 100000 };

struct past_claim {
    char *path;
    struct suan_claim *claim;
};

/* How one set of rules decided. */
struct outcome {
    bool malformed;
    enum suan_outcome outcome;
    int64_t award_fen;
    char binding[SUAN_BINDING_MAX];
    int32_t day;
};

struct whatif {
    struct past_claim *claims;
    size_t count, capacity;
    struct suan_whatif_case *cases;
    struct outcome *before, *after;
    struct outcome *hearing; /* the one of both that is being filled */
};

static void whatif_done(struct whatif *whatif)
{
    for (size_t i = 0; i < whatif->count; i++) {
        suan_claim_free(whatif->claims[i].claim);
        free(whatif->claims[i].path);
    }
    free(whatif->claims);
    free(whatif->cases);
    free(whatif->before);
    free(whatif->after);
}

/* --- claims ------------------------------------------------------------------------------------------- */

static enum suan_status no_memory(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

static enum suan_status grow(struct whatif *whatif, struct suan_error *error)
{
    if (whatif->count < whatif->capacity)
        return SUAN_OK;
    if (whatif->count >= CLAIMS_MAX)
        return suan_error_set(error, SUAN_E_EXHAUSTED, "whatif.claims", "replay one year after the other",
                              "more than %d claims", CLAIMS_MAX);
    size_t capacity = whatif->capacity > 0 ? 2 * whatif->capacity : 64;
    struct past_claim *claims = realloc(whatif->claims, capacity * sizeof *claims);
    if (claims == NULL)
        return no_memory(error);
    whatif->claims = claims;
    whatif->capacity = capacity;
    return SUAN_OK;
}

static enum suan_status add_claim(struct whatif *whatif, const char *path, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct past_claim one = {0};
    enum suan_status status = grow(whatif, error);
    if (status == SUAN_OK)
        status = suan_file_read(path, SUAN_CLAIM_FILE_MAX, &text, error);
    if (status == SUAN_OK)
        status = suan_claim_parse(suan_buffer_span(&text), SUAN_CLAIM_BY_REVIEWER, path, &one.claim, error);
    if (status != SUAN_OK)
        return status;
    one.path = strdup(path);
    whatif->claims[whatif->count++] = one;
    return one.path != NULL ? SUAN_OK : no_memory(error);
}

static enum suan_status add_folder(struct whatif *whatif, const char *folder, DIR *entries,
                                   struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (struct dirent *entry; status == SUAN_OK && (entry = readdir(entries)) != NULL;) {
        char path[PATH_MAX];
        size_t size = strlen(entry->d_name);
        if (size <= 5 || strcmp(entry->d_name + size - 5, ".json") != 0)
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= PATH_MAX)
            return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "%s: the path is too long",
                                  entry->d_name);
        status = add_claim(whatif, path, error);
    }
    return status;
}

static enum suan_status add_path(struct whatif *whatif, const char *path, struct suan_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return suan_error_errno(error, "whatif.claims", errno, path);
    if (!S_ISDIR(about.st_mode))
        return add_claim(whatif, path, error);
    DIR *entries = opendir(path);
    if (entries == NULL)
        return suan_error_errno(error, "whatif.claims", errno, path);
    enum suan_status status = add_folder(whatif, path, entries, error);
    closedir(entries);
    return status;
}

/* By day; of one day by name, so that the order never depends on a file system. */
static int compare(const void *left, const void *right)
{
    const struct past_claim *a = left, *b = right;
    if (a->claim->day != b->claim->day)
        return a->claim->day < b->claim->day ? -1 : 1;
    return strcmp(a->path, b->path);
}

static enum suan_status read_claims(struct whatif *whatif, const struct suan_whatif_request *request,
                                    const struct suan_programme *programme, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < request->file_count && status == SUAN_OK; i++)
        status = add_path(whatif, request->files[i], error);
    if (status != SUAN_OK)
        return status;
    if (whatif->count == 0)
        return suan_error_set(error, SUAN_E_USAGE, "whatif.claims", "name claims, or folders of them",
                              "there are no claims to replay");
    qsort(whatif->claims, whatif->count, sizeof *whatif->claims, compare);
    for (size_t i = 0; i < whatif->count; i++) {
        if (whatif->claims[i].claim->instrument != programme->instrument)
            return suan_error_set(error, SUAN_E_USAGE, "policy.bad-field", "replay claims of one instrument",
                                  "%s: is a claim for another instrument", whatif->claims[i].path);
    }
    whatif->cases = calloc(whatif->count, sizeof *whatif->cases);
    whatif->before = calloc(whatif->count, sizeof *whatif->before);
    whatif->after = calloc(whatif->count, sizeof *whatif->after);
    return whatif->cases != NULL && whatif->before != NULL && whatif->after != NULL ? SUAN_OK
                                                                                    : no_memory(error);
}

/* --- deciding ----------------------------------------------------------------------------------------- */

static void hear(void *context, size_t index, const struct suan_decision *decision)
{
    struct whatif *whatif = context;
    struct outcome *outcome = &whatif->hearing[index];
    *outcome = (struct outcome){.malformed = decision == NULL, .outcome = SUAN_OUTCOME_REJECT};
    if (decision == NULL)
        return;
    outcome->outcome = decision->outcome;
    outcome->award_fen = decision->award_fen;
    outcome->day = decision->day;
    snprintf(outcome->binding, sizeof outcome->binding, "%s", decision->binding);
}

/* Decides all claims under one set of rules; `earlier` (NULL: none) is what they are held against. */
static enum suan_status decide(struct whatif *whatif, const struct suan_programme *programme,
                               const struct outcome *earlier, struct outcome *out,
                               struct suan_whatif_summary *summary, struct suan_error *error)
{
    for (size_t i = 0; i < whatif->count; i++) {
        whatif->cases[i] =
            (struct suan_whatif_case){whatif->claims[i].claim, SUAN_DAY_NONE, SUAN_OUTCOME_REJECT, 0};
        if (earlier != NULL) {
            whatif->cases[i].outcome = earlier[i].outcome;
            whatif->cases[i].award_fen = earlier[i].award_fen;
        }
    }
    whatif->hearing = out;
    return suan_policy_whatif(programme, whatif->cases, whatif->count, hear, whatif, summary, error);
}

/* --- the document ------------------------------------------------------------------------------------- */

/* The first day after whose decisions nothing of a budget was left, or on which it cut an award. */
static int32_t exhausted_on(const struct whatif *whatif, const struct suan_programme *programme,
                            const struct outcome *outcomes)
{
    int64_t used_fen = 0;
    int32_t year = 0;
    bool by_year = programme->budget.period == SUAN_PERIOD_CALENDAR_YEAR;
    if (programme->budget.kind != SUAN_BUDGET_CAP)
        return SUAN_DAY_NONE;
    for (size_t i = 0; i < whatif->count; i++) {
        if (outcomes[i].malformed)
            continue;
        if (by_year && suan_day_year(outcomes[i].day) != year) {
            year = suan_day_year(outcomes[i].day);
            used_fen = 0;
        }
        used_fen += outcomes[i].outcome == SUAN_OUTCOME_AWARD ? outcomes[i].award_fen : 0;
        if (used_fen >= programme->budget.amount_fen || strcmp(outcomes[i].binding, "BUDGET") == 0)
            return outcomes[i].day;
    }
    return SUAN_DAY_NONE;
}

static struct suan_json *side_json(const struct whatif *whatif, const struct suan_programme *programme,
                                   const struct outcome *outcomes)
{
    char day[11];
    int64_t counts[4] = {0}, award_fen = 0;
    struct suan_json *side = suan_json_new_object();
    int32_t exhausted = exhausted_on(whatif, programme, outcomes);
    for (size_t i = 0; i < whatif->count; i++) {
        counts[outcomes[i].malformed ? 3 : outcomes[i].outcome]++;
        award_fen += outcomes[i].outcome == SUAN_OUTCOME_AWARD ? outcomes[i].award_fen : 0;
    }
    programmes_name(programme, side);
    suan_json_set_integer(side, "award_fen", award_fen);
    suan_json_set_integer(side, "awards", counts[SUAN_OUTCOME_AWARD]);
    suan_json_set_integer(side, "rejects", counts[SUAN_OUTCOME_REJECT]);
    suan_json_set_integer(side, "reviews", counts[SUAN_OUTCOME_REVIEW]);
    suan_json_set_integer(side, "errors", counts[3]);
    if (exhausted == SUAN_DAY_NONE) {
        suan_json_set_null(side, "budget_exhausted");
    } else {
        suan_day_format(exhausted, day);
        suan_json_set_text(side, "budget_exhausted", day);
    }
    return side;
}

static struct suan_json *outcome_json(const struct outcome *outcome)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "decision",
                       outcome->malformed ? "ERROR" : suan_policy_outcome_name(outcome->outcome));
    if (outcome->malformed || outcome->outcome == SUAN_OUTCOME_REVIEW)
        suan_json_set_null(object, "award_fen");
    else
        suan_json_set_integer(object, "award_fen", outcome->award_fen);
    suan_json_set_text(object, "binding", outcome->binding);
    return object;
}

static bool differ(const struct outcome *before, const struct outcome *after)
{
    return before->malformed != after->malformed || before->outcome != after->outcome ||
           before->award_fen != after->award_fen;
}

static struct suan_json *document_of(const struct whatif *whatif, const struct suan_programme *present,
                                     const struct suan_programme *edited)
{
    struct suan_json *result = suan_json_new_object(), *rows = suan_json_new_array();
    int64_t changed = 0;
    for (size_t i = 0; i < whatif->count; i++) {
        char day[11];
        struct suan_json *row = suan_json_new_object();
        bool is_changed = differ(&whatif->before[i], &whatif->after[i]);
        suan_day_format(whatif->claims[i].claim->day, day);
        suan_json_set_text(row, "file", whatif->claims[i].path);
        suan_json_set_text(row, "date", day);
        suan_json_set(row, "before", outcome_json(&whatif->before[i]));
        suan_json_set(row, "after", outcome_json(&whatif->after[i]));
        suan_json_set_boolean(row, "changed", is_changed);
        suan_json_add(rows, row);
        changed += is_changed;
    }
    suan_json_set(result, "before", side_json(whatif, present, whatif->before));
    suan_json_set(result, "after", side_json(whatif, edited, whatif->after));
    suan_json_set(result, "claims", rows);
    suan_json_set_integer(result, "changed", changed);
    return result;
}

static enum suan_status find_present(const struct suan_whatif_request *request,
                                     const struct programmes *programmes, const struct suan_programme *edited,
                                     const struct suan_programme **out, struct suan_error *error)
{
    *out = programmes_find(programmes, edited->id);
    if (*out == NULL)
        *out = programmes_find(programmes, edited->supersedes);
    if (*out != NULL)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_NOT_FOUND, "policy.unknown-programme", "say --against FILE",
                          "%s: there is no programme '%.*s' to hold it against", request->edited,
                          SUAN_SPAN_PRINTF(edited->id));
}

enum suan_status suan_service_programme_whatif(struct suan_service *service,
                                               const struct suan_whatif_request *request,
                                               struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(programmes_done) struct programmes programmes = {0};
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *edited = NULL;
    SUAN_CLEANUP(suan_programme_freep) struct suan_programme *against = NULL;
    SUAN_CLEANUP(whatif_done) struct whatif whatif = {0};
    const struct suan_programme *present = NULL;
    struct suan_whatif_summary summary;
    enum suan_status status = programme_read(request->edited, &edited, error);
    if (status == SUAN_OK && request->against != NULL)
        status = programme_read(request->against, &against, error);
    else if (status == SUAN_OK)
        status = programmes_load(service, request->programmes, &programmes, error);
    present = against;
    if (status == SUAN_OK && against == NULL)
        status = find_present(request, &programmes, edited, &present, error);
    if (status == SUAN_OK)
        status = read_claims(&whatif, request, edited, error);
    if (status == SUAN_OK)
        status = decide(&whatif, present, NULL, whatif.before, &summary, error);
    if (status == SUAN_OK)
        status = decide(&whatif, edited, whatif.before, whatif.after, &summary, error);
    if (status == SUAN_OK)
        *out_result = document_of(&whatif, present, edited);
    return status;
}
