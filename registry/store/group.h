#ifndef SUAN_STORE_GROUP_H
#define SUAN_STORE_GROUP_H

/*
 * Group commit: many threads, each with its own small write, share one transaction and one pair of flushes. A
 * thread of the group's own takes everything that is queued, up to SUAN_GROUP_MAX writes, runs one after the
 * other, commits once, then answers all. While a group runs, its store belongs to it.
 */
#include "store.h"

enum { SUAN_GROUP_MAX = 8190 };

struct suan_group;

/* Errors: MEMORY, IO "store.io" (no thread). */
SUAN_MUST_USE enum suan_status suan_group_start(struct suan_store *store, struct suan_group **out_group,
                                                struct suan_error *error);
/* Answers what is queued, and ends. Nobody may call suan_group_write any more. Takes NULL. */
void suan_group_stop(struct suan_group *group);
void suan_group_stopp(struct suan_group **group);

/*
 * As suan_store_write, from any thread: returns when the write is durable, or refused. `work` runs in the
 * group's thread, perhaps more than once. If it fails it leaves no trace; others of its transaction are not
 * affected (cheap if it fails before it writes; else all are run again without it).
 */
SUAN_MUST_USE enum suan_status suan_group_write(struct suan_group *group,
                                                enum suan_status (*work)(void *context, struct suan_txn *txn,
                                                                         struct suan_error *error),
                                                void *context, struct suan_error *error);

#endif
