/*
 * Receipts. The saving of one that is accepted, on a fixed measurement, is a number of nanoseconds that does
 * not depend on what it stated, and the document that is written back says the same again.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "voucher/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct suan_receipt_basis measured(void)
{
    return (struct suan_receipt_basis){.scores = {6000},
                                       .score_count = 1,
                                       .outcome = SUAN_BASIS_CREDITED,
                                       .mode = SUAN_BASIS_FULL,
                                       .haircut_ppm = 50000,
                                       .tier = 'B',
                                       .count = 2,
                                       .n = {100, 1000},
                                       .bound_ppm = {250000, 1},
                                       .p_hi_ns = {10, INT64_C(1) << 46},
                                       .b_ns = {40, INT64_C(1) << 52},
                                       .limit_n = 4000,
                                       .limit_ratio_hi_ppm = 600000};
}

static void write_again(const struct suan_receipt *receipt)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *again = NULL;
    if (suan_receipt_format(receipt, &text, NULL) != SUAN_OK ||
        suan_receipt_parse(suan_buffer_span(&text), &again, NULL) != SUAN_OK ||
        again->saving_ns != receipt->saving_ns || again->flags != receipt->flags)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_receipt_freep) struct suan_receipt *receipt = NULL;
    struct suan_receipt_basis basis = measured();
    if (suan_receipt_parse(suan_span(data, size), &receipt, NULL) != SUAN_OK)
        return 0;
    if (suan_receipt_compute(receipt, &basis, NULL) != SUAN_OK)
        return 0;
    int64_t saving = receipt->saving_ns;
    if (saving < 0)
        abort();
    receipt->saving_ns = 1;
    if (suan_receipt_compute(receipt, &basis, NULL) != SUAN_OK || receipt->saving_ns != saving)
        abort();
    write_again(receipt);
    return 0;
}
