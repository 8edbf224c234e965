#ifndef KNN_HNSW_GRAPH_H
#define KNN_HNSW_GRAPH_H

/* The graph index: built by hnswlib, searched here, because hnswlib's own search takes memory from the heap.
 */
#include <cstdint>
#include <utility>

namespace knn
{

/* Squared distance and row. */
using Neighbour = std::pair<float, std::uint32_t>;

class Graph;

/* May throw std::bad_alloc. */
Graph *graph_new(const float *base, std::int64_t n, std::int64_t d);
void graph_free(Graph *graph) noexcept; /* takes NULL */
std::int64_t graph_rows(const Graph *graph) noexcept;
std::int64_t graph_dimensions(const Graph *graph) noexcept;

/* What one search at a time needs: `best` has room for ef + 1, `open` and `seen` for n; seen begins all zero,
   and `stamp` starts at 1 and grows by one with every search. */
struct Scratch {
    Neighbour *best, *open;
    std::uint32_t *seen, stamp;
};

/* Leaves neighbours of q in scratch.best, exactly measured, sorted by distance, then row; returns how many: k or more, unless
   fewer were reached. k <= ef. */
std::int64_t graph_search(const Graph *graph, const float *q, std::int64_t k, std::int64_t ef,
                          Scratch &scratch) noexcept;

float squared_distance(const float *a, const float *b, std::int64_t d) noexcept;

} // namespace knn

#endif
