/* Words of unfinished work, and paths of one machine, in any text of the tree. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tidy.h"

enum { WORDS_MOST = 64 };

struct list {
    struct {
        char kind[8], text[48];
    } rows[WORDS_MOST];
    size_t count;
};

static void read_word(void *context, char *line)
{
    struct list *list = context;
    if (list->count == WORDS_MOST ||
        sscanf(line, "%7s %47[^\n]", list->rows[list->count].kind, list->rows[list->count].text) != 2)
        give_up("words.txt: not a row: '%s'", line);
    list->count++;
}

static void check_word(const struct tree *tree, struct report *report, const struct source *source,
                       const char *word)
{
    for (size_t at = 0; (at = find_word(source->raw, at, word)) != SIZE_MAX; at++)
        offend(report, tree, source, at, "'%s': work that is not finished", word);
}

static void check_phrase(const struct tree *tree, struct report *report, const struct source *source,
                         const char *phrase)
{
    size_t size = strlen(phrase);
    for (const char *place = source->raw; (place = strcasestr(place, phrase)) != NULL; place++) {
        if ((place == source->raw || !is_word_char(place[-1])) && !is_word_char(place[size]))
            offend(report, tree, source, (size_t)(place - source->raw), "'%s': work that is not finished",
                   phrase);
    }
}

/* "/ROOT/name" where a path begins: not behind a letter, digit, dot, slash, or what stands for a variable
 * folder. */
static void check_root(const struct tree *tree, struct report *report, const struct source *source,
                       const char *root)
{
    char start[64];
    int size = snprintf(start, sizeof start, "/%s/", root);
    for (const char *place = source->raw; (place = strstr(place, start)) != NULL; place++) {
        char before = place == source->raw ? ' ' : place[-1], after = place[size];
        if (!is_word_char(before) && strchr("./}>)%*-~+", before) == NULL &&
            (is_word_char(after) || after == '.'))
            offend(report, tree, source, (size_t)(place - source->raw), "'%s...': a path of one machine",
                   start);
    }
}

void rule_words(const struct tree *tree, struct report *report)
{
    struct list list = {.count = 0};
    table_read(tree->tables, "words.txt", read_word, &list);
    for (size_t i = 0; i < tree->count; i++) {
        for (size_t j = 0; j < list.count; j++) {
            if (strcmp(list.rows[j].kind, "word") == 0)
                check_word(tree, report, &tree->files[i], list.rows[j].text);
            else if (strcmp(list.rows[j].kind, "phrase") == 0)
                check_phrase(tree, report, &tree->files[i], list.rows[j].text);
            else
                check_root(tree, report, &tree->files[i], list.rows[j].text);
        }
    }
}
