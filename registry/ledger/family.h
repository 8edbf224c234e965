#ifndef SUAN_LEDGER_FAMILY_H
#define SUAN_LEDGER_FAMILY_H

/*
 * The ledger's own events. ledger.account (by the operator) opens an account: `account` (hex), `ledger`,
 * `code`, `flags`, and perhaps `ref` (hex). ledger.batch (by the writer, after each batch of commands that
 * posted transfers) covers their records: `first`, `count`, `digest`, `failures`; replay computes them again
 * and compares.
 */
#include "catalog/fold.h"

extern const struct suan_family suan_family_ledger;

#endif
