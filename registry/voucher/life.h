#ifndef SUAN_VOUCHER_LIFE_H
#define SUAN_VOUCHER_LIFE_H

/*
 * Vouchers 算力券 and 算法券 from application to last fen. A voucher is named by the command id of its
 * application. Everything is a fold of the ledger log; face = available + reserved + redeemed + released, all
 * at least 0, after every event.
 */
#include "catalog/fold.h"
#include "policy/history.h"
#include "voucher.h"

/* Numbers are on disk. */
enum suan_voucher_stage {
    SUAN_STAGE_APPLIED = 1,
    SUAN_STAGE_SCREENED,
    SUAN_STAGE_IN_REVIEW,
    SUAN_STAGE_PUBLICISED,
    SUAN_STAGE_APPROVED,
    SUAN_STAGE_WAITLISTED, /* would be approved, but there is no room */
    SUAN_STAGE_REJECTED,
    SUAN_STAGE_WITHDRAWN, /* by its claimant, before issue */
    SUAN_STAGE_CANCELLED, /* by the authority, before issue */
    SUAN_STAGE_ISSUED,
    SUAN_STAGE_RESERVED, /* for an order under way */
    SUAN_STAGE_PART_SETTLED,
    SUAN_STAGE_SETTLED,
    SUAN_STAGE_EXPIRED,
    SUAN_STAGE_CLAWBACK_DUE,
    SUAN_STAGE_CLAWED_BACK,
    SUAN_STAGE_WRITTEN_OFF
};
const char *suan_stage_name(enum suan_voucher_stage stage); /* "PART_SETTLED" */

enum { SUAN_BINDING_NAME_MAX = 95 };

struct suan_voucher_record {
    struct suan_id id;
    enum suan_voucher_stage stage;
    uint32_t ledger; /* SUAN_LEDGER_ALGORITHM, SUAN_LEDGER_COMPUTE */
    struct suan_id claimant, authority;
    struct suan_id officer, reviewer, second; /* persons; all zero until they acted */
    struct suan_id supplier;                  /* of the order under way */
    struct suan_id order;                     /* the pending transfer of the order under way */
    struct suan_digest claim;                 /* the claim that counts: a reviewer may have set another */
    struct suan_digest applied_claim;         /* as the claimant made it */
    struct suan_digest rules;                 /* of the programme file, fixed at application */
    char programme[SUAN_PROGRAMME_ID_MAX + 1], tier[SUAN_PROGRAMME_ID_MAX + 1];
    char binding[SUAN_BINDING_NAME_MAX + 1]; /* of the decision that awarded it */
    int64_t version, applied_day, issue_day; /* days of UTC+8 since 1970; 0 before issue */
    int64_t face_fen;                        /* what was approved; from issue on, the face */
    int64_t base_fen, released_fen, redeemed_fen, reserved_fen;
    int64_t paid_fen, paid_local_fen, paid_nonlocal_fen; /* by the claimant, in all, net of refunds */
    int64_t order_fen;                                   /* of the order under way */
    int64_t clawed_fen, recovered_fen, written_off_fen;
    uint64_t applied_idx, decided_idx, issued_idx, released_idx, changed_idx; /* ledger events; 0: none */
    uint64_t publicised_ns, order_until_ns;
};

int64_t suan_voucher_available_fen(const struct suan_voucher_record *voucher);

/* NOT_FOUND "voucher.absent". */
SUAN_MUST_USE enum suan_status suan_voucher_get(struct suan_txn *txn, const struct suan_id *id,
                                                struct suan_voucher_record *out, struct suan_error *error);
/* In the order of their ids, which is that of their applications. */
SUAN_MUST_USE enum suan_status
suan_voucher_each(struct suan_txn *txn,
                  enum suan_status (*visit)(void *context, const struct suan_voucher_record *voucher),
                  void *context, struct suan_error *error);

/* The past as decisions ask for it: each answer is one row, however long the past is. Answers are borrowed
   until the transaction writes or ends. */
struct suan_history suan_voucher_history(struct suan_txn *txn);

/* Names of accounts: "issuer|PROGRAMME|", "budget|PROGRAMME|YEAR" (or FUND), "voucher|HEX|", "paid|PROGRAMME|
   IDENT", "payable|PROGRAMME|IDENT" (of the supplier), "receivable|…|IDENT", "recovered|…|", "loss|…|". */
struct suan_id suan_voucher_account(const char *kind, const char *programme, const char *who);

#endif
