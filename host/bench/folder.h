#ifndef SUAN_BENCH_FOLDER_H
#define SUAN_BENCH_FOLDER_H

/* The result folder: measurement.json, jobs.csv.zst, report.md, report.html. It appears whole or not at all.
 */
#include "measurement.h"

/* Fills measurement->raw from the rows and appends the compressed CSV to `out`. */
SUAN_MUST_USE enum suan_status suan_folder_pack_rows(const struct suan_rows *rows,
                                                     struct suan_measurement *measurement,
                                                     struct suan_buffer *out, struct suan_error *error);

/* Writes the folder beside `path` and renames it there; an existing folder is replaced. `gnuplot` is the
   program for the report's plots, NULL: none. `envelope` (may be empty) becomes measurement.dsse.json.
   Errors: IO, MEMORY, CONFLICT "folder.exists" if something other than a result folder is there. */
SUAN_MUST_USE enum suan_status suan_folder_write(const char *path, const struct suan_measurement *measurement,
                                                 struct suan_span rows_zst, struct suan_span envelope,
                                                 const char *gnuplot, struct suan_error *error);

#endif
