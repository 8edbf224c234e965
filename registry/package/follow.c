/* One thread makes bytes, one digests them: with two processors unpacking costs no more than the slower of
 * both. */
#include "follow.h"

#include <signal.h>

/* Starting a thread takes as long as digesting this much. */
enum { WORTH_BYTES = 1 << 18 };

/* Waits for bytes behind `done`; false if there will be none. */
static bool wait_for_more(struct suan_follower *follower, size_t done, struct suan_span *out_piece)
{
    pthread_mutex_lock(&follower->lock);
    while (follower->made.size == done && !follower->complete)
        pthread_cond_wait(&follower->changed, &follower->lock);
    struct suan_span made = follower->made;
    pthread_mutex_unlock(&follower->lock);
    size_t size = made.size - done;
    *out_piece = suan_span(size == 0 ? NULL : made.data + done, size);
    return size > 0;
}

static void *follow(void *context)
{
    struct suan_follower *follower = context;
    struct suan_hasher hasher;
    struct suan_span piece;
    size_t done = 0;
    follower->file_digest = suan_sha256(follower->file);
    suan_hasher_init(&hasher);
    while (wait_for_more(follower, done, &piece)) {
        suan_hasher_add(&hasher, piece);
        done += piece.size;
    }
    follower->made_digest = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    return NULL;
}

void suan_follower_begin(struct suan_follower *follower, struct suan_span file)
{
    *follower = (struct suan_follower){.file = file};
    pthread_mutex_init(&follower->lock, NULL);
    pthread_cond_init(&follower->changed, NULL);
    if (file.size < WORTH_BYTES)
        return;
    /* The host program's signals are none of this thread's business. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    follower->running = pthread_create(&follower->thread, NULL, follow, follower) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void tell(struct suan_follower *follower, struct suan_span made, bool complete)
{
    pthread_mutex_lock(&follower->lock);
    follower->made = made;
    follower->complete = complete;
    pthread_cond_signal(&follower->changed);
    pthread_mutex_unlock(&follower->lock);
}

void suan_follower_advance(struct suan_follower *follower, struct suan_span made)
{
    if (follower->running)
        tell(follower, made, false);
}

void suan_follower_end(struct suan_follower *follower, struct suan_span made)
{
    if (!follower->running) {
        follower->file_digest = suan_sha256(follower->file);
        follower->made_digest = suan_sha256(made);
        return;
    }
    tell(follower, made, true);
    pthread_join(follower->thread, NULL);
    follower->running = false;
}

void suan_follower_done(struct suan_follower *follower)
{
    if (follower->running) {
        /* What was made so far stays valid until the thread has ended: it is digested, and forgotten. */
        pthread_mutex_lock(&follower->lock);
        follower->complete = true;
        pthread_cond_signal(&follower->changed);
        pthread_mutex_unlock(&follower->lock);
        pthread_join(follower->thread, NULL);
        follower->running = false;
    }
    pthread_cond_destroy(&follower->changed);
    pthread_mutex_destroy(&follower->lock);
}
