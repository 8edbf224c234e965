#ifndef SUAN_SERVICE_VOUCHER_H
#define SUAN_SERVICE_VOUCHER_H

/* Vouchers on record. [need READ or WRITE] */
#include "service.h"

/* {"vouchers": [{voucher, stage, claimant, programme, face_fen, redeemed_fen, available_fen, …}], issued_fen,
 * redeemed_fen} */
SUAN_MUST_USE enum suan_status suan_service_voucher_list(struct suan_service *service,
                                                         struct suan_json **out_result,
                                                         struct suan_error *error);

enum suan_voucher_detail { SUAN_VOUCHER_BRIEF, SUAN_VOUCHER_TRACED };
/*
 * One voucher: {voucher: {…}}. TRACED adds `events` (every event of the ledger log that names it: index, time,
 * kind, leaf hash, for 'suan log prove'), `movements` of its account, and for an issued one `award`: the
 * decision computed again from what is on record, `recomputes` (true if it is the same), its `trace` and its
 * `explanation`. INTEGRITY "voucher.award" if it is not the same.
 */
SUAN_MUST_USE enum suan_status suan_service_voucher_show(struct suan_service *service, const char *voucher,
                                                         enum suan_voucher_detail detail,
                                                         const char *language, struct suan_json **out_result,
                                                         struct suan_error *error);

#endif
