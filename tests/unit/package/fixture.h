#ifndef PACKAGE_FIXTURE_H
#define PACKAGE_FIXTURE_H

/* Packages made by hand, well or badly: an independent tar writer that can be told to misbehave. Everything
 * asserts. */
#include "package/pack.h"

/* A tar entry as its header shall say it. Zero fields mean what a good package has. */
struct fixture_entry {
    const char *path;
    size_t path_size; /* 0: to the NUL; else the path may hold one */
    const void *content;
    size_t content_size;
    const char *size_field; /* twelve bytes in place of the size */
    const char *link, *owner;
    const char *records;    /* pax records "KEY=VALUE\n" before the entry; "\1" stands for NUL */
    const char *mode_field; /* eight bytes in place of the mode */
    unsigned uid, mtime;
    char type;
};

void fixture_append(struct suan_buffer *tar, const struct fixture_entry *entry);
void fixture_end(struct suan_buffer *tar);

/* The headers' checksum made right again after a change. */
void fixture_sign_header(uint8_t header[512]);

/* One zstd frame with, or without, its size declared. */
enum fixture_size { FIXTURE_SIZE_DECLARED, FIXTURE_SIZE_UNKNOWN };
void fixture_compress(struct suan_span content, enum fixture_size size, struct suan_buffer *out);

/* The files of a good package (manifest for the object in canonical form), in their order. */
enum { FIXTURE_FILES = 6 };
struct fixture_files {
    struct fixture_entry entries[FIXTURE_FILES];
    struct suan_buffer manifest;
};
void fixture_good_files(struct fixture_files *files);
void fixture_good_tar(struct suan_buffer *tar);
void fixture_done(struct fixture_files *files);

/* suan.json without digests, for pack; and this machine's variant. */
extern const char fixture_draft[];
extern const char fixture_variant[];

/* Runs a program with its output thrown away; the exit status. */
int fixture_run(const char *const *arguments);

/* A fresh folder, and its removal with everything in it. */
void fixture_make_folder(char out[64]);
void fixture_remove_folder(const char *folder);
void fixture_write_file(const char *folder, const char *name, struct suan_span content);

/* A deterministic stream of numbers (xorshift64*). */
uint64_t fixture_random(uint64_t *state);

#endif
