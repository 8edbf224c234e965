/*
 * The openssh-key-v1 format (OpenSSH PROTOCOL.key). Everything in the file that can be checked against the
 * seed is: the public key outside, the public key inside, the check numbers and the padding.
 */
#include "private_key.h"

#include "armour.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "signer.h"
#include "sshwire.h"

enum { BLOCK_SIZE = 8, COMMENT_MAX = 1024 };

static const char label[] = "OPENSSH PRIVATE KEY";
static const char magic[] = "openssh-key-v1"; /* with its NUL */
static const char hint_agent[] = "ssh-add it, then name its .pub file instead";

static enum suan_status refuse_format(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, "key.format", NULL, "private key: %s", what);
}

bool suan_private_key_is(struct suan_span text)
{
    static const char beginning[] = "-----BEGIN ";
    return text.size >= sizeof beginning - 1 && memcmp(text.data, beginning, sizeof beginning - 1) == 0;
}

/* The secret part: check numbers, type, point, seed and point, comment, padding 1, 2, 3 … */
static enum suan_status parse_secret(struct suan_span part, struct suan_ed25519_secret *out,
                                     struct suan_error *error)
{
    struct suan_ssh_reader reader = {part, false};
    uint32_t check = suan_ssh_read_u32(&reader);
    bool same = suan_ssh_read_u32(&reader) == check;
    struct suan_span type = suan_ssh_read_string(&reader);

    if (reader.failed || !same || part.size % BLOCK_SIZE != 0)
        return refuse_format(error, "damaged: check numbers or size are wrong");
    if (suan_span_equal(type, suan_span_text(suan_key_type_name(SUAN_KEY_SK_ED25519))))
        return suan_error_set(error, SUAN_E_REFUSED, "key.type", hint_agent,
                              "private key: a FIDO key signs through the agent only");
    if (!suan_span_equal(type, suan_span_text(suan_key_type_name(SUAN_KEY_ED25519))))
        return suan_error_set(error, SUAN_E_REFUSED, "key.type", "use an Ed25519 key: ssh-keygen -t ed25519",
                              "private key: its type is not ssh-ed25519");
    struct suan_span point = suan_ssh_read_string(&reader);
    struct suan_span both = suan_ssh_read_string(&reader);
    (void)suan_ssh_read_string(&reader);
    if (reader.failed || point.size != SUAN_ED25519_POINT_SIZE ||
        both.size != SUAN_ED25519_SEED_SIZE + SUAN_ED25519_POINT_SIZE || reader.rest.size >= BLOCK_SIZE)
        return refuse_format(error, "truncated, or with fields of a wrong size");
    for (size_t i = 0; i < reader.rest.size; i++) {
        if (reader.rest.data[i] != i + 1)
            return refuse_format(error, "wrong padding");
    }
    suan_ed25519_from_seed(both.data, out);
    if (memcmp(out->point, point.data, point.size) == 0 &&
        memcmp(out->point, both.data + SUAN_ED25519_SEED_SIZE, SUAN_ED25519_POINT_SIZE) == 0)
        return SUAN_OK;
    suan_ed25519_wipe(out);
    return refuse_format(error, "the public key in it is not that of the secret");
}

static enum suan_status parse_file(struct suan_span bytes, struct suan_ed25519_secret *out,
                                   struct suan_error *error)
{
    struct suan_ssh_reader reader = {bytes, false};
    struct suan_span beginning = suan_ssh_read_bytes(&reader, sizeof magic);
    struct suan_span cipher = suan_ssh_read_string(&reader);
    struct suan_span derivation = suan_ssh_read_string(&reader);
    struct suan_span options = suan_ssh_read_string(&reader);
    uint32_t count = suan_ssh_read_u32(&reader);
    struct suan_public_key outside;

    if (reader.failed || !suan_span_equal(beginning, suan_span(magic, sizeof magic)))
        return refuse_format(error, "not an OpenSSH private key file");
    if (!suan_span_equal(cipher, suan_span_text("none")))
        return suan_error_set(error, SUAN_E_REFUSED, "key.passphrase", hint_agent,
                              "private key: it is protected by a passphrase");
    if (!suan_span_equal(derivation, suan_span_text("none")) || options.size != 0 || count != 1)
        return refuse_format(error, "must hold one key, without key derivation");
    enum suan_status status = suan_public_key_decode(suan_ssh_read_string(&reader), &outside, error);
    if (status != SUAN_OK)
        return status;
    struct suan_span part = suan_ssh_read_string(&reader);
    if (!suan_ssh_is_complete(&reader))
        return refuse_format(error, "truncated, or followed by other bytes");
    status = parse_secret(part, out, error);
    if (status != SUAN_OK)
        return status;
    if (memcmp(outside.point, out->point, sizeof out->point) == 0)
        return SUAN_OK;
    suan_ed25519_wipe(out);
    return refuse_format(error, "the public key beside the secret is another one");
}

enum suan_status suan_private_key_parse(struct suan_span text, struct suan_ed25519_secret *out,
                                        struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer bytes = {0};

    if (text.size > SUAN_PRIVATE_KEY_FILE_MAX)
        return refuse_format(error, "longer than 16,384 bytes");
    if (suan_private_key_is(text) && !suan_armour_has(text, label))
        return suan_error_set(error, SUAN_E_REFUSED, "key.type", "use an Ed25519 key: ssh-keygen -t ed25519",
                              "private key: not in OpenSSH's own format");
    if (!suan_armour_read(text, label, &bytes))
        return refuse_format(error, "not an OpenSSH private key file");
    enum suan_status status = suan_buffer_check(&bytes, error);
    return status != SUAN_OK ? status : parse_file(suan_buffer_span(&bytes), out, error);
}

static void append_secret(const struct suan_ed25519_secret *secret, struct suan_span comment,
                          struct suan_buffer *out)
{
    uint8_t check[4];
    suan_random(check, sizeof check);
    suan_buffer_append(out, check, sizeof check);
    suan_buffer_append(out, check, sizeof check);
    suan_ssh_append_string(out, suan_span_text(suan_key_type_name(SUAN_KEY_ED25519)));
    suan_ssh_append_string(out, suan_span(secret->point, sizeof secret->point));
    suan_buffer_append_be32(out, SUAN_ED25519_SEED_SIZE + SUAN_ED25519_POINT_SIZE);
    suan_buffer_append(out, secret->seed, sizeof secret->seed);
    suan_buffer_append(out, secret->point, sizeof secret->point);
    suan_ssh_append_string(out, comment);
    for (uint8_t i = 1; out->size % BLOCK_SIZE != 0 && !out->failed; i++)
        suan_buffer_append_u8(out, i);
}

void suan_private_key_format(const struct suan_ed25519_secret *secret, const char *comment,
                             struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer bytes = {0};
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer part = {0};
    struct suan_public_key key = {.type = SUAN_KEY_ED25519};
    size_t comment_size = strnlen(comment, COMMENT_MAX);
    size_t room = 1024 + comment_size;

    /* Room for all of it at once: memory that grew would leave a copy of the secret behind. */
    if (suan_buffer_extend(&part, room) != NULL && suan_buffer_extend(&bytes, 2 * room) != NULL) {
        part.size = 0;
        bytes.size = 0;
    }
    memcpy(key.point, secret->point, sizeof key.point);
    append_secret(secret, suan_span(comment, comment_size), &part);
    suan_buffer_append(&bytes, magic, sizeof magic);
    suan_ssh_append_string(&bytes, suan_span_text("none"));
    suan_ssh_append_string(&bytes, suan_span_text("none"));
    suan_ssh_append_string(&bytes, suan_span(NULL, 0));
    suan_buffer_append_be32(&bytes, 1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    suan_public_key_encode(&key, &wire);
    suan_ssh_append_string(&bytes, suan_buffer_span(&wire));
    suan_ssh_append_string(&bytes, suan_buffer_span(&part));
    suan_armour_append(out, label, suan_buffer_span(&bytes));
    out->failed |= bytes.failed || part.failed || wire.failed;
}
