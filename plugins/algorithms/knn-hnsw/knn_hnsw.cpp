/*
 * knn-hnsw: vector.knn.l2.f32/1 by a hierarchical navigable small-world graph (Malkov and Yashunin 2016,
 * hnswlib). It is approximate: its error is 1 - recall. Every slot catches what C++ throws.
 */
#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

#include <suan/plugin.h>

#include "graph.h"

#define TASK_ID "vector.knn.l2.f32/1"

struct suan_instance {
    const suan_host *host;
    knn::Graph *graph;
};

namespace
{

enum { IN_BASE, IN_QUERY, IN_K, N_IN };
enum { OUT_INDEX, OUT_DISTANCE, N_OUT };

enum : std::int64_t {
    SEARCH_EF = 128, /* breadth of a search; twice k if that is more */
    K_MAX = 1024,
    DIMENSIONS_MAX = 1 << 16,
    ROWS_MAX = 1 << 24,
    QUERIES_PER_POLL = 16,
};

const suan_port ports[N_IN] = {
    {"base", SUAN_TYPE_F32, 2, 0},
    {"query", SUAN_TYPE_F32, 2, 0},
    {"k", SUAN_TYPE_I64, 0, SUAN_PORT_PARAM},
};

/* Runs the body of a slot; nothing that it throws gets out. */
template <typename Body> std::int32_t guarded(const suan_host *host, suan_ctx *ctx, Body body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return suan_fail(host, ctx, SUAN_E_MEMORY, "no memory for the graph");
    } catch (...) {
        return suan_fail(host, ctx, SUAN_E_INTERNAL, "an unexpected exception");
    }
}

void destroy(suan_instance *instance) noexcept
{
    if (instance == nullptr)
        return;
    knn::graph_free(instance->graph);
    delete instance;
}

std::int32_t create(const suan_host *host, suan_ctx *ctx, const suan_config *config,
                    suan_instance **out_instance) noexcept
{
    *out_instance = nullptr;
    if (!suan_is_task(config, TASK_ID))
        return suan_fail(host, ctx, SUAN_E_TASK, "knn-hnsw solves " TASK_ID);
    return guarded(host, ctx, [&] {
        *out_instance = new suan_instance{host, nullptr};
        return SUAN_OK;
    });
}

std::int32_t expect_base(suan_instance *instance, suan_ctx *ctx, const suan_tensor *in, std::uint32_t n_in)
{
    std::int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, 1);
    if (status == SUAN_OK && (in[0].shape[0] > ROWS_MAX || in[0].shape[1] > DIMENSIONS_MAX))
        status =
            suan_fail(instance->host, ctx, SUAN_E_SHAPE, "at most 2^24 base vectors of 65,536 dimensions");
    return status;
}

std::int32_t prepare(suan_instance *instance, suan_ctx *ctx, const suan_tensor *in,
                     std::uint32_t n_in) noexcept
{
    std::int32_t status = expect_base(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    return guarded(instance->host, ctx, [&] {
        knn::Graph *graph = knn::graph_new(suan_const_f32(&in[0]), in[0].shape[0], in[0].shape[1]);
        knn::graph_free(instance->graph);
        instance->graph = graph;
        return SUAN_OK;
    });
}

std::int32_t expect(suan_instance *instance, suan_ctx *ctx, const suan_tensor *in, std::uint32_t n_in)
{
    std::int32_t status = suan_expect(instance->host, ctx, in, n_in, ports, N_IN);
    if (status == SUAN_OK)
        status = expect_base(instance, ctx, in, 1);
    if (status != SUAN_OK)
        return status;
    if (in[IN_QUERY].shape[1] != in[IN_BASE].shape[1])
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "'query' has as many columns as 'base'");
    std::int64_t k = *suan_const_i64(&in[IN_K]);
    if (k < 1 || k > K_MAX || k > in[IN_BASE].shape[0])
        return suan_fail(instance->host, ctx, SUAN_E_INVALID, "'k' is from 1 to min(n, 1,024)");
    return SUAN_OK;
}

std::int32_t infer(suan_instance *instance, suan_ctx *ctx, const suan_tensor *in, std::uint32_t n_in,
                   suan_tensor *out, std::uint32_t n_out) noexcept
{
    std::int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    if (n_out != N_OUT)
        return suan_fail(instance->host, ctx, SUAN_E_SHAPE, "there are two outputs");
    const std::int64_t extents[2] = {in[IN_QUERY].shape[0], *suan_const_i64(&in[IN_K])};
    suan_out(&out[OUT_INDEX], SUAN_TYPE_I64, 2, extents);
    suan_out(&out[OUT_DISTANCE], SUAN_TYPE_F32, 2, extents);
    return SUAN_OK;
}

std::int64_t breadth(const suan_tensor *in)
{
    std::int64_t k = *suan_const_i64(&in[IN_K]);
    return 2 * k > SEARCH_EF ? 2 * k : SEARCH_EF;
}

std::int32_t workspace(suan_instance *instance, suan_ctx *ctx, const suan_tensor *in, std::uint32_t n_in,
                       std::uint64_t *out_bytes, std::uint64_t *out_align) noexcept
{
    std::int32_t status = expect(instance, ctx, in, n_in);
    if (status != SUAN_OK)
        return status;
    auto n = static_cast<std::uint64_t>(in[IN_BASE].shape[0]), ef = static_cast<std::uint64_t>(breadth(in));
    *out_bytes = (ef + 1 + n) * sizeof(knn::Neighbour) + n * sizeof(std::uint32_t) + 3 * 64;
    *out_align = 64;
    return SUAN_OK;
}

/* Takes the scratch apart; false if it is too small. */
bool take_scratch(const suan_run *run, std::uint64_t n, std::uint64_t ef, knn::Scratch *out_scratch)
{
    suan_scratch left = suan_scratch_of(run);
    auto *best = suan_scratch_take(&left, (ef + 1) * sizeof(knn::Neighbour));
    auto *open = suan_scratch_take(&left, n * sizeof(knn::Neighbour));
    auto *seen = suan_scratch_take(&left, n * sizeof(std::uint32_t));
    if (best == nullptr || open == nullptr || seen == nullptr)
        return false;
    std::memset(seen, 0, n * sizeof(std::uint32_t));
    *out_scratch = knn::Scratch{static_cast<knn::Neighbour *>(best), static_cast<knn::Neighbour *>(open),
                                static_cast<std::uint32_t *>(seen), 1};
    return true;
}

/* Leaves the k nearest in scratch.best, sorted. A graph may leave parts unreached: with fewer than k, every row is measured. */
void find_nearest(const knn::Graph *graph, const float *base, const float *q, std::int64_t k, std::int64_t ef,
                  knn::Scratch &scratch)
{
    if (knn::graph_search(graph, q, k, ef, scratch) >= k)
        return;
    std::int64_t n = knn::graph_rows(graph), d = knn::graph_dimensions(graph);
    for (std::int64_t i = 0; i < n; i++)
        scratch.open[i] =
            knn::Neighbour{knn::squared_distance(q, base + i * d, d), static_cast<std::uint32_t>(i)};
    std::partial_sort(scratch.open, scratch.open + k, scratch.open + n);
    std::copy(scratch.open, scratch.open + k, scratch.best);
}

std::int32_t search_all(const suan_instance *instance, const suan_run *run, std::int64_t ef,
                        knn::Scratch &scratch)
{
    const float *query = suan_const_f32(&run->in[IN_QUERY]), *base = suan_const_f32(&run->in[IN_BASE]);
    std::int64_t m = run->in[IN_QUERY].shape[0], k = *suan_const_i64(&run->in[IN_K]);
    std::int64_t d = knn::graph_dimensions(instance->graph);
    std::int64_t *index = suan_i64(&run->out[OUT_INDEX]);
    float *distance = suan_f32(&run->out[OUT_DISTANCE]);
    for (std::int64_t j = 0; j < m; j++) {
        if (j % QUERIES_PER_POLL == 0 && instance->host->cancelled(run->ctx))
            return SUAN_E_CANCELLED;
        find_nearest(instance->graph, base, query + j * d, k, ef, scratch);
        for (std::int64_t p = 0; p < k; p++) {
            index[j * k + p] = scratch.best[p].second;
            distance[j * k + p] = std::sqrt(scratch.best[p].first);
        }
    }
    return SUAN_OK;
}

std::int32_t run_once(suan_instance *instance, const suan_run *run) noexcept
{
    std::int32_t status = expect(instance, run->ctx, run->in, run->n_in);
    if (status != SUAN_OK)
        return status;
    if (instance->graph == nullptr)
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "run before prepare");
    if (run->in[IN_BASE].shape[0] != knn::graph_rows(instance->graph) ||
        run->in[IN_BASE].shape[1] != knn::graph_dimensions(instance->graph))
        return suan_fail(instance->host, run->ctx, SUAN_E_STATE, "another base was prepared");
    std::int64_t ef = breadth(run->in);
    knn::Scratch scratch;
    if (!take_scratch(run, static_cast<std::uint64_t>(run->in[IN_BASE].shape[0]),
                      static_cast<std::uint64_t>(ef), &scratch))
        return suan_fail(instance->host, run->ctx, SUAN_E_INVALID, "less scratch than workspace asked for");
    return search_all(instance, run, ef, scratch);
}

const suan_algorithm table = {create, prepare, infer, workspace, run_once, destroy};

} // namespace

SUAN_DEFINE_ALGORITHM(&table, "knn-hnsw", "1.0.0", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_BIT_REPEATABLE |
                          SUAN_FLAG_THREAD_INVARIANT,
                      SUAN_TYPE_F32 | SUAN_TYPE_I64, 0.05, TASK_ID);
