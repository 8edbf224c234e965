/* Common ground of these tests. */
#include "stand.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

void stand_read(const char *fixture, struct suan_buffer *out)
{
    char path[512];
    struct suan_error error = {0};
    snprintf(path, sizeof path, "%s/%s.so", SUAN_TEST_FIXTURES, fixture);
    cr_assert_eq(suan_file_read(path, 64 << 20, out, &error), SUAN_OK, "%s", error.message);
}

enum suan_status stand_load(struct stand *stand, const char *fixture,
                            void (*adjust)(struct suan_guest_options *options), struct suan_guest **out_guest)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    stand_read(fixture, &bytes);
    struct suan_guest_options options = {
        .plugin = suan_buffer_span(&bytes), .task = TROUBLE_TASK, .bad_ends = UINT32_MAX};
    if (adjust != NULL)
        adjust(&options);
    return suan_guest_open(stand->engine, &options, out_guest, &stand->error);
}

static struct suan_tensor tensor_of(struct stand *stand, int index, void *data, uint8_t code, int32_t rank,
                                    int64_t n)
{
    stand->shape[index][0] = n;
    stand->strides[index][0] = 1;
    return (struct suan_tensor){.data = data,
                                .device_type = SUAN_DEVICE_CPU,
                                .ndim = rank,
                                .dtype = {code, 64, 1},
                                .shape = stand->shape[index],
                                .strides = stand->strides[index]};
}

static void fill(struct stand *stand)
{
    stand->factor[0] = 2;
    for (int i = 0; i < STAND_N; i++)
        stand->x[i] = i + 1;
    stand->in[0] = tensor_of(stand, 0, stand->factor, SUAN_DTYPE_FLOAT, 1, 1);
    stand->in[1] = tensor_of(stand, 1, stand->x, SUAN_DTYPE_FLOAT, 1, STAND_N);
    stand->in[2] = tensor_of(stand, 2, &stand->mode, SUAN_DTYPE_INT, 0, 0);
    stand->out[0] = tensor_of(stand, 3, stand->y, SUAN_DTYPE_FLOAT, 1, STAND_N);
}

static void open_guest(struct stand *stand, struct suan_guest **out)
{
    cr_assert_eq(stand_load(stand, "trouble", NULL, out), SUAN_OK, "%s", stand->error.message);
    cr_assert_eq(suan_guest_prepare(*out, stand->in, 1, &stand->error), SUAN_OK, "%s", stand->error.message);
}

void stand_open(struct stand *stand, const char *const *switches)
{
    const struct suan_engine_options options = {
        .worker = switches == NULL ? SUAN_TEST_WORKER : SUAN_TEST_WORKER_OPEN, .switches = switches};
    memset(stand, 0, sizeof *stand);
    fill(stand);
    cr_assert_eq(suan_engine_open(&options, &stand->engine, &stand->error), SUAN_OK, "%s",
                 stand->error.message);
    if (switches != NULL)
        return;
    open_guest(stand, &stand->guest);
    open_guest(stand, &stand->sibling);
}

void stand_close(struct stand *stand)
{
    suan_guest_close(stand->guest);
    suan_guest_close(stand->sibling);
    suan_engine_close(stand->engine);
}

enum suan_status stand_run(struct stand *stand, struct suan_guest *guest, int64_t mode, uint64_t deadline_ms)
{
    stand->mode = mode;
    for (int i = 0; i < STAND_N; i++)
        stand->y[i] = -7;
    stand->shape[3][0] = STAND_N;
    return suan_guest_run(guest, stand->in, 3, stand->out, 1, deadline_ms, &stand->error);
}

void stand_expect_honest(struct stand *stand, struct suan_guest *guest)
{
    cr_assert_eq(stand_run(stand, guest, TROUBLE_NONE, 0), SUAN_OK, "%s", stand->error.message);
    for (int i = 0; i < STAND_N; i++)
        cr_assert(stand->y[i] == 2.0 * (i + 1), "y[%d] = %g", i, stand->y[i]);
}

void stand_expect_inputs_intact(const struct stand *stand)
{
    for (int i = 0; i < STAND_N; i++)
        cr_assert(stand->x[i] == i + 1, "x[%d] = %g", i, stand->x[i]);
}

static int entries(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL;
         entry = readdir(folder))
        count += entry->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* Processes whose parent is this one. */
static int children(void)
{
    int count = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[300], text[512];
        int parent = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        if (file == NULL)
            continue;
        const char *end = fgets(text, sizeof text, file) == NULL ? NULL : strrchr(text, ')');
        count += end != NULL && sscanf(end + 2, "%*c %d", &parent) == 1 && parent == getpid();
        fclose(file);
    }
    closedir(folder);
    return count;
}

struct census stand_count(void)
{
    return (struct census){entries("/proc/self/fd"), entries("/proc/self/task"), children()};
}
