#ifndef SUAN_SERVICE_MONEY_H
#define SUAN_SERVICE_MONEY_H

/* Receipts, credits, accounts, programmes and tariffs as they are on record. Documents are the caller's.
 * [READ or WRITE] */
#include "service.h"

/* {"receipts": [{digest, user, id, version, sequence, saving_ns, earned, index}]} */
SUAN_MUST_USE enum suan_status suan_service_receipt_list(struct suan_service *service,
                                                         struct suan_json **out_result,
                                                         struct suan_error *error);
/* A receipt on record, or the one in an envelope file: the whole document. */
SUAN_MUST_USE enum suan_status suan_service_receipt_show(struct suan_service *service,
                                                         const char *digest_or_file,
                                                         struct suan_json **out_result,
                                                         struct suan_error *error);
/* {"credits": [{receipt, id, saving_ns, saved_fen, credit_fen, binding, programme, tariff, owners: [{id, bp,
 * fen}]}], "total_fen"} */
SUAN_MUST_USE enum suan_status suan_service_credit_list(struct suan_service *service,
                                                        struct suan_json **out_result,
                                                        struct suan_error *error);
/* {"accounts": [{account, ledger, kind, owner, balance_fen, pending_fen}]} */
SUAN_MUST_USE enum suan_status suan_service_ledger_accounts(struct suan_service *service,
                                                            struct suan_json **out_result,
                                                            struct suan_error *error);
/* The movements of one account (its id, or "PROGRAMME|IDENT" for an owner's credits). */
SUAN_MUST_USE enum suan_status suan_service_ledger_history(struct suan_service *service, const char *account,
                                                           struct suan_json **out_result,
                                                           struct suan_error *error);
/* Folds all transfers anew: {"accounts", "transfers", "failures", "open_pending"}; INTEGRITY names the first
 * difference. */
SUAN_MUST_USE enum suan_status suan_service_ledger_check(struct suan_service *service,
                                                         struct suan_json **out_result,
                                                         struct suan_error *error);
/* {"programmes": [{id, version, digest, index}], "tariffs": […]} */
SUAN_MUST_USE enum suan_status suan_service_programme_list(struct suan_service *service,
                                                           struct suan_json **out_result,
                                                           struct suan_error *error);

#endif
