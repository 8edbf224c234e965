/*
 * Signals of drift that are numbers. Most are only reported; beyond an outer limit they fail. The sources are
 * formatted by clang-format, so a function's body is what stands between a line "{" and a line "}".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tidy.h"

enum { FUNCTIONS_MOST = 65536 };

struct figures {
    unsigned *lengths;
    size_t functions, statics, long_ones;
    size_t lines, base_lines, test_lines, code_bytes, comment_bytes;
    size_t conditionals, prototypes, bool_parameters;
    unsigned *faces;
    size_t face_count;
};

static bool is_production(const char *path)
{
    return is_under(path, "registry") || is_under(path, "host") || is_under(path, "sdk/include");
}

/* White space apart. */
static size_t count_bytes(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] != ' ' && text[i] != '\n' && text[i] != '\t';
    return count;
}

/* The line from `at`, without its end, into `line`; where the next begins. */
static size_t take_line(const struct source *source, const char *view, size_t at, char line[LINE_MOST])
{
    const char *end = strchr(view + at, '\n');
    size_t size = end != NULL ? (size_t)(end - view) - at : source->size - at;
    size_t kept = size < LINE_MOST - 1 ? size : LINE_MOST - 1;
    memcpy(line, view + at, kept);
    line[kept] = '\0';
    return at + size + 1;
}

/* Whether the declaration that ends before this offset begins with "static". */
static bool is_static(const char *code, size_t at)
{
    size_t start = at;
    while (start > 0 && code[start - 1] != ';' && code[start - 1] != '}')
        start--;
    const char *place = strstr(code + start, "static");
    return place != NULL && place < code + at;
}

static void count_functions(const struct tree *tree, struct report *report, const struct source *source,
                            struct figures *figures)
{
    unsigned number = 0, start = 0;
    for (size_t at = 0, next; at < source->size; at = next) {
        char line[LINE_MOST];
        next = take_line(source, source->code, at, line);
        number++;
        if (strcmp(line, "{") == 0) {
            start = number;
            figures->statics += is_static(source->code, at);
        } else if (strcmp(line, "}") == 0 && start != 0 && figures->functions < FUNCTIONS_MOST) {
            unsigned length = number - start + 1;
            figures->lengths[figures->functions++] = length;
            figures->long_ones += length > 70;
            if (length > 120)
                offend(report, tree, source, at, "a function of %u lines (at most 120)", length);
            start = 0;
        }
    }
}

static unsigned count_lines(const struct source *source)
{
    unsigned lines = 0;
    for (size_t i = 0; i < source->size; i++)
        lines += source->raw[i] == '\n';
    return lines;
}

/* Include guards and C++ linkage apart. */
static void count_conditionals(const struct source *source, struct figures *figures)
{
    char line[LINE_MOST];
    for (size_t at = 0; at < source->size;) {
        at = take_line(source, source->code, at, line);
        const char *hash = line + strspn(line, " ");
        if (*hash != '#' || strncmp(hash + 1 + strspn(hash + 1, " "), "if", 2) != 0)
            continue;
        figures->conditionals += strstr(line, "_H") == NULL && strstr(line, "__cplusplus") == NULL &&
                                 strstr(line, "_DEFINED") == NULL;
    }
}

static void count_parameters(const struct source *source, struct figures *figures)
{
    for (const char *p = source->code; (p = strchr(p, '(')) != NULL; p++) {
        const char *end = strchr(p, ')');
        if (end == NULL)
            return;
        const char *after = end + 1 + strspn(end + 1, " \n");
        if (*after != ';')
            continue;
        figures->prototypes++;
        const char *word = strstr(p, "bool ");
        figures->bool_parameters += word != NULL && word < end && (word[-1] == '(' || word[-1] == ' ');
    }
}

static void look_at(const struct tree *tree, struct report *report, const struct source *source,
                    struct figures *figures)
{
    unsigned lines = count_lines(source);
    if (is_under(source->path, "tests"))
        figures->test_lines += lines;
    if (!is_production(source->path))
        return;
    figures->lines += lines;
    if (is_under(source->path, "registry/base"))
        figures->base_lines += lines;
    count_conditionals(source, figures);
    if (source->kind == KIND_C) {
        if (lines > 1000)
            offend(report, tree, source, 0, "%u lines (at most 1,000)", lines);
        figures->code_bytes += count_bytes(source->code, source->size);
        figures->comment_bytes += count_bytes(source->comments, source->size);
        count_functions(tree, report, source, figures);
    } else if (!is_under(source->path, "sdk") && !is_under(source->path, "host/include")) {
        if (lines > 200)
            offend(report, tree, source, 0, "a face of %u lines (at most 200)", lines);
        figures->faces[figures->face_count++] = lines;
        count_parameters(source, figures);
    }
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static unsigned quantile(unsigned *values, size_t count, unsigned percent)
{
    qsort(values, count, sizeof *values, by_size);
    return count > 0 ? values[(count - 1) * percent / 100] : 0;
}

enum side { AT_MOST, AT_LEAST };

static void judge(const struct tree *tree, struct report *report, const char *what, double value,
                  const char *healthy, enum side side, double limit)
{
    printf("%-44s %10.2f   healthy %-10s fails %s %.2f\n", what, value, healthy,
           side == AT_MOST ? "above" : "below", limit);
    if (side == AT_MOST ? value > limit : value < limit)
        offend(report, tree, NULL, 0, "%s is %.2f", what, value);
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

void rule_figures(const struct tree *tree, struct report *report)
{
    struct figures figures = {0};
    figures.lengths = calloc(FUNCTIONS_MOST, sizeof *figures.lengths);
    figures.faces = calloc(FILES_MOST, sizeof *figures.faces);
    if (figures.lengths == NULL || figures.faces == NULL)
        give_up("out of memory");
    for (size_t i = 0; i < tree->count; i++) {
        if (tree->files[i].kind != KIND_OTHER)
            look_at(tree, report, &tree->files[i], &figures);
    }
    printf("%zu functions in %zu lines, %zu lines of tests\n", figures.functions, figures.lines,
           figures.test_lines);
    judge(tree, report, "lines of a function, median", quantile(figures.lengths, figures.functions, 50),
          "<= 15", AT_MOST, 25);
    judge(tree, report, "lines of a function, 90 %", quantile(figures.lengths, figures.functions, 90),
          "<= 40", AT_MOST, 55);
    judge(tree, report, "functions over 70 lines, per cent",
          100 * share(figures.long_ones, figures.functions), "<= 2", AT_MOST, 5);
    judge(tree, report, "static functions, per cent", 100 * share(figures.statics, figures.functions),
          ">= 50", AT_LEAST, 45);
    judge(tree, report, "registry/base, per cent of the code", 100 * share(figures.base_lines, figures.lines),
          "<= 10", AT_MOST, 15);
    judge(tree, report, "lines of a face, median", quantile(figures.faces, figures.face_count, 50), "<= 80",
          AT_MOST, 120);
    judge(tree, report, "bool parameters, per cent of prototypes",
          100 * share(figures.bool_parameters, figures.prototypes), "<= 1", AT_MOST, 3);
    judge(tree, report, "#if per 1,000 lines", 1000 * share(figures.conditionals, figures.lines), "<= 3",
          AT_MOST, 6);
    judge(tree, report, "comment to code in sources", share(figures.comment_bytes, figures.code_bytes),
          "0.08-0.25", AT_MOST, 0.4);
    judge(tree, report, "lines of tests to lines of code", share(figures.test_lines, figures.lines),
          "0.7-1.2", AT_LEAST, 0.2);
    free(figures.lengths);
    free(figures.faces);
}
