/* Public keys: two types, one wire form, one text form. Each has exactly one encoding, so that its id is its
 * name. */
#include "sshkey.h"

#include "base/cleanup.h"
#include "base64.h"
#include "sshwire.h"

static const char name_ed25519[] = "ssh-ed25519";
static const char name_sk_ed25519[] = "sk-ssh-ed25519@openssh.com";
static const char code_format[] = "key.format";
static const char code_type[] = "key.type";
static const char hint_type[] = "use an Ed25519 key: ssh-keygen -t ed25519 (or ed25519-sk)";

const char *suan_key_type_name(enum suan_key_type type)
{
    return type == SUAN_KEY_SK_ED25519 ? name_sk_ed25519 : name_ed25519;
}

/* False if no known type has that name. */
static bool find_type(struct suan_span name, enum suan_key_type *out)
{
    if (suan_span_equal(name, suan_span_text(name_ed25519)))
        *out = SUAN_KEY_ED25519;
    else if (suan_span_equal(name, suan_span_text(name_sk_ed25519)))
        *out = SUAN_KEY_SK_ED25519;
    else
        return false;
    return true;
}

static enum suan_status refuse_format(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL, "public key: %s", what);
}

/* Names of other algorithms are shown only if they are harmless to show. */
static enum suan_status refuse_type(struct suan_error *error, struct suan_span name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] <= 0x20 || name.data[i] > 0x7E)
            return refuse_format(error, "the algorithm has no printable name");
    }
    if (name.size == 0 || name.size > 64)
        return refuse_format(error, "the algorithm's name must have 1 to 64 characters");
    return suan_error_set(error, SUAN_E_REFUSED, code_type, hint_type,
                          "public key: type '%.*s' is not accepted", SUAN_SPAN_PRINTF(name));
}

enum suan_status suan_ssh_key_decode(struct suan_span wire, struct suan_public_key *out,
                                     struct suan_error *error)
{
    struct suan_ssh_reader reader = {wire, false};
    struct suan_public_key key = {0};
    struct suan_span name = suan_ssh_read_string(&reader);

    if (reader.failed)
        return refuse_format(error, "truncated");
    if (!find_type(name, &key.type))
        return refuse_type(error, name);
    struct suan_span point = suan_ssh_read_string(&reader);
    struct suan_span application = {NULL, 0};
    if (key.type == SUAN_KEY_SK_ED25519)
        application = suan_ssh_read_string(&reader);
    if (!suan_ssh_is_complete(&reader))
        return refuse_format(error, "truncated, or followed by other bytes");
    if (point.size != SUAN_ED25519_POINT_SIZE)
        return refuse_format(error, "the point must have 32 bytes");
    if (application.size > SUAN_KEY_APPLICATION_MAX)
        return refuse_format(error, "the FIDO application is longer than 64 bytes");
    memcpy(key.point, point.data, point.size);
    if (application.size > 0)
        memcpy(key.application, application.data, application.size);
    key.application_size = application.size;
    *out = key;
    return SUAN_OK;
}

enum suan_status suan_public_key_decode(struct suan_span wire, struct suan_public_key *out,
                                        struct suan_error *error)
{
    struct suan_public_key key;
    enum suan_status status = suan_ssh_key_decode(wire, &key, error);
    if (status != SUAN_OK)
        return status;
    if (!suan_ed25519_is_sound(key.point))
        return suan_error_set(error, SUAN_E_REFUSED, "key.unsound",
                              "make a new key with ssh-keygen -t ed25519",
                              "public key: its point lets anybody forge signatures");
    *out = key;
    return SUAN_OK;
}

void suan_public_key_encode(const struct suan_public_key *key, struct suan_buffer *out)
{
    suan_ssh_append_string(out, suan_span_text(suan_key_type_name(key->type)));
    suan_ssh_append_string(out, suan_span(key->point, sizeof key->point));
    if (key->type == SUAN_KEY_SK_ED25519)
        suan_ssh_append_string(out, suan_span(key->application, key->application_size));
}

/* Takes the line end off; false if more than one line is there. */
static bool trim_line(struct suan_span *text)
{
    if (text->size > 0 && text->data[text->size - 1] == '\n')
        text->size--;
    if (text->size > 0 && text->data[text->size - 1] == '\r')
        text->size--;
    return text->size == 0 ||
           (memchr(text->data, '\n', text->size) == NULL && memchr(text->data, '\r', text->size) == NULL &&
            memchr(text->data, 0, text->size) == NULL);
}

/* The word before the first space; the rest, without that space, stays in `text`. */
static struct suan_span take_word(struct suan_span *text)
{
    const uint8_t *space = text->size > 0 ? memchr(text->data, ' ', text->size) : NULL;
    struct suan_span word = *text;
    if (space == NULL) {
        *text = suan_span(NULL, 0);
        return word;
    }
    word.size = (size_t)(space - text->data);
    *text = suan_span(space + 1, text->size - word.size - 1);
    return word;
}

static bool is_foreign_type(struct suan_span word)
{
    static const char *const beginnings[] = {"ssh-", "ecdsa-", "sk-", "rsa-"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        size_t size = strlen(beginnings[i]);
        if (word.size > size && memcmp(word.data, beginnings[i], size) == 0)
            return true;
    }
    return false;
}

enum suan_status suan_public_key_parse(struct suan_span text, struct suan_public_key *out,
                                       struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    enum suan_key_type type;

    if (text.size > SUAN_KEY_TEXT_MAX)
        return refuse_format(error, "longer than 4,096 bytes");
    if (!trim_line(&text))
        return refuse_format(error, "must be a single line");
    struct suan_span word = take_word(&text);
    if (!find_type(word, &type))
        return is_foreign_type(word)
                   ? refuse_type(error, word)
                   : refuse_format(error, "must begin with ssh-ed25519 or sk-ssh-ed25519@openssh.com");
    if (!suan_base64_decode(take_word(&text), &wire))
        return refuse_format(error, "the key itself is not Base 64");
    enum suan_status status = suan_buffer_check(&wire, error);
    if (status != SUAN_OK)
        return status;
    struct suan_public_key key;
    status = suan_public_key_decode(suan_buffer_span(&wire), &key, error);
    if (status != SUAN_OK)
        return status;
    if (key.type != type)
        return refuse_format(error, "the type in words and the type in the key differ");
    *out = key;
    return SUAN_OK;
}

void suan_public_key_format(const struct suan_public_key *key, struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    suan_public_key_encode(key, &wire);
    suan_buffer_append_text(out, suan_key_type_name(key->type));
    suan_buffer_append_u8(out, ' ');
    suan_base64_append(out, suan_buffer_span(&wire));
    out->failed |= wire.failed;
}

struct suan_digest suan_public_key_id(const struct suan_public_key *key)
{
    uint8_t wire[SUAN_KEY_WIRE_MAX];
    struct suan_span name = suan_span_text(suan_key_type_name(key->type));
    size_t size = 0;

    /* The same bytes as suan_public_key_encode, without memory that could run out. */
    suan_put_be32(wire, (uint32_t)name.size);
    memcpy(wire + 4, name.data, name.size);
    size = 4 + name.size;
    suan_put_be32(wire + size, sizeof key->point);
    memcpy(wire + size + 4, key->point, sizeof key->point);
    size += 4 + sizeof key->point;
    if (key->type == SUAN_KEY_SK_ED25519) {
        suan_put_be32(wire + size, (uint32_t)key->application_size);
        memcpy(wire + size + 4, key->application, key->application_size);
        size += 4 + key->application_size;
    }
    return suan_sha256(suan_span(wire, size));
}

bool suan_public_key_equal(const struct suan_public_key *a, const struct suan_public_key *b)
{
    return a->type == b->type && memcmp(a->point, b->point, sizeof a->point) == 0 &&
           suan_span_equal(suan_span(a->application, a->application_size),
                           suan_span(b->application, b->application_size));
}

/* Text that can stand in an allowed_signers line without meaning anything but itself. */
static bool is_literal(const char *text, const char *refused)
{
    for (const char *p = text; *p != '\0'; p++) {
        uint8_t c = (uint8_t)*p;
        if (c <= 0x20 || c == 0x7F || strchr(refused, c) != NULL)
            return false;
    }
    return text[0] != '\0' && text[0] != '#' && text[0] != '@';
}

enum suan_status suan_allowed_signer_append(struct suan_buffer *out, const char *principal,
                                            const char *namespaces, const struct suan_public_key *key,
                                            struct suan_error *error)
{
    if (!is_literal(principal, "\"'\\,*?!"))
        return suan_error_set(
            error, SUAN_E_FORMAT, "key.principal", NULL,
            "allowed signer '%.64s': spaces, quotes, commas and wildcards would change its meaning",
            principal);
    if (namespaces != NULL && !is_literal(namespaces, "\"'\\*?!"))
        return suan_error_set(error, SUAN_E_FORMAT, "key.principal", NULL,
                              "namespaces '%.64s': spaces, quotes and wildcards would change their meaning",
                              namespaces);
    suan_buffer_append_text(out, principal);
    if (namespaces != NULL)
        suan_buffer_printf(out, " namespaces=\"%s\"", namespaces);
    suan_buffer_append_u8(out, ' ');
    suan_public_key_format(key, out);
    suan_buffer_append_u8(out, '\n');
    return suan_buffer_check(out, error);
}
