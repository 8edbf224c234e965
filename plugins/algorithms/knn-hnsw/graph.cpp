/* Building through hnswlib, and a search over its memory that allocates nothing. */
#include "graph.h"

#include <algorithm>
#include <cmath>
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
    ROUNDS = 4, /* of the subspace iteration */
};

constexpr float DOUBT =
    1.02f; /* a distance by halves may be this much off: such neighbours are measured exactly */

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
    /* Sketches of every step_-th row, in blocks: the square of what the sketch leaves out, then the coordinates along the
       directions in which rows differ most, seen from their mean. The last block is filled up with NaN. A greedy walk alone
       sticks on the far side of sparse regions; walks that begin at the rows with the nearest sketches do not. */
    std::int64_t step_ = 1;
    std::vector<float> mean_, directions_, sketches_;
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

/* Returns the squared distance to the mean. */
float project(const Graph *graph, const float *vector, float *out_sketch) noexcept
{
    float sums[SKETCH] = {0}, square = 0;
    for (std::int64_t i = 0; i < graph->d_; i++) {
        float value = vector[i] - graph->mean_[static_cast<std::size_t>(i)];
        square += value * value;
        for (std::size_t s = 0; s < SKETCH; s++)
            sums[s] += value * graph->directions_[static_cast<std::size_t>(i) * SKETCH + s];
    }
    std::copy(sums, sums + SKETCH, out_sketch);
    return square;
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

/* Visits the rows that are nearest to q by their sketches; what the sketch of q leaves out is the same for all. */
void enter_by_sketch(Frontier &frontier) noexcept
{
    const Graph *graph = frontier.graph;
    float sketch[SKETCH];
    project(graph, frontier.q, sketch);
    Entries entries;
    std::fill(entries.kept, entries.kept + ENTRIES, Neighbour{std::numeric_limits<float>::infinity(), 0});
    std::int64_t row = 0;
    for (std::size_t at = 0; at < graph->sketches_.size(); at += (SKETCH + 1) * BLOCK) {
        const float *block = graph->sketches_.data() + at;
        Lanes even, odd = {0};
        std::memcpy(&even, block, sizeof even);
        for (std::size_t s = 0; s < SKETCH; s += 2) {
            Lanes one, two;
            std::memcpy(&one, block + (s + 1) * BLOCK, sizeof one);
            std::memcpy(&two, block + (s + 2) * BLOCK, sizeof two);
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
    std::sort_heap(scratch.best, scratch.best + frontier.n_best);
    std::int64_t count = std::min(frontier.n_best, k);
    float limit = count > 0 ? scratch.best[count - 1].first * DOUBT : 0;
    while (count < frontier.n_best && scratch.best[count].first <= limit)
        count++;
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

void centre(Graph *graph)
{
    auto d = static_cast<std::size_t>(graph->d_);
    std::vector<double> sums(d);
    std::int64_t count = 0;
    for (std::int64_t row = 0; row < graph->n_; row += graph->step_, count++)
        for (std::size_t i = 0; i < d; i++)
            sums[i] += vector_of(graph, static_cast<std::uint32_t>(row))[i];
    graph->mean_.resize(d);
    for (std::size_t i = 0; i < d; i++)
        graph->mean_[i] = count > 0 ? static_cast<float>(sums[i] / static_cast<double>(count)) : 0.0f;
}

/* Makes the columns orthonormal (modified Gram-Schmidt); one without length becomes zero. */
void orthonormalise(std::vector<float> &columns, std::size_t d)
{
    for (std::size_t s = 0; s < SKETCH; s++) {
        for (std::size_t before = 0; before < s; before++) {
            double dot = 0;
            for (std::size_t i = 0; i < d; i++)
                dot += static_cast<double>(columns[i * SKETCH + s]) * columns[i * SKETCH + before];
            for (std::size_t i = 0; i < d; i++)
                columns[i * SKETCH + s] -= static_cast<float>(dot) * columns[i * SKETCH + before];
        }
        double square = 0;
        for (std::size_t i = 0; i < d; i++)
            square += static_cast<double>(columns[i * SKETCH + s]) * columns[i * SKETCH + s];
        float scale = square > 1e-30 ? static_cast<float>(1 / std::sqrt(square)) : 0.0f;
        for (std::size_t i = 0; i < d; i++)
            columns[i * SKETCH + s] *= scale;
    }
}

/* The directions in which the rows differ most: subspace iteration on their covariance. */
void find_directions(Graph *graph)
{
    auto d = static_cast<std::size_t>(graph->d_);
    std::minstd_rand draw(BUILD_SEED);
    graph->directions_.resize(d * SKETCH);
    for (float &direction : graph->directions_)
        direction = (draw() & 1024) != 0 ? 1.0f : -1.0f;
    orthonormalise(graph->directions_, d);
    for (std::size_t round = 0; round < ROUNDS; round++) {
        std::vector<float> next(d * SKETCH);
        for (std::int64_t row = 0; row < graph->n_; row += graph->step_) {
            const float *vector = vector_of(graph, static_cast<std::uint32_t>(row));
            float sketch[SKETCH];
            project(graph, vector, sketch);
            for (std::size_t i = 0; i < d; i++)
                for (std::size_t s = 0; s < SKETCH; s++)
                    next[i * SKETCH + s] += (vector[i] - graph->mean_[i]) * sketch[s];
        }
        orthonormalise(next, d);
        graph->directions_.swap(next);
    }
}

void make_sketches(Graph *graph)
{
    graph->step_ = graph->n_ / SKETCHED_MAX + 1;
    centre(graph);
    find_directions(graph);
    std::int64_t count = (graph->n_ + graph->step_ - 1) / graph->step_, blocks = (count + BLOCK - 1) / BLOCK;
    graph->sketches_.assign(static_cast<std::size_t>(blocks) * BLOCK * (SKETCH + 1),
                            std::numeric_limits<float>::quiet_NaN());
    for (std::int64_t i = 0; i < count; i++) {
        float sketch[SKETCH];
        float square = project(graph, vector_of(graph, static_cast<std::uint32_t>(i * graph->step_)), sketch);
        for (float value : sketch)
            square -= value * value;
        float *block = graph->sketches_.data() + static_cast<std::size_t>(i / BLOCK) * BLOCK * (SKETCH + 1);
        std::size_t lane = static_cast<std::size_t>(i % BLOCK);
        block[lane] = std::max(square, 0.0f);
        for (std::size_t s = 0; s < SKETCH; s++)
            block[(s + 1) * BLOCK + lane] = sketch[s];
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
