#ifndef SUAN_TESTS_POLICY_LIBRARY_H
#define SUAN_TESTS_POLICY_LIBRARY_H

/* The programme files of the tree, and of the tests, read from disk. Failures end the process. */
#include "base/buffer.h"
#include "policy/programme.h"

enum { LIBRARY_MAX = 64 };

struct library {
    struct suan_programme *programmes[LIBRARY_MAX];
    size_t count;
};

/* Adds every *.json of the folder whose schema is suan.programme/1. */
void library_add(struct library *library, const char *folder);
void library_done(struct library *library);
const struct suan_programme *library_find(const struct library *library, const char *id);
/* `const` all the way, as the functions of policy take them. */
const struct suan_programme *const *library_list(const struct library *library);
void library_read_file(const char *path, struct suan_buffer *out);
/* A programme from text; the test fails if it is refused. */
struct suan_programme *library_parse(const char *text);

#endif
