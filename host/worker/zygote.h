#ifndef SUAN_WORKER_ZYGOTE_H
#define SUAN_WORKER_ZYGOTE_H

/* Serves the host on `socket` until it hangs up or dies, then kills all workers and exits. */
_Noreturn void zygote_main(int socket, int host_pidfd);

#endif
