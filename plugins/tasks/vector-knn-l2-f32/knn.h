#ifndef VECTOR_KNN_H
#define VECTOR_KNN_H

/* What the files of this task share; README.md is the contract. */
#include <suan/plugin.h>

#define TASK_ID "vector.knn.l2.f32/1"

enum port_in { IN_BASE, IN_QUERY, IN_K, N_IN };
enum port_out { OUT_INDEX, OUT_DISTANCE, N_OUT };

enum {
    BASE_COUNT = 5000, /* of the generated jobs */
    DIMENSIONS = 784,
    K_MAX = 1024,
    QUERIES_MAX = 1 << 22,
    BASE_MAX = 1 << 24,
    DIMENSIONS_MAX = 1 << 16,
};

#define ERROR_FLOOR 0.05

extern const struct suan_port knn_in[N_IN];
extern const struct suan_algorithm knn_incumbent;

/* Ranks, element types, extents and k; SUAN_OK or a refusal with its text. */
int32_t knn_expect(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                   uint32_t n_in);
/* The same for base alone, as prepare gets it. */
int32_t knn_expect_base(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                        uint32_t n_in);

/* Sum of squared differences in f32, in any order. */
float knn_squared_distance(const float *a, const float *b, int64_t d);

/* --- the generator --- */

struct generator;
struct generator *generator_new(void);            /* NULL: no memory */
void generator_free(struct generator *generator); /* takes NULL */
/* Writes base [BASE_COUNT, DIMENSIONS], a function of the first 16 bytes of seed, then query [m, DIMENSIONS]
 * and k. */
void generator_run(struct generator *generator, const uint8_t seed[32], uint64_t m, float *base, float *query,
                   int64_t *k);

/* --- the checker --- */

struct knn_problem {
    const float *base, *query;
    int64_t n, m, d, k;
};

struct checker;
struct checker *checker_new(void);          /* NULL: no memory */
void checker_free(struct checker *checker); /* takes NULL */
/* Judges index and distance [m, k]. SUAN_OK or SUAN_E_MEMORY. */
int32_t checker_run(struct checker *checker, const struct knn_problem *problem, const int64_t *index,
                    const float *distance, struct suan_verdict *verdict);

#endif
