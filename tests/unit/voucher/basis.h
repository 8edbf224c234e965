#ifndef SUAN_TESTS_VOUCHER_BASIS_H
#define SUAN_TESTS_VOUCHER_BASIS_H

/* A measurement of two sizes and receipts that rest on it, small enough to be added up by hand. */
#include "voucher/receipt.h"

/* The part of suan.measurement/1 that receipts rest on. Sizes 100 and 1,000, limit 4,000; bounds 250,000 and
   500,000 ppm, beyond the grid 600,000; the plugin's upper bounds 10 and 100 ns a job; a failed job is billed
   40 and 200 ns; score 6,000; haircut 5 %; credited 30 of 100 ns. `role`: of the baseline. */
const char *basis_text(const char *role);
struct suan_receipt_basis basis_read(void);
/*
 * 1,000 jobs of 50,000 ns in the first bin and 10 jobs of 9,999 ns beyond the grid, no shadows. P = 50,000
 * and, capped, 1,000; model = 50,000 + 666; after the haircut 48,132.
 */
struct suan_receipt *basis_receipt(void);
/* `count` equal pairs of these costs, checked. */
void basis_shadows(struct suan_receipt *receipt, size_t count, int64_t b_ns, int64_t p_ns);

#endif
