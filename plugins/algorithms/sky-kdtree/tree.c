/* Built by quickselect on indices, then copied into leaves, so that a search reads few cache lines. */
#include "tree.h"

#include <math.h>
#include <stdlib.h>

struct node {
    double cut;
    uint32_t axis;
    uint32_t reserved;
};

struct leaf {
    double x[3][TREE_LEAF];
    int64_t index[TREE_LEAF];
};

struct tree {
    uint32_t depth; /* of the leaves; 2^depth leaves, 2^depth - 1 nodes */
    struct node *nodes;
    struct leaf *leaves;
};

struct builder {
    const struct tree_point *points;
    uint32_t *order;
    struct tree *tree;
};

void tree_free(struct tree *tree)
{
    if (tree == NULL)
        return;
    free(tree->nodes);
    free(tree->leaves);
    free(tree);
}

static uint32_t widest_axis(const struct builder *builder, uint64_t begin, uint64_t end)
{
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (uint64_t i = begin; i < end; i++)
        for (int axis = 0; axis < 3; axis++) {
            double x = builder->points[builder->order[i]].x[axis];
            low[axis] = x < low[axis] ? x : low[axis];
            high[axis] = x > high[axis] ? x : high[axis];
        }
    uint32_t widest = 0;
    for (uint32_t axis = 1; axis < 3; axis++)
        if (high[axis] - low[axis] > high[widest] - low[widest])
            widest = axis;
    return widest;
}

/* Hoare's selection with the median of three: afterwards order[middle] has its sorted place among [begin,
 * end). */
static void select_middle(const struct builder *builder, uint64_t begin, uint64_t end, uint64_t middle,
                          uint32_t axis)
{
    uint32_t *order = builder->order;
    int64_t low = (int64_t)begin, high = (int64_t)end - 1;
    while (low < high) {
        double a = builder->points[order[low]].x[axis], b = builder->points[order[(low + high) / 2]].x[axis];
        double c = builder->points[order[high]].x[axis];
        double pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        int64_t i = low, j = high;
        while (i <= j) {
            while (builder->points[order[i]].x[axis] < pivot)
                i++;
            while (builder->points[order[j]].x[axis] > pivot)
                j--;
            if (i <= j) {
                uint32_t kept = order[i];
                order[i++] = order[j];
                order[j--] = kept;
            }
        }
        if ((int64_t)middle <= j)
            high = j;
        else if ((int64_t)middle >= i)
            low = i;
        else
            return;
    }
}

static void fill_leaf(const struct builder *builder, struct leaf *leaf, uint64_t begin, uint64_t end)
{
    for (uint64_t slot = 0; slot < TREE_LEAF; slot++) {
        int used = begin + slot < end;
        leaf->index[slot] = used ? (int64_t)builder->order[begin + slot] : INT64_MAX;
        for (int axis = 0; axis < 3; axis++)
            leaf->x[axis][slot] = used ? builder->points[leaf->index[slot]].x[axis] : INFINITY;
    }
}

static void build(const struct builder *builder, uint64_t node, uint32_t level, uint64_t begin, uint64_t end)
{
    struct tree *tree = builder->tree;
    if (level == tree->depth) {
        fill_leaf(builder, &tree->leaves[node - ((UINT64_C(1) << level) - 1)], begin, end);
        return;
    }
    uint64_t middle = begin + (end - begin) / 2;
    uint32_t axis = widest_axis(builder, begin, end);
    if (begin < end)
        select_middle(builder, begin, end, middle, axis);
    double cut = middle < end ? builder->points[builder->order[middle]].x[axis] : 0;
    tree->nodes[node] = (struct node){cut, axis, 0};
    build(builder, 2 * node + 1, level + 1, begin, middle);
    build(builder, 2 * node + 2, level + 1, middle, end);
}

struct tree *tree_new(const struct tree_point *points, uint64_t n)
{
    struct tree *tree = calloc(1, sizeof *tree);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    uint64_t count = 0;
    for (uint64_t i = 0; order != NULL && i < n; i++)
        if (isfinite(points[i].x[0]) && isfinite(points[i].x[1]) && isfinite(points[i].x[2]))
            order[count++] = (uint32_t)i;
    if (tree != NULL) {
        while (((uint64_t)TREE_LEAF << tree->depth) < count)
            tree->depth++;
        tree->nodes = malloc(sizeof *tree->nodes << tree->depth);
        tree->leaves = aligned_alloc(64, sizeof *tree->leaves << tree->depth);
    }
    if (tree == NULL || order == NULL || tree->nodes == NULL || tree->leaves == NULL) {
        free(order);
        tree_free(tree);
        return NULL;
    }
    struct builder builder = {points, order, tree};
    build(&builder, 0, 0, 0, count);
    free(order);
    return tree;
}

static void search_leaf(const struct leaf *leaf, const struct tree_point *q, struct tree_hit *best)
{
    double d2[TREE_LEAF];
    for (int i = 0; i < TREE_LEAF; i++) {
        double dx = leaf->x[0][i] - q->x[0], dy = leaf->x[1][i] - q->x[1], dz = leaf->x[2][i] - q->x[2];
        d2[i] = dx * dx + dy * dy + dz * dz;
    }
    for (int i = 0; i < TREE_LEAF; i++)
        if (d2[i] < best->squared_chord || (d2[i] == best->squared_chord && leaf->index[i] < best->index)) {
            best->squared_chord = d2[i];
            best->index = leaf->index[i];
        }
}

struct tree_hit tree_nearest(const struct tree *tree, struct tree_point q, double limit)
{
    struct {
        uint64_t node;
        double bound;
    } stack[TREE_DEPTH_MAX];
    uint32_t depth = 0;
    uint64_t first_leaf = (UINT64_C(1) << tree->depth) - 1, node = 0;
    struct tree_hit best = {limit, INT64_MAX};
    for (;;) {
        while (node < first_leaf) {
            const struct node *at = &tree->nodes[node];
            double over = q.x[at->axis] - at->cut, bound = over * over;
            uint64_t near = 2 * node + (over < 0 ? 1 : 2);
            if (bound <=
                best.squared_chord) { /* rounding is monotonic: nothing beyond the cut has a smaller d2 */
                stack[depth].node = 4 * node + 3 - near;
                stack[depth++].bound = bound;
            }
            node = near;
        }
        search_leaf(&tree->leaves[node - first_leaf], &q, &best);
        do {
            if (depth == 0) {
                best.index = best.index == INT64_MAX ? -1 : best.index;
                return best;
            }
            node = stack[--depth].node;
        } while (stack[depth].bound > best.squared_chord);
    }
}
