/* suan check: what can be said of a package without running it, and what it does in a sealed worker. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bench/gate.h"
#include "package/screen.h"
#include "party.h"
#include "statement.h"

static void add_row(struct suan_json *rows, const char *id, const char *result, const char *detail)
{
    struct suan_json *row = suan_json_new_object();
    suan_json_set_text(row, "id", id);
    suan_json_set_text(row, "result", result);
    suan_json_set_text(row, "detail", detail);
    suan_json_add(rows, row);
}

static void add_screening(const struct suan_screening *screening, struct suan_json *rows)
{
    for (size_t i = 0; i < SUAN_SCREEN_ROWS; i++)
        add_row(rows, screening->rows[i].id, suan_screen_result_name(screening->rows[i].result),
                screening->rows[i].detail[0] != '\0' ? screening->rows[i].detail : screening->rows[i].title);
}

/* The first row that failed, or NULL. */
static const struct suan_json *find_failure(const struct suan_json *rows)
{
    for (size_t i = 0; i < suan_json_count(rows); i++) {
        const struct suan_json *row = suan_json_at(rows, i);
        if (suan_span_equal(suan_json_text(suan_json_find(row, "result")), suan_span_text("fail")))
            return row;
    }
    return NULL;
}

/* Conformance does not hang on a clock: what the gate of a measurement timed is only told. */
static const char *result_of(const struct suan_check *check)
{
    bool timed = strcmp(check->id, "repeat") == 0;
    return suan_check_result_names[timed && check->result == SUAN_CHECK_FAIL ? SUAN_CHECK_WARN
                                                                             : check->result];
}

/* --- rows that need a worker -------------------------------------------------------------------------- */

static enum suan_status read_seed(const char *hex, struct suan_session_request *request,
                                  struct suan_error *error)
{
    if (hex == NULL)
        suan_random(request->seed.secret, sizeof request->seed.secret);
    else if (!suan_unhex(suan_span_text(hex), request->seed.secret, sizeof request->seed.secret))
        return suan_error_set(error, SUAN_E_USAGE, "option.value", NULL,
                              "--seed takes 64 lower-case hexadecimal digits");
    return SUAN_OK;
}

static enum suan_status add_gate(struct service_parties *parties, const char *seed, struct suan_json *rows,
                                 struct suan_error *error)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *measurement = NULL;
    struct suan_session_request request;
    service_parties_request(parties, &request);
    request.attempt = 1;
    enum suan_status status = read_seed(seed, &request, error);
    if (status == SUAN_OK)
        status = suan_gate_run(&request, &measurement, error);
    for (uint32_t i = 0; status == SUAN_OK && i < measurement->n_checks; i++)
        add_row(rows, measurement->checks[i].id, result_of(&measurement->checks[i]),
                measurement->checks[i].detail);
    return status;
}

/* --- on record ---------------------------------------------------------------------------------------- */

static enum suan_status attest_one(struct suan_service *service, const struct suan_acting *acting,
                                   const struct service_parties *parties, enum suan_attestation_type type,
                                   const struct suan_json *predicate, struct suan_json *events,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    if (acting->n_sign == 0)
        return suan_error_set(error, SUAN_E_USAGE, "acting.sign", NULL,
                              "say which key signs: --sign KEYFILE");
    enum suan_status status = service_open_signer(service, acting->sign[0], acting->as, &signer, error);
    if (status == SUAN_OK)
        status = service_statement_sign(suan_span_text(parties->plugin.id), &parties->plugin.tar, type,
                                        predicate, signer, &envelope, error);
    if (status == SUAN_OK)
        status = service_statement_add(service, acting, &parties->plugin.tar, type,
                                       suan_buffer_span(&envelope), NULL, &result, error);
    if (status == SUAN_OK)
        suan_json_add_copy(events, suan_json_find(result, "event"));
    return status;
}

static enum suan_status attest(struct suan_service *service, const struct suan_acting *acting,
                               const struct service_parties *parties, const struct suan_screening *screening,
                               struct suan_json *result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *screened = suan_screen_json(screening);
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *conformance = suan_json_new_object();
    struct suan_json *events = suan_json_new_array();
    suan_json_set(result, "events", events);
    suan_json_set_copy(conformance, "conformant", suan_json_find(result, "conformant"));
    suan_json_set_copy(conformance, "checks", suan_json_find(result, "checks"));
    suan_json_set_text(conformance, "variant", parties->plugin.variant_id);
    suan_json_set_text(screened, "variant", parties->plugin.variant_id);
    char id[33];
    struct suan_acting second = service_acting_for(acting, "conformance", id);
    enum suan_status status =
        attest_one(service, acting, parties, SUAN_ATTESTATION_SCREENING, screened, events, error);
    return status != SUAN_OK ? status
                             : attest_one(service, &second, parties, SUAN_ATTESTATION_CONFORMANCE,
                                          conformance, events, error);
}

/* --- the verb ----------------------------------------------------------------------------------------- */

static enum suan_status verdict(struct suan_json *result, const struct suan_json *rows, const char *what,
                                struct suan_error *error)
{
    const struct suan_json *failure = find_failure(rows);
    bool conformant = failure == NULL;
    suan_json_set_boolean(result, "conformant", conformant);
    suan_json_set_text(
        result, "limits",
        "screening is lint: byte scans raise false alarms, ordinary objects have constructors, and an object "
        "that "
        "imports only memcpy can reach system calls; a clean result never raises an isolation level");
    if (conformant)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_REFUSED, "check.failed", "the failed rows say why",
                          "%s is not conformant: %.*s: %.*s", what,
                          SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(failure, "id"))),
                          SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(failure, "detail"))));
}

/* A bare shared object: only what its bytes tell. */
static enum suan_status check_object(const char *path, struct suan_json **out_result,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    struct suan_screening screening;
    struct suan_json *rows = suan_json_new_array();
    suan_json_set(result, "checks", rows);
    enum suan_status status = suan_file_read(path, SUAN_PACKAGE_ENTRY_MAX, &object, error);
    if (status != SUAN_OK)
        return status;
    suan_screen(suan_buffer_span(&object), NULL, NULL, &screening);
    add_screening(&screening, rows);
    status = verdict(result, rows, path, error);
    *out_result = suan_take(&result);
    return status;
}

static enum suan_status check_parties(struct suan_service *service, const struct suan_acting *acting,
                                      const struct suan_check_request *request,
                                      struct service_parties *parties, struct suan_json *result,
                                      struct suan_error *error)
{
    struct suan_json *rows = suan_json_new_array();
    struct suan_screening screening;
    enum suan_status status = SUAN_OK;
    suan_json_set(result, "checks", rows);
    suan_json_set_text(result, "id", parties->plugin.id);
    suan_json_set_text(result, "version", parties->plugin.version);
    suan_json_set_text(result, "variant", parties->plugin.variant_id);
    suan_screen(suan_package_object(parties->plugin.package, parties->plugin.variant),
                parties->plugin.manifest, parties->plugin.variant, &screening);
    add_screening(&screening, rows);
    if (parties->plugin.manifest->kind == SUAN_KIND_TASK)
        add_row(rows, "R29", "skip", "a task is what others are checked against");
    else if (parties->task_state == SERVICE_TASK_ABSENT)
        add_row(rows, "R29", "skip", "no task to check against: say --task");
    else
        status = add_gate(parties, request->seed, rows, error);
    if (status != SUAN_OK)
        return status;
    struct suan_error failed = {0};
    status = verdict(result, rows, parties->plugin.id, &failed);
    if (request->what == SUAN_CHECK_ATTEST) {
        enum suan_status recorded = attest(service, acting, parties, &screening, result, error);
        if (recorded != SUAN_OK)
            return recorded;
    }
    if (status != SUAN_OK && error != NULL)
        *error = failed;
    return status;
}

enum suan_status suan_service_check(struct suan_service *service, const struct suan_acting *acting,
                                    const struct suan_check_request *request, struct suan_json **out_result,
                                    struct suan_error *error)
{
    size_t size = strlen(request->package);
    if (size > 3 && strcmp(request->package + size - 3, ".so") == 0)
        return check_object(request->package, out_result, error);
    SUAN_CLEANUP(service_parties_done) struct service_parties parties = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = suan_json_new_object();
    enum suan_status status =
        service_parties_open(service, request->package, request->task, NULL, &parties, error);
    if (status != SUAN_OK)
        return status;
    status = check_parties(service, acting, request, &parties, result, error);
    if (status == SUAN_OK || status == SUAN_E_REFUSED)
        *out_result = suan_take(&result);
    return status;
}
