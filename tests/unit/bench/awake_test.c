/* The thread that keeps a CPU awake: it spins when told to, and only then. */
#include <criterion/criterion.h>
#include <sched.h>
#include <time.h>

#include "bench/awake.h"

enum { REST_NS = 100000000, SPUN_NS = 20000000, PATIENCE_S = 60 };

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pass(int64_t ns)
{
    struct timespec span = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (nanosleep(&span, &span) != 0) {
    }
}

/* A thread of the lowest priority may have to wait for its turn on a busy machine. */
static int64_t spin_until(int64_t wanted_ns)
{
    int64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID), spent = 0;
    for (int64_t end = clock_ns(CLOCK_MONOTONIC) + PATIENCE_S * INT64_C(1000000000);
         spent < wanted_ns && clock_ns(CLOCK_MONOTONIC) < end;) {
        pass(1000000);
        spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
    }
    return spent;
}

static int64_t rest_for(int64_t wall_ns)
{
    pass(10000000); /* to notice that it should rest */
    int64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    pass(wall_ns);
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
}

static uint32_t first_cpu(void)
{
    cpu_set_t usable;
    uint32_t cpu = 0;
    cr_assert_eq(sched_getaffinity(0, sizeof usable, &usable), 0);
    while (!CPU_ISSET(cpu, &usable))
        cpu++;
    return cpu;
}

Test(awake, spins_only_when_told)
{
    struct bench_awake *awake = NULL;
    struct suan_error error = {0};
    cr_assert_eq(bench_awake_start(&awake, &error), SUAN_OK, "%s", error.message);
    bench_awake_move(awake, first_cpu());
    cr_expect_lt(rest_for(REST_NS), REST_NS / 4, "it spins before it is told to");
    for (int turn = 0; turn < 3; turn++) {
        bench_awake_spin(awake);
        cr_expect_geq(spin_until(SPUN_NS), SPUN_NS, "it does not spin");
        bench_awake_rest(awake);
        cr_expect_lt(rest_for(REST_NS), REST_NS / 4, "it does not rest");
    }
    bench_awake_spin(awake);
    bench_awake_stop(awake); /* while it spins */
}

Test(awake, none_is_no_failure)
{
    bench_awake_move(NULL, 0);
    bench_awake_spin(NULL);
    bench_awake_rest(NULL);
    bench_awake_stop(NULL);
}
