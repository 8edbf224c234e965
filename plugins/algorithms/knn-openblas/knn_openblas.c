/*
 * knn-openblas: vector.knn.l2.f32/1 exactly, through matrix products. |q - b|^2 = |q|^2 + |b|^2 - 2qb, so a
 * block of queries times a block of base vectors gives their distances at the speed of sgemm. That formula
 * cancels, so each query keeps more candidates than it needs, and these are measured again by differences.
 */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include <suan/plugin.h>

#define TASK_ID "vector.knn.l2.f32/1"

enum { IN_BASE, IN_QUERY, IN_K, N_IN };
enum { OUT_INDEX, OUT_DISTANCE, N_OUT };
enum {
    QUERY_BLOCK = 128,
    BASE_BLOCK = 256,
    FEW_QUERIES = 8, /* below so many, a product with each query is faster than one with all */
    SPARE = 22,      /* candidates beyond k */
    K_MAX = 1024,
    DIMENSIONS_MAX = 1 << 16,
    ROWS_MAX = 1 << 24,
};

static const struct suan_port ports[N_IN] = {
    {"base", SUAN_TYPE_F32, 2, 0},
    {"query", SUAN_TYPE_F32, 2, 0},
    {"k", SUAN_TYPE_I64, 0, SUAN_PORT_PARAM},
};

struct suan_instance {
    const struct suan_host *host;
    float *half_norms; /* |b|^2 / 2 */
    int64_t n, d;
};

struct candidate {
    float score; /* |b|^2 / 2 - qb while searching; |q - b|^2 at the end */
    int32_t index;
};

/* One run: what it reads, and its scratch. */
struct search {
    const float *base, *query, *half_norms;
    int64_t n, m, d, k, keep;
    float *products;              /* QUERY_BLOCK rows of BASE_BLOCK */
    struct candidate *candidates; /* QUERY_BLOCK rows of `keep`, each sorted by score */
};

static void destroy(struct suan_instance *instance)
{
    if (instance == NULL)
        return;
    free(instance->half_norms);
    free(instance);
}

static int32_t create(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    *out_instance = NULL;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "knn-openblas solves " TASK_ID);
    struct suan_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL)
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for an instance");
    instance->host = host;
    *out_instance = instance;
    return SUAN_OK;
}

static int32_t expect_base(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                           uint32_t n_in)
{
    int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, 1);
    if (status == SUAN_OK && (in[0].shape[0] > ROWS_MAX || in[0].shape[1] > DIMENSIONS_MAX))
        status =
            suan_fail(instance->host, ctx, SUAN_E_SHAPE, "at most 2^24 base vectors of 65,536 dimensions");
    return status;
}

static float half_norm(const float *vector, int64_t d)
{
    double sum = 0;
    for (int64_t i = 0; i < d; i++)
        sum += (double)vector[i] * (double)vector[i];
    return (float)(sum / 2);
}

/* OpenBLAS takes its work memory at its first product, and keeps it: better here than in run. */
static void warm_up(void)
{
    float a[64] = {0}, b[64] = {0}, c[64] = {0};
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 8, 8, 8, 1, a, 8, b, 8, 0, c, 8);
    cblas_sgemv(CblasRowMajor, CblasNoTrans, 8, 8, 1, a, 8, b, 1, 0, c, 1);
}

static int32_t prepare(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                       uint32_t n_in)
{
    int32_t status = expect_base(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    int64_t n = in[0].shape[0], d = in[0].shape[1];
    float *half_norms = malloc((size_t)(n + 1) * sizeof *half_norms);
    if (half_norms == NULL)
        return suan_fail(instance->host, ctx, SUAN_E_MEMORY, "no memory for the norms");
    for (int64_t i = 0; i < n; i++)
        half_norms[i] = half_norm(suan_const_f32(&in[0]) + i * d, d);
    warm_up();
    free(instance->half_norms);
    *instance = (struct suan_instance){instance->host, half_norms, n, d};
    return SUAN_OK;
}

static int32_t expect(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                      uint32_t n_in)
{
    int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, N_IN);
    if (status == SUAN_OK)
        status = expect_base(instance, ctx, in, 1);
    if (status != SUAN_OK)
        return status;
    if (in[IN_QUERY].shape[1] != in[IN_BASE].shape[1])
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "'query' has as many columns as 'base'");
    int64_t k = *suan_const_i64(&in[IN_K]);
    if (k < 1 || k > K_MAX || k > in[IN_BASE].shape[0])
        return suan_fail(instance->host, ctx, SUAN_E_INVALID, "'k' is from 1 to min(n, 1,024)");
    return SUAN_OK;
}

static int32_t infer(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                     uint32_t n_in, struct suan_tensor *out, uint32_t n_out)
{
    int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != N_OUT)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there are two outputs");
    const int64_t extents[2] = {in[IN_QUERY].shape[0], *suan_const_i64(&in[IN_K])};
    suan_out(&out[OUT_INDEX], SUAN_TYPE_I64, 2, extents);
    suan_out(&out[OUT_DISTANCE], SUAN_TYPE_F32, 2, extents);
    return SUAN_OK;
}

static int64_t kept_for(const struct suan_tensor *in)
{
    int64_t keep = *suan_const_i64(&in[IN_K]) + SPARE;
    return keep < in[IN_BASE].shape[0] ? keep : in[IN_BASE].shape[0];
}

static int32_t workspace(struct suan_instance *instance, struct suan_ctx *ctx, const struct suan_tensor *in,
                         uint32_t n_in, uint64_t *out_bytes, uint64_t *out_align)
{
    int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    *out_align = 64;
    *out_bytes =
        QUERY_BLOCK * (BASE_BLOCK * sizeof(float) + (uint64_t)kept_for(in) * sizeof(struct candidate)) +
        2 * 64;
    return SUAN_OK;
}

static void insert(struct candidate *row, int64_t count, struct candidate candidate)
{
    int64_t at = count - 1;
    for (; at > 0 && row[at - 1].score > candidate.score; at--)
        row[at] = row[at - 1];
    row[at] = candidate;
}

/* Minus the products of a block of queries with a block of base vectors, a row for each query. */
static void multiply(const struct search *search, int64_t query, int64_t n_query, int64_t base,
                     int64_t n_base)
{
    const float *rows = search->base + base * search->d, *columns = search->query + query * search->d;
    blasint d = (blasint)search->d, n = (blasint)n_base;
    if (n_query >= FEW_QUERIES)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint)n_query, n, d, -1, columns, d, rows, d,
                    0, search->products, BASE_BLOCK);
    else
        for (int64_t j = 0; j < n_query; j++)
            cblas_sgemv(CblasRowMajor, CblasNoTrans, n, d, -1, rows, d, columns + j * search->d, 1, 0,
                        search->products + j * BASE_BLOCK, 1);
}

/* Scores a block of base vectors against a block of queries, and keeps the best of each query. */
static void score_block(const struct search *search, int64_t query, int64_t n_query, int64_t base,
                        int64_t n_base)
{
    multiply(search, query, n_query, base, n_base);
    for (int64_t j = 0; j < n_query; j++) {
        struct candidate *row = search->candidates + j * search->keep;
        for (int64_t i = 0; i < n_base; i++) {
            float score = search->products[j * BASE_BLOCK + i] + search->half_norms[base + i];
            if (score < row[search->keep - 1].score)
                insert(row, search->keep, (struct candidate){score, (int32_t)(base + i)});
        }
    }
}

static float squared_distance(const float *a, const float *b, int64_t d)
{
    float sums[16] = {0};
    int64_t i = 0;
    for (; i + 16 <= d; i += 16)
        for (int lane = 0; lane < 16; lane++)
            sums[lane] += (a[i + lane] - b[i + lane]) * (a[i + lane] - b[i + lane]);
    for (; i < d; i++)
        sums[0] += (a[i] - b[i]) * (a[i] - b[i]);
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            sums[lane] += sums[lane + half];
    return sums[0];
}

static int is_before(const struct candidate *a, const struct candidate *b)
{
    return a->score < b->score || (a->score == b->score && a->index < b->index);
}

/* Measures the candidates of one query again and writes the best k, in order. */
static void finish_query(const struct search *search, int64_t query, struct candidate *row, int64_t *index,
                         float *distance)
{
    for (int64_t c = 0; c < search->keep; c++) {
        struct candidate measured = row[c];
        measured.score = squared_distance(search->query + query * search->d,
                                          search->base + (int64_t)measured.index * search->d, search->d);
        int64_t at = c;
        for (; at > 0 && is_before(&measured, &row[at - 1]); at--)
            row[at] = row[at - 1];
        row[at] = measured;
    }
    for (int64_t p = 0; p < search->k; p++) {
        index[query * search->k + p] = row[p].index;
        distance[query * search->k + p] = sqrtf(row[p].score);
    }
}

static int32_t search_all(const struct suan_instance *instance, const struct suan_run *run,
                          const struct search *search)
{
    int64_t *index = suan_i64(&run->out[OUT_INDEX]);
    float *distance = suan_f32(&run->out[OUT_DISTANCE]);
    for (int64_t query = 0; query < search->m; query += QUERY_BLOCK) {
        int64_t n_query = search->m - query < QUERY_BLOCK ? search->m - query : QUERY_BLOCK;
        for (int64_t c = 0; c < n_query * search->keep; c++)
            search->candidates[c] = (struct candidate){INFINITY, 0};
        for (int64_t base = 0; base < search->n; base += BASE_BLOCK) {
            if (instance->host->cancelled(run->ctx))
                return SUAN_E_CANCELLED;
            score_block(search, query, n_query, base,
                        search->n - base < BASE_BLOCK ? search->n - base : BASE_BLOCK);
        }
        for (int64_t j = 0; j < n_query; j++)
            finish_query(search, query + j, search->candidates + j * search->keep, index, distance);
    }
    return SUAN_OK;
}

static int32_t run_once(struct suan_instance *instance, const struct suan_run *run)
{
    int32_t status = expect(instance, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    if (instance->half_norms == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "run before prepare");
    if (run->in[IN_BASE].shape[0] != instance->n || run->in[IN_BASE].shape[1] != instance->d)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "another base was prepared");
    struct search search = {.base = suan_const_f32(&run->in[IN_BASE]),
                            .query = suan_const_f32(&run->in[IN_QUERY]),
                            .half_norms = instance->half_norms,
                            .n = instance->n,
                            .m = run->in[IN_QUERY].shape[0],
                            .d = instance->d,
                            .k = *suan_const_i64(&run->in[IN_K]),
                            .keep = kept_for(run->in)};
    struct suan_scratch scratch = suan_scratch_of(run);
    search.products = suan_scratch_take(&scratch, QUERY_BLOCK * BASE_BLOCK * sizeof *search.products);
    search.candidates =
        suan_scratch_take(&scratch, QUERY_BLOCK * (uint64_t)search.keep * sizeof *search.candidates);
    if (search.products == NULL || search.candidates == NULL)
        return suan_fail(instance->host, run->ctx, SUAN_E_INVALID, "less scratch than workspace asked for");
    return search_all(instance, run, &search);
}

static const struct suan_algorithm table = {create, prepare, infer, workspace, run_once, destroy};

SUAN_DEFINE_ALGORITHM(&table, "knn-openblas", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_OWN_THREADS |
                          SUAN_FLAG_BIT_REPEATABLE,
                      SUAN_TYPE_F32 | SUAN_TYPE_I64, 0.005, TASK_ID);
