#ifndef SUAN_VOUCHER_MATTER_H
#define SUAN_VOUCHER_MATTER_H

/* Inside this folder only: one voucher in the hands of a rule, with its programme and its claim, and what the
 * rules of its life share. */
#include "ledger/ledger.h"
#include "life.h"
#include "policy/decision.h"
#include "policy/redeem.h"
#include "room.h"

struct matter {
    struct suan_voucher_record v;
    struct suan_programme *programme;
    struct suan_claim *claim;
    int32_t day; /* of the event, UTC+8 */
};

void matter_done(struct matter *matter);
/* The voucher that the command names, as it stood before the event. */
SUAN_MUST_USE enum suan_status matter_load(struct suan_txn *txn, const struct suan_act *act,
                                           struct matter *out, struct suan_error *error);
/* The claim that v.claim names, with what the registry knows better. */
SUAN_MUST_USE enum suan_status matter_load_claim(struct suan_txn *txn, const struct suan_act *act,
                                                 struct matter *matter, struct suan_error *error);
SUAN_MUST_USE enum suan_status matter_save(struct suan_txn *txn, const struct suan_act *act,
                                           struct matter *matter, struct suan_error *error);
/* CONFLICT "voucher.state" unless the voucher is in one of the stages, a bit each (1 << stage). */
SUAN_MUST_USE enum suan_status matter_require_stage(const struct matter *matter, uint32_t stages,
                                                    const char *verb, struct suan_error *error);
#define IN(stage) (UINT32_C(1) << SUAN_STAGE_##stage)

/* A person who holds the role in the authority and has no tie with the claimant, other than `except` (NULL:
   anybody). */
SUAN_MUST_USE enum suan_status matter_require_officer(struct suan_txn *txn, const struct suan_act *act,
                                                      const struct matter *matter, uint32_t role,
                                                      const struct suan_id *except, const char *what,
                                                      struct suan_id *out_person, struct suan_error *error);
SUAN_MUST_USE enum suan_status matter_require_claimant(struct suan_txn *txn, const struct suan_act *act,
                                                       const struct matter *matter, const char *what,
                                                       struct suan_error *error);

/* Decides the claim by the rules fixed at application. `issue_day` as in struct suan_request. */
SUAN_MUST_USE enum suan_status matter_decide(struct suan_txn *txn, const struct matter *matter,
                                             int32_t issue_day, struct suan_decision *out,
                                             struct suan_error *error);
struct suan_voucher_state matter_state(const struct matter *matter);
struct room_of matter_room(const struct matter *matter);
/* An optional 64-bit amount of the command. */
SUAN_MUST_USE enum suan_status matter_amount(const struct suan_act *act, const char *key, int64_t absent,
                                             int64_t *out_fen, struct suan_error *error);

/* Papers that the command names by digest under "evidence" are on record, or come with it. */
SUAN_MUST_USE enum suan_status matter_evidence(struct suan_txn *txn, const struct suan_act *act,
                                               struct suan_error *error);

/* --- money --- */

/* Kinds of account and movement, on disk; credit.c has those below 16. */
enum {
    ACCOUNT_BUDGET = 16,
    ACCOUNT_VOUCHER = 17,
    ACCOUNT_PAYABLE = 18,
    ACCOUNT_PAID = 19,
    ACCOUNT_RECEIVABLE = 20,
    ACCOUNT_RECOVERED = 21,
    ACCOUNT_LOSS = 22,
    ACCOUNT_VOUCHER_ISSUER = 23,
};
enum { POSTINGS_MAX = 4 };

/* The transfers of one event, posted together or not at all. */
struct postings {
    const struct matter *matter;
    const struct suan_act *act;
    struct suan_transfer transfers[POSTINGS_MAX];
    size_t count;
};
/* Opens the account if it is new. */
SUAN_MUST_USE enum suan_status postings_account(struct suan_txn *txn, const struct postings *postings,
                                                uint16_t code, const char *who, struct suan_id *out,
                                                struct suan_error *error);
/* Adds a transfer and gives it to the caller for its flags. */
struct suan_transfer *postings_add(struct postings *postings, const struct suan_id *from,
                                   const struct suan_id *to, int64_t fen);
SUAN_MUST_USE enum suan_status postings_post(struct suan_txn *txn, struct postings *postings,
                                             struct suan_error *error);
/* "2026", or "fund". */
void matter_period(const struct matter *matter, int64_t issue_day, char out[8]);
/* Moves what is available back to the budget of issue, and its room with it. Adds to `postings`. */
SUAN_MUST_USE enum suan_status matter_release(struct suan_txn *txn, struct matter *matter,
                                              struct postings *postings, struct suan_error *error);

#endif
