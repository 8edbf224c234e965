/* The ledger's own events: accounts opened by the operator, and the digest that seals what a batch posted. */
#include "family.h"

#include "ledger.h"

/* --- ledger.account --- */

static const char *const account_fields[] = {"account", "code", "flags", "ledger", "ref", NULL};
static const char where[] = "ledger.account";

static enum suan_status parse_account(const struct suan_act *act, struct suan_account *out,
                                      struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    int64_t ledger = 0, code = 0, flags = 0;
    *out = (struct suan_account){0};
    enum suan_status status =
        suan_json_get_hex(body, "account", SUAN_JSON_REQUIRED, out->id.bytes, SUAN_ID_SIZE, where, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_integer(body, "ledger", SUAN_JSON_REQUIRED, 1, UINT32_MAX, &ledger, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "code", SUAN_JSON_REQUIRED, 0, UINT16_MAX, &code, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(body, "flags", SUAN_JSON_REQUIRED, SUAN_ACCOUNT_HOLDER,
                                       SUAN_ACCOUNT_ISSUER, &flags, where, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_hex(body, "ref", SUAN_JSON_OPTIONAL, out->ref.bytes, SUAN_ID_SIZE, where, error);
    out->ledger = (uint32_t)ledger;
    out->code = (uint16_t)code;
    out->flags = (uint16_t)flags;
    return status;
}

static enum suan_status check_account(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_account account, known;
    enum suan_status status = parse_account(act, &account, error);
    if (status == SUAN_OK)
        status = suan_act_require_operator(txn, act, error);
    if (status != SUAN_OK)
        return status;
    if ((account.flags & (account.flags - 1)) != 0)
        return suan_error_set(error, SUAN_E_FORMAT, "event.format", NULL,
                              "ledger.account: flags %u name two limits", account.flags);
    status = suan_account_get(txn, &account.id, 0, &known, NULL);
    if (status == SUAN_OK)
        return suan_error_set(error, SUAN_E_CONFLICT, "event.conflict", NULL, "the account exists already");
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : suan_account_get(txn, &account.id, 0, &known, error);
}

static enum suan_status apply_account(struct suan_txn *txn, const struct suan_act *act,
                                      struct suan_error *error)
{
    struct suan_account account;
    enum suan_status status = parse_account(act, &account, error);
    if (status != SUAN_OK)
        return status;
    return suan_account_open(txn, &account, (struct suan_occasion){act->time_ns, act->index}, error);
}

/* --- ledger.batch --- */

static const char *const batch_fields[] = {"count", "digest", "failures", "first", NULL};
static const char sealed_key[] = "ledger.sealed";

struct seal {
    uint64_t first, count, failures;
    struct suan_digest digest;
};

static enum suan_status get_sealed(struct suan_txn *txn, uint64_t *out_seq, struct suan_error *error)
{
    struct suan_span row;
    enum suan_status status = suan_row_get(txn, SUAN_TABLE_STATE, suan_span_text(sealed_key), &row, error);
    *out_seq = status == SUAN_OK && row.size == 8 ? suan_be64(row.data) : 0;
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

/* What is posted and not yet sealed; count 0 if nothing is. */
static enum suan_status compute_seal(struct suan_txn *txn, struct seal *out, struct suan_error *error)
{
    uint64_t sealed, size;
    enum suan_status status = get_sealed(txn, &sealed, error);
    if (status == SUAN_OK)
        status = suan_ledger_size(txn, &size, error);
    if (status != SUAN_OK)
        return status;
    if (size < sealed)
        return suan_error_set(error, SUAN_E_INTEGRITY, "ledger.invariant", NULL,
                              "fewer records than are sealed");
    out->first = sealed + 1;
    out->count = size - sealed;
    return suan_ledger_digest(txn, out->first, out->count, &out->digest, &out->failures, error);
}

static enum suan_status parse_seal(const struct suan_act *act, struct seal *out, struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    enum suan_status status = suan_command_get_u64(body, "first", &out->first, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "count", &out->count, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "failures", &out->failures, error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(body, "digest", SUAN_JSON_REQUIRED, out->digest.bytes, SUAN_DIGEST_SIZE,
                                   "ledger.batch", error);
    return status;
}

static enum suan_status check_batch(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct seal said, found;
    enum suan_status status = parse_seal(act, &said, error);
    if (status == SUAN_OK)
        status = compute_seal(txn, &found, error);
    if (status != SUAN_OK)
        return status;
    if (said.first != found.first || said.count != found.count || said.failures != found.failures ||
        !suan_digest_equal(&said.digest, &found.digest))
        return suan_error_set(
            error, SUAN_E_INTEGRITY, "ledger.batch", "compare the two registries from record on",
            "records %llu to %llu are not those that were sealed", (unsigned long long)found.first,
            (unsigned long long)(found.first + found.count - 1));
    return SUAN_OK;
}

static enum suan_status apply_batch(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_error *error)
{
    struct seal said;
    uint8_t row[8];
    enum suan_status status = parse_seal(act, &said, error);
    if (status != SUAN_OK)
        return status;
    suan_put_be64(row, said.first + said.count - 1);
    return suan_row_put(txn, SUAN_TABLE_STATE, suan_span_text(sealed_key), suan_span(row, sizeof row), error);
}

static void fill_batch(void *context, struct suan_json *body)
{
    const struct seal *seal = context;
    suan_command_set_u64(body, "first", seal->first);
    suan_command_set_u64(body, "count", seal->count);
    suan_command_set_u64(body, "failures", seal->failures);
    suan_json_set_hex(body, "digest", seal->digest.bytes, SUAN_DIGEST_SIZE);
}

static enum suan_status seal_batch(struct suan_txn *txn, struct suan_sealer *sealer, struct suan_error *error)
{
    struct seal seal;
    enum suan_status status = compute_seal(txn, &seal, error);
    if (status != SUAN_OK || seal.count == 0)
        return status;
    return suan_sealer_append(sealer, SUAN_EVENT_LEDGER_BATCH, fill_batch, &seal, error);
}

/* --- */

static const struct suan_rule rules[] = {
    {SUAN_EVENT_LEDGER_ACCOUNT, account_fields, check_account, apply_account, SUAN_RULE_SIGNED},
    {SUAN_EVENT_LEDGER_BATCH, batch_fields, check_batch, apply_batch, SUAN_RULE_WRITER},
};

const struct suan_family suan_family_ledger = {rules, sizeof rules / sizeof rules[0], seal_batch};
