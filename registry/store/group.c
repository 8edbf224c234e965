/* The queue of writes, and the thread that commits them together. */
#include "group.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "inside.h"

/* One caller's write; lies on the caller's stack until it is answered. */
struct ticket {
    struct ticket *next;
    enum suan_status (*work)(void *context, struct suan_txn *txn, struct suan_error *error);
    void *context;
    enum { TICKET_WAITING, TICKET_REFUSED, TICKET_ANSWERED } state;
    enum suan_status status;
    struct suan_error error;
};

struct suan_group {
    struct suan_store *store;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t queued, answered;
    struct ticket *first, **last; /* the queue, in order of arrival */
    enum { GROUP_RUNNING, GROUP_STOPPING } state;
};

/* Runs one write. False if the whole transaction has to be given up: the store is at fault, or the write had
 * begun. */
static bool run_ticket(struct ticket *ticket, struct suan_txn *txn)
{
    uint64_t version = txn->version;
    ticket->error = (struct suan_error){0};
    ticket->status = ticket->work(ticket->context, txn, &ticket->error);
    if (ticket->status == SUAN_OK)
        return true;
    if (txn->map_full)
        return false;
    ticket->state = TICKET_REFUSED;
    return txn->version == version;
}

struct batch {
    struct ticket *first;
    enum { BATCH_WHOLE, BATCH_AGAIN } outcome;
};

static enum suan_status run_batch(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct batch *batch = context;
    batch->outcome = BATCH_WHOLE;
    for (struct ticket *ticket = batch->first; ticket != NULL; ticket = ticket->next) {
        if (ticket->state == TICKET_REFUSED || run_ticket(ticket, txn))
            continue;
        batch->outcome = txn->map_full ? BATCH_WHOLE : BATCH_AGAIN;
        if (error != NULL)
            *error = ticket->error;
        return ticket->status;
    }
    return SUAN_OK;
}

/* One durable transaction of all that do not fail by themselves. */
static void commit_batch(struct suan_group *group, struct ticket *first)
{
    struct batch batch = {.first = first};
    struct suan_error error = {0};
    enum suan_status status;
    do
        status = suan_store_write(group->store, run_batch, &batch, &error);
    while (status != SUAN_OK && batch.outcome == BATCH_AGAIN);
    for (struct ticket *ticket = first; ticket != NULL; ticket = ticket->next) {
        if (ticket->state == TICKET_REFUSED || status == SUAN_OK)
            continue;
        ticket->status = status;
        ticket->error = error;
    }
}

/* Takes up to SUAN_GROUP_MAX tickets off the queue. Called under the mutex. */
static struct ticket *take_queue(struct suan_group *group)
{
    struct ticket *first = group->first, **end = &group->first;
    for (int count = 0; *end != NULL && count < SUAN_GROUP_MAX; count++)
        end = &(*end)->next;
    group->first = *end;
    *end = NULL;
    if (group->first == NULL)
        group->last = &group->first;
    return first;
}

static void answer(struct suan_group *group, struct ticket *first)
{
    while (first != NULL) {
        struct ticket *next = first->next; /* an answered ticket is its caller's again */
        first->state = TICKET_ANSWERED;
        first = next;
    }
    pthread_cond_broadcast(&group->answered);
}

static void *serve(void *context)
{
    struct suan_group *group = context;
    pthread_mutex_lock(&group->mutex);
    for (;;) {
        while (group->first == NULL && group->state == GROUP_RUNNING)
            pthread_cond_wait(&group->queued, &group->mutex);
        struct ticket *batch = take_queue(group);
        if (batch == NULL)
            break;
        pthread_mutex_unlock(&group->mutex);
        commit_batch(group, batch);
        pthread_mutex_lock(&group->mutex);
        answer(group, batch);
    }
    pthread_mutex_unlock(&group->mutex);
    return NULL;
}

/* Signals are the callers' business, not the group's. */
static int start_thread(struct suan_group *group)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&group->thread, NULL, serve, group);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

enum suan_status suan_group_start(struct suan_store *store, struct suan_group **out_group,
                                  struct suan_error *error)
{
    struct suan_group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    group->store = store;
    group->last = &group->first;
    pthread_mutex_init(&group->mutex, NULL);
    pthread_cond_init(&group->queued, NULL);
    pthread_cond_init(&group->answered, NULL);
    int code = start_thread(group);
    if (code != 0) {
        free(group);
        return suan_error_errno(error, "store.io", code, "the writer's thread");
    }
    *out_group = group;
    return SUAN_OK;
}

void suan_group_stop(struct suan_group *group)
{
    if (group == NULL)
        return;
    pthread_mutex_lock(&group->mutex);
    group->state = GROUP_STOPPING;
    pthread_cond_signal(&group->queued);
    pthread_mutex_unlock(&group->mutex);
    pthread_join(group->thread, NULL);
    pthread_mutex_destroy(&group->mutex);
    pthread_cond_destroy(&group->queued);
    pthread_cond_destroy(&group->answered);
    free(group);
}

void suan_group_stopp(struct suan_group **group)
{
    suan_group_stop(*group);
    *group = NULL;
}

enum suan_status suan_group_write(struct suan_group *group,
                                  enum suan_status (*work)(void *context, struct suan_txn *txn,
                                                           struct suan_error *error),
                                  void *context, struct suan_error *error)
{
    struct ticket ticket = {.work = work, .context = context};
    pthread_mutex_lock(&group->mutex);
    *group->last = &ticket;
    group->last = &ticket.next;
    pthread_cond_signal(&group->queued);
    while (ticket.state != TICKET_ANSWERED)
        pthread_cond_wait(&group->answered, &group->mutex);
    pthread_mutex_unlock(&group->mutex);
    if (ticket.status != SUAN_OK && error != NULL)
        *error = ticket.error;
    return ticket.status;
}
