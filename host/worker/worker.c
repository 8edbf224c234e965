/* A worker's life in three steps, and the probe that tries the walls instead. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/wire.h"

_Noreturn void worker_main(const struct worker_order *order)
{
    struct worker_memory memory;
    worker_seal(order, &memory);
    if ((order->start.flags & SUAN_CONTROL_PROBE) != 0)
        worker_probe(&memory);
    worker_serve(order, &memory);
}

/*
 * Waits until the host has looked, then makes two attempts that must be refused, each by one layer alone:
 * opening the root directory with the flags that the filter lets through (Landlock), and mapping memory
 * writable and executable (MDWE). A third, socket, must kill the process. The findings are 0 or errno, in the
 * places of the layer notes that the host knows.
 */
_Noreturn void worker_probe(const struct worker_memory *memory)
{
    struct suan_wire_reply *reply = memory->reply;
    _Atomic uint32_t *go = (_Atomic uint32_t *)&memory->request->req_seq;
    while (atomic_load(go) == 0)
        suan_wire_sleep(go, 0, SUAN_WIRE_FUTEX_NS);
    int fd = openat(AT_FDCWD, "/", O_RDONLY | O_CLOEXEC);
    reply->layers[SUAN_LAYER_LANDLOCK].errno_value = fd >= 0 ? 0 : errno;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    reply->layers[SUAN_LAYER_MDWE].errno_value = page != MAP_FAILED ? 0 : errno;
    atomic_store(&reply->state, SUAN_WIRE_PROBED);
    suan_wire_wake(&reply->state);
    socket(AF_INET, SOCK_STREAM, 0);
    _exit(0); /* reached only without the filter, which the host sees */
}
