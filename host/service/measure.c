/* suan bench: the plan goes into the log before its seed is known, the session runs, the result is attested.
 */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bench/fingerprint.h"
#include "bench/folder.h"
#include "bench/plan.h"
#include "bench/replay.h"
#include "bench/report.h"
#include "party.h"
#include "policy/tariff.h"
#include "statement.h"
#include "voucher/voucher.h"

/* One measurement under way. */
struct measuring {
    struct suan_service *service;
    const struct suan_acting *acting;
    const struct suan_bench_request *request;
    struct service_parties parties;
    struct suan_session_request session;
    struct suan_digest class;
    struct suan_tariff tariff;
    struct suan_signer *signer; /* NULL: not attested */
    struct suan_measurement *measurement;
    struct suan_rows rows;
    struct suan_buffer rows_zst, document, envelope;
    char sessions[PATH_MAX];
    struct suan_json *events;
};

static void measuring_done(struct measuring *measuring)
{
    suan_measurement_free(measuring->measurement);
    suan_rows_done(&measuring->rows);
    suan_buffer_done(&measuring->rows_zst);
    suan_buffer_done(&measuring->document);
    suan_buffer_done(&measuring->envelope);
    suan_signer_close(measuring->signer);
    suan_json_release(measuring->events);
    service_parties_done(&measuring->parties);
}

/* --- before ------------------------------------------------------------------------------------------- */

static enum suan_status find_sessions(struct measuring *measuring, struct suan_error *error)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int size;
    if (measuring->request->sessions != NULL)
        size = snprintf(measuring->sessions, PATH_MAX, "%s", measuring->request->sessions);
    else if (data != NULL && data[0] == '/')
        size = snprintf(measuring->sessions, PATH_MAX, "%s/suan/bench/sessions.jsonl", data);
    else
        size = snprintf(measuring->sessions, PATH_MAX, "%s/.local/share/suan/bench/sessions.jsonl",
                        home != NULL ? home : "");
    if (size >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", measuring->sessions);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return SUAN_OK;
    *slash = '\0';
    return suan_folder_make(folder, error);
}

static enum suan_status read_class(struct measuring *measuring, struct suan_error *error)
{
    struct suan_machine machine;
    struct suan_machine_class class;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *fingerprint = NULL;
    const struct suan_scores none = {1, 1, 1};
    suan_machine_read(&machine);
    enum suan_status status = suan_fingerprint_read(machine.isa, &none, &class, &fingerprint, error);
    if (status == SUAN_OK)
        measuring->class = suan_class_digest(&class);
    return status;
}

static enum suan_status read_tariff_file(struct measuring *measuring, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_file_read(measuring->request->tariff, SUAN_TARIFF_FILE_MAX, &text, error);
    return status != SUAN_OK ? status
                             : suan_tariff_parse(suan_buffer_span(&text), measuring->request->tariff,
                                                 &measuring->tariff, error);
}

/* The tariff that is named, else the one on record for today, else none. */
static enum suan_status find_tariff(struct measuring *measuring, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_installed installed;
    uint64_t now_ns = 0;
    enum suan_status status = SUAN_OK;
    if (measuring->request->tariff != NULL)
        status = read_tariff_file(measuring, error);
    else if (measuring->service->registry != NULL) {
        status = suan_registry_now(measuring->service->registry, &now_ns, error);
        if (status == SUAN_OK)
            status = service_begin(measuring->service, &txn, error);
        if (status == SUAN_OK)
            status = suan_tariff_get(txn, now_ns, &installed, NULL);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = suan_tariff_parse(installed.text, "tariff", &measuring->tariff, error);
    }
    if (status == SUAN_OK && measuring->tariff.fen_per_cpu_hour > 0) {
        measuring->session.tariff = measuring->tariff.id;
        measuring->session.fen_per_cpu_hour = measuring->tariff.fen_per_cpu_hour;
    }
    return status;
}

/* --- attempts ----------------------------------------------------------------------------------------- */

struct attempts {
    struct suan_txn *txn;
    const struct measuring *measuring;
    uint32_t count;
    struct suan_error *error;
};

static enum suan_status predicate_of(const struct attempts *attempts, const struct suan_attestation *one,
                                     struct suan_json_document **out_document,
                                     const struct suan_json **out_predicate)
{
    struct suan_span blob;
    enum suan_status status = suan_blob_get(attempts->txn, &one->blob, &blob, attempts->error);
    return status != SUAN_OK
               ? status
               : suan_attestation_predicate(blob, &one->tar, out_document, out_predicate, attempts->error);
}

static enum suan_status count_plan(void *context, const struct suan_attestation *one)
{
    struct attempts *attempts = context;
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *predicate = NULL;
    uint8_t class[SUAN_DIGEST_SIZE];
    enum suan_status status = predicate_of(attempts, one, &document, &predicate);
    if (status != SUAN_OK)
        return status;
    bool same_task = suan_span_equal(suan_json_text(suan_json_find(predicate, "task")),
                                     suan_span_text(attempts->measuring->parties.task_id));
    bool same_class = suan_unhex(suan_json_text(suan_json_find(predicate, "class")), class, sizeof class) &&
                      memcmp(class, attempts->measuring->class.bytes, sizeof class) == 0;
    attempts->count += same_task && same_class;
    return SUAN_OK;
}

/* A session that was too noisy at its self-check does not count as an attempt. */
static enum suan_status discount_noisy(void *context, const struct suan_attestation *one)
{
    struct attempts *attempts = context;
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    const struct suan_json *predicate = NULL;
    enum suan_status status = predicate_of(attempts, one, &document, &predicate);
    if (status == SUAN_OK && attempts->count > 0 &&
        suan_span_equal(suan_json_text(suan_json_find(predicate, "status")), suan_span_text("noisy")))
        attempts->count--;
    return status;
}

static enum suan_status count_attempts(struct measuring *measuring, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct attempts attempts = {.measuring = measuring, .error = error};
    enum suan_status status = service_begin(measuring->service, &txn, error);
    attempts.txn = txn;
    if (status == SUAN_OK)
        status = suan_attestation_each(txn, &measuring->parties.plugin.tar, SUAN_ATTESTATION_PLAN, count_plan,
                                       &attempts, error);
    if (status == SUAN_OK)
        status = suan_attestation_each(txn, &measuring->parties.plugin.tar, SUAN_ATTESTATION_MEASUREMENT,
                                       discount_noisy, &attempts, error);
    measuring->session.attempt = attempts.count + 1;
    return status;
}

/* --- the plan ----------------------------------------------------------------------------------------- */

static enum suan_status format_plan(const struct measuring *measuring, struct suan_buffer *out,
                                    struct suan_error *error)
{
    const struct suan_session_request *session = &measuring->session;
    struct suan_plan plan = {.release = session->release.party,
                             .baseline = session->baseline.party,
                             .contract = session->contract,
                             .class = measuring->class,
                             .commit = session->seed.commit,
                             .mode = session->mode,
                             .attempt = session->attempt};
    snprintf(plan.task, sizeof plan.task, "%s", measuring->parties.task_id);
    return suan_plan_format(&plan, out, error);
}

/* Signs a canonical document about the release and puts it on record. */
static enum suan_status record(struct measuring *measuring, enum suan_attestation_type type,
                               struct suan_span document, struct suan_buffer *out_envelope,
                               uint64_t *out_index, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *parsed = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    const struct service_plugin *plugin = &measuring->parties.plugin;
    char id[33];
    struct suan_acting acting = service_acting_for(measuring->acting, suan_attestation_name(type), id);
    enum suan_status status = suan_json_parse(document, SUAN_MEASUREMENT_SIZE_MAX, SUAN_JSON_CANONICAL,
                                              "statement", &parsed, error);
    if (status == SUAN_OK)
        status = service_statement_sign(suan_span_text(plugin->id), &plugin->tar, type,
                                        suan_json_root(parsed), measuring->signer, out_envelope, error);
    if (status == SUAN_OK)
        status = service_statement_add(measuring->service, &acting, &plugin->tar, type,
                                       suan_buffer_span(out_envelope), out_index, &result, error);
    if (status == SUAN_OK)
        suan_json_add_copy(measuring->events, suan_json_find(result, "event"));
    return status;
}

static enum suan_status log_plan(struct measuring *measuring, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer plan = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer envelope = {0};
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_seed_facts *seed = &measuring->session.seed;
    uint64_t index = 0;
    enum suan_status status = count_attempts(measuring, error);
    seed->commit = suan_seed_commit(seed->secret, &measuring->parties.plugin.tar);
    if (status == SUAN_OK)
        status = format_plan(measuring, &plan, error);
    if (status == SUAN_OK)
        status = record(measuring, SUAN_ATTESTATION_PLAN, suan_buffer_span(&plan), &envelope, &index, error);
    if (status == SUAN_OK)
        status = service_begin(measuring->service, &txn, error);
    if (status == SUAN_OK)
        status = suan_log_root(txn, SUAN_LOG_REGISTRY, index + 1, &seed->log_root, error);
    seed->plan = suan_sha256(suan_buffer_span(&envelope));
    seed->plan_index = (int64_t)index;
    seed->logged = true;
    return status;
}

/* Whoever measures and also runs the log could have chosen the seed by trying: that is said. */
static enum suan_status find_same_party(struct measuring *measuring, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_id operator_id;
    enum suan_status status = service_begin(measuring->service, &txn, error);
    if (status == SUAN_OK)
        status = suan_identity_operator(txn, &operator_id, error);
    struct suan_id measurer =
        suan_ident_id(suan_span_text(measuring->acting->as != NULL ? measuring->acting->as : ""));
    if (status == SUAN_OK && memcmp(&operator_id, &measurer, sizeof measurer) == 0)
        measuring->session.flags |= SUAN_REMARK_SAME_PARTY;
    if (suan_registry_clock(measuring->service->registry) == SUAN_CLOCK_SIMULATED)
        measuring->session.flags |= SUAN_REMARK_SIMULATED_TIME;
    return status;
}

static void report(void *context, const char *phase, uint64_t done, uint64_t total)
{
    service_report(context, phase, done, total);
}

static enum suan_status prepare_session(struct measuring *measuring, struct suan_error *error)
{
    const struct suan_bench_request *request = measuring->request;
    struct suan_session_request *session = &measuring->session;
    service_parties_request(&measuring->parties, session);
    session->mode = request->mode == SUAN_BENCH_FULL ? SUAN_MODE_FULL : SUAN_MODE_QUICK;
    session->attempt = 1;
    session->budget_ms = request->budget_s * 1000;
    session->sessions = measuring->sessions;
    session->interrupted = (const int *)(uintptr_t)measuring->service->options.interrupted;
    session->progress = (struct suan_session_progress){report, measuring->service};
    session->release.party.threads = request->threads;
    session->baseline.party.threads = request->threads;
    for (; session->n_cpus < request->n_cpus && session->n_cpus < SUAN_SESSION_CPUS_MAX; session->n_cpus++)
        session->cpus[session->n_cpus] = request->cpus[session->n_cpus];
    if (request->against != NULL)
        session->flags |= SUAN_REMARK_INFORMATION;
    if (request->seed == NULL)
        suan_random(session->seed.secret, sizeof session->seed.secret);
    else if (!suan_unhex(suan_span_text(request->seed), session->seed.secret, sizeof session->seed.secret))
        return suan_error_set(error, SUAN_E_USAGE, "option.value", NULL,
                              "--seed takes 64 lower-case hexadecimal digits");
    return find_tariff(measuring, error);
}

static enum suan_status begin(struct measuring *measuring, struct suan_error *error)
{
    const struct suan_bench_request *request = measuring->request;
    enum suan_status status = service_parties_open(measuring->service, request->package, request->task,
                                                   request->against, &measuring->parties, error);
    if (status == SUAN_OK && measuring->parties.task_state == SERVICE_TASK_ABSENT)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "task.absent", "name its package: --task FILE.suan",
                              "there is no contract for task %s to measure by", measuring->parties.task_id);
    if (status == SUAN_OK)
        status = find_sessions(measuring, error);
    if (status == SUAN_OK)
        status = read_class(measuring, error);
    if (status == SUAN_OK)
        status = prepare_session(measuring, error);
    if (status != SUAN_OK || request->attest == NULL)
        return status;
    if (measuring->parties.origin == SERVICE_FROM_FILE || request->seed != NULL)
        return suan_error_set(error, SUAN_E_USAGE, "bench.attest", NULL,
                              "only a release of the registry, with a seed by commitment, can be attested");
    status = service_open_signer(measuring->service, request->attest, measuring->acting->as,
                                 &measuring->signer, error);
    if (status == SUAN_OK)
        status = find_same_party(measuring, error);
    return status != SUAN_OK ? status : log_plan(measuring, error);
}

/* --- after -------------------------------------------------------------------------------------------- */

static enum suan_status write_folder(struct measuring *measuring, struct suan_error *error)
{
    if (measuring->request->out == NULL)
        return SUAN_OK;
    return suan_folder_write(measuring->request->out, measuring->measurement,
                             suan_buffer_span(&measuring->rows_zst), suan_buffer_span(&measuring->envelope),
                             "gnuplot", error);
}

static enum suan_status conclude(struct measuring *measuring, struct suan_json **out_result,
                                 struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer summary = {0};
    enum suan_status status =
        suan_folder_pack_rows(&measuring->rows, measuring->measurement, &measuring->rows_zst, error);
    if (status == SUAN_OK)
        status = suan_measurement_format(measuring->measurement, &measuring->document, error);
    if (status == SUAN_OK && measuring->signer != NULL)
        status = record(measuring, SUAN_ATTESTATION_MEASUREMENT, suan_buffer_span(&measuring->document),
                        &measuring->envelope, NULL, error);
    if (status == SUAN_OK)
        status = write_folder(measuring, error);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&measuring->document), SUAN_MEASUREMENT_SIZE_MAX, 0,
                                 "measurement", &document, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_copy(result, "measurement", suan_json_root(document));
    suan_json_set_copy(result, "events", measuring->events);
    suan_report_summary(measuring->measurement, &summary);
    suan_json_set_span(result, "summary", suan_buffer_span(&summary));
    if (measuring->request->out != NULL)
        suan_json_set_text(result, "folder", measuring->request->out);
    service_mark_clock(measuring->service, result);
    *out_result = result;
    return SUAN_OK;
}

static enum suan_status verdict(const struct suan_measurement *measurement, struct suan_error *error)
{
    enum suan_status status = suan_outcome_status(measurement->outcome);
    if (status == SUAN_OK)
        return SUAN_OK;
    const char *hint = status == SUAN_E_UNSTABLE
                           ? "let the machine come to rest, or give it more time with --budget, and try again"
                           : NULL;
    return suan_error_set(error, status, "bench.verdict", hint, "%s: %s",
                          suan_outcome_name(measurement->outcome),
                          measurement->reason[0] != '\0' ? measurement->reason : "see the report");
}

enum suan_status suan_service_bench(struct suan_service *service, const struct suan_acting *acting,
                                    const struct suan_bench_request *request, struct suan_json **out_result,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(measuring_done)
    struct measuring measuring = {
        .service = service, .acting = acting, .request = request, .events = suan_json_new_array()};
    enum suan_status status = begin(&measuring, error);
    if (status == SUAN_OK)
        status = suan_session_run(&measuring.session, &measuring.measurement, &measuring.rows, error);
    if (status == SUAN_OK)
        status = conclude(&measuring, out_result, error);
    return status != SUAN_OK ? status : verdict(measuring.measurement, error);
}

enum suan_status suan_service_bench_replay(struct suan_service *service, const char *folder,
                                           struct suan_json **out_result, struct suan_error *error)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *measurement = NULL;
    (void)service;
    enum suan_status status = suan_replay_folder(folder, NULL, &measurement, error);
    if (status != SUAN_OK)
        return status;
    struct suan_json *result = suan_json_new_object();
    suan_json_set_text(result, "folder", folder);
    suan_json_set_text(result, "id", measurement->release.id);
    suan_json_set_text(result, "version", measurement->release.version);
    suan_json_set_text(result, "status", suan_outcome_name(measurement->outcome));
    suan_json_set_integer(result, "credited_ns", measurement->saving.credited_ns);
    suan_json_set_integer(result, "rows", measurement->raw.rows);
    *out_result = result;
    return SUAN_OK;
}
