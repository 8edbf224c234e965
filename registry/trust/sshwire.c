/* SSH's length-prefixed encodings, and what FIDO authenticators sign in their place. */
#include "sshwire.h"

struct suan_span suan_ssh_read_bytes(struct suan_ssh_reader *reader, size_t size)
{
    if (reader->failed || reader->rest.size < size) {
        reader->failed = true;
        return suan_span(NULL, 0);
    }
    struct suan_span bytes = suan_span(reader->rest.data, size);
    if (size > 0)
        reader->rest = suan_span(reader->rest.data + size, reader->rest.size - size);
    return bytes;
}

uint8_t suan_ssh_read_u8(struct suan_ssh_reader *reader)
{
    struct suan_span bytes = suan_ssh_read_bytes(reader, 1);
    return reader->failed ? 0 : bytes.data[0];
}

uint32_t suan_ssh_read_u32(struct suan_ssh_reader *reader)
{
    struct suan_span bytes = suan_ssh_read_bytes(reader, 4);
    return reader->failed ? 0 : suan_be32(bytes.data);
}

struct suan_span suan_ssh_read_string(struct suan_ssh_reader *reader)
{
    uint32_t size = suan_ssh_read_u32(reader);
    return suan_ssh_read_bytes(reader, size);
}

bool suan_ssh_is_complete(const struct suan_ssh_reader *reader)
{
    return !reader->failed && reader->rest.size == 0;
}

void suan_ssh_append_string(struct suan_buffer *out, struct suan_span value)
{
    if (value.size > UINT32_MAX) {
        out->failed = true;
        return;
    }
    suan_buffer_append_be32(out, (uint32_t)value.size);
    suan_buffer_append_span(out, value);
}

bool suan_ssh_signature_decode(struct suan_span wire, enum suan_key_type type, struct suan_ssh_signature *out)
{
    struct suan_ssh_reader reader = {wire, false};
    struct suan_span algorithm = suan_ssh_read_string(&reader);
    struct suan_ssh_signature signature = {0};

    signature.bytes = suan_ssh_read_string(&reader);
    if (type == SUAN_KEY_SK_ED25519) {
        signature.flags = suan_ssh_read_u8(&reader);
        signature.counter = suan_ssh_read_u32(&reader);
    }
    if (!suan_ssh_is_complete(&reader) || signature.bytes.size != SUAN_ED25519_SIGNATURE_SIZE ||
        !suan_span_equal(algorithm, suan_span_text(suan_key_type_name(type))))
        return false;
    *out = signature;
    return true;
}

bool suan_ssh_signature_verify(const struct suan_public_key *key, const struct suan_ssh_signature *signature,
                               struct suan_span message)
{
    if (key->type == SUAN_KEY_ED25519)
        return suan_ed25519_verify(key->point, message, signature->bytes.data);

    /* OpenSSH PROTOCOL.u2f: SHA-256(application), flags, counter, SHA-256(message). */
    uint8_t signed_bytes[2 * SUAN_DIGEST_SIZE + 5];
    struct suan_digest application = suan_sha256(suan_span(key->application, key->application_size));
    struct suan_digest digest = suan_sha256(message);
    memcpy(signed_bytes, application.bytes, SUAN_DIGEST_SIZE);
    signed_bytes[SUAN_DIGEST_SIZE] = signature->flags;
    suan_put_be32(signed_bytes + SUAN_DIGEST_SIZE + 1, signature->counter);
    memcpy(signed_bytes + SUAN_DIGEST_SIZE + 5, digest.bytes, SUAN_DIGEST_SIZE);
    return suan_ed25519_verify(key->point, suan_span(signed_bytes, sizeof signed_bytes),
                               signature->bytes.data);
}
