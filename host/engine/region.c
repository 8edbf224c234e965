/* memfds, their mappings and their seals. */
#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { PAGE_BYTES = 65536 }; /* the largest page of the machines we run on */
enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW, SEALS_READ_ONLY = SEALS | F_SEAL_FUTURE_WRITE };

static const char code[] = "engine.memory";

static int create_memfd(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd;
}

/* Creates, maps and seals. The order matters: FUTURE_WRITE spares mappings that exist. */
static enum suan_status open_memory(const char *name, uint64_t bytes, int seals, struct region_arena *out,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = create_memfd(name);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
        return suan_error_errno(error, code, errno, "shared memory");
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return suan_error_errno(error, code, errno, "mapping shared memory");
    madvise(base, bytes, MADV_DONTFORK);
    if (fcntl(fd, F_ADD_SEALS, seals) != 0) {
        int cause = errno;
        munmap(base, bytes);
        return suan_error_errno(error, code, cause, "sealing shared memory");
    }
    *out = (struct region_arena){fd, base, bytes};
    fd = -1;
    return SUAN_OK;
}

static void close_memory(struct region_arena *arena)
{
    if (arena->base == NULL)
        return;
    munmap(arena->base, arena->bytes);
    close(arena->fd);
    *arena = (struct region_arena){.fd = -1};
}

static enum suan_status open_arena(const char *name, uint64_t bytes, int seals, struct region_arena *out,
                                   struct suan_error *error)
{
    if (bytes > SUAN_WIRE_ARENA_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "engine.arena", "split the job",
                              "an arena of %llu bytes is wanted, the most is %llu", (unsigned long long)bytes,
                              (unsigned long long)SUAN_WIRE_ARENA_MAX);
    return open_memory(name, region_align(bytes == 0 ? 1 : bytes, PAGE_BYTES), seals, out, error);
}

static enum suan_status open_pages(struct region *region, struct suan_error *error)
{
    struct region_arena a = {0}, b = {0};
    enum suan_status status = open_memory("suan-request", SUAN_WIRE_PAGE, SEALS_READ_ONLY, &a, error);
    if (status != SUAN_OK)
        return status;
    region->request = (struct suan_wire_request *)a.base;
    region->request_fd = a.fd;
    status = open_memory("suan-reply", SUAN_WIRE_PAGE, SEALS, &b, error);
    if (status != SUAN_OK)
        return status;
    region->reply = (struct suan_wire_reply *)b.base;
    region->reply_fd = b.fd;
    return SUAN_OK;
}

static void close_pages(struct region *region)
{
    struct region_arena a = {region->request_fd, (uint8_t *)region->request, SUAN_WIRE_PAGE};
    struct region_arena b = {region->reply_fd, (uint8_t *)region->reply, SUAN_WIRE_PAGE};
    close_memory(&b);
    close_memory(&a);
}

enum suan_status region_open(struct region *region, uint64_t input_bytes, uint64_t output_bytes,
                             struct suan_error *error)
{
    enum suan_status status = open_pages(region, error);
    if (status == SUAN_OK)
        status = open_arena("suan-input", input_bytes, SEALS_READ_ONLY, &region->input, error);
    if (status == SUAN_OK)
        status = open_arena("suan-output", output_bytes, SEALS, &region->output, error);
    if (status != SUAN_OK)
        region_done(region);
    return status;
}

void region_done(struct region *region)
{
    close_memory(&region->input);
    close_memory(&region->output);
    close_pages(region);
    *region = (struct region){0};
}

enum suan_status region_borrow(const struct region *owner, struct region *out, struct suan_error *error)
{
    *out = (struct region){.input = owner->input, .output = owner->output};
    enum suan_status status = open_pages(out, error);
    if (status != SUAN_OK)
        region_return(out);
    return status;
}

void region_return(struct region *borrower)
{
    close_pages(borrower);
    *borrower = (struct region){0};
}

void region_swap(struct region *a, struct region *b)
{
    struct region before = *a;
    a->request = b->request;
    a->request_fd = b->request_fd;
    a->reply = b->reply;
    a->reply_fd = b->reply_fd;
    b->request = before.request;
    b->request_fd = before.request_fd;
    b->reply = before.reply;
    b->reply_fd = before.reply_fd;
}

/* Growing at least doubles: a series of slightly larger calls must not replace the worker each time. */
static uint64_t grown(uint64_t now, uint64_t wanted)
{
    uint64_t twice = now > SUAN_WIRE_ARENA_MAX / 2 ? SUAN_WIRE_ARENA_MAX : now * 2;
    return wanted > twice ? wanted : twice;
}

enum suan_status region_grow_input(struct region *region, uint64_t bytes, struct suan_error *error)
{
    struct region_arena larger = {0};
    enum suan_status status =
        open_arena("suan-input", grown(region->input.bytes, bytes), SEALS_READ_ONLY, &larger, error);
    if (status != SUAN_OK)
        return status;
    for (uint32_t i = 0; i < region->n_kept; i++)
        memcpy(larger.base + region->kept[i].offset, region->input.base + region->kept[i].offset,
               region->kept[i].bytes);
    close_memory(&region->input);
    region->input = larger;
    return status;
}

enum suan_status region_grow_output(struct region *region, uint64_t bytes, struct suan_error *error)
{
    struct region_arena larger = {0};
    enum suan_status status =
        open_arena("suan-output", grown(region->output.bytes, bytes), SEALS, &larger, error);
    if (status != SUAN_OK)
        return status;
    close_memory(&region->output);
    region->output = larger;
    return status;
}

bool region_keep(struct region *region, uint64_t bytes, uint64_t *out_offset)
{
    uint64_t from = 0;
    uint32_t place = 0;
    bytes = region_align(bytes == 0 ? 1 : bytes, SUAN_TENSOR_ALIGN);
    if (region->n_kept == REGION_EXTENTS_MAX || bytes > region->input.bytes)
        return false;
    while (place < region->n_kept && region->kept[place].offset - from < bytes) {
        from = region->kept[place].offset + region->kept[place].bytes;
        place++;
    }
    if (region->input.bytes - from < bytes)
        return false;
    memmove(&region->kept[place + 1], &region->kept[place],
            (region->n_kept - place) * sizeof region->kept[0]);
    region->kept[place] = (struct region_extent){from, bytes};
    region->n_kept++;
    *out_offset = from;
    return true;
}

void region_release(struct region *region, uint64_t offset)
{
    for (uint32_t i = 0; i < region->n_kept; i++) {
        if (region->kept[i].offset != offset)
            continue;
        region->n_kept--;
        memmove(&region->kept[i], &region->kept[i + 1], (region->n_kept - i) * sizeof region->kept[0]);
        return;
    }
}

bool region_holds(const struct region *region, uint64_t offset, uint64_t bytes)
{
    for (uint32_t i = 0; i < region->n_kept; i++) {
        const struct region_extent *extent = &region->kept[i];
        if (offset >= extent->offset && bytes <= extent->bytes &&
            offset - extent->offset <= extent->bytes - bytes)
            return true;
    }
    return false;
}

uint64_t region_free_from(const struct region *region)
{
    if (region->n_kept == 0)
        return 0;
    const struct region_extent *last = &region->kept[region->n_kept - 1];
    return last->offset + last->bytes;
}

enum suan_status region_seal_bytes(struct suan_span bytes, int *out_fd, struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int fd = memfd_create("suan-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return suan_error_errno(error, code, errno, "memory for the plugin");
    for (size_t at = 0; at < bytes.size;) {
        ssize_t put = write(fd, bytes.data + at, bytes.size - at);
        if (put < 0 && errno != EINTR)
            return suan_error_errno(error, code, errno, "memory for the plugin");
        at += put > 0 ? (size_t)put : 0;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        return suan_error_errno(error, code, errno, "sealing the plugin");
    *out_fd = fd;
    fd = -1;
    return SUAN_OK;
}

static bool has_seals(int fd, int wanted)
{
    int seals = fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & wanted) == wanted;
}

bool region_is_sealed(const struct region *region)
{
    return has_seals(region->request_fd, SEALS_READ_ONLY) && has_seals(region->reply_fd, SEALS) &&
           has_seals(region->input.fd, SEALS_READ_ONLY) && has_seals(region->output.fd, SEALS);
}
