/* <libsuan/suan.h> repeats two definitions of registry/base under the same guards; they must stay equal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tidy.h"

static bool has_guard(const struct source *source, const char *folder, const char *guard)
{
    return source->kind == KIND_HEADER && is_under(source->path, folder) &&
           find_word(source->code, 0, guard) != SIZE_MAX;
}

static const struct source *find_original(const struct tree *tree, const char *guard)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (has_guard(&tree->files[i], "registry/base", guard))
            return &tree->files[i];
    }
    give_up("no header of registry/base has %s", guard);
}

/* What stands between a guard and its #endif, without any white space; the caller's to free. */
static char *guarded(const struct source *source, const char *guard)
{
    size_t at = find_word(source->code, 0, guard);
    const char *end = at != SIZE_MAX ? strstr(source->code + at, "#endif") : NULL;
    char *out = calloc(source->size + 1, 1);
    if (end == NULL || out == NULL)
        give_up("%s: no %s", source->path, guard);
    char *place = out;
    for (const char *p = source->code + at; p < end; p++) {
        if (strchr(" \n\t\r", *p) == NULL)
            *place++ = *p;
    }
    return out;
}

void rule_enums(const struct tree *tree, struct report *report)
{
    static const char *const guards[] = {"SUAN_STATUS_DEFINED", "SUAN_ERROR_DEFINED"};
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++) {
        const struct source *original = find_original(tree, guards[i]);
        char *expected = guarded(original, guards[i]);
        unsigned repeated = 0;
        for (size_t j = 0; j < tree->count; j++) {
            const struct source *copy = &tree->files[j];
            if (!has_guard(copy, "host/include/libsuan", guards[i]))
                continue;
            char *said = guarded(copy, guards[i]);
            if (strcmp(said, expected) != 0)
                offend(report, tree, copy, find_word(copy->code, 0, guards[i]), "%s differs from %s",
                       guards[i], original->path);
            free(said);
            repeated++;
        }
        if (repeated == 0)
            offend(report, tree, original, 0, "no header of libsuan repeats %s", guards[i]);
        free(expected);
    }
}
