/* The state of thread and process that plugins may not change. */
#include "surroundings.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { UNKNOWN_MASK = 0x1000 };

/* umask itself can only be read by setting it, which other threads would notice. */
static unsigned read_mask(void)
{
    char text[512];
    SUAN_CLEANUP(suan_closep) int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    const char *hit = strstr(text, "\nUmask:");
    return hit == NULL ? UNKNOWN_MASK : (unsigned)strtoul(hit + 7, NULL, 8);
}

void surroundings_remember_all(struct surroundings *out)
{
    pthread_sigmask(SIG_SETMASK, NULL, &out->signals);
    out->mask = read_mask();
    out->folder = open(".", O_PATH | O_CLOEXEC);
    const char *name = setlocale(LC_ALL, NULL);
    snprintf(out->process_locale, sizeof out->process_locale, "%s", name == NULL ? "" : name);
}

static uint32_t restore_folder(int folder)
{
    struct stat before, now;
    if (folder < 0)
        return 0;
    bool moved = fstat(folder, &before) == 0 && stat(".", &now) == 0 &&
                 (before.st_dev != now.st_dev || before.st_ino != now.st_ino);
    uint32_t repairs = moved && fchdir(folder) == 0;
    close(folder);
    return repairs;
}

static uint32_t restore_signals(const sigset_t *before)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    for (int i = 1; i < NSIG; i++) {
        if (sigismember(&now, i) == sigismember(before, i))
            continue;
        pthread_sigmask(SIG_SETMASK, before, NULL);
        return 1;
    }
    return 0;
}

static uint32_t restore_mask(unsigned before)
{
    if (before == UNKNOWN_MASK || read_mask() == before)
        return 0;
    umask(before);
    return 1;
}

static uint32_t restore_locale(const char *before)
{
    const char *now = setlocale(LC_ALL, NULL);
    return now != NULL && strcmp(now, before) != 0 && setlocale(LC_ALL, before) != NULL;
}

uint32_t surroundings_restore(struct surroundings *before)
{
    uint32_t repairs = 0;
    if (!suan_float_equal(suan_float_read(), before->mode)) {
        suan_float_write(before->mode);
        repairs++;
    }
    if (uselocale((locale_t)0) != before->locale) {
        uselocale(before->locale);
        repairs++;
    }
    if (before->extent == SURROUNDINGS_ALL)
        repairs += restore_folder(before->folder) + restore_signals(&before->signals) +
                   restore_mask(before->mask) + restore_locale(before->process_locale);
    return repairs;
}
