#ifndef SKY_KDTREE_TREE_H
#define SKY_KDTREE_TREE_H

/*
 * A balanced k-d tree over unit vectors. Each level cuts the widest axis at the median; leaves hold up to
 * TREE_LEAF points, stored together, coordinate by coordinate. Nodes lie in breadth-first order: children of
 * i are 2i+1 and 2i+2.
 */
#include <stdint.h>

enum {
    TREE_LEAF = 8,
    TREE_DEPTH_MAX = 32,
};

struct tree_point {
    double x[3];
};

struct tree;

struct tree_hit {
    double squared_chord;
    int64_t index; /* -1: none */
};

/* Takes n points, of which those that are not finite are left out. NULL: no memory. */
struct tree *tree_new(const struct tree_point *points, uint64_t n);
void tree_free(struct tree *tree); /* takes NULL */

/* The point nearest to q of those with squared chord <= limit; of equal ones the lowest index. */
struct tree_hit tree_nearest(const struct tree *tree, struct tree_point q, double limit);

#endif
