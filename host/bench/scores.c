/* Three plain kernels. They are compiled alike everywhere, for no particular CPU, so that scores compare
 * machines. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "fingerprint.h"
#include "trust/bootstrap.h"

enum { N = 384, TILE = 32, ROUNDS = 7, FLOPS_NS = 400000000, COPY_BYTES = 67108864, BRANCHES = 4000000 };

static int64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* c += a * b in tiles; the inner loop runs along rows of b and c. */
static void multiply(const double *restrict a, const double *restrict b, double *restrict c)
{
    for (int kk = 0; kk < N; kk += TILE) {
        for (int i = 0; i < N; i++) {
            double *row = c + (size_t)i * N;
            for (int k = kk; k < kk + TILE; k += 4) {
                const double *line = b + (size_t)k * N;
                double a0 = a[i * N + k], a1 = a[i * N + k + 1], a2 = a[i * N + k + 2], a3 = a[i * N + k + 3];
                for (int j = 0; j < N; j++)
                    row[j] += a0 * line[j] + a1 * line[N + j] + a2 * line[2 * N + j] + a3 * line[3 * N + j];
            }
        }
    }
}

static int64_t median(int64_t values[ROUNDS])
{
    return suan_bootstrap_rank(values, ROUNDS, ROUNDS / 2 + 1);
}

static int64_t positive(int64_t value)
{
    return value > 0 ? value : 1;
}

/* The best of many rounds. This score decides whether a receipt and a measurement come from machines of one speed, so
   it must be the machine's, not the moment's: what else runs there, and a clock that has just woken up, only slow.
   (On a virtual machine among strangers the median of seven rounds varied by 40 %, the best of 0.4 s by 6 %.) */
static int64_t score_flops(double *space)
{
    double *a = space, *b = a + N * N, *c = b + N * N;
    int64_t best = 1, spent = 0;
    for (int i = 0; i < N * N; i++) {
        a[i] = 1.0 / (1 + i % 97);
        b[i] = 1.0 / (1 + i % 89);
        c[i] = 0;
    }
    while (spent < FLOPS_NS) {
        int64_t start = thread_ns();
        multiply(a, b, c);
        int64_t took = positive(thread_ns() - start), rate = INT64_C(2) * N * N * N * 1000 / took;
        best = rate > best ? rate : best;
        spent += took;
    }
    volatile double sink = c[N + 1];
    (void)sink;
    return best;
}

static int64_t score_memory(uint8_t *space)
{
    int64_t rates[ROUNDS];
    memset(space, 1, 2 * (size_t)COPY_BYTES);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = thread_ns();
        memcpy(space, space + COPY_BYTES, COPY_BYTES);
        rates[round] = INT64_C(1000000000) * (COPY_BYTES >> 20) / positive(thread_ns() - start);
        space[COPY_BYTES + round] ^= space[round];
    }
    return positive(median(rates));
}

static int64_t score_branches(void)
{
    int64_t rates[ROUNDS];
    uint64_t state = 88172645463325252u, odd = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = thread_ns();
        for (int i = 0; i < BRANCHES; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if ((state & 1) != 0)
                __asm__ volatile("" : "+r"(odd)); /* keeps a real branch */
        }
        rates[round] = INT64_C(1000) * BRANCHES / positive(thread_ns() - start);
    }
    return positive(median(rates));
}

enum suan_status suan_scores_take(struct suan_scores *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_freep) uint8_t *space = malloc(2 * (size_t)COPY_BYTES);
    if (space == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    out->memory_mib_s = score_memory(space);
    out->rate_mflops = score_flops((double *)(void *)space);
    out->branches_per_us = score_branches();
    return SUAN_OK;
}
