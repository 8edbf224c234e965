#ifndef SUAN_PACKAGE_SCREEN_H
#define SUAN_PACKAGE_SCREEN_H

/*
 * Static screening: rows S01 to S17 of `suan check`, from program headers and the dynamic section of the
 * object's bytes. Screening is lint. A clean object may still reach the kernel through gadgets in libc, and
 * byte scans raise false alarms; "clean" never raises an isolation level. A pure function: bad bytes give a
 * row, never a crash.
 */
#include "package.h"

enum { SUAN_SCREEN_ROWS = 17, SUAN_SCREEN_DETAIL_MAX = 320 };

enum suan_screen_result { SUAN_SCREEN_PASS, SUAN_SCREEN_WARN, SUAN_SCREEN_FAIL, SUAN_SCREEN_SKIP };

struct suan_screen_row {
    const char *id;    /* "S01" … */
    const char *title; /* what the row asks for */
    enum suan_screen_result result;
    char detail[SUAN_SCREEN_DETAIL_MAX]; /* why; may be empty for a pass */
};

struct suan_screening {
    struct suan_screen_row rows[SUAN_SCREEN_ROWS];
    /* Occurrences of these instruction bytes in executable segments, aligned or not: reported, never judged.
     */
    struct {
        uint64_t syscall, sysenter, int80, wrpkru;
    } bytes;
};

/* Screens one object. With `manifest` and `variant` NULL, what needs them is skipped. */
void suan_screen(struct suan_span object, const struct suan_manifest *manifest,
                 const struct suan_manifest_variant *variant, struct suan_screening *out);

/* No row failed. */
bool suan_screen_is_clean(const struct suan_screening *screening);

/* {"bytes", "checks": [{"id", "title", "result", "detail"}], "clean", "limits"}; NULL if out of memory. */
struct suan_json *suan_screen_json(const struct suan_screening *screening);

/* "pass", "warn", "fail" or "skip". */
const char *suan_screen_result_name(enum suan_screen_result result);

/* Screens every variant of the package. The first that is not clean is SUAN_E_REFUSED "package.elf", naming
   variant, row and reason. */
SUAN_MUST_USE enum suan_status suan_package_screen(const struct suan_package *package,
                                                   struct suan_error *error);

#endif
