#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static char folder[64];

void from_hex(const char *digits, uint8_t *out, size_t size)
{
    cr_assert(suan_unhex(suan_span_text(digits), out, size), "not %zu bytes: %s", size, digits);
}

struct suan_digest digest_from_hex(const char *digits)
{
    struct suan_digest digest;
    from_hex(digits, digest.bytes, sizeof digest.bytes);
    return digest;
}

void enter_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/suan-trust-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

void leave_folder(void)
{
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(run("rm -rf '%s'", folder), 0);
}

int run(const char *format, ...)
{
    char command[2048], silent[2200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    snprintf(silent, sizeof silent, "{ %s\n} >/dev/null 2>&1", command);
    int status = system(silent);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

struct suan_signer *signer_of(uint8_t seed_byte)
{
    uint8_t seed[SUAN_ED25519_SEED_SIZE];
    struct suan_ed25519_secret secret;
    struct suan_buffer text = {0};
    struct suan_signer *signer = NULL;

    memset(seed, seed_byte, sizeof seed);
    suan_ed25519_from_seed(seed, &secret);
    suan_private_key_format(&secret, "test", &text);
    expect_ok(suan_signer_parse(suan_buffer_span(&text), &signer, error));
    suan_buffer_done(&text);
    return signer;
}
