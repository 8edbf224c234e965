/*
 * Bytes as a history of transfers: eight bytes an operation. A check must say what the posting then does, and
 * the ledger must fold to its own rows. Nothing is committed, so that each input begins with the same ledger.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACCOUNTS = 5, OPERATION = 8, CHAIN_MAX = 4, OPERATIONS_MAX = 512 };

static char folder[64];

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static struct suan_id small_id(uint8_t n)
{
    struct suan_id id = {{0}};
    id.bytes[15] = n;
    return id;
}

static enum suan_status open_accounts(void *context, struct suan_txn *txn, struct suan_error *error)
{
    static const uint16_t flags[ACCOUNTS] = {SUAN_ACCOUNT_ISSUER, SUAN_ACCOUNT_HOLDER, SUAN_ACCOUNT_HOLDER,
                                             SUAN_ACCOUNT_RECEIVABLE, SUAN_ACCOUNT_ISSUER};
    enum suan_status status = SUAN_OK;
    (void)context;
    for (uint8_t n = 0; n < ACCOUNTS && status == SUAN_OK; n++) {
        struct suan_account account = {
            .id = small_id((uint8_t)(n + 1)), .ledger = n == 4 ? 1 : 2, .flags = flags[n]};
        status = suan_account_open(txn, &account, (struct suan_occasion){1, 0}, error);
    }
    return status;
}

static struct suan_store *open_store(void)
{
    struct suan_store *store = NULL;
    char registry[80];
    snprintf(folder, sizeof folder, "%s/suan-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        abort();
    atexit(remove_folder);
    snprintf(registry, sizeof registry, "%s/registry", folder);
    if (suan_store_create(registry, &store, NULL) != SUAN_OK ||
        suan_store_write(store, open_accounts, NULL, NULL) != SUAN_OK)
        abort();
    return store;
}

/* Small amounts, and those at the edge of what a balance holds. */
static int64_t amount_of(uint8_t byte)
{
    return byte < 240 ? byte : INT64_MAX - (int64_t)(byte - 240) * 50;
}

static struct suan_transfer transfer_of(const uint8_t operation[OPERATION])
{
    struct suan_transfer transfer = {.id = small_id(operation[0]),
                                     .amount_fen = amount_of(operation[3]),
                                     .timeout_s = operation[4] & 7,
                                     .ledger = (operation[5] >> 4) & 3,
                                     .flags = operation[5] & 15};
    if (operation[1] != 0)
        transfer.debit = small_id(operation[1] % (ACCOUNTS + 2));
    if (operation[2] != 0)
        transfer.credit = small_id(operation[2] % (ACCOUNTS + 2));
    if (operation[6] != 0)
        transfer.pending = small_id(operation[6]);
    return transfer;
}

struct input {
    const uint8_t *data;
    size_t size;
};

static void post_chain(struct suan_txn *txn, struct suan_transfer *chain, size_t count,
                       struct suan_occasion occasion)
{
    struct suan_error error = {0};
    struct suan_ledger_report report;
    enum suan_status checked = suan_ledger_check(txn, chain, count, occasion, &error);
    enum suan_status posted = checked;
    if (checked == SUAN_OK)
        posted = suan_ledger_post(txn, chain, count, occasion, &error);
    else
        checked = posted = suan_ledger_post_batch(txn, chain, count, occasion, &error);
    if (posted != checked || posted != SUAN_OK || suan_ledger_verify(txn, &report, &error) != SUAN_OK)
        abort();
}

static enum suan_status play(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct input *input = context;
    struct suan_occasion occasion = {UINT64_C(1000000000), 1};
    struct suan_transfer chain[CHAIN_MAX];
    size_t count = 0;
    for (size_t at = 0; at + OPERATION <= input->size && at < OPERATIONS_MAX * OPERATION; at += OPERATION) {
        const uint8_t *operation = input->data + at;
        chain[count++] = transfer_of(operation);
        if (count < CHAIN_MAX && (operation[7] & 1) != 0)
            continue;
        post_chain(txn, chain, count, occasion);
        occasion.time_ns += (uint64_t)(operation[7] >> 1) * UINT64_C(100000000);
        count = 0;
    }
    return suan_error_set(error, SUAN_E_REFUSED, "test.done", NULL, "nothing is kept");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct suan_store *store;
    struct input input = {data, size};
    if (store == NULL)
        store = open_store();
    if (suan_store_write(store, play, &input, NULL) != SUAN_E_REFUSED)
        abort();
    return 0;
}
