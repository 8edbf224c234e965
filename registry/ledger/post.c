/* Chains and batches: what callers ask for, and what they are told. */
#include "batch.h"

#include <stdlib.h>

#include "base/cleanup.h"

struct outcome {
    enum suan_transfer_result result;
    enum suan_status status;
    const char *code, *text;
};

static const struct outcome outcomes[] = {
    {SUAN_TRANSFER_DONE, SUAN_OK, "", "done"},
    {SUAN_TRANSFER_EXCEEDS_CREDITS, SUAN_E_EXHAUSTED, "ledger.balance",
     "the paying account has not that much left"},
    {SUAN_TRANSFER_EXCEEDS_DEBITS, SUAN_E_EXHAUSTED, "ledger.balance", "the receiving account is owed less"},
    {SUAN_TRANSFER_CHAIN, SUAN_E_CONFLICT, "ledger.chain", "another transfer of the chain was refused"},
    {SUAN_TRANSFER_OTHER_BODY, SUAN_E_CONFLICT, "ledger.conflict", "the id was used for another transfer"},
    {SUAN_TRANSFER_NO_ACCOUNT, SUAN_E_NOT_FOUND, "ledger.account", "no such account"},
    {SUAN_TRANSFER_OTHER_LEDGER, SUAN_E_USAGE, "ledger.transfer", "an account belongs to another ledger"},
    {SUAN_TRANSFER_MALFORMED, SUAN_E_USAGE, "ledger.transfer",
     "flags, amount, timeout or accounts are impossible"},
    {SUAN_TRANSFER_OVERFLOW, SUAN_E_USAGE, "ledger.transfer", "a balance would pass 2^63 - 1 fen"},
    {SUAN_TRANSFER_NO_PENDING, SUAN_E_NOT_FOUND, "ledger.absent", "no such pending transfer"},
    {SUAN_TRANSFER_NOT_ITS_PENDING, SUAN_E_CONFLICT, "ledger.pending", "it does not fit what was reserved"},
    {SUAN_TRANSFER_RESOLVED, SUAN_E_CONFLICT, "ledger.pending",
     "what was reserved is posted or voided already"},
    {SUAN_TRANSFER_EXPIRED, SUAN_E_CONFLICT, "ledger.pending", "what was reserved has expired"},
};

static const struct outcome *outcome_of(enum suan_transfer_result result)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (outcomes[i].result == result)
            return &outcomes[i];
    }
    return NULL;
}

const char *suan_transfer_result_text(enum suan_transfer_result result)
{
    const struct outcome *outcome = outcome_of(result);
    return outcome != NULL ? outcome->text : "unknown";
}

struct suan_id suan_transfer_id(const struct suan_id *command, uint32_t n)
{
    enum { TIME_SIZE = 6 }; /* what a ULID begins with */
    static const char domain[] = "suan-transfer-v1\n";
    uint8_t message[sizeof domain - 1 + SUAN_ID_SIZE + 4];
    struct suan_id id = *command;
    memcpy(message, domain, sizeof domain - 1);
    memcpy(message + sizeof domain - 1, command->bytes, SUAN_ID_SIZE);
    suan_put_be32(message + sizeof domain - 1 + SUAN_ID_SIZE, n);
    struct suan_digest digest = suan_sha256(suan_span(message, sizeof message));
    memcpy(id.bytes + TIME_SIZE, digest.bytes, SUAN_ID_SIZE - TIME_SIZE);
    return id;
}

/* --- one chain --- */

/* How a chain went: SUAN_TRANSFER_DONE, or the first refusal and where. */
struct chain {
    struct suan_transfer *transfers;
    size_t count;
    enum suan_transfer_result result;
    size_t refused;
    enum suan_novelty novelty; /* of the refused one */
};

static void fail_chain(struct suan_batch *batch, struct chain *chain, struct suan_batch_mark mark,
                       size_t refused)
{
    chain->result = (enum suan_transfer_result)chain->transfers[refused].result;
    chain->refused = refused;
    suan_batch_take_back(batch, mark);
    for (size_t i = 0; i < chain->count; i++) {
        if (i == refused)
            continue;
        chain->transfers[i].result = SUAN_TRANSFER_CHAIN;
        chain->transfers[i].seq = 0;
    }
    if (chain->novelty == SUAN_TRANSFER_NEW)
        chain->transfers[refused].seq = 0;
}

/* All or none. A chain of which a part is known and a part new is none that was posted before: its ids clash.
 */
static enum suan_status try_chain(struct suan_batch *batch, struct chain *chain, struct suan_error *error)
{
    struct suan_batch_mark mark = suan_batch_mark(batch);
    size_t known = 0;
    chain->result = SUAN_TRANSFER_DONE;
    for (size_t i = 0; i < chain->count; i++) {
        enum suan_status status = suan_batch_try(batch, &chain->transfers[i], &chain->novelty, error);
        if (status != SUAN_OK)
            return status;
        known += chain->novelty == SUAN_TRANSFER_KNOWN;
        if (chain->transfers[i].result == SUAN_TRANSFER_DONE && known != 0 && known != i + 1)
            chain->transfers[i].result = SUAN_TRANSFER_OTHER_BODY;
        if (chain->transfers[i].result != SUAN_TRANSFER_DONE) {
            fail_chain(batch, chain, mark, i);
            return SUAN_OK;
        }
    }
    return SUAN_OK;
}

static enum suan_status say(const struct chain *chain, struct suan_error *error)
{
    const struct outcome *outcome = outcome_of(chain->result);
    const struct suan_transfer *transfer = &chain->transfers[chain->refused];
    char hex[2 * SUAN_ID_SIZE + 1];
    if (chain->result == SUAN_TRANSFER_DONE)
        return SUAN_OK;
    suan_hex(transfer->id.bytes, SUAN_ID_SIZE, hex);
    return suan_error_set(error, outcome->status, outcome->code, NULL,
                          "transfer %zu of %zu (%s) of %lld fen: %s", chain->refused + 1, chain->count, hex,
                          (long long)transfer->amount_fen, outcome->text);
}

static void link_all(struct suan_transfer *transfers, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        transfers[i].flags |= SUAN_TRANSFER_LINKED;
}

static enum suan_status run_chain(struct suan_batch *batch, struct suan_transfer *transfers, size_t count,
                                  struct suan_error *error)
{
    struct chain chain = {.transfers = transfers, .count = count};
    link_all(transfers, count);
    enum suan_status status = try_chain(batch, &chain, error);
    return status == SUAN_OK ? say(&chain, error) : status;
}

enum suan_status suan_ledger_post(struct suan_txn *txn, struct suan_transfer *transfers, size_t count,
                                  struct suan_occasion occasion, struct suan_error *error)
{
    SUAN_CLEANUP(suan_batch_done) struct suan_batch batch;
    enum suan_status status = suan_batch_begin(&batch, txn, occasion, count, error);
    if (status == SUAN_OK)
        status = run_chain(&batch, transfers, count, error);
    return status == SUAN_OK ? suan_batch_write(&batch, error) : status;
}

enum suan_status suan_ledger_check(struct suan_txn *txn, const struct suan_transfer *transfers, size_t count,
                                   struct suan_occasion occasion, struct suan_error *error)
{
    SUAN_CLEANUP(suan_batch_done) struct suan_batch batch;
    SUAN_CLEANUP(suan_freep) struct suan_transfer *copies = NULL;
    enum suan_status status = suan_batch_begin(&batch, txn, occasion, count, error);
    if (status != SUAN_OK)
        return status;
    copies = malloc((count > 0 ? count : 1) * sizeof *copies);
    if (copies == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (count > 0)
        memcpy(copies, transfers, count * sizeof *copies);
    return run_chain(&batch, copies, count, error);
}

/* --- batches --- */

static size_t chain_length(const struct suan_transfer *transfers, size_t count)
{
    size_t length = 1;
    while (length < count && (transfers[length - 1].flags & SUAN_TRANSFER_LINKED) != 0)
        length++;
    return length;
}

/* The last chain of a batch may not be left open. */
static enum suan_status run_one(struct suan_batch *batch, struct chain *chain, struct suan_error *error)
{
    struct suan_transfer *last = &chain->transfers[chain->count - 1];
    if ((last->flags & SUAN_TRANSFER_LINKED) != 0) {
        chain->novelty = SUAN_TRANSFER_NEW;
        last->result = SUAN_TRANSFER_MALFORMED;
        fail_chain(batch, chain, suan_batch_mark(batch), chain->count - 1);
        return SUAN_OK;
    }
    enum suan_status status = try_chain(batch, chain, error);
    bool for_balance =
        chain->result == SUAN_TRANSFER_EXCEEDS_CREDITS || chain->result == SUAN_TRANSFER_EXCEEDS_DEBITS;
    if (status == SUAN_OK && for_balance && chain->novelty == SUAN_TRANSFER_NEW)
        status = suan_batch_refuse(batch, &chain->transfers[chain->refused], error);
    return status;
}

enum suan_status suan_ledger_post_batch(struct suan_txn *txn, struct suan_transfer *transfers, size_t count,
                                        struct suan_occasion occasion, struct suan_error *error)
{
    SUAN_CLEANUP(suan_batch_done) struct suan_batch batch;
    enum suan_status status = suan_batch_begin(&batch, txn, occasion, count, error);
    for (size_t i = 0; i < count && status == SUAN_OK;) {
        struct chain chain = {.transfers = transfers + i, .count = chain_length(transfers + i, count - i)};
        i += chain.count;
        status = run_one(&batch, &chain, error);
    }
    return status == SUAN_OK ? suan_batch_write(&batch, error) : status;
}

enum suan_status suan_ledger_expire(struct suan_txn *txn, struct suan_occasion occasion,
                                    struct suan_error *error)
{
    return suan_ledger_post(txn, NULL, 0, occasion, error);
}
