/* One getopt_long run over a command's table; values are kept in the order in which they came. */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"

struct given {
    const char *name, *value;
};

struct arguments {
    struct given given[ARGUMENTS_MAX];
    size_t n_given;
    char **operands;
    size_t n_operands;
};

const struct option_row arguments_everywhere[] = {
    {"registry", "DIR", "the registry folder (else $SUAN_REGISTRY, else the user's data folder)"},
    {"json", NULL, "one JSON document on standard output, errors included"},
    {"quiet", NULL, "no progress"},
    {"help", NULL, "this text"},
    {NULL, NULL, NULL},
};

static size_t add_rows(struct option *options, size_t count, const struct option_row *rows)
{
    for (; rows != NULL && rows->name != NULL && count < OPTIONS_MAX - 1; rows++)
        options[count++] =
            (struct option){rows->name, rows->value != NULL ? required_argument : no_argument, NULL, 1};
    return count;
}

static enum suan_status bad_word(const char *word, int missing_value, const struct option *options,
                                 struct suan_error *error)
{
    const char *names[OPTIONS_MAX], *nearest = NULL;
    char hint[120] = "add --help to see the options";
    size_t count = 0;
    if (missing_value)
        return suan_error_set(error, SUAN_E_USAGE, "cli.option", hint, "%s needs a value", word);
    for (; count < OPTIONS_MAX && options[count].name != NULL; count++)
        names[count] = options[count].name;
    if (strncmp(word, "--", 2) == 0)
        nearest = help_nearest(word + 2, names, count);
    if (nearest != NULL)
        snprintf(hint, sizeof hint, "did you mean --%s?", nearest);
    return suan_error_set(error, SUAN_E_USAGE, "cli.option", hint, "unknown option %s", word);
}

static enum suan_status read_options(int argc, char **argv, const struct option *options,
                                     struct arguments *result, struct suan_error *error)
{
    optind = 0;
    opterr = 0;
    for (;;) {
        int place = optind == 0 ? 1 : optind, row = 0;
        int answer = getopt_long(argc, argv, ":", options, &row);
        if (answer == -1)
            break;
        if (answer == '?' || answer == ':')
            return bad_word(argv[optind > place ? optind - 1 : place], answer == ':', options, error);
        if (result->n_given == ARGUMENTS_MAX)
            return suan_error_set(error, SUAN_E_USAGE, "cli.option", NULL, "more than %d options",
                                  ARGUMENTS_MAX);
        result->given[result->n_given++] = (struct given){options[row].name, optarg};
    }
    result->operands = argv + optind;
    result->n_operands = (size_t)(argc - optind);
    return SUAN_OK;
}

enum suan_status arguments_parse(int argc, char **argv, const struct option_row *rows, struct arguments **out,
                                 struct suan_error *error)
{
    struct option options[OPTIONS_MAX] = {{0}};
    size_t count = add_rows(options, 0, rows);
    add_rows(options, count, arguments_everywhere);

    struct arguments *result = calloc(1, sizeof *result);
    if (result == NULL)
        return suan_error_errno(error, "memory", ENOMEM, "arguments");
    enum suan_status status = read_options(argc, argv, options, result, error);
    if (status != SUAN_OK) {
        free(result);
        return status;
    }
    *out = result;
    return SUAN_OK;
}

void arguments_freep(struct arguments **arguments)
{
    free(*arguments);
}

bool arguments_has(const struct arguments *arguments, const char *name)
{
    return arguments_count(arguments, name) > 0;
}

const char *arguments_nth(const struct arguments *arguments, const char *name, size_t index)
{
    for (size_t i = 0; i < arguments->n_given; i++) {
        if (strcmp(arguments->given[i].name, name) == 0 && index-- == 0)
            return arguments->given[i].value;
    }
    return NULL;
}

size_t arguments_count(const struct arguments *arguments, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < arguments->n_given; i++)
        count += strcmp(arguments->given[i].name, name) == 0;
    return count;
}

const char *arguments_text(const struct arguments *arguments, const char *name)
{
    size_t count = arguments_count(arguments, name);
    return count > 0 ? arguments_nth(arguments, name, count - 1) : NULL;
}

enum suan_status arguments_integer(const struct arguments *arguments, const char *name, int64_t min,
                                   int64_t max, int64_t *out, struct suan_error *error)
{
    const char *text = arguments_text(arguments, name);
    if (text == NULL)
        return SUAN_OK;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
        return suan_error_set(error, SUAN_E_USAGE, "cli.option", NULL,
                              "--%s %s: must be an integer from %lld to %lld", name, text, (long long)min,
                              (long long)max);
    *out = value;
    return SUAN_OK;
}

size_t arguments_operands(const struct arguments *arguments)
{
    return arguments->n_operands;
}

const char *arguments_operand(const struct arguments *arguments, size_t index)
{
    return index < arguments->n_operands ? arguments->operands[index] : NULL;
}
