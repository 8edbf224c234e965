/*
 * tidy RULE ROOT TABLES [LINKS]    reports the offences of one rule in a tree; 1 if there are any
 * tidy --control RULE ROOT TABLES  the same in a tree of offenders: 0 if each file named bad… offends and no
 * other does
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tidy.h"

enum { EXCEPTIONS_MOST = 256 };

static const struct {
    const char *name;
    void (*look)(const struct tree *tree, struct report *report);
} rules[] = {{"layers", rule_layers},     {"links", rule_links},     {"calls", rule_calls},
             {"money", rule_money},       {"signals", rule_signals}, {"status", rule_status},
             {"comments", rule_comments}, {"words", rule_words},     {"enums", rule_enums},
             {"figures", rule_figures}};

void offend(struct report *report, const struct tree *tree, const struct source *source, size_t offset,
            const char *format, ...)
{
    char message[LINE_MOST];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < report->exception_count; i++) {
        struct exception *exception = &report->exceptions[i];
        if (strcmp(exception->rule, report->rule) == 0 && strstr(message, exception->part) != NULL &&
            strcmp(exception->path, source != NULL ? source->path : "-") == 0) {
            exception->used = true;
            return;
        }
    }
    if (source != NULL) {
        report->offences[source - tree->files]++;
        printf("%s:%zu: %s\n", source->path, line_of(source, offset), message);
    } else {
        printf("%s\n", message);
    }
    report->total++;
}

static void read_exception(void *context, char *line)
{
    struct report *report = context;
    struct exception *exception = &report->exceptions[report->exception_count];
    if (report->exception_count == EXCEPTIONS_MOST ||
        sscanf(line, "%31s %255s %127[^\n]", exception->rule, exception->path, exception->part) != 3)
        give_up("exceptions.txt: not a row: '%s'", line);
    for (size_t size = strlen(exception->part); size > 0 && exception->part[size - 1] == ' ';)
        exception->part[--size] = '\0';
    report->exception_count++;
}

/* An exception that nothing needs any more would hide the next offence. */
static void check_exceptions(struct report *report)
{
    for (size_t i = 0; i < report->exception_count; i++) {
        const struct exception *exception = &report->exceptions[i];
        if (strcmp(exception->rule, report->rule) != 0 || exception->used)
            continue;
        printf("exceptions.txt: stale: %s %s %s\n", exception->rule, exception->path, exception->part);
        report->total++;
    }
}

static int judge_offenders(const struct tree *tree, const struct report *report)
{
    unsigned bad = 0, wrong = 0;
    for (size_t i = 0; i < tree->count; i++) {
        const char *slash = strrchr(tree->files[i].path, '/');
        const char *name = slash != NULL ? slash + 1 : tree->files[i].path;
        bool expected = strncmp(name, "bad", 3) == 0;
        bad += expected;
        if (expected == (report->offences[i] > 0))
            continue;
        wrong++;
        printf("control: %s %s\n", tree->files[i].path,
               expected ? "must offend, and does not" : "offends, and must not");
    }
    if (bad == 0)
        printf("control: no offender\n");
    return wrong > 0 || bad == 0;
}

int main(int argc, char **argv)
{
    bool control = argc > 1 && strcmp(argv[1], "--control") == 0;
    char **words = argv + (control ? 2 : 1);
    int count = argc - (control ? 2 : 1);
    if (count < 3)
        give_up("usage: tidy [--control] RULE ROOT TABLES [LINKS]");
    struct tree tree = {.tables = words[2], .links = count > 3 ? words[3] : NULL};
    struct report report = {.rule = words[0]};
    tree_read(&tree, words[1]);
    report.offences = calloc(tree.count, sizeof *report.offences);
    report.exceptions = calloc(EXCEPTIONS_MOST + 1, sizeof *report.exceptions);
    if (report.offences == NULL || report.exceptions == NULL)
        give_up("out of memory");
    if (!control)
        table_read(tree.tables, "exceptions.txt", read_exception, &report);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(rules[i].name, report.rule) != 0)
            continue;
        rules[i].look(&tree, &report);
        if (control)
            return judge_offenders(&tree, &report);
        check_exceptions(&report);
        printf("%s: %u offences in %zu files\n", report.rule, report.total, tree.count);
        return report.total > 0;
    }
    give_up("no rule '%s'", report.rule);
}
