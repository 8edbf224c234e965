#include "library.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

static void die(const char *what, const struct suan_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error->message);
    exit(2);
}

void library_read_file(const char *path, struct suan_buffer *out)
{
    struct suan_error error = {0};
    if (suan_file_read(path, 1 << 21, out, &error) != SUAN_OK)
        die(path, &error);
}

/* Digests are policy's callers' affair; tests give a recognisable one. */
static struct suan_programme *parse(struct suan_span text, const char *name)
{
    static const uint8_t digest[32] = {0x5f, 0x3c, 0xaa, 0x01};
    struct suan_error error = {0};
    struct suan_programme *programme = NULL;
    if (suan_programme_parse(text, digest, name, &programme, &error) != SUAN_OK)
        die(name, &error);
    return programme;
}

struct suan_programme *library_parse(const char *text)
{
    return parse(suan_span_text(text), "test");
}

static bool is_programme(const struct suan_buffer *text)
{
    return memmem(text->data, text->size, "\"suan.programme/1\"", 18) != NULL &&
           memmem(text->data, text->size, "$schema", 7) == NULL;
}

void library_add(struct library *library, const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        perror(folder);
        exit(2);
    }
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[4096];
        struct suan_buffer text = {0};
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        library_read_file(path, &text);
        if (is_programme(&text) && library->count < LIBRARY_MAX)
            library->programmes[library->count++] = parse(suan_buffer_span(&text), entry->d_name);
        suan_buffer_done(&text);
    }
    closedir(entries);
}

void library_done(struct library *library)
{
    for (size_t i = 0; i < library->count; i++)
        suan_programme_free(library->programmes[i]);
    library->count = 0;
}

const struct suan_programme *library_find(const struct library *library, const char *id)
{
    for (size_t i = 0; i < library->count; i++) {
        if (suan_span_equal(library->programmes[i]->id, suan_span_text(id)))
            return library->programmes[i];
    }
    return NULL;
}

const struct suan_programme *const *library_list(const struct library *library)
{
    return (const struct suan_programme *const *)library->programmes;
}
