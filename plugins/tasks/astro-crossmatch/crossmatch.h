#ifndef ASTRO_CROSSMATCH_H
#define ASTRO_CROSSMATCH_H

/* What the files of this task share; README.md is the contract. */
#include <suan/plugin.h>

#define TASK_ID "astro.crossmatch/1"

enum port_in { IN_CATALOGUE, IN_OBSERVED, IN_RADIUS, N_IN };
enum port_out { OUT_INDEX, OUT_SEPARATION, N_OUT };

enum {
    SKY_COUNT = 208086,
    OBSERVED_MAX = 1 << 22,
    CATALOGUE_MAX = 1 << 26,
};

extern const struct suan_port crossmatch_in[N_IN];
extern const struct suan_algorithm crossmatch_incumbent;

/* Ranks, element types and extents of the inputs; SUAN_OK or a refusal with its text. */
int32_t crossmatch_expect(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_tensor *in,
                          uint32_t n_in);

/* --- the generator --- */

struct generator;
struct generator *generator_new(void);            /* NULL: no memory */
void generator_free(struct generator *generator); /* takes NULL */
/* Writes catalogue [SKY_COUNT, 2], a function of the first 16 bytes of seed, then observed [m, 2] and the
   radius, functions of all of it. */
void generator_run(struct generator *generator, const uint8_t seed[32], uint64_t m, double *catalogue,
                   double *observed, double *radius_arcsec);

/* --- the checker --- */

struct checker;
struct checker *checker_new(void);          /* NULL: no memory */
void checker_free(struct checker *checker); /* takes NULL */
/* Judges index and separation [m]. SUAN_OK or SUAN_E_MEMORY. */
int32_t checker_run(struct checker *checker, const double *catalogue, uint64_t n, const double *observed,
                    uint64_t m, double radius_arcsec, const int64_t *index, const double *separation,
                    struct suan_verdict *verdict);

#endif
