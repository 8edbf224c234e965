#ifndef ASTRO_CROSSMATCH_SPHERE_H
#define ASTRO_CROSSMATCH_SPHERE_H

/* The formulas of README.md, "Distance", to the letter: no contraction, no reordering. */
#include <math.h>

struct sphere_point {
    double x, y, z;
};

static inline struct sphere_point sphere_from_degrees(double ra_deg, double dec_deg)
{
    const double radians = 3.14159265358979323846 / 180.0;
    double a = ra_deg * radians, d = dec_deg * radians, c = cos(d);
    return (struct sphere_point){c * cos(a), c * sin(a), sin(d)};
}

static inline double sphere_squared_chord(struct sphere_point p, struct sphere_point q)
{
    double dx = p.x - q.x, dy = p.y - q.y, dz = p.z - q.z;
    return dx * dx + dy * dy + dz * dz;
}

static inline double sphere_arcseconds(double squared_chord)
{
    double half = sqrt(squared_chord) / 2;
    return 2 * asin(half < 1 ? half : 1) * (180.0 * 3600.0 / 3.14159265358979323846);
}

#endif
