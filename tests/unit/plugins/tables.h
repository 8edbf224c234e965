#ifndef TESTS_PLUGINS_TABLES_H
#define TESTS_PLUGINS_TABLES_H

/* Every plugin of the library. A new one is a row here, and passes every test of this folder. */
#include "host.h"

struct algorithm_row {
    char name[32], task[32]; /* plugins; inline, since rows are copied to another process */
};

/* clang-format off */
#define TASK_ROWS {"astro-crossmatch", ""}, {"vector-knn-l2-f32", ""}, {"codec-deflate", ""}
#define ALGORITHM_ROWS \
    {"sky-kdtree", "astro-crossmatch"}, {"sky-zones", "astro-crossmatch"}, \
    {"knn-openblas", "vector-knn-l2-f32"}, {"knn-hnsw", "vector-knn-l2-f32"}, \
    {"deflate-libdeflate", "codec-deflate"}, {"deflate-isal", "codec-deflate"}
/* clang-format on */

#endif
