/*
 * Two solvers at work on two threads, their shadows, and a third thread that cancels; then everything is closed while inputs
 * wait for their shadow runs. A plain program, so that the thread sanitizer can watch it.
 */
#include <libsuan/suan.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 256, CALLS = 2500, TABLE = 16 };
static _Alignas(64) int64_t table[TABLE];
static atomic_bool over;

static void must(int32_t status, const struct suan_error *error, const char *what)
{
    if (status == SUAN_OK)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, error->message, error->code);
    exit(1);
}

static struct suan_solver *load(struct suan_library *library, const char *what, int32_t level)
{
    struct suan_tensor prepared = SUAN_VIEW1(SUAN_I64, table, TABLE);
    struct suan_load_options options = SUAN_LOAD_OPTIONS_INIT;
    struct suan_solver *solver = NULL;
    struct suan_error error = {0};
    options.prepared = &prepared;
    options.n_prepared = 1;
    options.level = level;
    options.input_bytes = options.output_bytes = 1 << 20;
    must(suan_load(library, what, &options, &solver, &error), &error, what);
    return solver;
}

static void *work(void *context)
{
    _Alignas(64) int64_t data[N] = {1}, sums[N];
    struct suan_tensor in[] = {SUAN_VIEW1(SUAN_I64, table, TABLE), SUAN_VIEW1(SUAN_I64, data, N)};
    struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, sums, N)};
    struct suan_error error = {0};
    for (int i = 0; i < CALLS; i++) {
        int32_t status = suan_call(context, in, 2, out, 1, 0, &error);
        if (status != SUAN_E_CANCELLED)
            must(status, &error, "call");
    }
    return NULL;
}

/* Finds and loads beside the calls of others. */
static void *look(void *context)
{
    struct suan_error error = {0};
    for (int i = 0; i < 5; i++) {
        struct suan_found found = SUAN_FOUND_INIT;
        must(suan_find(context, "toy.sums/1", &found, &error), &error, "find");
        suan_unload(load(context, "toy-slow", SUAN_LEVEL_DEFAULT));
    }
    return NULL;
}

static void *cancel(void *context)
{
    while (!atomic_load(&over))
        suan_cancel(context);
    return NULL;
}

int main(int argc, char **argv)
{
    struct suan_open_options options = SUAN_OPEN_OPTIONS_INIT;
    struct suan_library *library = NULL, *second = NULL;
    struct suan_error error = {0};
    pthread_t threads[4];
    if (argc != 5)
        return 2;
    options.registry = argv[1];
    options.trust = argv[2];
    options.journal = argv[3];
    options.worker = argv[4];
    options.flags = SUAN_OPEN_INPROCESS;
    must(suan_open(&options, &library, &error), &error, "open");
    must(suan_open(&options, &second, &error), &error, "open again");
    struct suan_solver *sealed = load(library, "toy-fast", SUAN_LEVEL_DEFAULT);
    struct suan_solver *inside = load(library, "toy-fast", SUAN_LEVEL_INPROCESS);
    pthread_create(&threads[0], NULL, work, sealed);
    pthread_create(&threads[1], NULL, work, inside);
    pthread_create(&threads[2], NULL, cancel, sealed);
    pthread_create(&threads[3], NULL, look, second);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    atomic_store(&over, true);
    pthread_join(threads[2], NULL);
    pthread_join(threads[3], NULL);
    suan_unload(inside);
    suan_unload(sealed);
    suan_close(second);
    suan_close(library);
    return 0;
}
