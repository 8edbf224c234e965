#ifndef SUAN_TESTS_LEDGER_SUPPORT_H
#define SUAN_TESTS_LEDGER_SUPPORT_H

/* A ledger with four accounts in a temporary store, and transfers in one line. */
#include "../store/support.h"
#include "ledger/ledger.h"

/* ISSUER, HOLDER, HOLDER and RECEIVABLE of ledger 2, and a HOLDER of ledger 1; ALICE has 1,000 fen. */
enum { ISSUER, ALICE, BOB, OWED, ELSEWHERE, NOBODY, ACCOUNTS };
extern const uint64_t start_ns;

void ledger_make(struct fixture *fixture);

struct suan_id account(int who);
struct suan_id number(uint64_t n); /* ids that ascend with n */
/* A plain transfer with id `n` in ledger 2. */
struct suan_transfer transfer(uint64_t n, int from, int to, int64_t amount_fen);
struct suan_transfer reserve(uint64_t n, int from, int to, int64_t amount_fen, uint32_t timeout_s);
/* Resolves transfer `reserved` by SUAN_TRANSFER_POST or _VOID. */
struct suan_transfer resolve(uint64_t n, uint64_t reserved, unsigned flag, int64_t amount_fen);

/* One transaction each, at `start_ns` plus seconds. */
enum suan_status post(struct fixture *fixture, struct suan_transfer *transfers, size_t count, uint64_t second,
                      struct suan_error *error);
enum suan_status check(struct fixture *fixture, const struct suan_transfer *transfers, size_t count,
                       uint64_t second, struct suan_error *error);
/* Fails the test if the batch itself does. Returns the outcome of the first. */
enum suan_transfer_result post_batch(struct fixture *fixture, struct suan_transfer *transfers, size_t count,
                                     uint64_t second);
struct suan_account read_account(struct fixture *fixture, int who, uint64_t second);
int64_t available(struct fixture *fixture, int who, uint64_t second);
/* Folds everything anew; fails the test on a difference. */
struct suan_ledger_report verify(struct fixture *fixture);

#endif
