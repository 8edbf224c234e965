/* The inner loop. It may be reordered (see the options in plugins/CMakeLists.txt), so that vector registers
 * serve. */
#include "knn.h"

float knn_squared_distance(const float *a, const float *b, int64_t d)
{
    float sum = 0;
    for (int64_t i = 0; i < d; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}
