/*
 * Finds the true distance of the k-th neighbour of every query: f32 distances with a proven margin single out
 * the vectors that can matter, doubles decide among them. What is learnt of a job is kept while its inputs
 * stay the same bytes, since several answers to one job are judged in turn.
 */
#include "knn.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { QUERY_TILE = 16 };

struct checker {
    struct knn_problem kept; /* its base and query are copies of ours */
    double *threshold;       /* squared distance of the k-th neighbour, by query; NaN: not judged */
    float *screen;           /* QUERY_TILE rows of n */
    double *close;           /* n */
};

struct checker *checker_new(void)
{
    return calloc(1, sizeof(struct checker));
}

static void forget(struct checker *checker)
{
    free((void *)(uintptr_t)checker->kept.base);
    free((void *)(uintptr_t)checker->kept.query);
    free(checker->threshold);
    free(checker->screen);
    free(checker->close);
    *checker = (struct checker){0};
}

void checker_free(struct checker *checker)
{
    if (checker == NULL)
        return;
    forget(checker);
    free(checker);
}

static double exact_squared_distance(const float *a, const float *b, int64_t d)
{
    double sums[4] = {0};
    int64_t i = 0;
    for (; i + 4 <= d; i += 4)
        for (int lane = 0; lane < 4; lane++) {
            double difference = (double)a[i + lane] - (double)b[i + lane];
            sums[lane] += difference * difference;
        }
    for (; i < d; i++)
        sums[0] += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sums[0] + sums[1] + sums[2] + sums[3];
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The k-th smallest of the screened distances, found with a sorted window; INFINITY if fewer are finite. */
static float screened_threshold(const float *row, int64_t n, int64_t k)
{
    float window[K_MAX];
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(count < k ? isfinite(row[i]) : row[i] < window[k - 1]))
            continue;
        int64_t at = count < k ? count++ : k - 1;
        for (; at > 0 && window[at - 1] > row[i]; at--)
            window[at] = window[at - 1];
        window[at] = row[i];
    }
    return count == k ? window[k - 1] : INFINITY;
}

static double kth_squared_distance(struct checker *checker, const struct knn_problem *problem, int64_t j,
                                   const float *row)
{
    const float *query = problem->query + j * problem->d;
    for (int64_t i = 0; i < problem->d; i++)
        if (!isfinite(query[i]))
            return NAN;
    double margin = 1 + 8.0 * (double)(problem->d + 8) * FLT_EPSILON;
    double reach = (double)screened_threshold(row, problem->n, problem->k) * margin + 1e-30;
    int64_t count = 0;
    for (int64_t i = 0; i < problem->n; i++)
        if ((double)row[i] <= reach) {
            double d2 = exact_squared_distance(query, problem->base + i * problem->d, problem->d);
            if (isfinite(d2))
                checker->close[count++] = d2;
        }
    qsort(checker->close, (size_t)count, sizeof *checker->close, compare_doubles);
    return count >= problem->k ? checker->close[problem->k - 1] : INFINITY;
}

static void screen_tile(struct checker *checker, const struct knn_problem *problem, int64_t first,
                        int64_t count)
{
    for (int64_t i = 0; i < problem->n; i++)
        for (int64_t j = 0; j < count; j++)
            checker->screen[j * problem->n + i] = knn_squared_distance(
                problem->query + (first + j) * problem->d, problem->base + i * problem->d, problem->d);
}

static int same_inputs(const struct knn_problem *a, const struct knn_problem *b)
{
    return a->base != NULL && a->n == b->n && a->m == b->m && a->d == b->d && a->k == b->k &&
           memcmp(a->base, b->base, (size_t)(a->n * a->d) * sizeof *a->base) == 0 &&
           memcmp(a->query, b->query, (size_t)(a->m * a->d) * sizeof *a->query) == 0;
}

/* A copy of so many bytes, never NULL but for want of memory. */
static void *duplicate(const void *from, size_t bytes)
{
    void *copy = malloc(bytes + 1);
    if (copy != NULL && bytes > 0)
        memcpy(copy, from, bytes);
    return copy;
}

static int32_t learn(struct checker *checker, const struct knn_problem *problem)
{
    forget(checker);
    checker->threshold = malloc(((size_t)problem->m + 1) * sizeof *checker->threshold);
    checker->screen = malloc((size_t)problem->n * QUERY_TILE * sizeof *checker->screen);
    checker->close = malloc((size_t)problem->n * sizeof *checker->close);
    struct knn_problem kept = *problem;
    kept.base = duplicate(problem->base, (size_t)(problem->n * problem->d) * sizeof *kept.base);
    kept.query = duplicate(problem->query, (size_t)(problem->m * problem->d) * sizeof *kept.query);
    checker->kept = kept;
    if (checker->threshold == NULL || checker->screen == NULL || checker->close == NULL ||
        kept.base == NULL || kept.query == NULL) {
        forget(checker);
        return SUAN_E_MEMORY;
    }
    for (int64_t first = 0; first < problem->m; first += QUERY_TILE) {
        int64_t count = problem->m - first < QUERY_TILE ? problem->m - first : QUERY_TILE;
        screen_tile(checker, problem, first, count);
        for (int64_t j = 0; j < count; j++)
            checker->threshold[first + j] =
                kth_squared_distance(checker, problem, first + j, checker->screen + j * problem->n);
    }
    return SUAN_OK;
}

static int is_repeated(const int64_t *index, int64_t p)
{
    for (int64_t q = 0; q < p; q++)
        if (index[q] == index[p])
            return 1;
    return 0;
}

/* One row of the answer: adds its hits; NULL if it is sound, else what is wrong, with the column. */
static const char *judge_row(const struct knn_problem *problem, int64_t j, double threshold,
                             const int64_t *index, const float *distance, uint64_t *hits, int64_t *out_column)
{
    const float *query = problem->query + j * problem->d;
    double norm = 0;
    for (int64_t i = 0; i < problem->d; i++)
        norm += (double)query[i] * (double)query[i];
    norm = sqrt(norm);
    for (int64_t p = 0; p < problem->k; p++) {
        *out_column = p;
        if (index[p] < 0 || index[p] >= problem->n)
            return "the index is not one of base";
        if (is_repeated(index, p))
            return "the index comes twice";
        double d2 = exact_squared_distance(query, problem->base + index[p] * problem->d, problem->d),
               truth = sqrt(d2);
        if (!(fabs((double)distance[p] - truth) <= 1e-4 * truth + 1e-6 * (norm + truth)))
            return "the distance is not that of the vector named";
        if (p > 0 && !(distance[p] >= distance[p - 1]))
            return "neighbours are not in order of distance";
        *hits += truth <= sqrt(threshold) * (1 + 1e-3) ? 1 : 0;
    }
    return NULL;
}

static void judge_rows(const struct checker *checker, const struct knn_problem *problem, const int64_t *index,
                       const float *distance, uint64_t *hits, struct suan_verdict *verdict)
{
    for (int64_t j = 0; j < problem->m; j++) {
        if (isnan(checker->threshold[j])) {
            *hits += (uint64_t)problem->k;
            continue;
        }
        int64_t column = 0;
        const char *wrong = judge_row(problem, j, checker->threshold[j], index + j * problem->k,
                                      distance + j * problem->k, hits, &column);
        if (wrong != NULL && verdict->wrong++ == 0)
            snprintf(verdict->reason, sizeof verdict->reason, "query %lld, neighbour %lld: %s", (long long)j,
                     (long long)column, wrong);
    }
}

int32_t checker_run(struct checker *checker, const struct knn_problem *problem, const int64_t *index,
                    const float *distance, struct suan_verdict *verdict)
{
    if (!same_inputs(&checker->kept, problem) && learn(checker, problem) != SUAN_OK)
        return SUAN_E_MEMORY;
    uint64_t hits = 0, wanted = (uint64_t)problem->m * (uint64_t)problem->k;
    judge_rows(checker, problem, index, distance, &hits, verdict);
    double error = wanted > 0 ? (double)(wanted - hits) / (double)wanted : 0;
    verdict->checked = wanted;
    verdict->essential_bytes = (uint64_t)problem->m * (uint64_t)problem->d * sizeof(float) +
                               wanted * (sizeof *index + sizeof *distance) + sizeof problem->k;
    verdict->error_q50 = verdict->error_q99 = verdict->error_max = error;
    verdict->pass = verdict->wrong == 0 && error <= ERROR_FLOOR;
    if (verdict->wrong == 0 && !verdict->pass)
        snprintf(verdict->reason, sizeof verdict->reason, "recall is %.4f, below %.2f", 1 - error,
                 1 - ERROR_FLOOR);
    return SUAN_OK;
}
