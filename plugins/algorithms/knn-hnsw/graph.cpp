/* Building through hnswlib, and a search over its memory that allocates nothing. */
#include "graph.h"

#include <algorithm>
#include <cstring>
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
    BLOCK = 8,           /* sketches that lie together, number by number, to be compared at once */
    ENTRIES = 16,
    SPARE = 8, /* neighbours beyond k + k/2 that are measured exactly in the end */
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
    /* Random projections of every step_-th row, in blocks; the last block is filled up with NaN. A greedy walk alone sticks
       on the far side of sparse regions; walks that begin at the rows with the nearest sketches do not. */
    std::int64_t step_ = 1;
    std::vector<float> directions_, sketches_;
    std::vector<std::uint16_t> halves_; /* upper halves of all values: a walk reads half as much memory */
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

const std::uint16_t *halves_of(const Graph *graph, std::uint32_t node) noexcept
{
    return graph->halves_.data() + static_cast<std::size_t>(node) * static_cast<std::size_t>(graph->d_);
}

/* Rows lie anywhere in memory: asked for while the one before is measured, they are there in time. */
void fetch(const Graph *graph, std::uint32_t node) noexcept
{
    const std::uint16_t *row = halves_of(graph, node);
    for (std::int64_t at = 0; at < graph->d_; at += 32)
        __builtin_prefetch(row + at);
}

std::uint16_t upper_half(float value) noexcept
{
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<std::uint16_t>((bits + 0x8000) >> 16);
}

float from_half(std::uint16_t half) noexcept
{
    std::uint32_t bits = static_cast<std::uint32_t>(half) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/* The squared distance to a node by its halves: off by less than a hundredth. */
float near_distance(const Graph *graph, const float *q, std::uint32_t node) noexcept
{
    const std::uint16_t *row = halves_of(graph, node);
    float sums[16] = {0};
    std::int64_t i = 0;
    for (; i + 16 <= graph->d_; i += 16)
        for (int lane = 0; lane < 16; lane++) {
            float difference = q[i + lane] - from_half(row[i + lane]);
            sums[lane] += difference * difference;
        }
    for (; i < graph->d_; i++)
        sums[0] += (q[i] - from_half(row[i])) * (q[i] - from_half(row[i]));
    for (int half = 8; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            sums[lane] += sums[lane + half];
    return sums[0];
}

/* Goes down the upper levels, always to the nearest linked node, and returns the entry to the lowest level.
 */
Neighbour descend(const Graph *graph, const float *q) noexcept
{
    std::uint32_t node = graph->index_.enterpoint_node_;
    Neighbour at{near_distance(graph, q, node), node};
    for (int level = graph->index_.maxlevel_; level > 0; level--)
        for (bool moved = true; moved;) {
            moved = false;
            const auto *links = graph->index_.get_linklist(at.second, level);
            std::uint32_t count = graph->index_.getListCount(const_cast<hnswlib::linklistsizeint *>(links));
            for (std::uint32_t l = 1; l <= count; l++) {
                float d2 = near_distance(graph, q, links[l]);
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
    const Graph *graph;
    const float *q;
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
    void visit(std::uint32_t node) noexcept
    {
        if (scratch.seen[node] == scratch.stamp)
            return;
        scratch.seen[node] = scratch.stamp;
        offer(Neighbour{near_distance(graph, q, node), node});
    }

    Neighbour take() noexcept
    {
        std::pop_heap(scratch.open, scratch.open + n_open, is_farther);
        return scratch.open[--n_open];
    }
};

void project(const Graph *graph, const float *vector, float *out_sketch) noexcept
{
    float sums[SKETCH] = {0};
    for (std::int64_t i = 0; i < graph->d_; i++)
        for (std::size_t s = 0; s < SKETCH; s++)
            sums[s] += vector[i] * graph->directions_[static_cast<std::size_t>(i) * SKETCH + s];
    std::copy(sums, sums + SKETCH, out_sketch);
}

/* The best few of all that are added, sorted. */
struct Entries {
    Neighbour kept[ENTRIES];

    void add(Neighbour found) noexcept
    {
        if (!(found.first < kept[ENTRIES - 1].first))
            return;
        std::size_t place = ENTRIES - 1;
        for (; place > 0 && kept[place - 1].first > found.first; place--)
            kept[place] = kept[place - 1];
        kept[place] = found;
    }
};

using Lanes = float __attribute__((vector_size(BLOCK * sizeof(float)))); /* as many registers as it takes */

/* Visits the rows whose sketches are nearest to that of q. */
void enter_by_sketch(Frontier &frontier) noexcept
{
    const Graph *graph = frontier.graph;
    float sketch[SKETCH];
    project(graph, frontier.q, sketch);
    Entries entries;
    std::fill(entries.kept, entries.kept + ENTRIES, Neighbour{std::numeric_limits<float>::infinity(), 0});
    std::int64_t row = 0;
    for (std::size_t at = 0; at < graph->sketches_.size(); at += SKETCH * BLOCK) {
        Lanes even = {0}, odd = {0};
        for (std::size_t s = 0; s < SKETCH; s += 2) {
            Lanes one, two;
            std::memcpy(&one, graph->sketches_.data() + at + s * BLOCK, sizeof one);
            std::memcpy(&two, graph->sketches_.data() + at + (s + 1) * BLOCK, sizeof two);
            even += (sketch[s] - one) * (sketch[s] - one);
            odd += (sketch[s + 1] - two) * (sketch[s + 1] - two);
        }
        Lanes d2 = even + odd;
        for (std::size_t lane = 0; lane < BLOCK; lane++, row += graph->step_)
            entries.add(Neighbour{static_cast<float>(d2[lane]), static_cast<std::uint32_t>(row)});
    }
    for (const Neighbour &entry : entries.kept)
        frontier.visit(entry.second);
}

} // namespace

std::int64_t graph_search(const Graph *graph, const float *q, std::int64_t k, std::int64_t ef,
                          Scratch &scratch) noexcept
{
    if (graph->n_ == 0)
        return 0;
    Frontier frontier{scratch, graph, q, ef, 0, 0};
    frontier.visit(descend(graph, q).second);
    enter_by_sketch(frontier);
    while (frontier.n_open > 0) {
        Neighbour at = frontier.take();
        if (frontier.n_best == ef && at.first > scratch.best[0].first)
            break;
        const auto *links = graph->index_.get_linklist0(at.second);
        std::uint32_t count = graph->index_.getListCount(const_cast<hnswlib::linklistsizeint *>(links));
        std::uint32_t fresh[2 * LINKS], n_fresh = 0;
        for (std::uint32_t l = 1; l <= count; l++)
            if (scratch.seen[links[l]] != scratch.stamp)
                fresh[n_fresh++] = links[l];
        for (std::uint32_t f = 0; f < n_fresh; f++) {
            if (f + 1 < n_fresh)
                fetch(graph, fresh[f + 1]);
            frontier.visit(fresh[f]);
        }
    }
    scratch.stamp++;
    std::int64_t count = std::min(frontier.n_best, k + k / 2 + static_cast<std::int64_t>(SPARE));
    std::partial_sort(scratch.best, scratch.best + count, scratch.best + frontier.n_best);
    for (std::int64_t b = 0; b < count; b++)
        scratch.best[b].first = squared_distance(q, vector_of(graph, scratch.best[b].second), graph->d_);
    std::sort(scratch.best, scratch.best + count);
    return count;
}

namespace
{

void make_halves(Graph *graph)
{
    auto d = static_cast<std::size_t>(graph->d_), n = static_cast<std::size_t>(graph->n_);
    graph->halves_.resize(n * d);
    for (std::size_t row = 0; row < n; row++)
        std::transform(vector_of(graph, static_cast<std::uint32_t>(row)),
                       vector_of(graph, static_cast<std::uint32_t>(row)) + d, graph->halves_.data() + row * d,
                       upper_half);
}

void make_sketches(Graph *graph)
{
    auto d = static_cast<std::size_t>(graph->d_);
    std::minstd_rand draw(BUILD_SEED);
    graph->directions_.resize(d * SKETCH);
    for (float &direction : graph->directions_)
        direction = (draw() & 1024) != 0 ? 1.0f : -1.0f;
    graph->step_ = graph->n_ / SKETCHED_MAX + 1;
    std::int64_t count = (graph->n_ + graph->step_ - 1) / graph->step_, blocks = (count + BLOCK - 1) / BLOCK;
    graph->sketches_.assign(static_cast<std::size_t>(blocks) * BLOCK * SKETCH,
                            std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t i = 0; i < count; i++) {
        float sketch[SKETCH];
        project(graph, vector_of(graph, static_cast<std::uint32_t>(i * graph->step_)), sketch);
        float *block = graph->sketches_.data() + static_cast<std::size_t>(i / BLOCK) * BLOCK * SKETCH;
        for (std::size_t s = 0; s < SKETCH; s++)
            block[s * BLOCK + static_cast<std::size_t>(i % BLOCK)] = sketch[s];
    }
}

} // namespace

Graph *graph_new(const float *base, std::int64_t n, std::int64_t d)
{
    auto graph = std::make_unique<Graph>(n, d);
    for (std::int64_t i = 0; i < n; i++)
        graph->index_.addPoint(base + i * d,
                               static_cast<std::size_t>(i)); /* so that row and node number agree */
    make_halves(graph.get());
    make_sketches(graph.get());
    return graph.release();
}

} // namespace knn
