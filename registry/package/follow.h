#ifndef SUAN_PACKAGE_FOLLOW_H
#define SUAN_PACKAGE_FOLLOW_H

/*
 * Inside this folder only: digests of a file, and of what is being unpacked from it, taken behind the
 * unpacking by a second thread. Where no thread can be had, or the file is too small to be worth one, the
 * same digests are taken at the end.
 */
#include <pthread.h>

#include "base/span.h"
#include "trust/digest.h"

struct suan_follower {
    struct suan_span file;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* of the fields below */
    pthread_cond_t changed;
    struct suan_span made; /* what lies ready; grows in place */
    bool complete;
    struct suan_digest file_digest, made_digest; /* valid after the thread has ended */
};

/* The file must outlive the follower. */
void suan_follower_begin(struct suan_follower *follower, struct suan_span file);

/* The first made.size bytes at made.data will neither move nor change before the end. */
void suan_follower_advance(struct suan_follower *follower, struct suan_span made);

/* `made` is all there is. Both digests are then valid. */
void suan_follower_end(struct suan_follower *follower, struct suan_span made);

/* Ends the thread, if it still runs. */
void suan_follower_done(struct suan_follower *follower);

#endif
