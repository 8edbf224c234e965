#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>

const uint64_t start_ns = UINT64_C(1767225600000000000);

struct suan_id account(int who)
{
    char name[16];
    snprintf(name, sizeof name, "account %d", who);
    return suan_account_id(suan_span_text(name));
}

struct suan_id number(uint64_t n)
{
    struct suan_id id = {{0}};
    suan_put_be64(id.bytes + 8, n + 1);
    return id;
}

struct suan_transfer transfer(uint64_t n, int from, int to, int64_t amount_fen)
{
    return (struct suan_transfer){.id = number(n),
                                  .debit = account(from),
                                  .credit = account(to),
                                  .amount_fen = amount_fen,
                                  .ledger = SUAN_LEDGER_COMPUTE};
}

struct suan_transfer reserve(uint64_t n, int from, int to, int64_t amount_fen, uint32_t timeout_s)
{
    struct suan_transfer made = transfer(n, from, to, amount_fen);
    made.flags = SUAN_TRANSFER_PENDING;
    made.timeout_s = timeout_s;
    return made;
}

struct suan_transfer resolve(uint64_t n, uint64_t reserved, unsigned flag, int64_t amount_fen)
{
    return (struct suan_transfer){
        .id = number(n), .pending = number(reserved), .amount_fen = amount_fen, .flags = (uint16_t)flag};
}

static enum suan_status open_accounts(void *context, struct suan_txn *txn, struct suan_error *error)
{
    static const struct {
        uint32_t ledger;
        uint16_t flags;
    } accounts[] = {
        [ISSUER] = {SUAN_LEDGER_COMPUTE, SUAN_ACCOUNT_ISSUER},
        [ALICE] = {SUAN_LEDGER_COMPUTE, SUAN_ACCOUNT_HOLDER},
        [BOB] = {SUAN_LEDGER_COMPUTE, SUAN_ACCOUNT_HOLDER},
        [OWED] = {SUAN_LEDGER_COMPUTE, SUAN_ACCOUNT_RECEIVABLE},
        [ELSEWHERE] = {SUAN_LEDGER_ALGORITHM, SUAN_ACCOUNT_HOLDER},
    };
    (void)context;
    for (int who = 0; who < NOBODY; who++) {
        struct suan_account made = {
            .id = account(who), .ledger = accounts[who].ledger, .code = 7, .flags = accounts[who].flags};
        enum suan_status status = suan_account_open(txn, &made, (struct suan_occasion){start_ns, 0}, error);
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}

void ledger_make(struct fixture *fixture)
{
    struct suan_error error = {0};
    fixture_make(fixture);
    must(suan_store_write(fixture->store, open_accounts, NULL, &error), &error);
    struct suan_transfer first = transfer(0, ISSUER, ALICE, 1000);
    must(post(fixture, &first, 1, 0, &error), &error);
}

struct work {
    struct suan_transfer *transfers;
    size_t count;
    uint64_t second;
};

static struct suan_occasion occasion(const struct work *work)
{
    return (struct suan_occasion){start_ns + work->second * UINT64_C(1000000000), work->second};
}

static enum suan_status post_work(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct work *work = context;
    return suan_ledger_post(txn, work->transfers, work->count, occasion(work), error);
}

static enum suan_status batch_work(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct work *work = context;
    return suan_ledger_post_batch(txn, work->transfers, work->count, occasion(work), error);
}

enum suan_status post(struct fixture *fixture, struct suan_transfer *transfers, size_t count, uint64_t second,
                      struct suan_error *error)
{
    return suan_store_write(fixture->store, post_work, &(struct work){transfers, count, second}, error);
}

enum suan_transfer_result post_batch(struct fixture *fixture, struct suan_transfer *transfers, size_t count,
                                     uint64_t second)
{
    struct suan_error error = {0};
    must(suan_store_write(fixture->store, batch_work, &(struct work){transfers, count, second}, &error),
         &error);
    return (enum suan_transfer_result)transfers[0].result;
}

static struct suan_txn *begin(struct fixture *fixture)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    must(suan_store_begin(fixture->store, &txn, &error), &error);
    return txn;
}

enum suan_status check(struct fixture *fixture, const struct suan_transfer *transfers, size_t count,
                       uint64_t second, struct suan_error *error)
{
    const struct work work = {NULL, 0, second};
    struct suan_txn *txn = begin(fixture);
    enum suan_status status = suan_ledger_check(txn, transfers, count, occasion(&work), error);
    suan_txn_end(txn);
    return status;
}

struct suan_account read_account(struct fixture *fixture, int who, uint64_t second)
{
    struct suan_error error = {0};
    struct suan_account read;
    struct suan_id id = account(who);
    struct suan_txn *txn = begin(fixture);
    must(suan_account_get(txn, &id, start_ns + second * UINT64_C(1000000000), &read, &error), &error);
    suan_txn_end(txn);
    return read;
}

int64_t available(struct fixture *fixture, int who, uint64_t second)
{
    struct suan_account read = read_account(fixture, who, second);
    return suan_account_available_fen(&read);
}

struct suan_ledger_report verify(struct fixture *fixture)
{
    struct suan_error error = {0};
    struct suan_ledger_report report;
    struct suan_txn *txn = begin(fixture);
    must(suan_ledger_verify(txn, &report, &error), &error);
    suan_txn_end(txn);
    return report;
}
