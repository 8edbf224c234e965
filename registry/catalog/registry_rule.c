/*
 * Rules of the registry itself: its first event, the keys of its notes, its clock, and what the writer seals:
 * the digest of all that hosts must refuse (status.snapshot), and the ledger log bound into the registry log
 * (ledger.anchor).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "handle.h"
#include "key.h"
#include "record.h"
#include "review.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

enum { NOTE_KEY_TEXT_MAX = 256 };
#define SECOND_NS UINT64_C(1000000000)
#define DAY_NS (UINT64_C(86400) * SECOND_NS)

/* A verifier key of that log, under its name. */
static enum suan_status read_note_key(const struct suan_act *act, const char *field, enum suan_log log,
                                      struct suan_note_key *out, struct suan_error *error)
{
    struct suan_charter charter = {.clock = SUAN_CLOCK_REAL};
    struct suan_span text;
    char name[SUAN_NOTE_NAME_MAX + 1];
    enum suan_status status = suan_json_get_text(act->command->body, field, SUAN_JSON_REQUIRED,
                                                 NOTE_KEY_TEXT_MAX, &text, "", error);
    if (status == SUAN_OK)
        status = suan_note_key_parse(text, out, error);
    if (status != SUAN_OK)
        return status;
    snprintf(charter.origin, sizeof charter.origin, "%.*s", SUAN_SPAN_PRINTF(act->command->origin));
    suan_charter_log_name(&charter, log, name);
    if (out->type != SUAN_NOTE_ED25519 || strcmp(out->name, name) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "%s: not an Ed25519 note key named '%s'", field, name);
    return SUAN_OK;
}

/* --- registry.init ------------------------------------------------------------------------------------ */

struct founding {
    struct suan_charter charter;
    struct suan_identity identity;
    struct suan_public_key key;
    struct suan_note_key notes[LOG_COUNT];
};

static enum suan_status read_operator(const struct suan_act *act, struct founding *out,
                                      struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span name, display, clock;
    enum suan_status status =
        suan_json_get_text(body, "operator", SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &name, "", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(body, "display", SUAN_JSON_REQUIRED, SUAN_DISPLAY_MAX, &display, "", error);
    if (status == SUAN_OK)
        status = suan_json_get_text(body, "clock", SUAN_JSON_REQUIRED, 16, &clock, "", error);
    if (status != SUAN_OK)
        return status;
    bool simulated = suan_span_equal(clock, suan_span_text("simulated"));
    if (!simulated && !suan_span_equal(clock, suan_span_text("real")))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "clock: must be 'real' or 'simulated'");
    if (!suan_span_equal(name, act->command->by))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "operator: must be the one who acts");
    memcpy(out->charter.operator_ident, name.data, name.size);
    memcpy(out->charter.origin, act->command->origin.data, act->command->origin.size);
    out->charter.operator_id = act->by;
    out->charter.clock = simulated ? SUAN_CLOCK_SIMULATED : SUAN_CLOCK_REAL;
    memcpy(out->identity.ident, name.data, name.size);
    memcpy(out->identity.display, display.data, display.size);
    return SUAN_OK;
}

static enum suan_status read_founding(struct suan_txn *txn, const struct suan_act *act, struct founding *out,
                                      struct suan_error *error)
{
    *out = (struct founding){
        .identity = {
            .id = act->by, .type = SUAN_IDENT_OPERATOR, .index = act->index, .time_ns = act->time_ns}};
    enum suan_status status = read_operator(act, out, error);
    if (status == SUAN_OK)
        status = key_read_new(txn, act, "key", &out->key, error);
    if (status == SUAN_OK)
        status =
            read_note_key(act, "note_registry", SUAN_LOG_REGISTRY, &out->notes[SUAN_LOG_REGISTRY], error);
    if (status == SUAN_OK)
        status = read_note_key(act, "note_ledger", SUAN_LOG_LEDGER, &out->notes[SUAN_LOG_LEDGER], error);
    return status;
}

static enum suan_status check_init(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct founding founding;
    struct suan_charter charter;
    enum suan_status status = suan_charter_get(txn, &charter, NULL);
    if (status == SUAN_OK || act->index != 0)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "a registry begins once");
    if (status != SUAN_E_NOT_FOUND)
        return suan_charter_get(txn, &charter, error);
    status = read_founding(txn, act, &founding, error);
    if (status != SUAN_OK)
        return status;
    struct suan_digest key = suan_public_key_id(&founding.key);
    if (!suan_act_signed_with(act, &key))
        return suan_error_set(error, SUAN_E_PERMISSION, code_permission, NULL,
                              "key: the operator's key has not signed");
    return SUAN_OK;
}

static enum suan_status apply_init(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct founding founding;
    enum suan_status status = read_founding(txn, act, &founding, error);
    if (status == SUAN_OK)
        status = suan_charter_put(txn, &founding.charter, error);
    if (status == SUAN_OK)
        status = identity_put(txn, &founding.identity, error);
    if (status == SUAN_OK)
        status = key_give(txn, act, &act->by, &founding.key, SUAN_KEY_SIGNS_ALL, act->time_ns, error);
    for (int log = 0; status == SUAN_OK && log < LOG_COUNT; log++)
        status = suan_note_key_put(txn, (enum suan_log)log, 0, founding.notes[log].point, error);
    return status;
}

/* --- registry.notekey --------------------------------------------------------------------------------- */

static enum suan_status read_succession(const struct suan_act *act, enum suan_log *out_log,
                                        uint64_t *out_size, struct suan_note_key *out,
                                        struct suan_error *error)
{
    struct suan_span name;
    enum suan_status status =
        suan_json_get_text(act->command->body, "log", SUAN_JSON_REQUIRED, 16, &name, "", error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(act->command->body, "size", out_size, error);
    if (status != SUAN_OK)
        return status;
    bool ledger = suan_span_equal(name, suan_span_text(suan_log_name(SUAN_LOG_LEDGER)));
    if (!ledger && !suan_span_equal(name, suan_span_text(suan_log_name(SUAN_LOG_REGISTRY))))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "log: must be 'registry' or 'ledger'");
    *out_log = ledger ? SUAN_LOG_LEDGER : SUAN_LOG_REGISTRY;
    return read_note_key(act, "key", *out_log, out, error);
}

static enum suan_status check_notekey(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    enum suan_log log;
    uint64_t from = 0, size = act->index;
    struct suan_note_key key, current;
    enum suan_status status = read_succession(act, &log, &from, &key, error);
    if (status == SUAN_OK && log != SUAN_LOG_REGISTRY)
        status = suan_log_size(txn, log, &size, error);
    if (status == SUAN_OK)
        status = suan_note_key_at(txn, log, UINT64_MAX, &current, error);
    if (status != SUAN_OK)
        return status;
    if (from != size + 1)
        return suan_error_set(
            error, SUAN_E_CONFLICT, code_conflict, "name the log's next size and sign again",
            "size: the next size of log '%s' is %llu", suan_log_name(log), (unsigned long long)size + 1);
    if (memcmp(key.point, current.point, sizeof key.point) == 0)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "key: it is the present key");
    return suan_act_require_operator(txn, act, error);
}

static enum suan_status apply_notekey(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    enum suan_log log;
    uint64_t from = 0;
    struct suan_note_key key;
    enum suan_status status = read_succession(act, &log, &from, &key, error);
    return status != SUAN_OK ? status : suan_note_key_put(txn, log, from, key.point, error);
}

/* --- clock.accept ------------------------------------------------------------------------------------- */

static enum suan_status read_clocks(const struct suan_act *act, uint64_t *out_old, uint64_t *out_new,
                                    struct suan_error *error)
{
    enum suan_status status = suan_command_get_u64(act->command->body, "old", out_old, error);
    return status != SUAN_OK ? status : suan_command_get_u64(act->command->body, "new", out_new, error);
}

static enum suan_status check_clock(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct suan_clock_state clock;
    uint64_t old = 0, now = 0;
    enum suan_status status = read_clocks(act, &old, &now, error);
    if (status == SUAN_OK)
        status = suan_clock_state_get(txn, &clock, error);
    if (status != SUAN_OK)
        return status;
    if (old != clock.last_ns)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "name that time as 'old' and sign again",
                              "old: the last event is of %llu", (unsigned long long)clock.last_ns);
    uint64_t apart = act->time_ns > now ? act->time_ns - now : now - act->time_ns;
    if (now > old && apart > SUAN_CLOCK_BEHIND_MAX_S * SECOND_NS)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict,
                              "name the clock's present time and sign again",
                              "new: more than %d seconds from the clock", SUAN_CLOCK_BEHIND_MAX_S);
    return suan_act_require_operator(txn, act, error);
}

static enum suan_status apply_clock(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct suan_clock_state clock;
    uint64_t old = 0, now = 0;
    enum suan_status status = read_clocks(act, &old, &now, error);
    if (status == SUAN_OK)
        status = suan_clock_state_get(txn, &clock, error);
    if (status != SUAN_OK)
        return status;
    clock.lag_ns = old > now ? old - now : 0;
    return suan_clock_state_put(txn, &clock, error);
}

/* --- status.snapshot ---------------------------------------------------------------------------------- */

static int by_line(const void *a, const void *b)
{
    return suan_span_compare(*(const struct suan_span *)a, *(const struct suan_span *)b);
}

/* Appends the lines of `text` (each with its newline) in byte order. */
static enum suan_status append_sorted(struct suan_span text, uint64_t count, struct suan_buffer *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) struct suan_span *lines = calloc((size_t)count + 1, sizeof *lines);
    size_t found = 0;
    if (lines == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    while (text.size > 0 && found < count) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end != NULL ? (size_t)(end - text.data) + 1 : text.size;
        lines[found++] = suan_span(text.data, size);
        text = suan_span(text.data + size, text.size - size);
    }
    qsort(lines, found, sizeof *lines, by_line);
    for (size_t i = 0; i < found; i++)
        suan_buffer_append_span(out, lines[i]);
    return suan_buffer_check(out, error);
}

enum suan_status suan_registry_revoked(struct suan_txn *txn, struct suan_buffer *out, uint64_t *out_lines,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    uint64_t keys = 0, releases = 0;
    enum suan_status status = suan_key_revoked(txn, &text, &keys, error);
    if (status == SUAN_OK)
        status = suan_review_revoked(txn, &text, &releases, error);
    if (status == SUAN_OK)
        status = append_sorted(suan_buffer_span(&text), keys + releases, out, error);
    if (status == SUAN_OK)
        *out_lines = keys + releases;
    return status;
}

static enum suan_status take_snapshot(struct suan_txn *txn, struct suan_snapshot_state *out,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_registry_revoked(txn, &text, &out->lines, error);
    if (status == SUAN_OK)
        out->digest = suan_sha256(suan_buffer_span(&text));
    return status;
}

static enum suan_status check_snapshot(struct suan_txn *txn, const struct suan_act *act,
                                       struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_snapshot_state state;
    struct suan_digest digest;
    uint64_t size = 0, count = 0;
    enum suan_status status = suan_command_get_u64(body, "size", &size, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "count", &count, error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(body, "digest", SUAN_JSON_REQUIRED, digest.bytes, sizeof digest.bytes, "",
                                   error);
    if (status == SUAN_OK)
        status = take_snapshot(txn, &state, error);
    if (status != SUAN_OK)
        return status;
    if (size != act->index || count != state.lines || !suan_digest_equal(&digest, &state.digest))
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL,
                              "status.snapshot: it is not what the events before it come to");
    return SUAN_OK;
}

static enum suan_status apply_snapshot(struct suan_txn *txn, const struct suan_act *act,
                                       struct suan_error *error)
{
    struct suan_snapshot_state state;
    (void)act;
    enum suan_status status = take_snapshot(txn, &state, error);
    return status != SUAN_OK ? status : suan_snapshot_state_put(txn, &state, error);
}

struct snapshot_fields {
    uint64_t size;
    struct suan_snapshot_state state;
};

static void fill_snapshot(void *context, struct suan_json *body)
{
    const struct snapshot_fields *fields = context;
    suan_command_set_u64(body, "size", fields->size);
    suan_command_set_u64(body, "count", fields->state.lines);
    suan_json_set_hex(body, "digest", fields->state.digest.bytes, sizeof fields->state.digest.bytes);
}

static enum suan_status seal_snapshot(struct suan_txn *txn, struct suan_sealer *sealer,
                                      struct suan_error *error)
{
    struct snapshot_fields fields;
    struct suan_snapshot_state before;
    if (sealer->revoked == REVOKED_SAME)
        return SUAN_OK;
    enum suan_status status = take_snapshot(txn, &fields.state, error);
    if (status == SUAN_OK)
        status = suan_snapshot_state_get(txn, &before, error);
    if (status == SUAN_OK)
        status = suan_log_size(txn, SUAN_LOG_REGISTRY, &fields.size, error);
    if (status != SUAN_OK || suan_digest_equal(&before.digest, &fields.state.digest))
        return status;
    return suan_sealer_append(sealer, SUAN_EVENT_STATUS_SNAPSHOT, fill_snapshot, &fields, error);
}

/* --- ledger.anchor ------------------------------------------------------------------------------------ */

struct anchor_fields {
    uint64_t size;
    struct suan_digest root;
};

static enum suan_status take_anchor(struct suan_txn *txn, struct anchor_fields *out, struct suan_error *error)
{
    enum suan_status status = suan_log_size(txn, SUAN_LOG_LEDGER, &out->size, error);
    return status != SUAN_OK ? status : suan_log_root(txn, SUAN_LOG_LEDGER, out->size, &out->root, error);
}

static enum suan_status check_anchor(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_anchor_state before;
    struct anchor_fields now;
    struct suan_digest root;
    uint64_t size = 0;
    enum suan_status status = suan_command_get_u64(body, "size", &size, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_hex(body, "root", SUAN_JSON_REQUIRED, root.bytes, sizeof root.bytes, "", error);
    if (status == SUAN_OK)
        status = suan_anchor_state_get(txn, &before, error);
    if (status == SUAN_OK)
        status = take_anchor(txn, &now, error);
    if (status != SUAN_OK)
        return status;
    if (size <= before.size || size != now.size || !suan_digest_equal(&root, &now.root))
        return suan_error_set(
            error, SUAN_E_CONFLICT, code_conflict, NULL,
            "ledger.anchor: the ledger log does not have that size and root here, or has not grown");
    return SUAN_OK;
}

static enum suan_status apply_anchor(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_anchor_state state = {.time_ns = act->time_ns};
    enum suan_status status = suan_command_get_u64(act->command->body, "size", &state.size, error);
    return status != SUAN_OK ? status : suan_anchor_state_put(txn, &state, error);
}

static void fill_anchor(void *context, struct suan_json *body)
{
    const struct anchor_fields *fields = context;
    suan_command_set_u64(body, "size", fields->size);
    suan_json_set_hex(body, "root", fields->root.bytes, sizeof fields->root.bytes);
}

static enum suan_status seal_anchor(struct suan_txn *txn, struct suan_sealer *sealer,
                                    struct suan_error *error)
{
    struct suan_anchor_state before;
    struct anchor_fields fields;
    uint64_t size = 0;
    enum suan_status status = suan_anchor_state_get(txn, &before, error);
    if (status == SUAN_OK)
        status = suan_log_size(txn, SUAN_LOG_LEDGER, &size, error);
    if (status != SUAN_OK || size == before.size)
        return status;
    if (sealer->anchor == ANCHOR_DAILY && before.size > 0 && sealer->now_ns < before.time_ns + DAY_NS)
        return SUAN_OK;
    status = take_anchor(txn, &fields, error);
    return status != SUAN_OK
               ? status
               : suan_sealer_append(sealer, SUAN_EVENT_LEDGER_ANCHOR, fill_anchor, &fields, error);
}

static enum suan_status seal(struct suan_txn *txn, struct suan_sealer *sealer, struct suan_error *error)
{
    enum suan_status status = seal_snapshot(txn, sealer, error);
    return status != SUAN_OK ? status : seal_anchor(txn, sealer, error);
}

static const char *const init_fields[] = {"clock",         "display",  "key", "note_ledger",
                                          "note_registry", "operator", NULL};
static const char *const notekey_fields[] = {"key", "log", "size", NULL};
static const char *const clock_fields[] = {"new", "old", NULL};
static const char *const snapshot_names[] = {"count", "digest", "size", NULL};
static const char *const anchor_names[] = {"root", "size", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_REGISTRY_INIT, init_fields, check_init, apply_init, SUAN_RULE_SIGNED},
    {SUAN_EVENT_REGISTRY_NOTEKEY, notekey_fields, check_notekey, apply_notekey, SUAN_RULE_SIGNED},
    {SUAN_EVENT_CLOCK_ACCEPT, clock_fields, check_clock, apply_clock, SUAN_RULE_SIGNED},
    {SUAN_EVENT_STATUS_SNAPSHOT, snapshot_names, check_snapshot, apply_snapshot, SUAN_RULE_WRITER},
    {SUAN_EVENT_LEDGER_ANCHOR, anchor_names, check_anchor, apply_anchor, SUAN_RULE_WRITER},
};

const struct suan_family suan_family_registry = {rules, sizeof rules / sizeof rules[0], seal};
