#ifndef SUAN_VOUCHER_RECORD_H
#define SUAN_VOUCHER_RECORD_H

/* Inside this folder only: rows as fixed fields, and the rules that the family is made of. */
#include "voucher.h"

/* Reads a row's value from front to back; `bad` is set once a read passes the end. */
struct row_reader {
    struct suan_span rest;
    bool bad;
};
void row_bytes(struct row_reader *reader, void *out, size_t size); /* zeros once bad */
uint64_t row_u64(struct row_reader *reader);
/* One length byte and the text, NUL-ended into `out`. */
void row_text(struct row_reader *reader, char *out, size_t capacity);
void row_put_text(struct suan_buffer *out, const char *text);
/* INTEGRITY "store.corrupt" unless exactly the whole value was read. */
SUAN_MUST_USE enum suan_status row_check(const struct row_reader *reader, const char *table,
                                         struct suan_error *error);

/* The rules, one file each. */
SUAN_MUST_USE enum suan_status check_programme(struct suan_txn *txn, const struct suan_act *act,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_programme(struct suan_txn *txn, const struct suan_act *act,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status check_tariff(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_tariff(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status check_receipt(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_receipt(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status check_earn(struct suan_txn *txn, const struct suan_act *act,
                                          struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_earn(struct suan_txn *txn, const struct suan_act *act,
                                          struct suan_error *error);
SUAN_MUST_USE enum suan_status check_settle(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_settle(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);

SUAN_MUST_USE enum suan_status check_apply(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_apply(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error);
SUAN_MUST_USE enum suan_status check_review(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_review(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status check_issue(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_issue(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error);
SUAN_MUST_USE enum suan_status check_reserve(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_reserve(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status check_unreserve(struct suan_txn *txn, const struct suan_act *act,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_unreserve(struct suan_txn *txn, const struct suan_act *act,
                                               struct suan_error *error);
SUAN_MUST_USE enum suan_status check_redeem(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_redeem(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status check_close(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_close(struct suan_txn *txn, const struct suan_act *act,
                                           struct suan_error *error);
SUAN_MUST_USE enum suan_status check_expire(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_expire(struct suan_txn *txn, const struct suan_act *act,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status check_clawback(struct suan_txn *txn, const struct suan_act *act,
                                              struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_clawback(struct suan_txn *txn, const struct suan_act *act,
                                              struct suan_error *error);
SUAN_MUST_USE enum suan_status check_recover(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_error *error);
SUAN_MUST_USE enum suan_status apply_recover(struct suan_txn *txn, const struct suan_act *act,
                                             struct suan_error *error);

/* Writes the voucher's row. */
struct suan_voucher_record;
SUAN_MUST_USE enum suan_status voucher_put(struct suan_txn *txn, const struct suan_voucher_record *voucher,
                                           struct suan_error *error);

/* The receipt inside an envelope, and the basis of the measurement that it names. */
SUAN_MUST_USE enum suan_status receipt_basis_of(struct suan_txn *txn, const struct suan_digest *tar,
                                                const struct suan_digest *measurement,
                                                struct suan_json_document **out_document,
                                                const struct suan_json **out_predicate,
                                                struct suan_error *error);
/* Opens the envelope on record and parses the receipt in it; its signature was checked when it came in. */
struct suan_receipt;
SUAN_MUST_USE enum suan_status receipt_open(struct suan_txn *txn, const struct suan_digest *blob,
                                            struct suan_receipt **out, struct suan_error *error);
/* Marks a receipt as earned. */
SUAN_MUST_USE enum suan_status receipt_mark_earned(struct suan_txn *txn, const struct suan_digest *digest,
                                                   struct suan_error *error);

#endif
