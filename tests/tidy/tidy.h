#ifndef SUAN_TEST_TIDY_H
#define SUAN_TEST_TIDY_H

/*
 * Rules about the tree that no compiler knows. A rule looks at all files and reports offences; the same rule
 * must report each "bad" file in its folder under offenders/, and nothing else there.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATH_MOST = 256, FILES_MOST = 8192, LINE_MOST = 512 };

enum kind { KIND_OTHER, KIND_C, KIND_HEADER };

/* A file in four views of equal size: each leaves out what the others are about by spaces, so offsets agree.
 */
struct source {
    char path[PATH_MOST]; /* from the root of the tree */
    enum kind kind;
    size_t size;
    char *raw;      /* as it is, NUL-ended */
    char *code;     /* without comments and without the inside of literals */
    char *text;     /* without comments */
    char *comments; /* comments alone */
};

struct tree {
    struct source *files;
    size_t count;
    const char *tables; /* the folder of layers.txt and the other tables */
    const char *links;  /* the file of link edges that CMake wrote; NULL: none */
};

struct report {
    const char *rule;
    unsigned *offences; /* for each file of the tree */
    unsigned total;
    struct exception *exceptions;
    size_t exception_count;
};

struct exception {
    char rule[32], path[PATH_MOST], part[128];
    bool used;
};

/* Notes an offence at an offset of a file, unless an exception covers it, and prints it. */
__attribute__((format(printf, 5, 6))) void offend(struct report *report, const struct tree *tree,
                                                  const struct source *source, size_t offset,
                                                  const char *format, ...);

/* --- reading (source.c) --- */
void tree_read(struct tree *tree, const char *root);
/* A whole small table of lines without comments and blanks, calling `each` for every line; ends the program
 * on failure. */
void table_read(const char *folder, const char *name, void (*each)(void *context, char *line), void *context);
bool is_under(const char *path, const char *folder);
bool is_word_char(char c);
/* The next place of `word` as a whole word at or after `from`; SIZE_MAX if there is none. */
size_t find_word(const char *text, size_t from, const char *word);
size_t line_of(const struct source *source, size_t offset);
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

/* --- rules --- */
void rule_layers(const struct tree *tree, struct report *report);
void rule_links(const struct tree *tree, struct report *report);
void rule_calls(const struct tree *tree, struct report *report);
void rule_money(const struct tree *tree, struct report *report);
void rule_signals(const struct tree *tree, struct report *report);
void rule_status(const struct tree *tree, struct report *report);
void rule_comments(const struct tree *tree, struct report *report);
void rule_words(const struct tree *tree, struct report *report);
void rule_enums(const struct tree *tree, struct report *report);
void rule_figures(const struct tree *tree, struct report *report);

#endif
