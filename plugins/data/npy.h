#ifndef SUAN_DATA_NPY_H
#define SUAN_DATA_NPY_H

/* Writes NumPy .npy files (format 1.0), for the build's own data tools: any failure ends the program with a
 * message. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void data_check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "data: %s\n", what);
        exit(1);
    }
}

/* A file of `folder`, open for writing. */
static inline FILE *data_create(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    data_check(file != NULL, path);
    return file;
}

/* `descr` is NumPy's name of the element type, such as "<f8"; `shape` the text between the brackets, such as
 * "10, 2". */
static inline void data_write_npy(const char *folder, const char *name, const char *descr, const char *shape,
                                  const void *data, size_t bytes)
{
    char header[128];
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    int length = snprintf(header + 10, sizeof header - 10,
                          "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape);
    header[10 + length] = ' ';
    header[127] = '\n';
    FILE *file = data_create(folder, name);
    data_check(fwrite(header, sizeof header, 1, file) == 1 &&
                   (bytes == 0 || fwrite(data, bytes, 1, file) == 1) && fclose(file) == 0,
               name);
}

/* The whole of a file with a NUL after it; the caller frees. */
static inline char *data_read(const char *path, size_t *out_bytes)
{
    FILE *file = fopen(path, "rb");
    data_check(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    long bytes = ftell(file);
    data_check(bytes >= 0 && fseek(file, 0, SEEK_SET) == 0, path);
    char *text = malloc((size_t)bytes + 1);
    data_check(text != NULL && fread(text, 1, (size_t)bytes, file) == (size_t)bytes, path);
    fclose(file);
    text[bytes] = 0;
    *out_bytes = (size_t)bytes;
    return text;
}

#endif
