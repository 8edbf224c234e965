#ifndef SUAN_VOUCHER_VOUCHER_H
#define SUAN_VOUCHER_VOUCHER_H

/*
 * From metered use to money: installed programmes and tariffs, receipts on record, and contribution credits
 * 算法券 that owners earn from them. Everything is a fold of the ledger log; `suan_family_voucher` holds the
 * rules.
 */
#include "catalog/fold.h"
#include "catalog/owner.h"

extern const struct suan_family suan_family_voucher;

enum { SUAN_PROGRAMME_TEXT_MAX = 32768, SUAN_PROGRAMME_ID_MAX = 64, SUAN_PROGRAMMES_MAX = 512 };

/* An installed programme or tariff: its file as it was installed. Borrowed text is valid until the
 * transaction ends. */
struct suan_installed {
    char id[SUAN_PROGRAMME_ID_MAX + 1];
    int64_t version;           /* 0 for a tariff */
    struct suan_digest digest; /* of the file's bytes */
    struct suan_span text;
    uint64_t index, time_ns; /* of its installation */
};
/* NOT_FOUND "programme.absent", "tariff.absent". The newest version of a programme; the tariff in force on
 * the day. */
SUAN_MUST_USE enum suan_status suan_programme_get(struct suan_txn *txn, struct suan_span id,
                                                  struct suan_installed *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_tariff_get(struct suan_txn *txn, uint64_t time_ns,
                                               struct suan_installed *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_programme_each(struct suan_txn *txn,
                    enum suan_status (*visit)(void *context, const struct suan_installed *one), void *context,
                    struct suan_error *error);
SUAN_MUST_USE enum suan_status suan_tariff_each(struct suan_txn *txn,
                                                enum suan_status (*visit)(void *context,
                                                                          const struct suan_installed *one),
                                                void *context, struct suan_error *error);

/* A receipt on record. */
struct suan_receipt_record {
    struct suan_digest digest; /* of its document */
    struct suan_digest blob;   /* of its envelope */
    struct suan_id user, algorithm;
    struct suan_digest tar;
    int64_t sequence, saving_ns;
    uint64_t index, time_ns; /* when it was submitted */
    uint64_t end_ns;         /* of its period */
    uint64_t registry_size;  /* of the registry log then: owners are those of that moment */
    enum { SUAN_RECEIPT_UNEARNED, SUAN_RECEIPT_EARNED } state;
};
/* NOT_FOUND "receipt.absent". */
SUAN_MUST_USE enum suan_status suan_receipt_get(struct suan_txn *txn, const struct suan_digest *digest,
                                                struct suan_receipt_record *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_receipt_each(struct suan_txn *txn,
                  enum suan_status (*visit)(void *context, const struct suan_receipt_record *one),
                  void *context, struct suan_error *error);

/* A credit that a receipt earned, with every input of its formula. */
struct suan_credit_record {
    struct suan_digest receipt;
    char programme[SUAN_PROGRAMME_ID_MAX + 1], tariff[SUAN_PROGRAMME_ID_MAX + 1];
    int64_t programme_version, fen_per_cpu_hour, year_index;
    int64_t saving_ns, saved_fen, credit_fen;
    char binding[33];
    uint64_t index, time_ns;
    size_t share_count;
    struct suan_share shares[SUAN_OWNERS_MAX]; /* owner, bp */
    int64_t parts_fen[SUAN_OWNERS_MAX];        /* sum is credit_fen */
};
/* NOT_FOUND "credit.absent". */
SUAN_MUST_USE enum suan_status suan_credit_get(struct suan_txn *txn, const struct suan_digest *receipt,
                                               struct suan_credit_record *out, struct suan_error *error);
SUAN_MUST_USE enum suan_status
suan_credit_each(struct suan_txn *txn,
                 enum suan_status (*visit)(void *context, const struct suan_credit_record *one),
                 void *context, struct suan_error *error);

/* The ledger account that holds an owner's credits under a programme: names "credit|PROGRAMME|IDENT",
   "pool|PROGRAMME|YEAR", "issuer|PROGRAMME". */
struct suan_id suan_credit_account(const char *programme, const char *ident);

#endif
