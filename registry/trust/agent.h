#ifndef SUAN_TRUST_AGENT_H
#define SUAN_TRUST_AGENT_H

/* Inside this folder only: the client's side of the ssh-agent protocol, one connection for each question. */
#include "sshkey.h"

enum { SUAN_AGENT_PATH_MAX = 107, SUAN_AGENT_MESSAGE_MAX = 262144 };

/* The socket's path to use: the one given, or $SSH_AUTH_SOCK. Errors: NOT_FOUND "agent.none", USAGE
 * "agent.path". */
SUAN_MUST_USE enum suan_status suan_agent_path(const char *socket_path, char out[SUAN_AGENT_PATH_MAX + 1],
                                               struct suan_error *error);
/* Appends the wire signature that the agent makes over `message`. */
SUAN_MUST_USE enum suan_status suan_agent_sign(const char *socket_path, const struct suan_public_key *key,
                                               struct suan_span message, struct suan_buffer *out,
                                               struct suan_error *error);

#endif
