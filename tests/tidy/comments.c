/* Names in comments must exist: a comment about a function that is gone misleads more than none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tidy.h"

enum { NAME_MOST = 96, SLOTS = 1 << 18 };

/* All words of all code, in an open hash table of borrowed places. */
struct words {
    struct word {
        const char *start;
        size_t size;
    } * slots;
};

static size_t slot_of(const struct words *words, const char *start, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)start[i]) * 16777619u;
    size_t slot = hash % SLOTS;
    while (words->slots[slot].start != NULL &&
           (words->slots[slot].size != size || memcmp(words->slots[slot].start, start, size) != 0))
        slot = (slot + 1) % SLOTS;
    return slot;
}

static void add_words(struct words *words, const char *text, size_t *count)
{
    for (const char *p = text; *p != '\0';) {
        size_t size = 0;
        while (is_word_char(p[size]))
            size++;
        if (size > 0) {
            size_t slot = slot_of(words, p, size);
            if (words->slots[slot].start == NULL && ++*count > SLOTS / 2)
                give_up("more words than this table holds");
            words->slots[slot] = (struct word){p, size};
        }
        p += size > 0 ? size : 1;
    }
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Ours by its prefix, or called with empty parentheses. A name that goes on ("suan_x_…", "suan_x_*") is a
 * family. */
static bool is_claim(const char *name, size_t size)
{
    const char *after = name + size;
    if (size < 6 || name[size - 1] == '_' || *after == '*' || *after == '<' || *after == '%' ||
        *after == '-' || starts_with(after, "\xE2\x80\xA6") || starts_with(after, "..."))
        return false;
    if (starts_with(after, "()"))
        return true;
    return starts_with(name, "suan_") || starts_with(name, "SUAN_");
}

static void check_comments(const struct tree *tree, struct report *report, const struct words *words,
                           const struct source *source)
{
    const char *comments = source->comments;
    for (size_t at = 0; at < source->size;) {
        size_t size = 0;
        while (is_word_char(comments[at + size]))
            size++;
        bool inside_path =
            at > 0 && (comments[at - 1] == '/' || comments[at - 1] == '.' || comments[at - 1] == '$');
        if (size > 0 && size < NAME_MOST && !inside_path && is_claim(comments + at, size) &&
            words->slots[slot_of(words, comments + at, size)].start == NULL)
            offend(report, tree, source, at, "the comment names '%.*s', which does not exist", (int)size,
                   comments + at);
        at += size > 0 ? size : 1;
    }
}

void rule_comments(const struct tree *tree, struct report *report)
{
    struct words words = {calloc(SLOTS, sizeof *words.slots)};
    size_t count = 0;
    if (words.slots == NULL)
        give_up("out of memory");
    for (size_t i = 0; i < tree->count; i++) {
        const struct source *source = &tree->files[i];
        if (source->kind != KIND_OTHER)
            add_words(&words, source->text, &count);
        else if (strstr(source->path, "CMake") != NULL || strstr(source->path, ".cmake") != NULL)
            add_words(&words, source->raw, &count);
    }
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->files[i].kind != KIND_OTHER)
            check_comments(tree, report, &words, &tree->files[i]);
    }
    free(words.slots);
}
