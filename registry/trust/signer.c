/* A signer is a secret in memory or a place to ask; its users cannot tell which. */
#include "signer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "armour.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "private_key.h"
#include "sshwire.h"

enum holder { HOLDER_MEMORY, HOLDER_AGENT };

struct suan_signer {
    enum holder holder;
    struct suan_public_key key;
    struct suan_ed25519_secret secret;         /* HOLDER_MEMORY */
    char socket_path[SUAN_AGENT_PATH_MAX + 1]; /* HOLDER_AGENT */
};

/* NULL if out of memory. */
static struct suan_signer *new_signer(enum holder holder)
{
    struct suan_signer *signer = calloc(1, sizeof *signer);
    if (signer != NULL)
        signer->holder = holder;
    return signer;
}

static enum suan_status lack_memory(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

void suan_signer_close(struct suan_signer *signer)
{
    if (signer == NULL)
        return;
    suan_ed25519_wipe(&signer->secret);
    free(signer);
}

void suan_signer_closep(struct suan_signer **signer)
{
    suan_signer_close(*signer);
}

enum suan_status suan_signer_parse(struct suan_span file, struct suan_signer **out_signer,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = new_signer(HOLDER_MEMORY);
    if (signer == NULL)
        return lack_memory(error);
    enum suan_status status = suan_private_key_parse(file, &signer->secret, error);
    if (status != SUAN_OK)
        return status;
    signer->key.type = SUAN_KEY_ED25519;
    memcpy(signer->key.point, signer->secret.point, sizeof signer->key.point);
    *out_signer = suan_take(&signer);
    return SUAN_OK;
}

enum suan_status suan_signer_open_agent(const char *socket_path, const struct suan_public_key *key,
                                        struct suan_signer **out_signer, struct suan_error *error)
{
    struct suan_public_key keys[SUAN_SIGNER_KEYS_MAX];
    size_t count = 0;
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = new_signer(HOLDER_AGENT);
    if (signer == NULL)
        return lack_memory(error);
    enum suan_status status = suan_agent_path(socket_path, signer->socket_path, error);
    if (status == SUAN_OK)
        status = suan_agent_keys(signer->socket_path, keys, &count, error);
    if (status != SUAN_OK)
        return status;
    size_t i = 0;
    while (i < count && !suan_public_key_equal(&keys[i], key))
        i++;
    if (i == count)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "agent.key", "add it with ssh-add",
                              "ssh-agent at %s: it does not hold that key", signer->socket_path);
    signer->key = *key;
    *out_signer = suan_take(&signer);
    return SUAN_OK;
}

static enum suan_status open_text(struct suan_span text, struct suan_signer **out_signer,
                                  struct suan_error *error)
{
    struct suan_public_key key;
    if (suan_private_key_is(text))
        return suan_signer_parse(text, out_signer, error);
    enum suan_status status = suan_public_key_parse(text, &key, error);
    return status != SUAN_OK ? status : suan_signer_open_agent(NULL, &key, out_signer, error);
}

enum suan_status suan_signer_open(const char *where, struct suan_signer **out_signer,
                                  struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer text = {0};
    enum suan_status status = suan_file_read(where, SUAN_PRIVATE_KEY_FILE_MAX, &text, error);
    if (status != SUAN_OK)
        return status;
    status = open_text(suan_buffer_span(&text), out_signer, error);
    if (status != SUAN_OK)
        suan_error_prefix(error, where);
    return status;
}

const struct suan_public_key *suan_signer_key(const struct suan_signer *signer)
{
    return &signer->key;
}

enum suan_status suan_signer_sign_raw(const struct suan_signer *signer, struct suan_span message,
                                      uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE],
                                      struct suan_error *error)
{
    if (signer->key.type != SUAN_KEY_ED25519)
        return suan_error_set(error, SUAN_E_REFUSED, "key.raw", "sign with an ssh-ed25519 key",
                              "a FIDO key cannot sign attestations and notes");
    if (signer->holder == HOLDER_MEMORY) {
        suan_ed25519_sign(&signer->secret, message, signature);
        return SUAN_OK;
    }
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};
    enum suan_status status = suan_agent_sign(signer->socket_path, &signer->key, message, &wire, error);
    if (status != SUAN_OK)
        return status;
    struct suan_ssh_signature made;
    if (!suan_ssh_signature_decode(suan_buffer_span(&wire), signer->key.type, &made))
        return suan_error_set(error, SUAN_E_IO, "agent.io", NULL, "ssh-agent: the answer is malformed");
    memcpy(signature, made.bytes.data, SUAN_ED25519_SIGNATURE_SIZE);
    return SUAN_OK;
}

enum suan_status suan_signer_sign_wire(const struct suan_signer *signer, struct suan_span message,
                                       struct suan_buffer *out, struct suan_error *error)
{
    if (signer->holder == HOLDER_AGENT)
        return suan_agent_sign(signer->socket_path, &signer->key, message, out, error);
    uint8_t signature[SUAN_ED25519_SIGNATURE_SIZE];
    suan_ed25519_sign(&signer->secret, message, signature);
    suan_ssh_append_string(out, suan_span_text(suan_key_type_name(signer->key.type)));
    suan_ssh_append_string(out, suan_span(signature, sizeof signature));
    return suan_buffer_check(out, error);
}

static enum suan_status refuse_existing(struct suan_error *error, const char *path)
{
    return suan_error_set(error, SUAN_E_CONFLICT, "key.exists",
                          "choose another name, or use the key that is there",
                          "%s: exists already; keys are never overwritten", path);
}

/* Creates a file that must not be there yet: written under another name, then linked, which fails if the name
 * is taken. */
static enum suan_status create_file(const char *path, struct suan_span content, unsigned mode,
                                    struct suan_error *error)
{
    char beside[PATH_MAX];
    if ((size_t)snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid()) >= sizeof beside)
        return suan_error_errno(error, "file.io", ENAMETOOLONG, path);
    enum suan_status status = suan_file_replace(beside, content, mode, error);
    if (status != SUAN_OK)
        return status;
    int cause = link(beside, path) != 0 ? errno : 0;
    unlink(beside);
    if (cause == EEXIST)
        return refuse_existing(error, path);
    return cause != 0 ? suan_error_errno(error, "file.io", cause, path) : SUAN_OK;
}

enum suan_status suan_key_file_create(const char *path, const char *comment, struct suan_public_key *out_key,
                                      struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_wipe) struct suan_buffer private_text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer public_text = {0};
    SUAN_CLEANUP(suan_ed25519_wipe) struct suan_ed25519_secret secret;
    struct suan_public_key key = {.type = SUAN_KEY_ED25519};
    char public_path[PATH_MAX];

    suan_ed25519_generate(&secret);
    if ((size_t)snprintf(public_path, sizeof public_path, "%s.pub", path) >= sizeof public_path)
        return suan_error_errno(error, "file.io", ENAMETOOLONG, path);
    if (access(public_path, F_OK) == 0)
        return refuse_existing(error, public_path);
    memcpy(key.point, secret.point, sizeof key.point);
    if (suan_buffer_extend(&private_text, SUAN_PRIVATE_KEY_FILE_MAX) != NULL)
        suan_buffer_clear(&private_text);
    suan_private_key_format(&secret, comment, &private_text);
    suan_public_key_format(&key, &public_text);
    suan_buffer_printf(&public_text, " %s\n", comment);
    public_text.failed |= private_text.failed;
    enum suan_status status = suan_buffer_check(&public_text, error);
    if (status == SUAN_OK)
        status = create_file(path, suan_buffer_span(&private_text), 0600, error);
    if (status == SUAN_OK)
        status = create_file(public_path, suan_buffer_span(&public_text), 0644, error);
    if (status == SUAN_OK && out_key != NULL)
        *out_key = key;
    return status;
}
