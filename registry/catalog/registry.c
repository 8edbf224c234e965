/* Making and opening a registry, and its clock. */
#include "registry.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "handle.h"
#include "record.h"

#define INIT_VALID_NS (UINT64_C(3600) * 1000000000)

uint64_t registry_clock_ns(const struct suan_registry *registry)
{
    uint64_t now = registry->options.clock != NULL ? registry->options.clock(registry->options.clock_context)
                                                   : suan_clock_real_ns();
    return now + registry->advance_ns;
}

static enum suan_status read_advance(struct suan_registry *registry, struct suan_txn *txn,
                                     struct suan_error *error)
{
    struct suan_span value;
    enum suan_status status =
        suan_row_get(txn, SUAN_TABLE_META, suan_span_text(REGISTRY_ADVANCE_KEY), &value, error);
    if (status != SUAN_OK)
        return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
    struct record_reader reader = {value, false};
    registry->advance_ns = record_u64(&reader);
    return record_check(&reader, "meta", error);
}

/* A copy restored from an export has no such row: its clock goes on from the last event. */
static enum suan_status read_clock(struct suan_registry *registry, struct suan_txn *txn,
                                   struct suan_error *error)
{
    struct suan_clock_state state;
    enum suan_status status = read_advance(registry, txn, error);
    if (status == SUAN_OK)
        status = suan_clock_state_get(txn, &state, error);
    if (status != SUAN_OK)
        return status;
    uint64_t now = registry_clock_ns(registry);
    if (now < state.last_ns)
        registry->advance_ns += state.last_ns - now;
    return SUAN_OK;
}

static enum suan_status read_charter(struct suan_registry *registry, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    enum suan_status status = suan_store_begin(registry->store, &txn, error);
    if (status == SUAN_OK)
        status = suan_charter_get(txn, &registry->charter, error);
    if (status == SUAN_OK && registry->charter.clock == SUAN_CLOCK_SIMULATED)
        status = read_clock(registry, txn, error);
    return status;
}

static enum suan_status new_handle(const struct suan_registry_options *options, enum suan_store_mode mode,
                                   struct suan_registry **out, struct suan_error *error)
{
    struct suan_registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    registry->options = *options;
    registry->mode = mode;
    *out = registry;
    return SUAN_OK;
}

void suan_registry_close(struct suan_registry *registry)
{
    if (registry == NULL)
        return;
    /* What cannot be signed now is signed by the next writer; everything acknowledged is durable already. */
    if (registry->store != NULL && checkpoint_ready(registry, NULL) == SUAN_OK)
        (void)!checkpoint_sign(registry, CHECKPOINT_NOW, NULL);
    for (int log = 0; log < LOG_COUNT; log++)
        suan_signer_close(registry->note_signers[log]);
    suan_store_close(registry->store);
    free(registry);
}

void suan_registry_closep(struct suan_registry **registry)
{
    suan_registry_close(*registry);
}

enum suan_status suan_registry_open(const char *folder, enum suan_store_mode mode,
                                    const struct suan_registry_options *options,
                                    struct suan_registry **out_registry, struct suan_error *error)
{
    SUAN_CLEANUP(suan_registry_closep) struct suan_registry *registry = NULL;
    uint32_t wait_ms = options->wait_ms != 0 ? options->wait_ms : SUAN_STORE_WAIT_MS;
    enum suan_status status = new_handle(options, mode, &registry, error);
    if (status == SUAN_OK)
        status = suan_store_open(folder, mode, wait_ms, &registry->store, error);
    if (status == SUAN_OK)
        status = read_charter(registry, error);
    if (status == SUAN_OK && mode == SUAN_STORE_WRITE)
        status = checkpoint_open_keys(registry, error);
    if (status == SUAN_OK && mode == SUAN_STORE_WRITE)
        status = checkpoint_check_keys(registry, error);
    if (status == SUAN_OK)
        *out_registry = suan_take(&registry);
    return status;
}

/* --- creation ----------------------------------------------------------------------------------------- */

static enum suan_status append_note_key(const struct suan_registry *registry, enum suan_log log,
                                        struct suan_json *body, const char *field, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_note_key key;
    enum suan_status status =
        checkpoint_key_of(&registry->charter, log, registry->note_signers[log], &key, error);
    if (status != SUAN_OK)
        return status;
    suan_note_key_format(&key, &text);
    suan_json_set_span(body, field, suan_buffer_span(&text));
    return suan_buffer_check(&text, error);
}

static enum suan_status write_founding(const struct suan_registry *registry, const char *display,
                                       const struct suan_public_key *operator_key, struct suan_buffer *out,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *body = NULL;
    const struct suan_charter *charter = &registry->charter;
    uint64_t now = registry_clock_ns(registry);
    struct suan_id id = suan_command_new_id(now);
    body = suan_command_new(suan_span_text(charter->origin), SUAN_EVENT_REGISTRY_INIT, &id,
                            charter->operator_ident, now + INIT_VALID_NS);
    suan_public_key_format(operator_key, &key);
    suan_json_set_text(body, "operator", charter->operator_ident);
    suan_json_set_text(body, "display", display);
    suan_json_set_text(body, "clock", charter->clock == SUAN_CLOCK_SIMULATED ? "simulated" : "real");
    suan_json_set_span(body, "key", suan_buffer_span(&key));
    enum suan_status status = suan_buffer_check(&key, error);
    if (status == SUAN_OK)
        status = append_note_key(registry, SUAN_LOG_REGISTRY, body, "note_registry", error);
    if (status == SUAN_OK)
        status = append_note_key(registry, SUAN_LOG_LEDGER, body, "note_ledger", error);
    return status != SUAN_OK ? status : suan_json_format(body, SUAN_JSON_STYLE_CANONICAL, out, error);
}

static enum suan_status found(struct suan_registry *registry, const char *display,
                              const struct suan_signer *operator_key, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer command = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer signature = {0};
    enum suan_status status =
        write_founding(registry, display, suan_signer_key(operator_key), &command, error);
    if (status == SUAN_OK)
        status = suan_sshsig_sign(operator_key, SUAN_NAMESPACE_EVENT, suan_buffer_span(&command), &signature,
                                  error);
    if (status != SUAN_OK)
        return status;
    struct suan_submission submission = {.command = suan_buffer_span(&command), .signature_count = 1};
    submission.signatures[0] = suan_buffer_span(&signature);
    status = suan_registry_submit(registry, &submission, 1, error);
    if (status == SUAN_OK && submission.status != SUAN_OK)
        return suan_error_set(error, submission.status, submission.error.code, submission.error.hint, "%s",
                              submission.error.message);
    return status;
}

static enum suan_status name_charter(struct suan_charter *charter, const char *origin,
                                     const char *operator_ident, enum suan_registry_clock clock,
                                     struct suan_error *error)
{
    if (!suan_origin_is_valid(suan_span_text(origin)))
        return suan_error_set(error, SUAN_E_FORMAT, "registry.origin", "use a name like 'suan.example'",
                              "origin '%s' is not a host-like name of at most %d bytes", origin,
                              SUAN_ORIGIN_MAX);
    if (!suan_ident_is_valid(suan_span_text(operator_ident)))
        return suan_error_set(error, SUAN_E_FORMAT, "event.format",
                              "use a-z, 0-9, '.' and '-', at most 64 bytes",
                              "operator '%s' is not an identity's name", operator_ident);
    memcpy(charter->origin, origin, strlen(origin) + 1);
    memcpy(charter->operator_ident, operator_ident, strlen(operator_ident) + 1);
    charter->operator_id = suan_ident_id(suan_span_text(operator_ident));
    charter->clock = clock;
    return SUAN_OK;
}

enum suan_status suan_registry_create(const char *folder, const char *origin, const char *operator_ident,
                                      const char *operator_display, const struct suan_signer *operator_key,
                                      enum suan_registry_clock clock,
                                      const struct suan_registry_options *options,
                                      struct suan_registry **out_registry, struct suan_error *error)
{
    SUAN_CLEANUP(suan_registry_closep) struct suan_registry *registry = NULL;
    enum suan_status status = new_handle(options, SUAN_STORE_WRITE, &registry, error);
    if (status == SUAN_OK)
        status = name_charter(&registry->charter, origin, operator_ident, clock, error);
    if (status == SUAN_OK)
        status = suan_store_create(folder, &registry->store, error);
    if (status == SUAN_OK)
        status = checkpoint_make_keys(folder, error);
    if (status == SUAN_OK)
        status = checkpoint_open_keys(registry, error);
    if (status == SUAN_OK)
        status = found(registry, operator_display, operator_key, error);
    if (status == SUAN_OK)
        *out_registry = suan_take(&registry);
    return status;
}

/* --- looking, and the clock --------------------------------------------------------------------------- */

struct suan_store *suan_registry_store(struct suan_registry *registry)
{
    return registry->store;
}

const char *suan_registry_origin(const struct suan_registry *registry)
{
    return registry->charter.origin;
}

enum suan_registry_clock suan_registry_clock(const struct suan_registry *registry)
{
    return registry->charter.clock;
}

enum suan_status suan_registry_now(struct suan_registry *registry, uint64_t *out_now_ns,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_clock_state state;
    enum suan_status status = suan_store_begin(registry->store, &txn, error);
    if (status == SUAN_OK)
        status = suan_clock_state_get(txn, &state, error);
    if (status != SUAN_OK)
        return status;
    uint64_t now = registry_clock_ns(registry);
    *out_now_ns = now > state.last_ns ? now : state.last_ns + 1;
    return SUAN_OK;
}

enum suan_status suan_registry_last_time(struct suan_txn *txn, uint64_t *out_last_ns,
                                         struct suan_error *error)
{
    struct suan_clock_state state;
    enum suan_status status = suan_clock_state_get(txn, &state, error);
    if (status == SUAN_OK)
        *out_last_ns = state.last_ns;
    return status;
}

static enum suan_status write_advance(void *context, struct suan_txn *txn, struct suan_error *error)
{
    uint8_t value[8];
    suan_put_be64(value, *(const uint64_t *)context);
    return suan_row_put(txn, SUAN_TABLE_META, suan_span_text(REGISTRY_ADVANCE_KEY),
                        suan_span(value, sizeof value), error);
}

enum suan_status suan_registry_advance(struct suan_registry *registry, uint64_t by_ns,
                                       struct suan_error *error)
{
    uint64_t advance = 0;
    if (registry->charter.clock != SUAN_CLOCK_SIMULATED)
        return suan_error_set(error, SUAN_E_USAGE, "registry.clock",
                              "make one with 'suan registry init --simulated-time'",
                              "this registry lives in real time; only a simulated clock can be moved");
    if (__builtin_add_overflow(registry->advance_ns, by_ns, &advance) || advance > INT64_MAX / 2)
        return suan_error_set(error, SUAN_E_USAGE, "registry.clock", NULL, "the clock cannot move that far");
    enum suan_status status = suan_store_write(registry->store, write_advance, &advance, error);
    if (status == SUAN_OK)
        registry->advance_ns = advance;
    return status;
}
