#ifndef SUAN_SERVICE_DEMO_SKY_H
#define SUAN_SERVICE_DEMO_SKY_H

/* Inside this folder only: the observed field of the demo, and its matches against the real sky. */
#include "demo_state.h"
#include "engine/guest.h"
#include "npy.h"

enum { DEMO_TILE = 512 };

struct demo_sky {
    double *catalogue, *observed; /* [n,2], [m,2]: right ascension and declination, degrees; 64-aligned */
    int64_t n, m;
    double radius; /* arcseconds */
};
struct demo_matches {
    int64_t *index;
    double *separation;
};
/* Whatever matches one tile: a solver, or a guest. */
struct demo_matcher {
    int32_t (*match)(void *context, const struct suan_tensor *in, struct suan_tensor *out,
                     struct suan_error *error);
    void *context;
};

SUAN_MUST_USE enum suan_status demo_sky_read(const struct demo *demo, struct demo_sky *out,
                                             struct suan_error *error);
void demo_sky_done(struct demo_sky *sky);
SUAN_MUST_USE enum suan_status demo_matches_new(int64_t m, struct demo_matches *out,
                                                struct suan_error *error);
void demo_matches_done(struct demo_matches *matches);
bool demo_matches_equal(const struct demo_matches *a, const struct demo_matches *b, int64_t m);
int64_t demo_matches_count(const struct demo_matches *matches, int64_t m);
SUAN_MUST_USE enum suan_status demo_sky_match(const struct demo_sky *sky, const struct demo_matcher *matcher,
                                              struct demo_matches *out, struct suan_error *error);

#endif
