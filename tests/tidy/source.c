/* Reads a tree of sources and takes each apart into code and comments. */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tidy.h"

enum { FILE_MOST = 2 << 20 };

void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("tidy: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_under(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

size_t find_word(const char *text, size_t from, const char *word)
{
    size_t size = strlen(word);
    for (const char *place = text + from; (place = strstr(place, word)) != NULL; place++) {
        if ((place == text || !is_word_char(place[-1])) && !is_word_char(place[size]))
            return (size_t)(place - text);
    }
    return SIZE_MAX;
}

size_t line_of(const struct source *source, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset && i < source->size; i++)
        line += source->raw[i] == '\n';
    return line;
}

/* --- taking apart ------------------------------------------------------------------------------------- */

enum state { IN_CODE, IN_LINE_COMMENT, IN_BLOCK_COMMENT, IN_STRING, IN_CHARACTER };

/* The state in which the character at `i` stands, given that of the one before. */
static enum state step(const char *raw, size_t i, enum state state)
{
    switch (state) {
    case IN_CODE:
        if (raw[i] == '/' && raw[i + 1] == '/')
            return IN_LINE_COMMENT;
        if (raw[i] == '/' && raw[i + 1] == '*')
            return IN_BLOCK_COMMENT;
        if (raw[i] == '"')
            return IN_STRING;
        /* An apostrophe between digits separates thousands in C++. */
        return raw[i] == '\'' && (i == 0 || !is_word_char(raw[i - 1])) ? IN_CHARACTER : IN_CODE;
    case IN_LINE_COMMENT: return raw[i] == '\n' ? IN_CODE : IN_LINE_COMMENT;
    default: return state;
    }
}

static void take_apart(struct source *source)
{
    const char *raw = source->raw;
    enum state state = IN_CODE;
    for (size_t i = 0; i < source->size; i++) {
        enum state before = state;
        state = step(raw, i, state);
        bool comment = state == IN_LINE_COMMENT || state == IN_BLOCK_COMMENT;
        bool literal = (state == IN_STRING || state == IN_CHARACTER) && before == state;
        char blank = raw[i] == '\n' ? '\n' : ' ';
        source->code[i] = comment || literal ? blank : raw[i];
        source->text[i] = comment ? blank : raw[i];
        source->comments[i] = comment ? raw[i] : blank;
        if (before != state || raw[i] == '\0')
            continue;
        if (state == IN_BLOCK_COMMENT && raw[i] == '*' && raw[i + 1] == '/') {
            i++;
            source->code[i] = source->text[i] = ' ';
            source->comments[i] = raw[i];
            state = IN_CODE;
        } else if (literal && raw[i] == '\\' && i + 1 < source->size) {
            i++;
            source->code[i] = raw[i] == '\n' ? '\n' : ' ';
            source->text[i] = raw[i];
            source->comments[i] = source->code[i];
        } else if ((state == IN_STRING && raw[i] == '"') || (state == IN_CHARACTER && raw[i] == '\'')) {
            source->code[i] = raw[i];
            state = IN_CODE;
        }
    }
}

/* --- walking ------------------------------------------------------------------------------------------ */

static bool has_ending(const char *name, const char *ending)
{
    size_t size = strlen(name), ending_size = strlen(ending);
    return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

static char *new_view(size_t size)
{
    char *view = calloc(size + 2, 1);
    if (view == NULL)
        give_up("out of memory");
    return view;
}

static void read_file(struct tree *tree, const char *root, const char *path)
{
    char full[2 * PATH_MOST];
    struct stat info;
    snprintf(full, sizeof full, "%s/%s", root, path);
    FILE *file = fopen(full, "rb");
    if (file == NULL || fstat(fileno(file), &info) != 0)
        give_up("cannot read %s", full);
    if (info.st_size <= FILE_MOST && tree->count < FILES_MOST) {
        struct source *source = &tree->files[tree->count];
        *source = (struct source){.size = (size_t)info.st_size};
        snprintf(source->path, sizeof source->path, "%s", path);
        source->raw = new_view(source->size);
        source->code = new_view(source->size);
        source->text = new_view(source->size);
        source->comments = new_view(source->size);
        if (fread(source->raw, 1, source->size, file) != source->size)
            give_up("cannot read %s", full);
        if (has_ending(path, ".h"))
            source->kind = KIND_HEADER;
        else if (has_ending(path, ".c") || has_ending(path, ".cpp"))
            source->kind = KIND_C;
        if (memchr(source->raw, '\0', source->size) == NULL) {
            take_apart(source);
            tree->count++;
        }
    }
    fclose(file);
}

/* What is not ours to judge: builds, data, corpora, texts of others, and the offenders themselves. */
static bool is_skipped(const char *path, const char *name)
{
    static const char *const paths[] = {"tests/fuzz/corpus", "tests/tidy/offenders", "tests/tidy/words.txt",
                                        "plugins/data", "build"};
    static const char *const names[] = {"LICENSE", "licences", "COPYING"};
    if (name[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (strcmp(path, paths[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return has_ending(name, ".po") || has_ending(name, ".orig") || has_ending(name, ".rej");
}

static void walk(struct tree *tree, const char *root, const char *folder)
{
    char full[2 * PATH_MOST];
    struct dirent **entries;
    snprintf(full, sizeof full, "%s/%s", root, folder);
    int count = scandir(full, &entries, NULL, alphasort);
    if (count < 0)
        give_up("cannot list %s", full);
    for (int i = 0; i < count; i++) {
        char path[PATH_MOST];
        struct stat info;
        int size =
            snprintf(path, sizeof path, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", entries[i]->d_name);
        snprintf(full, sizeof full, "%s/%s", root, path);
        if (size < PATH_MOST && !is_skipped(path, entries[i]->d_name) && lstat(full, &info) == 0) {
            if (S_ISDIR(info.st_mode))
                walk(tree, root, path);
            else if (S_ISREG(info.st_mode))
                read_file(tree, root, path);
        }
        free(entries[i]);
    }
    free(entries);
}

void tree_read(struct tree *tree, const char *root)
{
    tree->files = calloc(FILES_MOST, sizeof *tree->files);
    if (tree->files == NULL)
        give_up("out of memory");
    walk(tree, root, "");
    if (tree->count == 0)
        give_up("no file under %s", root);
}

void table_read(const char *folder, const char *name, void (*each)(void *context, char *line), void *context)
{
    char path[2 * PATH_MOST], line[LINE_MOST];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        give_up("cannot read %s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "#\n")] = '\0';
        size_t size = strlen(line);
        while (size > 0 && line[size - 1] == ' ')
            line[--size] = '\0';
        if (size > 0)
            each(context, line);
    }
    fclose(file);
}
