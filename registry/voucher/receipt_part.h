#ifndef SUAN_VOUCHER_RECEIPT_PART_H
#define SUAN_VOUCHER_RECEIPT_PART_H

/* Inside this folder only: the document without what is derived from it, whose digest seeds the shadow bound.
 */
#include "receipt.h"

enum receipt_part {
    RECEIPT_WHOLE,
    RECEIPT_WITHOUT_SAVING, /* no saving_ns, and `flags` empty */
};

SUAN_MUST_USE enum suan_status receipt_format_part(const struct suan_receipt *receipt, enum receipt_part part,
                                                   struct suan_buffer *out, struct suan_error *error);

#endif
