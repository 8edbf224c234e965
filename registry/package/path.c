/* Paths inside an archive: which are allowed, and which may stand side by side on any file system. */
#include "path.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/cleanup.h"

static const char code_path[] = "package.path";

enum alphabet { ALPHABET_PLAIN, ALPHABET_LETTERS };

static bool is_plain(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '+' || c == '-';
}

static bool is_letter_or_digit(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           category == UTF8PROC_CATEGORY_ND;
}

static bool has_only_letters(struct suan_span text)
{
    while (text.size > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(text.data, (utf8proc_ssize_t)text.size, &c);
        if (used <= 0 || !((c < 0x80 && is_plain((uint8_t)c)) || (c >= 0x80 && is_letter_or_digit(c))))
            return false;
        text = suan_span(text.data + used, text.size - (size_t)used);
    }
    return true;
}

static bool is_in_alphabet(struct suan_span text, enum alphabet alphabet)
{
    if (alphabet == ALPHABET_LETTERS)
        return has_only_letters(text);
    for (size_t i = 0; i < text.size; i++) {
        if (!is_plain(text.data[i]))
            return false;
    }
    return true;
}

bool suan_path_is_normal(struct suan_span text)
{
    if (text.size == 0)
        return true;
    if (memchr(text.data, '\0', text.size) != NULL)
        return false;
    utf8proc_uint8_t *composed = NULL;
    utf8proc_ssize_t size =
        utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    bool normal = size >= 0 && suan_span_equal(text, suan_span(composed, (size_t)size));
    free(composed);
    return normal;
}

bool suan_path_next(struct suan_span *rest, struct suan_span *out_component)
{
    if (rest->data == NULL)
        return false;
    const uint8_t *slash = rest->size == 0 ? NULL : memchr(rest->data, '/', rest->size);
    if (slash == NULL) {
        *out_component = *rest;
        *rest = suan_span(NULL, 0);
        return true;
    }
    size_t size = (size_t)(slash - rest->data);
    *out_component = suan_span(rest->data, size);
    *rest = suan_span(slash + 1, rest->size - size - 1);
    return true;
}

static enum suan_status check_component(struct suan_span component, enum alphabet alphabet,
                                        struct suan_span path, struct suan_error *error)
{
    if (component.size == 0)
        return suan_error_set(error, SUAN_E_REFUSED, code_path, NULL,
                              "path '%.*s': empty component, or not relative", SUAN_SPAN_PRINTF(path));
    if (suan_span_equal(component, suan_span_text(".")) || suan_span_equal(component, suan_span_text("..")))
        return suan_error_set(error, SUAN_E_REFUSED, code_path, NULL, "path '%.*s': '%.*s' is not allowed",
                              SUAN_SPAN_PRINTF(path), SUAN_SPAN_PRINTF(component));
    if (component.size > SUAN_TAR_COMPONENT_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                              "path '%.*s': a component is longer than %d bytes", SUAN_SPAN_PRINTF(path),
                              SUAN_TAR_COMPONENT_MAX);
    if (!is_in_alphabet(component, alphabet))
        return suan_error_set(error, SUAN_E_REFUSED, code_path,
                              "use A-Z a-z 0-9 . _ + -; under docs/ also letters and digits of any script",
                              "path '%.*s': a character that is not allowed", SUAN_SPAN_PRINTF(path));
    return SUAN_OK;
}

enum suan_status suan_path_check(struct suan_span path, struct suan_error *error)
{
    if (path.size == 0)
        return suan_error_set(error, SUAN_E_REFUSED, code_path, NULL, "an entry with an empty path");
    if (path.size > SUAN_TAR_PATH_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                              "path '%.64s…': longer than %d bytes", (const char *)path.data,
                              SUAN_TAR_PATH_MAX);
    if (!suan_path_is_normal(path))
        return suan_error_set(error, SUAN_E_REFUSED, code_path, "normalise the name to Unicode form C",
                              "a path that is not UTF-8 in normal form C");
    enum alphabet alphabet = ALPHABET_PLAIN;
    struct suan_span rest = path, component;
    int depth = 0;
    while (suan_path_next(&rest, &component)) {
        if (++depth > SUAN_TAR_DEPTH_MAX)
            return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL,
                                  "path '%.*s': more than %d components", SUAN_SPAN_PRINTF(path),
                                  SUAN_TAR_DEPTH_MAX);
        enum suan_status status = check_component(component, alphabet, path, error);
        if (status != SUAN_OK)
            return status;
        if (depth == 1 && suan_span_equal(component, suan_span_text("docs")))
            alphabet = ALPHABET_LETTERS;
    }
    return SUAN_OK;
}

/* --- all together ------------------------------------------------------------------------------------- */

/* The paths as a file system without letter case would see them. */
struct folded {
    utf8proc_uint8_t **texts;
    size_t count;
};

static void folded_done(struct folded *folded)
{
    for (size_t i = 0; folded->texts != NULL && i < folded->count; i++)
        free(folded->texts[i]);
    free(folded->texts);
}

static bool fold_all(const struct suan_tar_entry *entries, size_t count, struct folded *out)
{
    out->texts = calloc(count, sizeof *out->texts);
    if (out->texts == NULL)
        return false;
    for (; out->count < count; out->count++) {
        struct suan_span path = entries[out->count].path;
        if (utf8proc_map(path.data, (utf8proc_ssize_t)path.size, &out->texts[out->count],
                         UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD) < 0)
            return false;
    }
    return true;
}

enum relation { APART, SAME_PATH, FILE_AND_FOLDER, CASE_CLASH };

/* Walks down both paths as long as they name the same thing. */
static enum relation relate(struct suan_span a, struct suan_span b, const utf8proc_uint8_t *folded_a,
                            const utf8proc_uint8_t *folded_b)
{
    struct suan_span fa = suan_span_text((const char *)folded_a), fb = suan_span_text((const char *)folded_b);
    struct suan_span ca, cb, cfa, cfb;
    while (suan_path_next(&fa, &cfa) && suan_path_next(&fb, &cfb) && suan_path_next(&a, &ca) &&
           suan_path_next(&b, &cb)) {
        if (!suan_span_equal(cfa, cfb))
            return APART;
        if (!suan_span_equal(ca, cb))
            return CASE_CLASH;
        if (a.data == NULL || b.data == NULL)
            return a.data == b.data ? SAME_PATH : FILE_AND_FOLDER;
    }
    return APART;
}

enum suan_status suan_path_check_all(const struct suan_tar_entry *entries, size_t count,
                                     struct suan_error *error)
{
    static const char *const words[] = {
        [SAME_PATH] = "are the same path",
        [FILE_AND_FOLDER] = "make one name both a file and a folder",
        [CASE_CLASH] = "differ by letter case or form alone",
    };
    SUAN_CLEANUP(folded_done) struct folded folded = {0};
    if (count > 0 && !fold_all(entries, count, &folded))
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            struct suan_span a = entries[j].path, b = entries[i].path;
            enum relation relation = relate(a, b, folded.texts[j], folded.texts[i]);
            if (relation != APART)
                return suan_error_set(error, SUAN_E_REFUSED, code_path, "rename one of them",
                                      "paths '%.*s' and '%.*s' %s", SUAN_SPAN_PRINTF(a), SUAN_SPAN_PRINTF(b),
                                      words[relation]);
        }
    }
    return SUAN_OK;
}
