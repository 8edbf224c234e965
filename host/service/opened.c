/* One handle a process on each registry. */
#include "opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"

struct entry {
    struct opened opened; /* first: handles are pointers to it */
    dev_t device;
    ino_t file;
    pid_t process; /* a forked child makes its own */
    size_t users;
    struct entry *next;
};

static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *opened_list;

static struct entry *find(const struct stat *info)
{
    for (struct entry *entry = opened_list; entry != NULL; entry = entry->next) {
        if (entry->device == info->st_dev && entry->file == info->st_ino && entry->process == getpid())
            return entry;
    }
    return NULL;
}

static enum suan_status add(const char *folder, struct entry **out, struct suan_error *error)
{
    struct suan_registry_options options;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    service_registry_options(&options);
    enum suan_status status =
        suan_registry_open(folder, SUAN_STORE_READ, &options, &entry->opened.registry, error);
    if (status != SUAN_OK) {
        free(entry);
        return status;
    }
    pthread_mutex_init(&entry->opened.lock, NULL);
    entry->process = getpid();
    entry->next = opened_list;
    opened_list = entry;
    *out = entry;
    return SUAN_OK;
}

enum suan_status opened_join(const char *folder, struct opened **out, struct suan_error *error)
{
    char path[PATH_MAX];
    struct stat info = {0};
    struct entry *entry = NULL;
    enum suan_status status = SUAN_OK;
    if (snprintf(path, sizeof path, "%s/store.mdb", folder) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    pthread_mutex_lock(&opened_lock);
    if (stat(path, &info) == 0)
        entry = find(&info);
    if (entry == NULL) {
        status = add(folder, &entry, error);
        if (status == SUAN_OK && stat(path, &info) == 0) {
            entry->device = info.st_dev;
            entry->file = info.st_ino;
        }
    }
    if (status == SUAN_OK) {
        entry->users++;
        *out = &entry->opened;
    }
    pthread_mutex_unlock(&opened_lock);
    return status;
}

void opened_leave(struct opened *opened)
{
    struct entry *leaving = (struct entry *)opened;
    if (opened == NULL)
        return;
    pthread_mutex_lock(&opened_lock);
    if (--leaving->users == 0) {
        struct entry **place = &opened_list;
        while (*place != leaving)
            place = &(*place)->next;
        *place = leaving->next;
        suan_registry_close(opened->registry);
        pthread_mutex_destroy(&opened->lock);
        free(leaving);
    }
    pthread_mutex_unlock(&opened_lock);
}
