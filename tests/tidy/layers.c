/* Direction of includes and links, and the owners of foreign headers, as layers.txt has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tidy.h"

enum { ROWS_MOST = 128 };

struct row {
    char name[64], folder[128]; /* of a module; of an owned header: name; of an "only" row: folder */
    char list[LINE_MOST];       /* " a b c " */
};

struct table {
    struct row modules[ROWS_MOST], owned[ROWS_MOST], only[ROWS_MOST];
    size_t module_count, owned_count, only_count;
};

static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *word = list; *word != '\0'; word += strcspn(word, " ")) {
        word += strspn(word, " ");
        if (strncmp(word, name, size) == 0 && (word[size] == ' ' || word[size] == '\0') && size > 0)
            return true;
    }
    return false;
}

static void read_row(void *context, char *line)
{
    struct table *table = context;
    struct row row = {0};
    char kind[16] = "", *colon = strstr(line, " :");
    if (colon == NULL)
        give_up("layers.txt: no ':' in '%s'", line);
    snprintf(row.list, sizeof row.list, "%s ", colon + 2);
    *colon = '\0';
    int words = sscanf(line, "%15s %63s %127s", kind, row.name, row.folder);
    if (strcmp(kind, "module") == 0 && words == 3 && table->module_count < ROWS_MOST)
        table->modules[table->module_count++] = row;
    else if (strcmp(kind, "own") == 0 && words == 2 && table->owned_count < ROWS_MOST)
        table->owned[table->owned_count++] = row;
    else if (strcmp(kind, "only") == 0 && words == 2 && table->only_count < ROWS_MOST)
        table->only[table->only_count++] = row;
    else
        give_up("layers.txt: not a row: '%s'", line);
}

static const struct row *module_of(const struct table *table, const char *path)
{
    const struct row *best = NULL;
    for (size_t i = 0; i < table->module_count; i++) {
        const struct row *row = &table->modules[i];
        if (is_under(path, row->folder) && (best == NULL || strlen(row->folder) > strlen(best->folder)))
            best = row;
    }
    return best;
}

static const struct row *module_named(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->module_count; i++) {
        if (strcmp(table->modules[i].name, name) == 0)
            return &table->modules[i];
    }
    return NULL;
}

/* Tests of one module see what it sees, and itself. */
static const struct row *module_of_test(const struct table *table, const char *path)
{
    static const char prefix[] = "tests/unit/";
    char name[64];
    if (strncmp(path, prefix, sizeof prefix - 1) != 0 ||
        sscanf(path + sizeof prefix - 1, "%63[^/]", name) != 1)
        return NULL;
    return module_named(table, name);
}

struct site {
    const struct tree *tree;
    struct report *report;
    const struct table *table;
    const struct source *source;
    size_t offset;
};

static void check_system(const struct site *site, const char *header)
{
    const char *path = site->source->path;
    bool test = is_under(path, "tests");
    for (size_t i = 0; i < site->table->owned_count; i++) {
        const struct row *owned = &site->table->owned[i];
        size_t size = strlen(owned->name);
        bool folder = owned->name[size - 1] == '/';
        if (folder ? strncmp(header, owned->name, size) != 0 : strcmp(header, owned->name) != 0)
            continue;
        char list[LINE_MOST], *rest = list, *word;
        bool owner = test;
        snprintf(list, sizeof list, "%s", owned->list);
        while ((word = strsep(&rest, " ")) != NULL)
            owner |= word[0] != '\0' && is_under(path, word);
        if (!owner && !is_under(path, "plugins") && !is_under(path, "sdk/template"))
            offend(site->report, site->tree, site->source, site->offset, "<%s> belongs to%s", header,
                   owned->list);
    }
    for (size_t i = 0; i < site->table->only_count; i++) {
        const struct row *only = &site->table->only[i];
        if (!is_under(path, only->name))
            continue;
        if (!is_listed(only->list, header))
            offend(site->report, site->tree, site->source, site->offset,
                   "<%s> is not among what %s may include", header, only->name);
        break; /* the first row that fits decides */
    }
}

static void check_module(const struct site *site, const char *name, const char *header)
{
    const char *path = site->source->path;
    const struct row *self = module_of(site->table, path), *tested = module_of_test(site->table, path);
    if (self != NULL && (strcmp(self->name, name) == 0 || is_listed(self->list, name)))
        return;
    if (tested != NULL &&
        (strcmp(tested->name, name) == 0 || is_listed(tested->list, name) || strcmp(name, "base") == 0 ||
         strcmp(name, "suan") == 0 || strcmp(name, "support") == 0))
        return;
    if (self == NULL && tested == NULL && is_under(path, "tests"))
        return;
    if (self == NULL && tested == NULL)
        offend(site->report, site->tree, site->source, site->offset, "its folder is not in layers.txt");
    else
        offend(site->report, site->tree, site->source, site->offset, "%s may not see '%s'",
               self != NULL ? self->name : tested->name, header);
}

static void check_include(const struct site *site, char opening, const char *header)
{
    char name[64] = "";
    bool foldered = sscanf(header, "%63[^/]/", name) == 1 && strchr(header, '/') != NULL;
    if (opening == '<' && foldered && (strcmp(name, "suan") == 0 || strcmp(name, "libsuan") == 0))
        check_module(site, name, header);
    else if (opening == '<')
        check_system(site, header);
    else if (strncmp(header, "../", 3) == 0 && !is_under(site->source->path, "tests"))
        offend(site->report, site->tree, site->source, site->offset, "'%s' reaches out of its folder",
               header);
    else if (foldered && module_named(site->table, name) != NULL)
        check_module(site, name, header);
}

/* Finds the include lines in the text without comments; literals must stay, for they hold the names. */
static void check_file(struct site *site)
{
    const char *text = site->source->text;
    for (size_t at = 0; at < site->source->size;) {
        const char *end = strchr(text + at, '\n');
        size_t size = end != NULL ? (size_t)(end - text) - at : site->source->size - at;
        char line[LINE_MOST], opening, header[160];
        if (size < sizeof line) {
            memcpy(line, text + at, size);
            line[size] = '\0';
            site->offset = at;
            if (sscanf(line, " # include %c%159[^>\"]", &opening, header) == 2 &&
                (opening == '<' || opening == '"'))
                check_include(site, opening, header);
        }
        at += size + 1;
    }
}

void rule_layers(const struct tree *tree, struct report *report)
{
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL)
        give_up("out of memory");
    table_read(tree->tables, "layers.txt", read_row, table);
    for (size_t i = 0; i < tree->count; i++) {
        struct site site = {tree, report, table, &tree->files[i], 0};
        if (site.source->kind != KIND_OTHER)
            check_file(&site);
    }
    free(table);
}

/* --- links -------------------------------------------------------------------------------------------- */

/*
 * One edge, "FOLDER FOLDER": a header that no file of its own layer compiles escapes the look at includes,
 * but not that at what CMake makes visible.
 */
static void check_edge(const struct tree *tree, struct report *report, const struct table *table,
                       const char *line)
{
    char from[PATH_MOST], to[PATH_MOST];
    if (sscanf(line, "%255s %255s", from, to) != 2)
        return;
    const struct row *self = module_of(table, from), *other = module_of(table, to);
    if (self == NULL || other == NULL || self == other || is_listed(self->list, other->name))
        return;
    offend(report, tree, NULL, 0, "%s: CMake links %s to %s, which it may not see", from, self->name,
           other->name);
}

void rule_links(const struct tree *tree, struct report *report)
{
    struct table *table = calloc(1, sizeof *table);
    char line[LINE_MOST];
    FILE *file = tree->links != NULL ? fopen(tree->links, "r") : NULL;
    if (table == NULL || file == NULL)
        give_up("cannot read the link edges '%s'", tree->links != NULL ? tree->links : "");
    table_read(tree->tables, "layers.txt", read_row, table);
    while (fgets(line, sizeof line, file) != NULL)
        check_edge(tree, report, table, line);
    fclose(file);
    free(table);
}
