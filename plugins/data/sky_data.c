/*
 * suan-sky-data SKY.csv FIELD.csv OUT.f64 FOLDER: the positions of sky.csv as raw doubles (ra, dec), in the
 * file's order; and in FOLDER catalogue.npy, observed.npy, truth.npy (row of the true object, -1 for none)
 * and radius.npy (arcseconds).
 */
#include "npy.h"

enum {
    ROWS_MAX = 1 << 20,
    FIELDS_MAX = 8,
};

struct name {
    const char *kind, *id;
    int64_t row;
};

struct table {
    double *positions; /* ra, dec */
    struct name *names;
    size_t rows;
};

/* Cuts a line at its commas; returns where the next one begins. */
static char *cut_line(char *line, char **fields, size_t *out_count)
{
    size_t count = 0;
    char *at = line;
    for (fields[count++] = at; *at != '\n' && *at != 0; at++)
        if (*at == ',' && count < FIELDS_MAX) {
            *at = 0;
            fields[count++] = at + 1;
        }
    char *next = *at == 0 ? at : at + 1;
    *at = 0;
    *out_count = count;
    return next;
}

/* Reads rows after the header; the numbers give the columns of kind, id and right ascension (declination
 * follows). */
static struct table read_table(char *text, size_t kind, size_t id, size_t ra)
{
    struct table table = {malloc(ROWS_MAX * 2 * sizeof(double)), malloc(ROWS_MAX * sizeof(struct name)), 0};
    data_check(table.positions != NULL && table.names != NULL, "out of memory");
    char *fields[FIELDS_MAX];
    size_t count;
    for (char *at = cut_line(text, fields, &count); *at != 0; table.rows++) {
        at = cut_line(at, fields, &count);
        data_check(count > kind && count > id && count > ra + 1 && table.rows < ROWS_MAX, "bad row");
        table.positions[2 * table.rows] = strtod(fields[ra], NULL);
        table.positions[2 * table.rows + 1] = strtod(fields[ra + 1], NULL);
        table.names[table.rows] = (struct name){fields[kind], fields[id], (int64_t)table.rows};
    }
    return table;
}

static int compare_names(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    int kinds = strcmp(a->kind, b->kind);
    return kinds != 0 ? kinds : strcmp(a->id, b->id);
}

static int64_t *find_truth(struct table *sky, const struct table *field)
{
    int64_t *truth = malloc((field->rows + 1) * sizeof *truth);
    data_check(truth != NULL, "out of memory");
    qsort(sky->names, sky->rows, sizeof *sky->names, compare_names);
    for (size_t i = 0; i < field->rows; i++) {
        const struct name *found =
            bsearch(&field->names[i], sky->names, sky->rows, sizeof *sky->names, compare_names);
        data_check(found != NULL || field->names[i].id[0] == 0, "an observation of an unknown object");
        truth[i] = found != NULL ? found->row : -1;
    }
    return truth;
}

static void write_positions(const char *folder, const char *name, const struct table *table)
{
    char shape[64];
    snprintf(shape, sizeof shape, "%zu, 2", table->rows);
    data_write_npy(folder, name, "<f8", shape, table->positions, table->rows * 2 * sizeof(double));
}

int main(int argc, char **argv)
{
    data_check(argc == 5, "usage: suan-sky-data SKY.csv FIELD.csv OUT.f64 FOLDER");
    size_t bytes;
    char *sky_text = data_read(argv[1], &bytes), *field_text = data_read(argv[2], &bytes);
    struct table sky = read_table(sky_text, 0, 1, 2), field = read_table(field_text, 4, 5, 1);
    FILE *raw = fopen(argv[3], "wb");
    data_check(raw != NULL && fwrite(sky.positions, 2 * sizeof(double), sky.rows, raw) == sky.rows &&
                   fclose(raw) == 0,
               argv[3]);
    int64_t *truth = find_truth(&sky, &field);
    char shape[64];
    snprintf(shape, sizeof shape, "%zu,", field.rows);
    double radius = 5;
    write_positions(argv[4], "catalogue.npy", &sky);
    write_positions(argv[4], "observed.npy", &field);
    data_write_npy(argv[4], "truth.npy", "<i8", shape, truth, field.rows * sizeof *truth);
    data_write_npy(argv[4], "radius.npy", "<f8", "", &radius, sizeof radius);
    return 0;
}
