#ifndef SUAN_BENCH_AWAKE_H
#define SUAN_BENCH_AWAKE_H

/*
 * Inside this folder only: keeps the measured CPU from idling between the turns of a worker. A CPU that idles
 * may come back slower: clocked down, or, in a virtual machine, on another core whose caches hold nothing. A
 * thread of the lowest priority (SCHED_IDLE) spins there and rests while the worker runs; the worker's clock does
 * not count it. Calls from one thread, of which the session has one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct bench_awake;

/* The thread rests. Errors: MEMORY; IO "measure.cpu" if the system gives no thread. */
SUAN_MUST_USE enum suan_status bench_awake_start(struct bench_awake **out, struct suan_error *error);
/* To another CPU. `awake` may be NULL here and below: nothing happens. */
void bench_awake_move(struct bench_awake *awake, uint32_t cpu);
void bench_awake_spin(struct bench_awake *awake);
void bench_awake_rest(struct bench_awake *awake);
void bench_awake_stop(struct bench_awake *awake);

#endif
