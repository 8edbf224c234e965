#include "trust/sshsig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "support.h"

static struct suan_span message(void)
{
    return suan_span_text("{\"v\":1}");
}

static void sign_with(const struct suan_signer *signer, const char *name_space, struct suan_buffer *blob)
{
    expect_ok(suan_sshsig_sign(signer, name_space, message(), blob, error));
}

static enum suan_status verify(const struct suan_buffer *blob, struct suan_error *error)
{
    struct suan_public_key key;
    return suan_sshsig_verify(suan_buffer_span(blob), SUAN_NAMESPACE_EVENT, message(), &key, error);
}

Test(sshsig, a_signature_names_its_key)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    struct suan_public_key key;
    sign_with(signer, SUAN_NAMESPACE_EVENT, &blob);
    cr_assert_leq(blob.size, (size_t)SUAN_SSHSIG_BLOB_MAX);
    expect_ok(suan_sshsig_verify(suan_buffer_span(&blob), SUAN_NAMESPACE_EVENT, message(), &key, error));
    cr_assert(suan_public_key_equal(&key, suan_signer_key(signer)));
}

Test(sshsig, another_namespace_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    sign_with(signer, SUAN_NAMESPACE_GIT, &blob);
    expect_error(verify(&blob, error), SUAN_E_REFUSED, "sshsig.namespace");
}

/* The namespace inside the signed bytes counts, not only the one written beside them. */
Test(sshsig, a_rewritten_namespace_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    sign_with(signer, "suan-event-v2", &blob);
    uint8_t *place = memmem(blob.data, blob.size, "suan-event-v2", 13);
    cr_assert_not_null(place);
    place[12] = '1';
    expect_error(verify(&blob, error), SUAN_E_REFUSED, "sshsig.signature");
}

Test(sshsig, other_bytes_are_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    struct suan_public_key key;
    sign_with(signer, SUAN_NAMESPACE_EVENT, &blob);
    expect_error(suan_sshsig_verify(suan_buffer_span(&blob), SUAN_NAMESPACE_EVENT,
                                    suan_span_text("{\"v\":2}"), &key, error),
                 SUAN_E_REFUSED, "sshsig.signature");
}

Test(sshsig, no_altered_bit_passes)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    sign_with(signer, SUAN_NAMESPACE_EVENT, &blob);
    for (size_t bit = 0; bit < blob.size * 8; bit++) {
        blob.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_neq(verify(&blob, NULL), SUAN_OK, "bit %zu", bit);
        blob.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    expect_ok(verify(&blob, error));
}

Test(sshsig, no_truncation_and_no_extension_passes)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    struct suan_sshsig sig;
    sign_with(signer, SUAN_NAMESPACE_EVENT, &blob);
    for (size_t size = 0; size < blob.size; size++)
        cr_assert_neq(suan_sshsig_parse(suan_span(blob.data, size), &sig, NULL), SUAN_OK, "%zu bytes", size);
    suan_buffer_append_u8(&blob, 0);
    expect_error(suan_sshsig_parse(suan_buffer_span(&blob), &sig, error), SUAN_E_FORMAT, "sshsig.format");
}

/* --- blobs made by hand ------------------------------------------------------------------------------- */

static void append_string(struct suan_buffer *out, struct suan_span value)
{
    suan_buffer_append_be32(out, (uint32_t)value.size);
    suan_buffer_append_span(out, value);
}

/* A blob around a given key and wire signature. */
static void make_blob(const struct suan_public_key *key, const char *hash, struct suan_span wire,
                      struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer encoded = {0};
    suan_public_key_encode(key, &encoded);
    suan_buffer_append_text(out, "SSHSIG");
    suan_buffer_append_be32(out, 1);
    append_string(out, suan_buffer_span(&encoded));
    append_string(out, suan_span_text(SUAN_NAMESPACE_EVENT));
    append_string(out, suan_span(NULL, 0));
    append_string(out, suan_span_text(hash));
    append_string(out, wire);
}

Test(sshsig, a_small_order_key_cannot_forge)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    struct suan_public_key key = {.type = SUAN_KEY_ED25519, .point = {1}};
    uint8_t forged[SUAN_ED25519_SIGNATURE_SIZE] = {1};
    append_string(&wire, suan_span_text("ssh-ed25519"));
    append_string(&wire, suan_span(forged, sizeof forged));
    make_blob(&key, "sha512", suan_buffer_span(&wire), &blob);
    expect_error(verify(&blob, error), SUAN_E_REFUSED, "key.unsound");
}

Test(sshsig, another_hash_is_refused)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    expect_ok(suan_signer_sign_wire(signer, message(), &wire, error));
    make_blob(suan_signer_key(signer), "sha256", suan_buffer_span(&wire), &blob);
    expect_error(verify(&blob, error), SUAN_E_REFUSED, "sshsig.hash");
}

/* A FIDO authenticator in a few lines: what it signs is fixed by OpenSSH's PROTOCOL.u2f. */
static void sign_as_fido(uint8_t flags, struct suan_buffer *blob)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer inner = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer outer = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    struct suan_public_key key = {.type = SUAN_KEY_SK_ED25519, .application = "ssh:", .application_size = 4};
    struct suan_ed25519_secret secret;
    uint8_t seed[SUAN_ED25519_SEED_SIZE] = {9}, hash[64], signature[SUAN_ED25519_SIGNATURE_SIZE];
    const uint8_t counter[4] = {0, 0, 0, 7};
    /* SHA-512 of {"v":1}, so that this file needs no second hash. */
    from_hex("99be54b17edf17afbb20443b7bad40d221e22342a700692ada76f3ea0611d531"
             "ec1fa445df9c8958c439dbadbe118f03d4296625a4929b67a45ae510cb10be87",
             hash, sizeof hash);

    suan_ed25519_from_seed(seed, &secret);
    memcpy(key.point, secret.point, sizeof key.point);
    suan_buffer_append_text(&inner, "SSHSIG");
    append_string(&inner, suan_span_text(SUAN_NAMESPACE_EVENT));
    append_string(&inner, suan_span(NULL, 0));
    append_string(&inner, suan_span_text("sha512"));
    append_string(&inner, suan_span(hash, sizeof hash));
    struct suan_digest application = suan_sha256(suan_span_text("ssh:")),
                       digest = suan_sha256(suan_buffer_span(&inner));
    suan_buffer_append(&outer, application.bytes, sizeof application.bytes);
    suan_buffer_append_u8(&outer, flags);
    suan_buffer_append(&outer, counter, sizeof counter);
    suan_buffer_append(&outer, digest.bytes, sizeof digest.bytes);
    suan_ed25519_sign(&secret, suan_buffer_span(&outer), signature);
    append_string(&wire, suan_span_text("sk-ssh-ed25519@openssh.com"));
    append_string(&wire, suan_span(signature, sizeof signature));
    suan_buffer_append_u8(&wire, flags);
    suan_buffer_append(&wire, counter, sizeof counter);
    make_blob(&key, "sha512", suan_buffer_span(&wire), blob);
}

Test(sshsig, a_fido_key_must_have_been_touched)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer touched = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer untouched = {0};
    sign_as_fido(1, &touched);
    sign_as_fido(4, &untouched);
    expect_ok(verify(&touched, error));
    expect_error(verify(&untouched, error), SUAN_E_REFUSED, "sshsig.presence");
}

/* Presence cannot be claimed afterwards: the flags are part of what was signed. */
Test(sshsig, a_rewritten_presence_flag_is_refused)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    sign_as_fido(4, &blob);
    blob.data[blob.size - 5] |= 1;
    expect_error(verify(&blob, error), SUAN_E_REFUSED, "sshsig.signature");
}

/* OpenSSH accepts what the few lines above made, so they are a fair authenticator. */
Test(sshsig, openssh_agrees_about_fido_signatures, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer allowed = {0};
    struct suan_public_key key;
    sign_as_fido(1, &blob);
    expect_ok(suan_sshsig_verify(suan_buffer_span(&blob), SUAN_NAMESPACE_EVENT, message(), &key, error));
    suan_sshsig_armour(suan_buffer_span(&blob), &text);
    expect_ok(suan_allowed_signer_append(&allowed, "lab", SUAN_NAMESPACE_EVENT, &key, error));
    expect_ok(suan_file_replace("c.sig", suan_buffer_span(&text), 0644, error));
    expect_ok(suan_file_replace("allowed", suan_buffer_span(&allowed), 0644, error));
    cr_assert_eq(run("printf '{\"v\":1}' | ssh-keygen -Y verify -f allowed -I lab -n suan-event-v1 -s c.sig"),
                 0);
}

/* --- OpenSSH, both ways ------------------------------------------------------------------------------- */

static int verify_by_openssh(const char *text)
{
    return run("printf '%s' | ssh-keygen -Y verify -f allowed -I lab -n suan-event-v1 -s c.sig", text);
}

Test(sshsig, openssh_verifies_what_we_sign, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(3);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer allowed = {0};
    sign_with(signer, SUAN_NAMESPACE_EVENT, &blob);
    suan_sshsig_armour(suan_buffer_span(&blob), &text);
    expect_ok(
        suan_allowed_signer_append(&allowed, "lab", SUAN_NAMESPACE_EVENT, suan_signer_key(signer), error));
    expect_ok(suan_file_replace("c.sig", suan_buffer_span(&text), 0644, error));
    expect_ok(suan_file_replace("allowed", suan_buffer_span(&allowed), 0644, error));
    cr_assert_eq(verify_by_openssh("{\"v\":1}"), 0);
    cr_assert_neq(verify_by_openssh("{\"v\":2}"), 0);
}

Test(sshsig, we_verify_what_openssh_signs, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    cr_assert_eq(run("ssh-keygen -q -t ed25519 -N '' -f k && printf '{\"v\":1}' >c &&"
                     "ssh-keygen -Y sign -f k -n suan-event-v1 c"),
                 0);
    expect_ok(suan_file_read("c.sig", SUAN_SSHSIG_ARMOUR_MAX, &text, error));
    expect_ok(suan_sshsig_dearmour(suan_buffer_span(&text), &blob, error));
    expect_ok(verify(&blob, error));
}

Test(sshsig, armour_of_openssh_and_ours_is_the_same, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer again = {0};
    cr_assert_eq(
        run("ssh-keygen -q -t ed25519 -N '' -f k && printf x >c && ssh-keygen -Y sign -f k -n git c"), 0);
    expect_ok(suan_file_read("c.sig", SUAN_SSHSIG_ARMOUR_MAX, &text, error));
    expect_ok(suan_sshsig_dearmour(suan_buffer_span(&text), &blob, error));
    suan_sshsig_armour(suan_buffer_span(&blob), &again);
    cr_assert(suan_span_equal(suan_buffer_span(&text), suan_buffer_span(&again)));
}

Test(sshsig, an_rsa_signature_is_refused_by_type, .init = enter_folder, .fini = leave_folder)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    cr_assert_eq(run("ssh-keygen -q -t ecdsa -N '' -f k && printf '{\"v\":1}' >c &&"
                     "ssh-keygen -Y sign -f k -n suan-event-v1 c"),
                 0);
    expect_ok(suan_file_read("c.sig", SUAN_SSHSIG_ARMOUR_MAX, &text, error));
    expect_ok(suan_sshsig_dearmour(suan_buffer_span(&text), &blob, error));
    expect_error(verify(&blob, error), SUAN_E_REFUSED, "key.type");
}

Test(sshsig, a_bare_blob_needs_no_armour)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = signer_of(1);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer blob = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    sign_with(signer, SUAN_NAMESPACE_EVENT, &blob);
    expect_ok(suan_sshsig_dearmour(suan_buffer_span(&blob), &out, error));
    cr_assert(suan_span_equal(suan_buffer_span(&blob), suan_buffer_span(&out)));
}

Test(sshsig, broken_armour_is_refused)
{
    static const char *const texts[] = {
        "",
        "-----BEGIN SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NI\n",
        "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\nmore\n",
        "-----BEGIN SSH SIGNATURE-----\nU1N\n-----END SSH SIGNATURE-----\n",
        " -----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\nU1NI\n-----END PGP SIGNATURE-----\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
        expect_error(suan_sshsig_dearmour(suan_span_text(texts[i]), &out, error), SUAN_E_FORMAT,
                     "sshsig.format");
    }
}
