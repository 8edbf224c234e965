/* The host table: thin functions over the context of the running call. */
#include "services.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

struct suan_ctx {
    struct suan_services *services;
    const _Atomic uint32_t *cancel;
    uint32_t value;
};

struct suan_services {
    struct suan_ctx ctx;
    struct suan_services_options options;
    struct pool *pool;
    pthread_mutex_t lock; /* of the error text: set_error may come from any thread of the call */
    char error[SUAN_MAX_ERROR_BYTES + 1];
};

/* Copies at most `limit` bytes, cut at a character. */
static void copy_text(char *place, const char *text, size_t limit)
{
    size_t length = strnlen(text, limit + 1);
    if (length > limit) {
        length = limit;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(place, text, length);
    place[length] = '\0';
}

static const void *host_get_interface(const struct suan_host *host, const char *id)
{
    (void)host;
    (void)id;
    return NULL;
}

static void host_log(struct suan_ctx *ctx, int32_t level, const char *text)
{
    char line[SUAN_MAX_LOG_BYTES + 1];
    const struct suan_services_options *options = &ctx->services->options;
    if (text == NULL || options->log == NULL)
        return;
    copy_text(line, text, SUAN_MAX_LOG_BYTES);
    options->log(options->context, level, line);
}

static void host_set_error(struct suan_ctx *ctx, int32_t code, const char *text)
{
    struct suan_services *services = ctx->services;
    (void)code;
    pthread_mutex_lock(&services->lock);
    copy_text(services->error, text == NULL ? "" : text, SUAN_MAX_ERROR_BYTES);
    pthread_mutex_unlock(&services->lock);
}

static int32_t host_cancelled(struct suan_ctx *ctx)
{
    return atomic_load_explicit(ctx->cancel, memory_order_relaxed) == ctx->value;
}

static void host_progress(struct suan_ctx *ctx, uint32_t parts_of_10000)
{
    const struct suan_services_options *options = &ctx->services->options;
    if (options->progress != NULL)
        options->progress(options->context, parts_of_10000 > 10000 ? 10000 : parts_of_10000);
}

static int32_t host_parallel_for(struct suan_ctx *ctx, uint64_t n, uint64_t grain,
                                 void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker),
                                 void *arg)
{
    if (grain == 0 || body == NULL)
        return SUAN_E_INVALID;
    if (n == 0)
        return SUAN_OK;
    pool_run(ctx->services->pool, n, grain, body, arg, ctx->cancel, ctx->value);
    return host_cancelled(ctx) ? SUAN_E_CANCELLED : SUAN_OK;
}

const struct suan_host *suan_services_host(void)
{
    static const struct suan_host host = {
        .abi_major = SUAN_ABI_MAJOR,
        .abi_minor = SUAN_ABI_MINOR,
        .get_interface = host_get_interface,
        .log = host_log,
        .set_error = host_set_error,
        .cancelled = host_cancelled,
        .progress = host_progress,
        .parallel_for = host_parallel_for,
    };
    return &host;
}

enum suan_status suan_services_open(const struct suan_services_options *options,
                                    struct suan_services **out_services, struct suan_error *error)
{
    if (options->workers == 0 || options->workers > SUAN_SERVICES_WORKERS_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "guest.workers", NULL, "workers must be 1 to %d, not %u",
                              SUAN_SERVICES_WORKERS_MAX, options->workers);
    struct suan_services *services = calloc(1, sizeof *services);
    if (services == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    services->options = *options;
    services->ctx.services = services;
    pthread_mutex_init(&services->lock, NULL);
    enum suan_status status = pool_open(options->workers, &services->pool, error);
    if (status != SUAN_OK)
        suan_services_close(services);
    else
        *out_services = services;
    return status;
}

void suan_services_close(struct suan_services *services)
{
    if (services == NULL)
        return;
    pool_close(services->pool);
    pthread_mutex_destroy(&services->lock);
    free(services);
}

struct suan_ctx *suan_services_begin(struct suan_services *services, const _Atomic uint32_t *cancel,
                                     uint32_t value)
{
    services->ctx.cancel = cancel;
    services->ctx.value = value;
    services->error[0] = '\0';
    return &services->ctx;
}

const char *suan_services_error(const struct suan_services *services)
{
    return services->error;
}
