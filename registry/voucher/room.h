#ifndef SUAN_VOUCHER_ROOM_H
#define SUAN_VOUCHER_ROOM_H

/* Inside this folder only: sums over issued vouchers, kept as they change. */
#include "life.h"
#include "policy/claim.h"

/* What the sums of one voucher are kept by. */
struct room_of {
    const struct suan_programme *programme;
    struct suan_span contract_key, project, enterprise;
};

/* An award, issued in that year. */
SUAN_MUST_USE enum suan_status room_issue(struct suan_txn *txn, const struct room_of *of, int32_t year,
                                          int64_t face_fen, int64_t base_fen, struct suan_error *error);
SUAN_MUST_USE enum suan_status room_redeem(struct suan_txn *txn, const struct room_of *of, int32_t year,
                                           int64_t fen, struct suan_error *error);
/* Returns room to the year of issue. `base_fen` is that of the award if nothing of it is left now, else 0. */
SUAN_MUST_USE enum suan_status room_release(struct suan_txn *txn, const struct room_of *of,
                                            int32_t issue_year, int64_t fen, int64_t base_fen,
                                            struct suan_error *error);

/* How much the issuer has put into a budget so far; `add` raises it. */
SUAN_MUST_USE enum suan_status room_funded(struct suan_txn *txn, const char *programme, const char *period,
                                           int64_t *out_fen, struct suan_error *error);
SUAN_MUST_USE enum suan_status room_fund(struct suan_txn *txn, const char *programme, const char *period,
                                         int64_t fen, struct suan_error *error);

#endif
