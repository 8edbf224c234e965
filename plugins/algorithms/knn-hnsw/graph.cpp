/* Building through hnswlib, and a search over its memory that allocates nothing. */
#include "graph.h"

#include <algorithm>
#include <istream>
#include <limits>
#include <memory>
#include <ostream>
#include <random>
#include <vector>

/* hnswlib includes <iostream>, which puts a static object with a constructor into every plugin; the two names
   that it uses from there are declared here instead. Its own vector code asks CPUID, which a worker may deny.
 */
#define _GLIBCXX_IOSTREAM 1
#define NO_MANUAL_VECTORIZATION
namespace std
{
extern ostream cerr, cout;
}
#include <unordered_map>

#include <hnswlib/hnswlib.h>

namespace knn
{

namespace
{

enum : std::size_t {
    LINKS = 16,          /* of a node on upper levels; twice as many on the lowest */
    BUILD_EF = 100,      /* breadth of the search while building */
    BUILD_SEED = 717,    /* levels are drawn: the same graph every time */
    SKETCH = 32,         /* numbers that stand for a vector when entries are chosen */
    SKETCHED_MAX = 8192, /* rows that have a sketch */
    ENTRIES = 16,
};

float space_distance(const void *a, const void *b, const void *dimensions)
{
    return squared_distance(static_cast<const float *>(a), static_cast<const float *>(b),
                            *static_cast<const std::int64_t *>(dimensions));
}

class Space : public hnswlib::SpaceInterface<float>
{
  public:
    explicit Space(std::int64_t d) : d_(d)
    {
    }
    std::size_t get_data_size() override
    {
        return static_cast<std::size_t>(d_) * sizeof(float);
    }
    hnswlib::DISTFUNC<float> get_dist_func() override
    {
        return space_distance;
    }
    void *get_dist_func_param() override
    {
        return &d_;
    }

  private:
    std::int64_t d_;
};

} // namespace

float squared_distance(const float *a, const float *b, std::int64_t d) noexcept
{
    float sums[16] = {0};
    std::int64_t i = 0;
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

class Graph
{
  public:
    Graph(std::int64_t n, std::int64_t d)
        : n_(n), d_(d), space_(d), index_(&space_, static_cast<std::size_t>(n), LINKS, BUILD_EF, BUILD_SEED)
    {
    }
    std::int64_t n_, d_;
    Space space_;
    hnswlib::HierarchicalNSW<float> index_;
    /* A random projection of every so-many-th row. A greedy walk alone sticks on the far side of sparse
       regions; walks that begin at the rows with the nearest sketches do not. */
    std::int64_t step_;
    std::vector<float> directions_, sketches_;
};

void graph_free(Graph *graph) noexcept
{
    delete graph;
}

std::int64_t graph_rows(const Graph *graph) noexcept
{
    return graph->n_;
}

std::int64_t graph_dimensions(const Graph *graph) noexcept
{
    return graph->d_;
}

namespace
{

const float *vector_of(const Graph *graph, std::uint32_t node) noexcept
{
    return reinterpret_cast<const float *>(graph->index_.getDataByInternalId(node));
}

/* Goes down the upper levels, always to the nearest linked node, and returns the entry to the lowest level.
 */
Neighbour descend(const Graph *graph, const float *q) noexcept
{
    std::uint32_t node = graph->index_.enterpoint_node_;
    Neighbour at{squared_distance(q, vector_of(graph, node), graph->d_), node};
    for (int level = graph->index_.maxlevel_; level > 0; level--)
        for (bool moved = true; moved;) {
            moved = false;
            const auto *links = graph->index_.get_linklist(at.second, level);
            std::uint32_t count = graph->index_.getListCount(const_cast<hnswlib::linklistsizeint *>(links));
            for (std::uint32_t l = 1; l <= count; l++) {
                float d2 = squared_distance(q, vector_of(graph, links[l]), graph->d_);
                if (d2 < at.first) {
                    at = Neighbour{d2, links[l]};
                    moved = true;
                }
            }
        }
    return at;
}

bool is_farther(const Neighbour &a, const Neighbour &b) noexcept
{
    return b < a;
}

/* Two heaps over caller's memory: `best` has its farthest on top, `open` its nearest. */
struct Frontier {
    Scratch &scratch;
    std::int64_t ef, n_best, n_open;

    void offer(Neighbour found) noexcept
    {
        if (n_best == ef && !(found.first < scratch.best[0].first))
            return;
        scratch.open[n_open++] = found;
        std::push_heap(scratch.open, scratch.open + n_open, is_farther);
        scratch.best[n_best++] = found;
        std::push_heap(scratch.best, scratch.best + n_best);
        if (n_best > ef)
            std::pop_heap(scratch.best, scratch.best + n_best--);
    }

    /* Measures a node, once in a search. */
    void visit(const Graph *graph, const float *q, std::uint32_t node) noexcept
    {
        if (scratch.seen[node] == scratch.stamp)
            return;
        scratch.seen[node] = scratch.stamp;
        offer(Neighbour{squared_distance(q, vector_of(graph, node), graph->d_), node});
    }

    Neighbour take() noexcept
    {
        std::pop_heap(scratch.open, scratch.open + n_open, is_farther);
        return scratch.open[--n_open];
    }
};

void project(const Graph *graph, const float *vector, float *out_sketch) noexcept
{
    std::fill(out_sketch, out_sketch + SKETCH, 0.0f);
    for (std::int64_t i = 0; i < graph->d_; i++)
        for (std::size_t s = 0; s < SKETCH; s++)
            out_sketch[s] += vector[i] * graph->directions_[static_cast<std::size_t>(i) * SKETCH + s];
}

/* Visits the rows whose sketches are nearest to that of q. */
void enter_by_sketch(const Graph *graph, const float *q, Frontier &frontier) noexcept
{
    float sketch[SKETCH];
    project(graph, q, sketch);
    Neighbour entries[ENTRIES];
    std::fill(entries, entries + ENTRIES, Neighbour{std::numeric_limits<float>::infinity(), 0});
    const float *at = graph->sketches_.data();
    for (std::int64_t row = 0; row < graph->n_; row += graph->step_, at += SKETCH) {
        float d2 = 0;
        for (std::size_t s = 0; s < SKETCH; s++)
            d2 += (sketch[s] - at[s]) * (sketch[s] - at[s]);
        if (!(d2 < entries[ENTRIES - 1].first))
            continue;
        std::size_t place = ENTRIES - 1;
        for (; place > 0 && entries[place - 1].first > d2; place--)
            entries[place] = entries[place - 1];
        entries[place] = Neighbour{d2, static_cast<std::uint32_t>(row)};
    }
    for (const Neighbour &entry : entries)
        frontier.visit(graph, q, entry.second);
}

} // namespace

std::int64_t graph_search(const Graph *graph, const float *q, std::int64_t ef, Scratch &scratch) noexcept
{
    if (graph->n_ == 0)
        return 0;
    Frontier frontier{scratch, ef, 0, 0};
    frontier.visit(graph, q, descend(graph, q).second);
    enter_by_sketch(graph, q, frontier);
    while (frontier.n_open > 0) {
        Neighbour at = frontier.take();
        if (frontier.n_best == ef && at.first > scratch.best[0].first)
            break;
        const auto *links = graph->index_.get_linklist0(at.second);
        std::uint32_t count = graph->index_.getListCount(const_cast<hnswlib::linklistsizeint *>(links));
        for (std::uint32_t l = 1; l <= count; l++) {
            __builtin_prefetch(vector_of(graph, links[l < count ? l + 1 : l]));
            frontier.visit(graph, q, links[l]);
        }
    }
    scratch.stamp++;
    std::sort(scratch.best, scratch.best + frontier.n_best);
    return frontier.n_best;
}

namespace
{

void make_sketches(Graph *graph)
{
    auto d = static_cast<std::size_t>(graph->d_);
    std::minstd_rand draw(BUILD_SEED);
    graph->directions_.resize(d * SKETCH);
    for (float &direction : graph->directions_)
        direction = (draw() & 1024) != 0 ? 1.0f : -1.0f;
    graph->step_ = graph->n_ / SKETCHED_MAX + 1;
    graph->sketches_.resize(static_cast<std::size_t>((graph->n_ + graph->step_ - 1) / graph->step_) * SKETCH);
    float *sketch = graph->sketches_.data();
    for (std::int64_t row = 0; row < graph->n_; row += graph->step_, sketch += SKETCH)
        project(graph, vector_of(graph, static_cast<std::uint32_t>(row)), sketch);
}

} // namespace

Graph *graph_new(const float *base, std::int64_t n, std::int64_t d)
{
    auto graph = std::make_unique<Graph>(n, d);
    for (std::int64_t i = 0; i < n; i++)
        graph->index_.addPoint(base + i * d,
                               static_cast<std::size_t>(i)); /* so that row and node number agree */
    make_sketches(graph.get());
    return graph.release();
}

} // namespace knn
