/* Signed notes (c2sp.org/signed-note, tlog-cosignature, tlog-checkpoint): text that many keys can sign for.
 */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base64.h"
#include "lines.h"

static const char dash[] = "\xE2\x80\x94 "; /* em dash, space: what a signature line begins with */
static const char code_format[] = "note.format";
static const char code_signature[] = "note.signature";

enum { ID_SIZE = 4, TIME_SIZE = 8, KEY_SIZE = 1 + SUAN_ED25519_POINT_SIZE };

/* --- keys --------------------------------------------------------------------------------------------- */

static enum suan_status refuse_key(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, "note.key", "the form is NAME+HEXID+BASE64", "note key: %s",
                          what);
}

static bool is_name(struct suan_span name)
{
    if (name.size == 0 || name.size > SUAN_NOTE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] <= 0x20 || name.data[i] > 0x7E || name.data[i] == '+')
            return false;
    }
    return true;
}

static uint32_t key_id(struct suan_span name, const uint8_t key[KEY_SIZE])
{
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, name);
    suan_hasher_add(&hasher, suan_span("\n", 1));
    suan_hasher_add(&hasher, suan_span(key, KEY_SIZE));
    struct suan_digest digest = suan_hasher_finish(&hasher);
    return suan_be32(digest.bytes);
}

static void encode_key(const struct suan_note_key *key, uint8_t out[KEY_SIZE])
{
    out[0] = (uint8_t)key->type;
    memcpy(out + 1, key->point, sizeof key->point);
}

static enum suan_status init_key(struct suan_note_key *out, struct suan_span name, enum suan_note_type type,
                                 const uint8_t point[SUAN_ED25519_POINT_SIZE], struct suan_error *error)
{
    struct suan_note_key key = {.type = type};
    uint8_t encoded[KEY_SIZE];

    if (!is_name(name))
        return refuse_key(error, "its name must be 1 to 128 printable characters without space and '+'");
    if (type != SUAN_NOTE_ED25519 && type != SUAN_NOTE_COSIGNATURE)
        return refuse_key(error, "its type is neither 1 (Ed25519) nor 4 (cosignature)");
    if (!suan_ed25519_is_sound(point))
        return suan_error_set(
            error, SUAN_E_REFUSED, "key.unsound", "make a new key with ssh-keygen -t ed25519",
            "note key '%.*s': its point lets anybody forge signatures", SUAN_SPAN_PRINTF(name));
    memcpy(key.name, name.data, name.size);
    memcpy(key.point, point, sizeof key.point);
    encode_key(&key, encoded);
    key.id = key_id(name, encoded);
    *out = key;
    return SUAN_OK;
}

enum suan_status suan_note_key_init(struct suan_note_key *out, const char *name, enum suan_note_type type,
                                    const uint8_t point[SUAN_ED25519_POINT_SIZE], struct suan_error *error)
{
    return init_key(out, suan_span_text(name), type, point, error);
}

/* Takes what stands before the first '+', and the '+'. */
static bool take_part(struct suan_span *text, struct suan_span *out)
{
    const uint8_t *plus = text->size > 0 ? memchr(text->data, '+', text->size) : NULL;
    if (plus == NULL)
        return false;
    size_t size = (size_t)(plus - text->data);
    *out = suan_span(text->data, size);
    *text = suan_span(plus + 1, text->size - size - 1);
    return true;
}

enum suan_status suan_note_key_parse(struct suan_span text, struct suan_note_key *out,
                                     struct suan_error *error)
{
    struct suan_span name, id_text;
    uint8_t id[ID_SIZE], encoded[KEY_SIZE];
    struct suan_note_key key;

    if (!take_part(&text, &name) || !take_part(&text, &id_text) || !suan_unhex(id_text, id, sizeof id) ||
        !suan_base64_decode_exact(text, encoded, sizeof encoded))
        return refuse_key(error, "it has not that form, or is not an Ed25519 key");
    enum suan_status status = init_key(&key, name, (enum suan_note_type)encoded[0], encoded + 1, error);
    if (status != SUAN_OK)
        return status;
    if (key.id != suan_be32(id))
        return refuse_key(error, "its id does not belong to its name and key");
    *out = key;
    return SUAN_OK;
}

void suan_note_key_format(const struct suan_note_key *key, struct suan_buffer *out)
{
    uint8_t encoded[KEY_SIZE];
    encode_key(key, encoded);
    suan_buffer_printf(out, "%s+%08" PRIx32 "+", key->name, key->id);
    suan_base64_append(out, suan_span(encoded, sizeof encoded));
}

/* --- reading ------------------------------------------------------------------------------------------ */

static enum suan_status refuse_note(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "note: %s", what);
}

/* UTF-8 without control characters other than newline. */
static bool is_note_text(struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 && text.data[i] != '\n')
            return false;
    }
    return suan_text_is_utf8(text);
}

/* Splits at the last empty line. */
static bool split_note(struct suan_span note, struct suan_span *out_text, struct suan_span *out_lines)
{
    for (size_t at = note.size; at >= 2; at--) {
        if (note.data[at - 1] != '\n' || note.data[at - 2] != '\n')
            continue;
        *out_text = suan_span(note.data, at - 1);
        *out_lines = suan_span(note.data + at, note.size - at);
        return true;
    }
    return false;
}

static enum suan_status parse_line(struct suan_span line, struct suan_note_signature *out,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    static const char what[] = "a signature line is not '\xE2\x80\x94 NAME BASE64'";

    if (!suan_prefix_take(&line, dash))
        return refuse_note(error, what);
    const uint8_t *space = line.size > 0 ? memchr(line.data, ' ', line.size) : NULL;
    size_t size = space != NULL ? (size_t)(space - line.data) : 0;
    if (size == 0 || memchr(line.data, '+', size) != NULL)
        return refuse_note(error, what);
    struct suan_span text = suan_span(space + 1, line.size - size - 1);
    if (!suan_base64_decode(text, &bytes))
        return refuse_note(error, what);
    enum suan_status status = suan_buffer_check(&bytes, error);
    if (status != SUAN_OK)
        return status;
    if (bytes.size <= ID_SIZE)
        return refuse_note(error, "a signature is empty");
    *out = (struct suan_note_signature){suan_span(line.data, size), suan_be32(bytes.data), text};
    return SUAN_OK;
}

enum suan_status suan_signed_note_parse(struct suan_span bytes, struct suan_signed_note *out,
                                        struct suan_error *error)
{
    struct suan_signed_note note = {0};
    struct suan_span lines, line;

    if (bytes.size > SUAN_NOTE_SIZE_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "note.too-large", NULL,
                              "note: %zu bytes, the limit is %d", bytes.size, SUAN_NOTE_SIZE_MAX);
    if (!is_note_text(bytes))
        return refuse_note(error, "it holds control characters, or is not UTF-8");
    if (!split_note(bytes, &note.text, &lines))
        return refuse_note(error, "no empty line stands between text and signatures");
    while (suan_line_take(&lines, &line)) {
        if (note.signature_count == SUAN_NOTE_SIGNATURES_MAX)
            return refuse_note(error, "it has more than 64 signatures");
        enum suan_status status = parse_line(line, &note.signatures[note.signature_count], error);
        if (status != SUAN_OK)
            return status;
        note.signature_count++;
    }
    if (lines.size != 0 || note.signature_count == 0)
        return refuse_note(error, "it must end with complete signature lines");
    *out = note;
    return SUAN_OK;
}

/* --- verifying ---------------------------------------------------------------------------------------- */

/* What a witness signs at a time: a heading of its own, then the note's text. */
static void append_cosigned(struct suan_buffer *out, uint64_t time_s, struct suan_span text)
{
    suan_buffer_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
    suan_buffer_append_span(out, text);
}

static enum suan_status verify_cosignature(struct suan_span text, const struct suan_note_key *key,
                                           struct suan_span encoded, bool *out_right, uint64_t *out_time_s,
                                           struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer message = {0};
    uint8_t bytes[ID_SIZE + TIME_SIZE + SUAN_ED25519_SIGNATURE_SIZE];

    *out_right = false;
    if (!suan_base64_decode_exact(encoded, bytes, sizeof bytes))
        return SUAN_OK;
    uint64_t time_s = suan_be64(bytes + ID_SIZE);
    append_cosigned(&message, time_s, text);
    enum suan_status status = suan_buffer_check(&message, error);
    if (status != SUAN_OK || time_s > INT64_MAX)
        return status;
    *out_right = suan_ed25519_verify(key->point, suan_buffer_span(&message), bytes + ID_SIZE + TIME_SIZE);
    *out_time_s = time_s;
    return SUAN_OK;
}

static bool verify_plain(struct suan_span text, const struct suan_note_key *key, struct suan_span encoded)
{
    uint8_t bytes[ID_SIZE + SUAN_ED25519_SIGNATURE_SIZE];
    return suan_base64_decode_exact(encoded, bytes, sizeof bytes) &&
           suan_ed25519_verify(key->point, text, bytes + ID_SIZE);
}

enum suan_status suan_signed_note_verify(const struct suan_signed_note *note, const struct suan_note_key *key,
                                         uint64_t *out_time_s, struct suan_error *error)
{
    uint64_t newest_s = 0;
    size_t found = 0;

    for (size_t i = 0; i < note->signature_count; i++) {
        const struct suan_note_signature *signature = &note->signatures[i];
        uint64_t time_s = 0;
        bool right;
        if (signature->id != key->id || !suan_span_equal(signature->name, suan_span_text(key->name)))
            continue;
        if (key->type == SUAN_NOTE_COSIGNATURE) {
            enum suan_status status =
                verify_cosignature(note->text, key, signature->bytes, &right, &time_s, error);
            if (status != SUAN_OK)
                return status;
        } else {
            right = verify_plain(note->text, key, signature->bytes);
        }
        if (!right)
            return suan_error_set(error, SUAN_E_REFUSED, code_signature, NULL,
                                  "note: the signature of '%s' does not fit the text", key->name);
        newest_s = time_s > newest_s ? time_s : newest_s;
        found++;
    }
    if (found == 0)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "note.unsigned", NULL, "note: '%s' has not signed it",
                              key->name);
    if (out_time_s != NULL)
        *out_time_s = newest_s;
    return SUAN_OK;
}

/* --- writing ------------------------------------------------------------------------------------------ */

void suan_signed_note_begin(struct suan_buffer *out, struct suan_span text)
{
    suan_buffer_append_span(out, text);
    suan_buffer_append_u8(out, '\n');
}

static enum suan_status check_signable(struct suan_span text, struct suan_error *error)
{
    if (text.size == 0 || text.data[text.size - 1] != '\n' || !is_note_text(text))
        return refuse_note(error, "its text must be UTF-8 without control characters and end with a newline");
    return SUAN_OK;
}

static void append_line(struct suan_buffer *out, const struct suan_note_key *key, struct suan_span signature)
{
    uint8_t bytes[ID_SIZE + TIME_SIZE + SUAN_ED25519_SIGNATURE_SIZE];
    suan_put_be32(bytes, key->id);
    memcpy(bytes + ID_SIZE, signature.data, signature.size);
    suan_buffer_append_text(out, dash);
    suan_buffer_append_text(out, key->name);
    suan_buffer_append_u8(out, ' ');
    suan_base64_append(out, suan_span(bytes, ID_SIZE + signature.size));
    suan_buffer_append_u8(out, '\n');
}

enum suan_status suan_signed_note_sign(struct suan_buffer *out, struct suan_span text, const char *name,
                                       const struct suan_signer *signer, struct suan_error *error)
{
    uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE];
    struct suan_note_key key;
    enum suan_status status = check_signable(text, error);
    if (status == SUAN_OK)
        status = suan_note_key_init(&key, name, SUAN_NOTE_ED25519, suan_signer_key(signer)->point, error);
    if (status == SUAN_OK)
        status = suan_signer_sign_raw(signer, text, signature, error);
    if (status != SUAN_OK)
        return status;
    append_line(out, &key, suan_span(signature, sizeof signature));
    return suan_buffer_check(out, error);
}

enum suan_status suan_signed_note_cosign(struct suan_buffer *out, struct suan_span text, const char *name,
                                         const struct suan_signer *signer, uint64_t time_s,
                                         struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer message = {0};
    uint8_t timed[TIME_SIZE + SUAN_ED25519_SIGNATURE_SIZE];
    struct suan_note_key key;

    if (time_s > INT64_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "note.time", NULL, "note: the time is beyond 2^63 - 1");
    enum suan_status status = check_signable(text, error);
    if (status == SUAN_OK)
        status = suan_note_key_init(&key, name, SUAN_NOTE_COSIGNATURE, suan_signer_key(signer)->point, error);
    if (status != SUAN_OK)
        return status;
    append_cosigned(&message, time_s, text);
    suan_put_be64(timed, time_s);
    status = suan_buffer_check(&message, error);
    if (status == SUAN_OK)
        status = suan_signer_sign_raw(signer, suan_buffer_span(&message), timed + TIME_SIZE, error);
    if (status != SUAN_OK)
        return status;
    append_line(out, &key, suan_span(timed, sizeof timed));
    return suan_buffer_check(out, error);
}

/* --- checkpoints -------------------------------------------------------------------------------------- */

void suan_checkpoint_format(struct suan_buffer *out, const char *origin, uint64_t size,
                            const struct suan_digest *root)
{
    suan_buffer_printf(out, "%s\n%" PRIu64 "\n", origin, size);
    suan_base64_append(out, suan_span(root->bytes, sizeof root->bytes));
    suan_buffer_append_u8(out, '\n');
}

enum suan_status suan_checkpoint_parse(struct suan_span text, struct suan_checkpoint *out,
                                       struct suan_error *error)
{
    struct suan_checkpoint checkpoint;
    struct suan_span size, root;

    if (!suan_line_take(&text, &checkpoint.origin) || !suan_line_take(&text, &size) ||
        !suan_line_take(&text, &root) || text.size != 0)
        return suan_error_set(error, SUAN_E_FORMAT, "checkpoint.format", NULL,
                              "checkpoint: must be three lines: origin, size, root");
    if (!is_name(checkpoint.origin) || !suan_decimal_parse(size, &checkpoint.size) ||
        !suan_base64_decode_exact(root, checkpoint.root.bytes, sizeof checkpoint.root.bytes))
        return suan_error_set(error, SUAN_E_FORMAT, "checkpoint.format", NULL,
                              "checkpoint: its origin, size or root is malformed");
    *out = checkpoint;
    return SUAN_OK;
}
