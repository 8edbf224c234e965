/* SSH signatures of files. The blob says who signed in which namespace; both are judged, nothing in it is
 * believed. */
#include "sshsig.h"

#include <sodium.h>

#include "armour.h"
#include "base/cleanup.h"
#include "sshwire.h"

static const char label[] = "SSH SIGNATURE";
static const char magic[6] = {'S', 'S', 'H', 'S', 'I', 'G'};
static const char hash_name[] = "sha512";
static const char code_format[] = "sshsig.format";

enum { VERSION = 1 };

static enum suan_status refuse_format(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "signature: %s", what);
}

enum suan_status suan_sshsig_parse(struct suan_span blob, struct suan_sshsig *out, struct suan_error *error)
{
    if (blob.size > SUAN_SSHSIG_BLOB_MAX)
        return refuse_format(error, "longer than 1,024 bytes");
    struct suan_ssh_reader reader = {blob, false};
    struct suan_span beginning = suan_ssh_read_bytes(&reader, sizeof magic);
    uint32_t version = suan_ssh_read_u32(&reader);
    struct suan_span key = suan_ssh_read_string(&reader);
    struct suan_sshsig sig = {0};
    sig.name_space = suan_ssh_read_string(&reader);
    struct suan_span reserved = suan_ssh_read_string(&reader);
    struct suan_span hash = suan_ssh_read_string(&reader);
    struct suan_span wire = suan_ssh_read_string(&reader);

    if (!suan_ssh_is_complete(&reader) || !suan_span_equal(beginning, suan_span(magic, sizeof magic)))
        return refuse_format(error, "not one whole SSH signature");
    if (version != VERSION || reserved.size != 0)
        return refuse_format(error, "of another version");
    if (sig.name_space.size == 0 || sig.name_space.size > SUAN_SSHSIG_NAMESPACE_MAX)
        return refuse_format(error, "its namespace must have 1 to 64 bytes");
    enum suan_status status = suan_ssh_key_decode(key, &sig.key, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_span_equal(hash, suan_span_text(hash_name)))
        return suan_error_set(error, SUAN_E_REFUSED, "sshsig.hash",
                              "sign with: ssh-keygen -Y sign, which uses sha512",
                              "signature: the hash must be sha512");
    struct suan_ssh_signature signature;
    if (!suan_ssh_signature_decode(wire, sig.key.type, &signature))
        return refuse_format(error, "the inner signature is not one of its key's type");
    sig.signature = signature.bytes;
    sig.flags = signature.flags;
    sig.counter = signature.counter;
    *out = sig;
    return SUAN_OK;
}

/* The bytes that are signed: magic, namespace, reserved, hash name, hash of the message. */
static void append_signed(struct suan_buffer *out, struct suan_span name_space, struct suan_span message)
{
    uint8_t hash[crypto_hash_sha512_BYTES];
    crypto_hash_sha512(hash, message.data, message.size);
    suan_buffer_append(out, magic, sizeof magic);
    suan_ssh_append_string(out, name_space);
    suan_ssh_append_string(out, suan_span(NULL, 0));
    suan_ssh_append_string(out, suan_span_text(hash_name));
    suan_ssh_append_string(out, suan_span(hash, sizeof hash));
}

enum suan_status suan_sshsig_verify(struct suan_span blob, const char *name_space, struct suan_span message,
                                    struct suan_public_key *out_key, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer signed_bytes = {0};
    struct suan_sshsig sig;
    enum suan_status status = suan_sshsig_parse(blob, &sig, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_span_equal(sig.name_space, suan_span_text(name_space)))
        return suan_error_set(error, SUAN_E_REFUSED, "sshsig.namespace",
                              "sign again with ssh-keygen -Y sign -n NAMESPACE",
                              "signature: made in another namespace than '%s'", name_space);
    if (sig.key.type == SUAN_KEY_SK_ED25519 && (sig.flags & SUAN_SSH_USER_PRESENT) == 0)
        return suan_error_set(error, SUAN_E_REFUSED, "sshsig.presence",
                              "use a FIDO key that asks to be touched",
                              "signature: nobody was present when the FIDO key signed");
    append_signed(&signed_bytes, sig.name_space, message);
    status = suan_buffer_check(&signed_bytes, error);
    if (status != SUAN_OK)
        return status;
    struct suan_ssh_signature signature = {sig.signature, sig.flags, sig.counter};
    if (suan_ssh_signature_verify(&sig.key, &signature, suan_buffer_span(&signed_bytes))) {
        *out_key = sig.key;
        return SUAN_OK;
    }
    if (!suan_ed25519_is_sound(sig.key.point))
        return suan_error_set(error, SUAN_E_REFUSED, "key.unsound", NULL,
                              "signature: its key lets anybody forge signatures");
    return suan_error_set(error, SUAN_E_REFUSED, "sshsig.signature", "sign exactly these bytes again",
                          "signature: it does not fit the signed bytes");
}

enum suan_status suan_sshsig_sign(const struct suan_signer *signer, const char *name_space,
                                  struct suan_span message, struct suan_buffer *out_blob,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer signed_bytes = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer key = {0};
    struct suan_span space = suan_span_text(name_space);

    if (space.size == 0 || space.size > SUAN_SSHSIG_NAMESPACE_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "sshsig.namespace", NULL,
                              "signature: the namespace must have 1 to 64 bytes");
    append_signed(&signed_bytes, space, message);
    enum suan_status status = suan_buffer_check(&signed_bytes, error);
    if (status == SUAN_OK)
        status = suan_signer_sign_wire(signer, suan_buffer_span(&signed_bytes), &wire, error);
    if (status != SUAN_OK)
        return status;
    suan_public_key_encode(suan_signer_key(signer), &key);
    suan_buffer_append(out_blob, magic, sizeof magic);
    suan_buffer_append_be32(out_blob, VERSION);
    suan_ssh_append_string(out_blob, suan_buffer_span(&key));
    suan_ssh_append_string(out_blob, space);
    suan_ssh_append_string(out_blob, suan_span(NULL, 0));
    suan_ssh_append_string(out_blob, suan_span_text(hash_name));
    suan_ssh_append_string(out_blob, suan_buffer_span(&wire));
    out_blob->failed |= key.failed;
    return suan_buffer_check(out_blob, error);
}

void suan_sshsig_armour(struct suan_span blob, struct suan_buffer *out_text)
{
    suan_armour_append(out_text, label, blob);
}

enum suan_status suan_sshsig_dearmour(struct suan_span text, struct suan_buffer *out_blob,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};

    if (text.size > SUAN_SSHSIG_ARMOUR_MAX)
        return refuse_format(error, "longer than 4,096 bytes");
    if (text.size >= sizeof magic && memcmp(text.data, magic, sizeof magic) == 0)
        suan_buffer_append_span(&blob, text);
    else if (!suan_armour_read(text, label, &blob))
        return refuse_format(error, "not an armoured SSH signature");
    if (blob.size > SUAN_SSHSIG_BLOB_MAX)
        return refuse_format(error, "longer than 1,024 bytes");
    suan_buffer_append_span(out_blob, suan_buffer_span(&blob));
    out_blob->failed |= blob.failed;
    return suan_buffer_check(out_blob, error);
}
