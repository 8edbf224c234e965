/*
 * A candidate's outputs against every task's checker. The first byte names the task, the second how the outputs are made
 * from the incumbent's: bytes changed, all bytes given, or shapes changed. Outputs end at a page that cannot be read, so that
 * a stray read is a crash even inside a plugin that is built without sanitizers.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_TASKS = 3, JOB_SIZE = 17, PAGE = 4096 };

/* One job of a task, and the incumbent's answer to it. */
struct stage {
    struct referee referee;
    uint8_t seed[32];
    struct tensors in, out;
};

static struct stage *stage_for(uint8_t which)
{
    static const char *const names[N_TASKS] = {"astro-crossmatch", "vector-knn-l2-f32", "codec-deflate"};
    static struct stage stages[N_TASKS];
    struct stage *stage = &stages[which % N_TASKS];
    if (stage->referee.task != NULL)
        return stage;
    const struct suan_plugin *plugin = host_load(names[which % N_TASKS]);
    stage->referee = host_referee(plugin);
    host_seed(stage->seed, 1, 2);
    host_generate(&stage->referee, stage->seed, JOB_SIZE, &stage->in);
    struct solver solver = host_solver(plugin->task->incumbent, plugin->descriptor->tasks[0]);
    if (host_prepare(&solver, &stage->referee, &stage->in) != SUAN_OK ||
        host_run(&solver, &stage->in, plugin->task->info->n_out, 0, &stage->out) != SUAN_OK)
        abort();
    host_solver_done(&solver);
    return stage;
}

static void change_bytes(struct tensors *out, const uint8_t *data, size_t size)
{
    for (; size >= 4; data += 4, size -= 4) {
        uint32_t i = data[0] % out->n;
        uint64_t at = (uint64_t)(data[1] | data[2] << 8);
        if (out->capacity[i] > 0)
            ((uint8_t *)out->t[i].data)[at % out->capacity[i]] ^= data[3];
    }
}

static void give_bytes(struct tensors *out, const uint8_t *data, size_t size)
{
    for (uint32_t i = 0; i < out->n; i++)
        for (uint64_t at = 0; size > 0 && at < out->capacity[i]; at++)
            ((uint8_t *)out->t[i].data)[at] = data[at % size];
}

/* Shapes stay within what the memory holds: the host sees to that before a checker is asked. */
static void change_shapes(struct tensors *out, const uint8_t *data, size_t size)
{
    for (uint32_t i = 0; i < out->n && size >= 3; i++, data += 3, size -= 3) {
        out->t[i].ndim = data[0] % 3;
        for (int32_t axis = 0; axis < out->t[i].ndim; axis++)
            out->shape[i][axis] = data[1 + axis] % (JOB_SIZE + 2);
        out->t[i].dtype = suan_dtype_of(UINT64_C(1) << (data[0] / 3 % 11));
        if (suan_bytes(&out->t[i]) > out->capacity[i])
            out->shape[i][0] = 0;
    }
}

/* Moves the data of a tensor to the end of fresh pages, before one without access. */
static void *guard(struct suan_tensor *tensor, uint64_t bytes, uint64_t *out_mapped)
{
    uint64_t room = (bytes + PAGE - 1) / PAGE * PAGE;
    *out_mapped = room + PAGE;
    uint8_t *pages = mmap(NULL, *out_mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + room, PAGE, PROT_NONE) != 0)
        abort();
    if (bytes > 0)
        memcpy(pages + room - bytes, tensor->data, bytes);
    tensor->data = pages + room - bytes;
    return pages;
}

static void judge(const struct stage *stage, struct tensors *out)
{
    void *pages[SUAN_MAX_PORTS];
    uint64_t mapped[SUAN_MAX_PORTS];
    for (uint32_t i = 0; i < out->n; i++)
        pages[i] = guard(&out->t[i], out->t[i].ndim == 0 ? out->t[i].dtype.bits / 8 : suan_bytes(&out->t[i]),
                         &mapped[i]);
    struct suan_verdict verdict;
    int32_t status = host_check(&stage->referee, stage->seed, JOB_SIZE, &stage->in, out, &verdict);
    int told =
        verdict.pass == (verdict.reason[0] == 0) && memchr(verdict.reason, 0, sizeof verdict.reason) != NULL;
    if (status != SUAN_OK || !told || (verdict.pass != 0 && verdict.pass != 1) ||
        (verdict.pass == 1 && verdict.wrong > 0))
        abort();
    for (uint32_t i = 0; i < out->n; i++)
        munmap(pages[i], mapped[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ways[])(struct tensors *, const uint8_t *, size_t) = {change_bytes, give_bytes,
                                                                              change_shapes};
    if (size < 2)
        return 0;
    const struct stage *stage = stage_for(data[0]);
    struct tensors copy, out;
    host_copy(&stage->out, &copy);
    ways[data[1] % 3](&copy, data + 2, size - 2);
    out = copy; /* judge moves the data away; the copy keeps its own to free */
    for (uint32_t i = 0; i < out.n; i++)
        out.t[i].shape = out.shape[i];
    judge(stage, &out);
    host_tensors_done(&copy);
    return 0;
}
