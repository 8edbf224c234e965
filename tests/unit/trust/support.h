#ifndef SUAN_TEST_TRUST_SUPPORT_H
#define SUAN_TEST_TRUST_SUPPORT_H

/* What the tests of trust share: hexadecimal, a folder of one's own, and OpenSSH's programs. */
#include "base/buffer.h"
#include "base/error.h"
#include "trust/digest.h"
#include "trust/signer.h"

/* Fills `out` from the digits of a constant; the test fails if they are not 2 * size of them. */
void from_hex(const char *digits, uint8_t *out, size_t size);
struct suan_digest digest_from_hex(const char *digits);

/* Criterion's .init and .fini: a fresh current folder, gone afterwards with all that is in it. */
void enter_folder(void);
void leave_folder(void);

/* Runs a shell command without its output; the exit status. */
__attribute__((format(printf, 1, 2))) int run(const char *format, ...);

/* Fails the test unless the call gave `status` under `code`. */
#define expect_error(call, wanted_status, wanted_code)                                                       \
    do {                                                                                                     \
        struct suan_error problem = {0};                                                                     \
        struct suan_error *error = &problem;                                                                 \
        cr_assert_eq((call), (wanted_status), "status %s, %s: %s", suan_status_name(problem.status),         \
                     problem.code != NULL ? problem.code : "no code", problem.message);                      \
        cr_assert_str_eq(problem.code, (wanted_code), "%s: %s", problem.code, problem.message);              \
    } while (0)

#define expect_ok(call)                                                                                      \
    do {                                                                                                     \
        struct suan_error problem = {0};                                                                     \
        struct suan_error *error = &problem;                                                                 \
        cr_assert_eq((call), SUAN_OK, "%s: %s", problem.code != NULL ? problem.code : "no code",             \
                     problem.message);                                                                       \
    } while (0)

/* A signer whose seed is 32 times that byte. */
struct suan_signer *signer_of(uint8_t seed_byte);

#endif
