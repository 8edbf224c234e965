#ifndef SUAN_TESTS_STORE_SUPPORT_H
#define SUAN_TESTS_STORE_SUPPORT_H

/* A store in a temporary folder, and short ways to its rows. Every function fails the test that calls it. */
#include <limits.h>

#include "store/store.h"

struct fixture {
    char root[64];            /* the temporary folder */
    char folder[96];          /* the store's, inside it */
    char file[128];           /* store.mdb */
    struct suan_store *store; /* open for writing, or NULL */
};
void fixture_make(struct fixture *fixture); /* a new store, open for writing */
void fixture_reopen(struct fixture *fixture, enum suan_store_mode mode);
void fixture_remove(struct fixture *fixture);

/* Fails unless `status` is SUAN_OK. */
void must(enum suan_status status, const struct suan_error *error);

/* Each its own transaction. */
void put(struct suan_store *store, enum suan_table table, const char *key, const char *value);
void drop(struct suan_store *store, enum suan_table table, const char *key);
/* The value as text in `out`, or the status. */
enum suan_status get(struct suan_store *store, enum suan_table table, const char *key, char out[256],
                     struct suan_error *error);
/* Appends `count` leaves "leaf N", N from the log's size on. */
void append_leaves(struct suan_store *store, enum suan_log log, uint64_t count);

/* Runs `work` in a child and returns what waitpid says of it; the child exits with the function's result. */
int in_child(int (*work)(void *context), void *context);

#endif
