#ifndef SUAN_LEDGER_LEDGER_H
#define SUAN_LEDGER_LEDGER_H

/*
 * Double entry with two-phase transfers. Value moves from a debit account to a credit account of the same
 * ledger; a pending transfer reserves, and is later posted (in whole or in part), voided, or expires. Every
 * transfer becomes a record with a dense number, `seq` from 1, and a strictly rising time; records are never
 * changed. Amounts are fen, 1 to 2^63 - 1.
 *
 * Rules of other modules move money by suan_ledger_check in their `check` and suan_ledger_post in their
 * `apply`. What is posted depends on the tables and the occasion alone, so that replay posts the same.
 * INTEGRITY "ledger.invariant" means that stored rows contradict each other: nothing is then written.
 */
#include "catalog/event.h"

enum { SUAN_LEDGER_ALGORITHM = 1, SUAN_LEDGER_COMPUTE = 2 }; /* 算法券, 算力券 */

enum { SUAN_TRANSFERS_MAX = 8190, SUAN_TRANSFER_SIZE = 120 };

/* When and why: the event's time and its index in the ledger log. */
struct suan_occasion {
    uint64_t time_ns, cause;
};

/* --- accounts --- */

/* Which side of zero an account keeps to, reserved amounts counted. Exactly one, on disk. */
enum suan_account_flags {
    SUAN_ACCOUNT_HOLDER = 1,     /* debits posted and pending never pass credits posted */
    SUAN_ACCOUNT_RECEIVABLE = 2, /* the other way round: what others owe */
    SUAN_ACCOUNT_ISSUER = 4      /* either side: where value enters and ends */
};

struct suan_account {
    struct suan_id id;
    uint32_t ledger;
    uint16_t code;  /* the caller's: what kind of account */
    uint16_t flags; /* one of enum suan_account_flags */
    int64_t debits_pending_fen, debits_posted_fen, credits_pending_fen, credits_posted_fen;
    struct suan_id ref;      /* the caller's: whose account, or what for */
    uint64_t time_ns, cause; /* of its opening */
};

/* The first half of SHA-256("suan-account-v1\n" and the name): the id of an account that has a name. */
struct suan_id suan_account_id(struct suan_span name);
/* Opens an account by id, ledger, code, flags and ref. The same again is fine; CONFLICT "ledger.conflict" if
 * it differs. */
SUAN_MUST_USE enum suan_status suan_account_open(struct suan_txn *txn, const struct suan_account *account,
                                                 struct suan_occasion occasion, struct suan_error *error);
/* As it stands at `now_ns`: what has expired by then is no longer reserved. NOT_FOUND "ledger.account". */
SUAN_MUST_USE enum suan_status suan_account_get(struct suan_txn *txn, const struct suan_id *id,
                                                uint64_t now_ns, struct suan_account *out,
                                                struct suan_error *error);
/* Credits less debits, posted. */
int64_t suan_account_balance_fen(const struct suan_account *account);
/* How much can still be taken from it (from a receivable: paid into it); INT64_MAX for an issuer. */
int64_t suan_account_available_fen(const struct suan_account *account);
/* All accounts by id. A visitor that returns other than SUAN_OK ends the walk with that status. */
SUAN_MUST_USE enum suan_status
suan_account_each(struct suan_txn *txn, uint64_t now_ns,
                  enum suan_status (*visit)(void *context, const struct suan_account *account), void *context,
                  struct suan_error *error);

/* --- transfers --- */

enum suan_transfer_flags {
    SUAN_TRANSFER_LINKED = 1, /* succeeds or fails together with the next one */
    SUAN_TRANSFER_PENDING =
        2, /* reserves until posted, voided or, after `timeout_s` unless that is 0, expired */
    SUAN_TRANSFER_POST = 4,   /* moves `amount_fen` (0: all) of `pending`; the rest is released */
    SUAN_TRANSFER_VOID = 8,   /* releases all of `pending` */
    SUAN_TRANSFER_EXPIRE = 16 /* written by the ledger itself; has the id of the transfer that expired */
};

enum suan_transfer_result {
    SUAN_TRANSFER_DONE = 0,
    /* Refused for balance: recorded, and the id is spent. */
    SUAN_TRANSFER_EXCEEDS_CREDITS = 1, /* the debit account has not that much */
    SUAN_TRANSFER_EXCEEDS_DEBITS = 2,  /* the credit account is owed less */
    /* Refused otherwise: leaves no trace. */
    SUAN_TRANSFER_CHAIN = 16, /* another transfer of the chain was refused */
    SUAN_TRANSFER_OTHER_BODY, /* the id is known with another body */
    SUAN_TRANSFER_NO_ACCOUNT,
    SUAN_TRANSFER_OTHER_LEDGER,
    SUAN_TRANSFER_MALFORMED, /* flags, amount, timeout, or both accounts the same */
    SUAN_TRANSFER_OVERFLOW,
    SUAN_TRANSFER_NO_PENDING,      /* no such pending transfer */
    SUAN_TRANSFER_NOT_ITS_PENDING, /* accounts, ledger or amount do not fit it */
    SUAN_TRANSFER_RESOLVED,        /* posted or voided before */
    SUAN_TRANSFER_EXPIRED
};

struct suan_transfer {
    struct suan_id id;
    struct suan_id debit, credit; /* from, to; may be zero for POST and VOID: taken from `pending` */
    struct suan_id pending;       /* the id that POST and VOID resolve; else zero */
    int64_t amount_fen;
    uint32_t timeout_s;
    uint32_t ledger; /* may be 0 for POST and VOID */
    uint16_t code;   /* the caller's: what kind of movement */
    uint16_t flags;
    struct suan_id ref; /* the caller's */
    /* out */
    uint16_t result; /* enum suan_transfer_result */
    uint64_t seq;    /* 0 while there is no record */
    uint64_t time_ns, cause;
};

/* The id of the n-th transfer that a command makes: begins with the command's time, so that ids ascend. */
struct suan_id suan_transfer_id(const struct suan_id *command, uint32_t n);

/*
 * Posts the transfers as one chain, all or none. The same chain again gives the first outcome. Errors:
 * EXHAUSTED "ledger.balance"; CONFLICT "ledger.conflict" (other body), "ledger.pending" (resolved or
 * expired); NOT_FOUND "ledger.account", "ledger.absent"; USAGE "ledger.transfer"; after an error the
 * transaction must not be committed.
 */
SUAN_MUST_USE enum suan_status suan_ledger_post(struct suan_txn *txn, struct suan_transfer *transfers,
                                                size_t count, struct suan_occasion occasion,
                                                struct suan_error *error);
/* What suan_ledger_post would say, without writing. */
SUAN_MUST_USE enum suan_status suan_ledger_check(struct suan_txn *txn, const struct suan_transfer *transfers,
                                                 size_t count, struct suan_occasion occasion,
                                                 struct suan_error *error);
/* Each transfer, or chain by LINKED, for itself; outcomes are in the transfers. Refusals for balance are
 * recorded. */
SUAN_MUST_USE enum suan_status suan_ledger_post_batch(struct suan_txn *txn, struct suan_transfer *transfers,
                                                      size_t count, struct suan_occasion occasion,
                                                      struct suan_error *error);
/* Writes down what has expired by then; posting does so by itself. */
SUAN_MUST_USE enum suan_status suan_ledger_expire(struct suan_txn *txn, struct suan_occasion occasion,
                                                  struct suan_error *error);

/* NOT_FOUND "ledger.absent". */
SUAN_MUST_USE enum suan_status suan_transfer_get(struct suan_txn *txn, uint64_t seq,
                                                 struct suan_transfer *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_transfer_find(struct suan_txn *txn, const struct suan_id *id,
                                                  struct suan_transfer *out, struct suan_error *error);
const char *suan_transfer_result_text(enum suan_transfer_result result);

enum suan_pending_state {
    SUAN_PENDING_OPEN = 1,
    SUAN_PENDING_POSTED = 2,
    SUAN_PENDING_VOIDED = 3,
    SUAN_PENDING_EXPIRED = 4
};
/* At `now_ns`. NOT_FOUND "ledger.absent" if no pending transfer has this id. */
SUAN_MUST_USE enum suan_status suan_pending_get(struct suan_txn *txn, const struct suan_id *id,
                                                uint64_t now_ns, enum suan_pending_state *out_state,
                                                struct suan_error *error);

/* --- history --- */

/* A transfer that moved something, and the account's balances after it. */
struct suan_movement {
    struct suan_transfer transfer;
    int64_t debits_pending_fen, debits_posted_fen, credits_pending_fen, credits_posted_fen;
};
/* The account's movements from record `from_seq` on. */
SUAN_MUST_USE enum suan_status
suan_account_history(struct suan_txn *txn, const struct suan_id *id, uint64_t from_seq,
                     enum suan_status (*visit)(void *context, const struct suan_movement *movement),
                     void *context, struct suan_error *error);

/* How many records there are, which is the last `seq`. */
SUAN_MUST_USE enum suan_status suan_ledger_size(struct suan_txn *txn, uint64_t *out_count,
                                                struct suan_error *error);
/* SHA-256 over the records (SUAN_TRANSFER_SIZE bytes each) `first` to `first + count - 1`, and how many were
 * refusals. */
SUAN_MUST_USE enum suan_status suan_ledger_digest(struct suan_txn *txn, uint64_t first, uint64_t count,
                                                  struct suan_digest *out_digest, uint64_t *out_failures,
                                                  struct suan_error *error);

struct suan_ledger_report {
    uint64_t accounts, transfers, failures, open_pending;
};
/* Folds all records anew and holds every row against the result: INTEGRITY "ledger.invariant" names the first
 * difference. */
SUAN_MUST_USE enum suan_status suan_ledger_verify(struct suan_txn *txn, struct suan_ledger_report *out,
                                                  struct suan_error *error);

#endif
