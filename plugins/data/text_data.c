/* suan-text-data FOLDER FILE=NAME…: each file's bytes as a u8 .npy file of that name in FOLDER. */
#include "npy.h"

int main(int argc, char **argv)
{
    data_check(argc >= 3, "usage: suan-text-data FOLDER FILE=NAME...");
    for (int i = 2; i < argc; i++) {
        char *name = strrchr(argv[i], '=');
        data_check(name != NULL, argv[i]);
        *name++ = 0;
        size_t bytes;
        char *text = data_read(argv[i], &bytes), shape[64];
        snprintf(shape, sizeof shape, "%zu,", bytes);
        data_write_npy(argv[1], name, "|u1", shape, text, bytes);
        free(text);
    }
    return 0;
}
