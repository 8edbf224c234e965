#ifndef SUAN_SERVICE_JOURNAL_H
#define SUAN_SERVICE_JOURNAL_H

/*
 * Inside this folder only: the files of the meter. Each solver that counts has a place of its own in the
 * journal folder, NAME = <tar digest>-<sealed or inprocess>-<number>: NAME.json is the period that runs, a
 * suan.receipt/1 not yet signed; NAME.<sequence>.receipt is each signed envelope that closed one; NAME.lock
 * is held while a solver counts there. The lowest free place is taken, so a place that a killed process left
 * goes on under the next one.
 */
#include <stdbool.h>

#include "voucher/receipt.h"

enum { JOURNAL_PLACES_MAX = 64 };
enum journal_home { JOURNAL_SEALED, JOURNAL_INPROCESS };

struct journal;

/* LOCKED "meter.locked" if all places are taken; IO "meter.io". */
SUAN_MUST_USE enum suan_status journal_open(const char *folder, const struct suan_digest *tar,
                                            enum journal_home home, struct journal **out,
                                            struct suan_error *error);
void journal_close(struct journal *journal); /* takes NULL */

/* The period that runs; NOT_FOUND if there is none. */
SUAN_MUST_USE enum suan_status journal_read(const struct journal *journal, struct suan_receipt **out,
                                            struct suan_error *error);
SUAN_MUST_USE enum suan_status journal_write(const struct journal *journal,
                                             const struct suan_receipt *receipt, struct suan_error *error);
/* Renames the period's file so that another period can begin; nothing that was counted is lost. */
SUAN_MUST_USE enum suan_status journal_set_aside(const struct journal *journal,
                                                 const struct suan_receipt *period, struct suan_error *error);

/* Keeps a signed envelope. Once it is there, the period of that sequence is closed, whatever NAME.json says.
 */
SUAN_MUST_USE enum suan_status journal_keep_receipt(const struct journal *journal, int64_t sequence,
                                                    struct suan_span envelope, struct suan_error *error);
/* The receipt kept under that sequence and its digest; NOT_FOUND if there is none. */
SUAN_MUST_USE enum suan_status journal_find_receipt(const struct journal *journal, int64_t sequence,
                                                    struct suan_receipt **out, struct suan_digest *out_digest,
                                                    struct suan_error *error);

/* What a folder holds, a row for each release and level: {"periods": [{id, version, task, level, jobs,
   unmetered_jobs, cpu_ns, pairs, receipts, saved_ns}]}; all but the last two are not yet on a receipt. */
SUAN_MUST_USE enum suan_status journal_list(const char *folder, struct suan_json **out,
                                            struct suan_error *error);

#endif
