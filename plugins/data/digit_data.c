/*
 * suan-digit-data 20K.idx3 10K.idx3 FOLDER: in FOLDER digits-base.npy, the first 5,000 images of 20K as f32
 * [5000, 784] with ink 0 to 1, digits-query.npy, the first 256 of 10K, and k.npy, 10.
 */
#include "npy.h"

enum {
    HEADER = 16,
    PIXELS = 784,
    N_BASE = 5000,
    N_QUERY = 256,
};

static void write_images(const char *path, size_t count, const char *folder, const char *name)
{
    size_t bytes;
    unsigned char *idx = (unsigned char *)data_read(path, &bytes);
    float *pixels = malloc(count * PIXELS * sizeof *pixels);
    data_check(bytes >= HEADER + count * PIXELS && pixels != NULL, path);
    for (size_t i = 0; i < count * PIXELS; i++)
        pixels[i] = (float)idx[HEADER + i] / 255.0f;
    char shape[64];
    snprintf(shape, sizeof shape, "%zu, %d", count, PIXELS);
    data_write_npy(folder, name, "<f4", shape, pixels, count * PIXELS * sizeof *pixels);
    free(pixels);
    free(idx);
}

int main(int argc, char **argv)
{
    data_check(argc == 4, "usage: suan-digit-data 20K.idx3 10K.idx3 FOLDER");
    write_images(argv[1], N_BASE, argv[3], "digits-base.npy");
    write_images(argv[2], N_QUERY, argv[3], "digits-query.npy");
    int64_t k = 10;
    data_write_npy(argv[3], "k.npy", "<i8", "", &k, sizeof k);
    return 0;
}
