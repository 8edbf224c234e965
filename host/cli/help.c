/* Help is made from the same tables that run the commands, so that it names nothing else. */
#include "help.h"

#include <string.h>

#include "base/text.h"

enum { WORDS_MAX = 256, WORD_MAX = 40, USAGE_WIDTH = 46 };

/* --- nearest words ------------------------------------------------------------------------------------ */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

/* Letters to insert, delete or replace. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1], size_a = strlen(a), size_b = strlen(b);
    if (size_a > WORD_MAX || size_b > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= size_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[size_b];
}

const char *help_nearest(const char *said, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t best = strlen(said) > 3 ? 3 : 2; /* exclusive */
    for (size_t i = 0; i < count; i++) {
        size_t apart = distance(said, words[i]);
        if (apart < best) {
            best = apart;
            nearest = words[i];
        }
    }
    return nearest;
}

/* --- walking all commands ----------------------------------------------------------------------------- */

/* Calls for each row of the tables, and for each verb of the service's table. */
static void each_command(const char *noun, void (*visit)(void *context, const struct command *row),
                         void *context)
{
    for (size_t t = 0; t < cli_table_count; t++) {
        for (const struct command *row = cli_tables[t]; row->noun != NULL; row++) {
            if (noun == NULL || strcmp(noun, row->noun) == 0)
                visit(context, row);
        }
    }
    for (size_t i = 0; i < suan_verb_count; i++) {
        struct command made;
        struct option_row options[OPTIONS_MAX];
        if (noun != NULL && strcmp(noun, suan_verbs[i].noun) != 0)
            continue;
        cli_change_command(&suan_verbs[i], &made, options);
        visit(context, &made);
    }
}

struct words {
    const char *words[WORDS_MAX];
    size_t count;
    enum { WORDS_NOUN, WORDS_VERB } which;
};

static void add_word(void *context, const struct command *row)
{
    struct words *words = context;
    const char *word = words->which == WORDS_NOUN ? row->noun : row->verb;
    if (word != NULL && words->count < WORDS_MAX)
        words->words[words->count++] = word;
}

enum suan_status help_unknown(const char *noun, const char *verb, struct suan_error *error)
{
    struct words nouns = {.which = WORDS_NOUN}, verbs = {.which = WORDS_VERB};
    char hint[160];
    each_command(NULL, add_word, &nouns);
    each_command(noun, add_word, &verbs);
    bool known = verbs.count > 0;
    const char *near = known && verb != NULL ? help_nearest(verb, verbs.words, verbs.count)
                                             : help_nearest(noun, nouns.words, nouns.count);
    if (known && verb == NULL)
        return suan_error_set(error, SUAN_E_USAGE, "cli.command", "see 'suan --help'", "%s: say what to do",
                              noun);
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean 'suan %s%s%s'?", known ? noun : near, known ? " " : "",
                 known ? near : "");
    else
        snprintf(hint, sizeof hint, "see 'suan %s%s--help'", known ? noun : "", known ? " " : "");
    return suan_error_set(error, SUAN_E_USAGE, "cli.command", hint, "no such command: suan %s%s%s", noun,
                          verb != NULL ? " " : "", verb != NULL ? verb : "");
}

/* --- printing ----------------------------------------------------------------------------------------- */

static void print_line(void *context, const struct command *row)
{
    FILE *out = context;
    char usage[160];
    snprintf(usage, sizeof usage, "suan %s%s%s%s%s", row->noun, row->verb != NULL ? " " : "",
             row->verb != NULL ? row->verb : "", row->operands[0] != '\0' ? " " : "", row->operands);
    size_t width = suan_text_width(suan_span_text(usage));
    int pad = width < USAGE_WIDTH ? (int)(USAGE_WIDTH - width) : 1;
    fprintf(out, "  %s%*s%s\n", usage, pad, "", row->summary);
}

/* Nouns in the order in which they first appear, each with all its verbs. */
static void print_by_noun(FILE *out)
{
    struct words nouns = {.which = WORDS_NOUN};
    each_command(NULL, add_word, &nouns);
    for (size_t i = 0; i < nouns.count; i++) {
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= strcmp(nouns.words[i], nouns.words[j]) == 0;
        if (!again)
            each_command(nouns.words[i], print_line, out);
    }
}

void help_all(FILE *out)
{
    fputs("suan 算: a better algorithm pays for itself\n\n"
          "usage: suan NOUN VERB [WORDS] [--options]\n"
          "       suan NOUN [VERB] --help        options, and an example that works\n\n",
          out);
    print_by_noun(out);
    fputs(
        "\nexit status: 0 done · 1 failed · 2 usage · 3 negative verdict · 4 not permitted · 5 not found ·\n"
        "6 conflict or locked · 7 measurement not stable · 8 cap or budget exhausted · 9 integrity broken ·\n"
        "130 interrupted\n",
        out);
}

bool help_noun(FILE *out, const char *noun)
{
    struct words verbs = {.which = WORDS_NOUN};
    each_command(noun, add_word, &verbs);
    if (verbs.count == 0)
        return false;
    each_command(noun, print_line, out);
    return true;
}

static void print_options(FILE *out, const struct option_row *rows)
{
    enum { OPTION_WIDTH = 26 };
    for (; rows != NULL && rows->name != NULL; rows++) {
        char option[80];
        snprintf(option, sizeof option, "--%s%s%s", rows->name, rows->value != NULL ? " " : "",
                 rows->value != NULL ? rows->value : "");
        size_t width = suan_text_width(suan_span_text(option));
        fprintf(out, "  %s%*s%s\n", option, width < OPTION_WIDTH ? (int)(OPTION_WIDTH - width) : 1, "",
                rows->help);
    }
}

void help_command(FILE *out, const struct command *row)
{
    fprintf(out, "usage: suan %s%s%s%s%s [--options]\n\n%s\n\noptions:\n", row->noun,
            row->verb != NULL ? " " : "", row->verb != NULL ? row->verb : "",
            row->operands[0] != '\0' ? " " : "", row->operands, row->summary);
    print_options(out, row->options);
    print_options(out, arguments_everywhere);
    fprintf(out, "\nexample:\n  %s\n", row->example);
}
