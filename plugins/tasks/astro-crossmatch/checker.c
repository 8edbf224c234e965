/*
 * Derives every answer again, by another method than any solver here: a grid of cells in space finds the
 * nearest object by the contract's formula, and a haversine in extended precision measures the separations.
 */
#include "crossmatch.h"

#include <math.h>
#include <stdlib.h>

#include "sphere.h"

enum {
    SIDE = 64, /* cells along each axis of [-1, 1] */
    CELLS = SIDE * SIDE * SIDE,
};

struct checker {
    uint64_t n; /* of the catalogue that the grid was made from */
    double *catalogue;
    struct sphere_point *points; /* in catalogue order */
    uint32_t *members;           /* catalogue rows, cell by cell, ascending within a cell */
    uint32_t *cell_of;           /* CELLS: not on the sphere (NaN) */
    uint32_t starts[CELLS + 2];
    double *errors;
    uint64_t errors_capacity;
};

struct nearest {
    double squared_chord;
    int64_t index; /* -1: none within reach */
};

struct checker *checker_new(void)
{
    return calloc(1, sizeof(struct checker));
}

static void drop_catalogue(struct checker *checker)
{
    free(checker->catalogue);
    free(checker->points);
    free(checker->members);
    free(checker->cell_of);
    checker->catalogue = NULL;
    checker->points = NULL;
    checker->members = NULL;
    checker->cell_of = NULL;
    checker->n = 0;
}

void checker_free(struct checker *checker)
{
    if (checker == NULL)
        return;
    drop_catalogue(checker);
    free(checker->errors);
    free(checker);
}

static uint32_t axis_cell(double x)
{
    double cell = (x + 1) * (SIDE / 2);
    return cell <= 0 ? 0 : cell >= SIDE - 1 ? SIDE - 1 : (uint32_t)cell;
}

static uint32_t cell_index(uint32_t x, uint32_t y, uint32_t z)
{
    return (z * SIDE + y) * SIDE + x;
}

static void fill_grid(struct checker *checker, uint64_t n)
{
    memset(checker->starts, 0, sizeof checker->starts);
    for (uint64_t i = 0; i < n; i++) {
        struct sphere_point p = sphere_from_degrees(checker->catalogue[2 * i], checker->catalogue[2 * i + 1]);
        int real = isfinite(p.x) && isfinite(p.y) && isfinite(p.z);
        checker->points[i] = p;
        checker->cell_of[i] = real ? cell_index(axis_cell(p.x), axis_cell(p.y), axis_cell(p.z)) : CELLS;
        checker->starts[checker->cell_of[i] + 1]++;
    }
    for (uint32_t cell = 0; cell <= CELLS; cell++)
        checker->starts[cell + 1] += checker->starts[cell];
    for (uint64_t i = n; i-- > 0;) /* backwards: each cell's end moves down to its start, and rows ascend */
        checker->members[--checker->starts[checker->cell_of[i] + 1]] = (uint32_t)i;
    memmove(checker->starts, checker->starts + 1, (CELLS + 1) * sizeof *checker->starts);
    checker->starts[CELLS + 1] = (uint32_t)n;
}

/* Makes the grid, unless it was made from exactly this catalogue. */
static int32_t take_catalogue(struct checker *checker, const double *catalogue, uint64_t n)
{
    if (n == 0 || (checker->n == n && memcmp(checker->catalogue, catalogue, n * 2 * sizeof *catalogue) == 0))
        return SUAN_OK;
    drop_catalogue(checker);
    checker->catalogue = malloc(n * 2 * sizeof *catalogue);
    checker->points = malloc(n * sizeof *checker->points);
    checker->members = malloc(n * sizeof *checker->members);
    checker->cell_of = malloc(n * sizeof *checker->cell_of);
    if (checker->catalogue == NULL || checker->points == NULL || checker->members == NULL ||
        checker->cell_of == NULL) {
        drop_catalogue(checker);
        return SUAN_E_MEMORY;
    }
    memcpy(checker->catalogue, catalogue, n * 2 * sizeof *catalogue);
    fill_grid(checker, n);
    checker->n = n;
    return SUAN_OK;
}

static void search_cell(const struct checker *checker, uint32_t cell, struct sphere_point q,
                        struct nearest *best)
{
    for (uint32_t at = checker->starts[cell]; at < checker->starts[cell + 1]; at++) {
        int64_t i = checker->members[at];
        double d2 = sphere_squared_chord(checker->points[i], q);
        if (d2 < best->squared_chord || (d2 == best->squared_chord && i < best->index)) {
            best->squared_chord = d2;
            best->index = i;
        }
    }
}

/* The nearest of all objects whose chord to q is at most `reach`, ties to the lowest index. */
static struct nearest search_grid(const struct checker *checker, struct sphere_point q, double reach)
{
    struct nearest best = {INFINITY, -1};
    for (uint32_t z = axis_cell(q.z - reach); z <= axis_cell(q.z + reach); z++)
        for (uint32_t y = axis_cell(q.y - reach); y <= axis_cell(q.y + reach); y++)
            for (uint32_t x = axis_cell(q.x - reach); x <= axis_cell(q.x + reach); x++)
                search_cell(checker, cell_index(x, y, z), q, &best);
    return best;
}

/* Half the width of the band in which another correct formula may see a tie or the radius otherwise than
 * ours. */
static double rounding_band(double squared_chord)
{
    return 4e-15 * sqrt(squared_chord) + 4e-31;
}

static double haversine_arcseconds(const double *a, const double *b)
{
    const long double radians = 3.14159265358979323846264338327950288L / 180;
    long double north = sinl(((long double)a[1] - b[1]) * radians / 2);
    long double east = sinl(((long double)a[0] - b[0]) * radians / 2);
    long double h = north * north + cosl(a[1] * radians) * cosl(b[1] * radians) * east * east;
    h = h < 0 ? 0 : h > 1 ? 1 : h;
    return (double)(2 * asinl(sqrtl(h)) / radians * 3600);
}

/* What the asin of the contract loses: it is flat near 180 degrees. */
static double separation_tolerance(double squared_chord)
{
    double cosine = sqrt(fmax(1 - squared_chord / 4, 1e-16));
    return 1e-6 + 1e-10 / cosine;
}

struct field {
    const double *observed, *separation;
    const int64_t *index;
    double radius_arcsec;
};

/* NULL if the i-th answer is right, with its error; else what is wrong with it. */
static const char *judge(const struct checker *checker, const struct field *field, uint64_t i,
                         double *out_error)
{
    const double *observed = field->observed + 2 * i;
    struct sphere_point q = sphere_from_degrees(observed[0], observed[1]);
    int real = isfinite(q.x) && isfinite(q.y) && isfinite(q.z) && field->radius_arcsec >= 0 && checker->n > 0;
    double half_angle = fmin(field->radius_arcsec, 648000) * (3.14159265358979323846 / 1296000);
    struct nearest best = {INFINITY, -1};
    if (real)
        best = search_grid(checker, q, 2 * sin(half_angle) * (1 + 1e-9) + 1e-15);
    double band = field->radius_arcsec * 1e-9;
    double nearest_arcsec = best.index < 0 ? INFINITY : sphere_arcseconds(best.squared_chord);
    int64_t index = field->index[i];
    *out_error = 0;
    if (index == -1) {
        if (nearest_arcsec <= field->radius_arcsec - band)
            return "an object within the radius was not found";
        if (nearest_arcsec <= field->radius_arcsec && band == 0)
            return "an object at the same position was not found";
        return isnan(field->separation[i]) ? NULL : "the separation of no match is not NaN";
    }
    if (index < 0 || (uint64_t)index >= checker->n)
        return "the index is not one of the catalogue";
    if (best.index < 0 || !(nearest_arcsec <= field->radius_arcsec + band))
        return "there is no object within the radius";
    double d2 = sphere_squared_chord(checker->points[index], q);
    if (!(d2 <= best.squared_chord + rounding_band(best.squared_chord)))
        return "another object is nearer";
    if (d2 == best.squared_chord && index != best.index)
        return "an object with a lower index is as near";
    *out_error = fabs(field->separation[i] - haversine_arcseconds(observed, checker->catalogue + 2 * index));
    return *out_error <= separation_tolerance(d2) ? NULL : "the separation is wrong";
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static int32_t reserve_errors(struct checker *checker, uint64_t m)
{
    if (m <= checker->errors_capacity)
        return SUAN_OK;
    double *errors = realloc(checker->errors, m * sizeof *errors);
    if (errors == NULL)
        return SUAN_E_MEMORY;
    checker->errors = errors;
    checker->errors_capacity = m;
    return SUAN_OK;
}

static void summarise(const struct checker *checker, uint64_t right, struct suan_verdict *verdict)
{
    verdict->pass = verdict->wrong == 0;
    if (right == 0)
        return;
    qsort(checker->errors, right, sizeof *checker->errors, compare_doubles);
    verdict->error_q50 = checker->errors[(right - 1) / 2];
    verdict->error_q99 = checker->errors[(right - 1) * 99 / 100];
    verdict->error_max = checker->errors[right - 1];
}

int32_t checker_run(struct checker *checker, const double *catalogue, uint64_t n, const double *observed,
                    uint64_t m, double radius_arcsec, const int64_t *index, const double *separation,
                    struct suan_verdict *verdict)
{
    if (n == 0)
        drop_catalogue(checker);
    if (take_catalogue(checker, catalogue, n) != SUAN_OK || reserve_errors(checker, m) != SUAN_OK)
        return SUAN_E_MEMORY;
    struct field field = {observed, separation, index, radius_arcsec};
    uint64_t right = 0;
    for (uint64_t i = 0; i < m; i++) {
        double error;
        const char *wrong = judge(checker, &field, i, &error);
        if (wrong == NULL)
            checker->errors[right++] = error;
        else if (verdict->wrong++ == 0)
            snprintf(verdict->reason, sizeof verdict->reason, "observation %llu: %s", (unsigned long long)i,
                     wrong);
    }
    verdict->checked = m;
    verdict->essential_bytes =
        m * (2 * sizeof *observed + sizeof *index + sizeof *separation) + sizeof radius_arcsec;
    summarise(checker, right, verdict);
    return SUAN_OK;
}
