#ifndef SUAN_CATALOG_EXPORT_LINE_H
#define SUAN_CATALOG_EXPORT_LINE_H

/*
 * Inside this folder, and for its fuzzer: the lines of an export.
 *     suan-export 1
 *     blob SHA256 BASE64        evidence, ascending by digest
 *     event LOG INDEX BASE64    leaves of both logs, ascending by time
 *     xfer SEQUENCE BASE64      transfer records: compared with what the events come to
 *     ckpt LOG SIZE BASE64      signed notes
 *     end COUNT SHA256          how many lines lie between, and the digest of all bytes before this line
 */
#include "base/buffer.h"
#include "store/store.h"

enum { EXPORT_LINE_MAX = 1500000 };

enum export_kind { EXPORT_HEADER, EXPORT_BLOB, EXPORT_EVENT, EXPORT_XFER, EXPORT_CKPT, EXPORT_END };

/* Kinds come in the order of their numbers, the first and last once. */
struct export_line {
    enum export_kind kind;
    enum suan_log log;         /* EVENT, CKPT */
    uint64_t number;           /* index, sequence, size or count */
    struct suan_digest digest; /* BLOB, END */
};

/* `line` is without its newline; the decoded bytes are appended to `payload`. Pure. Errors: FORMAT
 * "export.format". */
SUAN_MUST_USE enum suan_status export_line_parse(struct suan_span line, struct export_line *out,
                                                 struct suan_buffer *payload, struct suan_error *error);
/* Appends the line and its newline. */
void export_line_format(const struct export_line *line, struct suan_span payload, struct suan_buffer *out);

#endif
