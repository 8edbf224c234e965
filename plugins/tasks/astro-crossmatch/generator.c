/*
 * Skies and fields. Positions come from correctly rounded arithmetic alone, so that a seed gives the same
 * bytes on any machine; no function of libm that a version or an instruction set could change takes part.
 */
#include "crossmatch.h"

#include <stdlib.h>

#include <suan/draw.h>

enum {
    LOAD_BYTES = 16, /* of the seed: decides the catalogue */
    SEED_BYTES = 32,
    N_CLUSTERS = 8,
    FAMILY_COUNT = 2600, /* catalogue objects of each generated family */
    FIELD_MAX = 1024,    /* objects that the field of one job is drawn from */
    LATTICE_SIDE = 51,
};

enum catalogue_family { CLUSTERS, POLES, WRAP, HELD_OUT, DUPLICATES, N_FAMILIES };
enum stream { STREAM_CATALOGUE = 1, STREAM_JOB = 2 };

struct position {
    double ra, dec;
};

struct generator {
    uint8_t load[LOAD_BYTES];
    int have_load;
    struct position catalogue[SKY_COUNT];
    uint32_t slots[SKY_COUNT]; /* the first N_FAMILIES * FAMILY_COUNT say where generated objects lie */
};

extern const struct position suan_sky[SKY_COUNT];

struct generator *generator_new(void)
{
    return calloc(1, sizeof(struct generator));
}

void generator_free(struct generator *generator)
{
    free(generator);
}

/* Sine of 0 to 90 degrees, good to ten digits, the same everywhere. */
static double sine_of_degrees(double degrees)
{
    double x = degrees * (3.14159265358979323846 / 180.0), square = x * x, term = x, sum = x;
    for (int k = 2; k <= 16; k += 2) {
        term *= -square / (double)(k * (k + 1));
        sum += term;
    }
    return sum;
}

static double cosine_of_declination(double dec)
{
    return sine_of_degrees(90 - (dec < 0 ? -dec : dec));
}

static double whole_part(double x) /* floor, for |x| < 2^62 */
{
    double cut = (double)(int64_t)x;
    return cut > x ? cut - 1 : cut;
}

/* Brings a position that was moved past a pole or past 0/360 back to 0 <= ra < 360, |dec| <= 90, in steps of
 * 1e-7. */
static struct position normal_position(double ra, double dec)
{
    if (dec > 90 || dec < -90) {
        dec = (dec > 0 ? 180 : -180) - dec;
        ra += 180;
    }
    ra -= 360 * whole_part(ra / 360);
    ra = whole_part(ra * 1e7 + 0.5) / 1e7;
    dec = whole_part(dec * 1e7 + 0.5) / 1e7;
    return (struct position){ra >= 360 ? 0 : ra, dec};
}

/* The position moved by so many degrees along the two axes of its own plane. */
static struct position moved(struct position from, double east, double north)
{
    double c = cosine_of_declination(from.dec);
    return normal_position(from.ra + east / (c > 1e-6 ? c : 1e-6), from.dec + north);
}

static struct position draw_position(struct suan_draw *draw) /* uniform on the sphere */
{
    for (;;) {
        double ra = suan_draw_between(draw, 0, 360), dec = suan_draw_between(draw, -90, 90);
        if (suan_draw_unit(draw) < cosine_of_declination(dec))
            return normal_position(ra, dec);
    }
}

static struct position draw_near_pole(struct suan_draw *draw)
{
    double dec = 90 - suan_draw_between(draw, 0, 0.05), ra = suan_draw_between(draw, 0, 360);
    return normal_position(ra, suan_draw_below(draw, 2) == 0 ? dec : -dec);
}

static struct position draw_near_wrap(struct suan_draw *draw)
{
    double ra = suan_draw_between(draw, -0.002, 0.002);
    return normal_position(ra, suan_draw_between(draw, -2, 2));
}

/* --- the catalogue ------------------------------------------------------------------------------------ */

static void shuffle(struct suan_draw *draw, uint32_t *order, uint32_t count, uint32_t first)
{
    for (uint32_t i = 0; i < first; i++) {
        uint32_t j = i + (uint32_t)suan_draw_below(draw, count - i), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static struct position *family_object(struct generator *generator, enum catalogue_family family, uint32_t i)
{
    return &generator->catalogue[generator->slots[(uint32_t)family * FAMILY_COUNT + i]];
}

static void add_clusters(struct generator *generator, struct suan_draw *draw)
{
    struct position centre[N_CLUSTERS];
    double spread[N_CLUSTERS];
    for (int c = 0; c < N_CLUSTERS; c++) {
        centre[c] = draw_position(draw);
        spread[c] = suan_draw_between(draw, 0.005, 0.2);
    }
    for (uint32_t i = 0; i < FAMILY_COUNT; i++) {
        uint32_t c = i % N_CLUSTERS;
        double east = spread[c] * suan_draw_normal(draw), north = spread[c] * suan_draw_normal(draw);
        *family_object(generator, CLUSTERS, i) = moved(centre[c], east, north);
    }
}

/* A shape that nobody can prepare for, since the seed alone decides which of four it is and where it lies. */
static struct position held_out_object(struct suan_draw *draw, uint64_t shape, struct position centre,
                                       double scale, uint32_t i)
{
    switch (shape) {
    case 0: /* a lattice */
        return moved(centre, scale * (i % LATTICE_SIDE), scale * (double)(i / LATTICE_SIDE));
    case 1: /* a parallel of declination */
        return normal_position(suan_draw_between(draw, 0, 360), centre.dec);
    case 2: /* piles of coinciding objects */ return moved(centre, scale * (i % 26), 0);
    default: { /* a square ring */
        double along = suan_draw_between(draw, -40, 40) * scale, across = (i & 1) ? 40 * scale : -40 * scale;
        return (i & 2) ? moved(centre, along, across) : moved(centre, across, along);
    }
    }
}

static void add_held_out(struct generator *generator, struct suan_draw *draw)
{
    uint64_t shape = suan_draw_below(draw, 4);
    struct position centre = draw_position(draw);
    double scale = suan_draw_between(draw, 0.0005, 0.01);
    for (uint32_t i = 0; i < FAMILY_COUNT; i++)
        *family_object(generator, HELD_OUT, i) = held_out_object(draw, shape, centre, scale, i);
}

/* The real sky in an order of its own, one object in sixteen replaced by a generated one. */
static void make_catalogue(struct generator *generator, const uint8_t seed[SEED_BYTES])
{
    struct suan_draw draw = suan_draw_init(seed, LOAD_BYTES, STREAM_CATALOGUE);
    uint32_t *order = generator->slots;
    for (uint32_t i = 0; i < SKY_COUNT; i++)
        order[i] = i;
    shuffle(&draw, order, SKY_COUNT, SKY_COUNT);
    for (uint32_t i = 0; i < SKY_COUNT; i++)
        generator->catalogue[i] = suan_sky[order[i]];
    shuffle(&draw, order, SKY_COUNT, N_FAMILIES * FAMILY_COUNT);
    add_clusters(generator, &draw);
    for (uint32_t i = 0; i < FAMILY_COUNT; i++) {
        *family_object(generator, POLES, i) = draw_near_pole(&draw);
        *family_object(generator, WRAP, i) = draw_near_wrap(&draw);
    }
    add_held_out(generator, &draw);
    for (uint32_t i = 0; i < FAMILY_COUNT; i++)
        *family_object(generator, DUPLICATES, i) = generator->catalogue[suan_draw_below(&draw, SKY_COUNT)];
    memcpy(generator->load, seed, LOAD_BYTES);
    generator->have_load = 1;
}

/* --- the field ---------------------------------------------------------------------------------------- */

/* Collects objects within ten degrees of a random one, from a random place of the catalogue on. */
static uint32_t find_field(const struct generator *generator, struct suan_draw *draw, uint64_t m,
                           uint32_t *out_field)
{
    struct position centre = generator->catalogue[suan_draw_below(draw, SKY_COUNT)];
    double width = 10 / (cosine_of_declination(centre.dec) + 0.05);
    uint32_t want = m < FIELD_MAX ? (uint32_t)m : FIELD_MAX, count = 0;
    uint32_t at = (uint32_t)suan_draw_below(draw, SKY_COUNT);
    for (uint32_t seen = 0; seen < SKY_COUNT && count < want; seen++, at = at + 1 == SKY_COUNT ? 0 : at + 1) {
        double north = generator->catalogue[at].dec - centre.dec,
               east = generator->catalogue[at].ra - centre.ra;
        east = east > 180 ? east - 360 : east < -180 ? east + 360 : east;
        if (north < 10 && north > -10 && east < width && east > -width)
            out_field[count++] = at;
    }
    return count;
}

/* An observation of the object: exact for one in four, else with errors of a quarter of the radius. */
static struct position observe(struct suan_draw *draw, struct position object, double radius_deg)
{
    if (suan_draw_below(draw, 4) == 0)
        return object;
    double east = radius_deg / 4 * suan_draw_normal(draw), north = radius_deg / 4 * suan_draw_normal(draw);
    return moved(object, east, north);
}

/* Just inside or just outside the radius, to the north or south. */
static struct position observe_at_edge(struct suan_draw *draw, struct position object, double radius_deg)
{
    double offset = radius_deg * (suan_draw_below(draw, 2) == 0 ? 0.999 : 1.001);
    return moved(object, 0, suan_draw_below(draw, 2) == 0 ? offset : -offset);
}

static struct position draw_observed(struct generator *generator, struct suan_draw *draw,
                                     const uint32_t *field, uint32_t n_field, double radius_deg)
{
    uint64_t percent = suan_draw_below(draw, 100);
    if (percent < 60)
        return observe(draw, generator->catalogue[field[suan_draw_below(draw, n_field)]], radius_deg);
    if (percent < 80) {
        enum catalogue_family family = (enum catalogue_family)suan_draw_below(draw, N_FAMILIES);
        uint32_t i = (uint32_t)suan_draw_below(draw, FAMILY_COUNT);
        return observe(draw, *family_object(generator, family, i), radius_deg);
    }
    if (percent < 85)
        return draw_near_pole(draw);
    if (percent < 90)
        return draw_near_wrap(draw);
    if (percent < 95)
        return observe_at_edge(draw, generator->catalogue[suan_draw_below(draw, SKY_COUNT)], radius_deg);
    return draw_position(draw);
}

static void make_field(struct generator *generator, const uint8_t seed[SEED_BYTES], uint64_t m,
                       struct position *observed, double *radius_arcsec)
{
    static const double radii[] = {1, 1.5, 2, 3, 5, 8, 12, 20, 30, 60};
    struct suan_draw draw = suan_draw_init(seed, SEED_BYTES, STREAM_JOB + (m << 8));
    *radius_arcsec = radii[suan_draw_below(&draw, 10)] * suan_draw_between(&draw, 1, 1.5);
    double radius_deg = *radius_arcsec / 3600;
    uint32_t field[FIELD_MAX];
    uint32_t n_field = find_field(generator, &draw, m, field);
    for (uint64_t i = 0; i < m; i++)
        observed[i] = draw_observed(generator, &draw, field, n_field, radius_deg);
    if (m > 0) /* so that no job is without a match */
        observed[suan_draw_below(&draw, m)] = generator->catalogue[field[0]];
}

void generator_run(struct generator *generator, const uint8_t seed[32], uint64_t m, double *catalogue,
                   double *observed, double *radius_arcsec)
{
    if (!generator->have_load || memcmp(generator->load, seed, LOAD_BYTES) != 0)
        make_catalogue(generator, seed);
    memcpy(catalogue, generator->catalogue, sizeof generator->catalogue);
    make_field(generator, seed, m, (struct position *)(void *)observed, radius_arcsec);
}
