/* Questions to the ssh-agent. What it answers is checked like any stranger's bytes: sizes first, then shape.
 */
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/cleanup.h"
#include "signer.h"
#include "sshwire.h"

enum {
    REQUEST_IDENTITIES = 11,
    IDENTITIES_ANSWER = 12,
    SIGN_REQUEST = 13,
    SIGN_RESPONSE = 14,
    KEYS_READ_MAX = 1024,
    /* A person may have to find and touch a FIDO key. */
    PATIENCE_S = 120
};

static const char code_io[] = "agent.io";
static const char hint_start[] = "start one with: eval $(ssh-agent); then add keys with ssh-add";

enum suan_status suan_agent_path(const char *socket_path, char out[SUAN_AGENT_PATH_MAX + 1],
                                 struct suan_error *error)
{
    const char *path = socket_path != NULL ? socket_path : getenv("SSH_AUTH_SOCK");
    if (path == NULL || path[0] == '\0')
        return suan_error_set(error, SUAN_E_NOT_FOUND, "agent.none", hint_start,
                              "no ssh-agent: SSH_AUTH_SOCK is not set");
    if (strlen(path) > SUAN_AGENT_PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "agent.path", NULL,
                              "ssh-agent: the socket's path is longer than %d bytes", SUAN_AGENT_PATH_MAX);
    strcpy(out, path);
    return SUAN_OK;
}

static enum suan_status connect_to(const char *path, int *out_fd, struct suan_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    SUAN_CLEANUP(suan_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        char cause[128];
        return suan_error_set(error, SUAN_E_IO, code_io, hint_start, "ssh-agent at %s: cannot connect: %s",
                              path, strerror_r(errno, cause, sizeof cause));
    }
    *out_fd = fd;
    fd = -1;
    return SUAN_OK;
}

static bool send_all(int fd, struct suan_span bytes)
{
    while (bytes.size > 0) {
        ssize_t put = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes = suan_span(bytes.data + put, bytes.size - (size_t)put);
    }
    return true;
}

static bool receive_all(int fd, uint8_t *place, size_t size)
{
    while (size > 0) {
        ssize_t got = recv(fd, place, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        place += got;
        size -= (size_t)got;
    }
    return true;
}

/* One question, one answer of the expected kind; `answer` takes what follows the kind. */
static enum suan_status ask(const char *path, struct suan_span question, uint8_t expected,
                            struct suan_buffer *answer, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = -1;
    uint8_t head[4];
    enum suan_status status = connect_to(path, &fd, error);
    if (status != SUAN_OK)
        return status;
    suan_put_be32(head, (uint32_t)question.size);
    if (!send_all(fd, suan_span(head, sizeof head)) || !send_all(fd, question) ||
        !receive_all(fd, head, sizeof head))
        return suan_error_set(error, SUAN_E_IO, code_io, NULL, "ssh-agent at %s: no answer", path);
    uint32_t size = suan_be32(head);
    if (size == 0 || size > SUAN_AGENT_MESSAGE_MAX)
        return suan_error_set(error, SUAN_E_IO, code_io, NULL, "ssh-agent at %s: an answer of %u bytes", path,
                              size);
    uint8_t kind;
    if (!receive_all(fd, &kind, 1))
        return suan_error_set(error, SUAN_E_IO, code_io, NULL, "ssh-agent at %s: the answer breaks off",
                              path);
    if (kind != expected)
        return suan_error_set(error, SUAN_E_IO, code_io,
                              "see whether ssh-add -l shows the key, and is not locked",
                              "ssh-agent at %s: it refused (answer %u)", path, kind);
    uint8_t *place = suan_buffer_extend(answer, size - 1);
    if (place == NULL)
        return suan_buffer_check(answer, error);
    if (!receive_all(fd, place, size - 1))
        return suan_error_set(error, SUAN_E_IO, code_io, NULL, "ssh-agent at %s: the answer breaks off",
                              path);
    return SUAN_OK;
}

static enum suan_status refuse_answer(struct suan_error *error, const char *path)
{
    return suan_error_set(error, SUAN_E_IO, code_io, NULL, "ssh-agent at %s: the answer is malformed", path);
}

enum suan_status suan_agent_keys(const char *socket_path, struct suan_public_key out[SUAN_SIGNER_KEYS_MAX],
                                 size_t *out_count, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer answer = {0};
    char path[SUAN_AGENT_PATH_MAX + 1];
    const uint8_t question[] = {REQUEST_IDENTITIES};
    enum suan_status status = suan_agent_path(socket_path, path, error);
    if (status == SUAN_OK)
        status = ask(path, suan_span(question, sizeof question), IDENTITIES_ANSWER, &answer, error);
    if (status != SUAN_OK)
        return status;
    struct suan_ssh_reader reader = {suan_buffer_span(&answer), false};
    uint32_t listed = suan_ssh_read_u32(&reader);
    size_t count = 0;
    for (uint32_t i = 0; i < listed && i < KEYS_READ_MAX && !reader.failed; i++) {
        struct suan_span wire = suan_ssh_read_string(&reader);
        (void)suan_ssh_read_string(&reader);
        if (!reader.failed && count < SUAN_SIGNER_KEYS_MAX &&
            suan_public_key_decode(wire, &out[count], NULL) == SUAN_OK)
            count++;
    }
    if (reader.failed)
        return refuse_answer(error, path);
    *out_count = count;
    return SUAN_OK;
}

enum suan_status suan_agent_sign(const char *socket_path, const struct suan_public_key *key,
                                 struct suan_span message, struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer question = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer answer = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer wire = {0};

    if (message.size > SUAN_AGENT_MESSAGE_MAX - 1024)
        return suan_error_set(error, SUAN_E_USAGE, "agent.size", NULL,
                              "ssh-agent: %zu bytes are too many to sign", message.size);
    suan_public_key_encode(key, &wire);
    suan_buffer_append_u8(&question, SIGN_REQUEST);
    suan_ssh_append_string(&question, suan_buffer_span(&wire));
    suan_ssh_append_string(&question, message);
    suan_buffer_append_be32(&question, 0);
    question.failed |= wire.failed;
    enum suan_status status = suan_buffer_check(&question, error);
    if (status == SUAN_OK)
        status = ask(socket_path, suan_buffer_span(&question), SIGN_RESPONSE, &answer, error);
    if (status != SUAN_OK)
        return status;
    struct suan_ssh_reader reader = {suan_buffer_span(&answer), false};
    struct suan_span made = suan_ssh_read_string(&reader);
    struct suan_ssh_signature signature;
    if (!suan_ssh_is_complete(&reader) || !suan_ssh_signature_decode(made, key->type, &signature) ||
        !suan_ssh_signature_verify(key, &signature, message))
        return refuse_answer(error, socket_path);
    suan_buffer_append_span(out, made);
    return suan_buffer_check(out, error);
}
