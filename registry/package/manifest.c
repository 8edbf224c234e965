/* suan.json: every field and its limit, read into a struct in one pass over a strictly parsed document. */
#include "manifest.h"

#include <stdio.h>
#include <stdlib.h>

#include <suan/abi.h>

#include "base/cleanup.h"

enum {
    TITLE_CHARACTERS = 120,
    SUMMARY_CHARACTERS = 1000,
    AUTHOR_NAME_MAX = 128,
    IDENT_MAX = 64,
    FEATURE_MAX = 32,
    SONAME_MAX = 64,
    PACKAGE_NAME_MAX = 64,
    GIT_URL_MAX = 512,
    SOURCE_PATH_MAX = 200,
    KEYWORD_MAX = 32,
    EXTRA_KEYS_MAX = 8,
    EXTRA_KEY_MAX = 32,
    EXTRA_BYTES_MAX = 4096,
    FIELDS_MAX = 16,
};

static const char *const known_fields[] = {"abi",     "authors", "format",   "keywords", "kind",
                                           "licence", "name",    "needs",    "source",   "summary",
                                           "tasks",   "title",   "variants", "version"};
enum { N_KNOWN = sizeof known_fields / sizeof known_fields[0] };

static enum suan_status wrong(struct suan_error *error, const char *where, const char *what)
{
    return suan_error_set(error, SUAN_E_FORMAT, "json.field", NULL, "%s: %s", where, what);
}

/* --- alphabets ---------------------------------------------------------------------------------------- */

/* One to `max` bytes, each a lower-case letter, a digit or one of `others`; the first no dash. */
static bool is_token(struct suan_span text, size_t max, const char *others)
{
    if (text.size == 0 || text.size > max || text.data[0] == '-')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return true;
}

static const char upper_case[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ._+-";

static size_t count_characters(struct suan_span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

/* Whether any string in the value holds a line break or tab; depth is bounded by the parser. */
static bool has_break(const struct suan_json *value)
{
    struct suan_span text;
    const char *key = NULL;
    const struct suan_json *member;
    switch (suan_json_type(value)) {
    case SUAN_JSON_STRING:
        text = suan_json_text(value);
        return text.size > 0 &&
               (memchr(text.data, '\n', text.size) != NULL || memchr(text.data, '\t', text.size) != NULL);
    case SUAN_JSON_ARRAY:
        for (size_t i = 0; i < suan_json_count(value); i++) {
            if (has_break(suan_json_at(value, i)))
                return true;
        }
        return false;
    case SUAN_JSON_OBJECT:
        while ((key = suan_json_next(value, key, &member)) != NULL) {
            if (has_break(member))
                return true;
        }
        return false;
    default: return false;
    }
}

/* --- fields ------------------------------------------------------------------------------------------- */

/* Unknown fields are refused, but for at most eight that begin with "x-": carried, small, and ignored. */
static enum suan_status check_fields(const struct suan_json *root, struct suan_error *error)
{
    const char *known[N_KNOWN + EXTRA_KEYS_MAX + 1] = {NULL};
    memcpy(known, known_fields, sizeof known_fields);
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer extra = {0};
    size_t count = N_KNOWN;
    const char *key = NULL;
    const struct suan_json *member;
    while ((key = suan_json_next(root, key, &member)) != NULL) {
        if (strcmp(key, "summary") != 0 && has_break(member))
            return wrong(error, key, "line breaks and tabs are allowed in 'summary' alone");
        if (strncmp(key, "x-", 2) != 0)
            continue;
        if (count == N_KNOWN + EXTRA_KEYS_MAX)
            return wrong(error, key, "more than 8 'x-' fields");
        if (!is_token(suan_span_text(key + 2), EXTRA_KEY_MAX - 2, "-"))
            return wrong(error, "x-…", "names are 'x-' and at most 30 of a-z 0-9 -");
        known[count++] = key;
        enum suan_status status = suan_json_format(member, SUAN_JSON_STYLE_CANONICAL, &extra, error);
        if (status != SUAN_OK)
            return status;
    }
    if (extra.size > EXTRA_BYTES_MAX)
        return wrong(error, "x-…", "more than 4,096 bytes together");
    return suan_json_only(root, known, "", error);
}

/* A required text that is one of `words`; its place goes to *out. */
static enum suan_status read_word(const struct suan_json *object, const char *key, const char *const *words,
                                  size_t *out, const char *where, struct suan_error *error)
{
    struct suan_span text;
    enum suan_status status = suan_json_get_text(object, key, SUAN_JSON_REQUIRED, 32, &text, where, error);
    if (status != SUAN_OK)
        return status;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (suan_span_equal(text, suan_span_text(words[i]))) {
            *out = i;
            return SUAN_OK;
        }
    }
    char all[96] = "", place[96];
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i == 0 ? "must be " : " or ", words[i]);
    }
    snprintf(place, sizeof place, "%s%s%s", where, where[0] != '\0' ? "." : "", key);
    return wrong(error, place, all);
}

/* A text that a grammar accepts. */
static enum suan_status read_named(const struct suan_json *object, const char *key, size_t max,
                                   bool (*is_well_formed)(struct suan_span), const char *what,
                                   struct suan_span *out, struct suan_error *error)
{
    enum suan_status status = suan_json_get_text(object, key, SUAN_JSON_REQUIRED, max, out, "", error);
    if (status == SUAN_OK && !is_well_formed(*out))
        return wrong(error, key, what);
    return status;
}

static enum suan_status read_identity(const struct suan_json *root, struct suan_manifest *out,
                                      struct suan_error *error)
{
    static const char *const kinds[] = {"algorithm", "task", NULL};
    int64_t format = 0;
    size_t kind = 0;
    enum suan_status status =
        suan_json_get_integer(root, "format", SUAN_JSON_REQUIRED, 1, 1, &format, "", error);
    if (status == SUAN_OK)
        status = read_word(root, "kind", kinds, &kind, "", error);
    if (status == SUAN_OK)
        status = read_named(root, "name", SUAN_NAME_MAX, suan_package_is_name,
                            "must be 2 to 64 of a-z 0-9 . _ -, a letter or digit at both ends, no '..'",
                            &out->name, error);
    if (status == SUAN_OK)
        status = read_named(root, "version", SUAN_VERSION_MAX, suan_package_is_version,
                            "must be a semantic version without build part, as 1.4.0", &out->version, error);
    if (status == SUAN_OK)
        status = read_named(root, "licence", SUAN_LICENCE_MAX, suan_package_is_licence,
                            "must be an SPDX expression, as MIT or LicenseRef-Example", &out->licence, error);
    out->kind = kind == 0 ? SUAN_KIND_ALGORITHM : SUAN_KIND_TASK;
    return status;
}

static enum suan_status read_abi(const struct suan_json *root, struct suan_manifest *out,
                                 struct suan_error *error)
{
    static const char *const known[] = {"major", "min_minor", NULL};
    const struct suan_json *abi;
    int64_t major = 0, min_minor = 0;
    enum suan_status status = suan_json_get_object(root, "abi", SUAN_JSON_REQUIRED, &abi, "", error);
    if (status == SUAN_OK)
        status = suan_json_only(abi, known, "abi", error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(abi, "major", SUAN_JSON_REQUIRED, 0, 65535, &major, "abi", error);
    if (status == SUAN_OK)
        status =
            suan_json_get_integer(abi, "min_minor", SUAN_JSON_REQUIRED, 0, 65535, &min_minor, "abi", error);
    out->abi_major = (uint16_t)major;
    out->abi_min_minor = (uint16_t)min_minor;
    return status;
}

static bool is_listed(const struct suan_span *list, size_t count, struct suan_span text)
{
    for (size_t i = 0; i < count; i++) {
        if (suan_span_equal(list[i], text))
            return true;
    }
    return false;
}

static enum suan_status read_tasks(const struct suan_json *root, struct suan_manifest *out,
                                   struct suan_error *error)
{
    const struct suan_json *tasks;
    enum suan_status status =
        suan_json_get_array(root, "tasks", SUAN_JSON_REQUIRED, SUAN_MANIFEST_TASKS_MAX, &tasks, "", error);
    if (status != SUAN_OK)
        return status;
    size_t count = suan_json_count(tasks);
    if (count == 0 || (out->kind == SUAN_KIND_TASK && count != 1))
        return wrong(error, "tasks",
                     count == 0 ? "must name at least one" : "a task plugin names its own task alone");
    for (; out->n_tasks < count; out->n_tasks++) {
        struct suan_span id = suan_json_text(suan_json_at(tasks, out->n_tasks));
        if (!suan_package_is_task(id) || is_listed(out->tasks, out->n_tasks, id))
            return wrong(error, "tasks",
                         "must be different ids as astro.crossmatch/1, at most 96 bytes each");
        out->tasks[out->n_tasks] = id;
    }
    return SUAN_OK;
}

static enum suan_status read_text(const struct suan_json *root, const char *key, enum suan_json_need need,
                                  size_t characters, struct suan_manifest_text *out, struct suan_error *error)
{
    static const char *const known[] = {"en", "zh", NULL};
    const struct suan_json *text;
    enum suan_status status = suan_json_get_object(root, key, need, &text, "", error);
    if (status != SUAN_OK || text == NULL)
        return status;
    status = suan_json_only(text, known, key, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(text, "zh", SUAN_JSON_OPTIONAL, 4 * characters, &out->zh, key, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(text, "en", SUAN_JSON_OPTIONAL, 4 * characters, &out->en, key, error);
    if (status != SUAN_OK)
        return status;
    if (out->zh.size + out->en.size == 0)
        return wrong(error, key, "needs text in 'zh' or 'en'");
    if (count_characters(out->zh) > characters || count_characters(out->en) > characters)
        return wrong(error, key, "too many characters");
    if (out->zh.size > 0 && memchr(out->zh.data, '\t', out->zh.size) != NULL)
        return wrong(error, key, "tabs are not allowed");
    if (out->en.size > 0 && memchr(out->en.data, '\t', out->en.size) != NULL)
        return wrong(error, key, "tabs are not allowed");
    return SUAN_OK;
}

static enum suan_status read_author(const struct suan_json *value, struct suan_manifest_author *out,
                                    const char *where, struct suan_error *error)
{
    static const char *const known[] = {"ident", "name", NULL};
    enum suan_status status = suan_json_only(value, known, where, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(value, "name", SUAN_JSON_REQUIRED, AUTHOR_NAME_MAX, &out->name, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(value, "ident", SUAN_JSON_OPTIONAL, IDENT_MAX, &out->ident, where, error);
    if (status != SUAN_OK)
        return status;
    if (out->name.size == 0)
        return wrong(error, where, "the name is empty");
    if (out->ident.data != NULL && !is_token(out->ident, IDENT_MAX, upper_case))
        return wrong(error, where, "ident must be of A-Z a-z 0-9 . _ + -");
    return SUAN_OK;
}

static enum suan_status read_authors(const struct suan_json *root, struct suan_manifest *out,
                                     struct suan_error *error)
{
    const struct suan_json *authors;
    enum suan_status status = suan_json_get_array(root, "authors", SUAN_JSON_REQUIRED,
                                                  SUAN_MANIFEST_AUTHORS_MAX, &authors, "", error);
    if (status == SUAN_OK && suan_json_count(authors) == 0)
        return wrong(error, "authors", "must name at least one");
    while (status == SUAN_OK && out->n_authors < suan_json_count(authors)) {
        char where[32];
        snprintf(where, sizeof where, "authors[%zu]", out->n_authors);
        status =
            read_author(suan_json_at(authors, out->n_authors), &out->authors[out->n_authors], where, error);
        out->n_authors++;
    }
    return status;
}

/* --- variants ----------------------------------------------------------------------------------------- */

static enum suan_status read_features(const struct suan_json *value, struct suan_manifest_variant *out,
                                      const char *where, struct suan_error *error)
{
    const struct suan_json *features;
    enum suan_status status = suan_json_get_array(value, "features", SUAN_JSON_OPTIONAL,
                                                  SUAN_MANIFEST_FEATURES_MAX, &features, where, error);
    if (status != SUAN_OK || features == NULL)
        return status;
    for (; out->n_features < suan_json_count(features); out->n_features++) {
        struct suan_span feature = suan_json_text(suan_json_at(features, out->n_features));
        if (!is_token(feature, FEATURE_MAX, "._-") || is_listed(out->features, out->n_features, feature))
            return wrong(error, where,
                         "features must be different words of a-z 0-9 . _ -, at most 32 bytes each");
        out->features[out->n_features] = feature;
    }
    return SUAN_OK;
}

static enum suan_status read_promises(const struct suan_json *value, struct suan_manifest_variant *out,
                                      const char *where, struct suan_error *error)
{
    static const char *const devices[] = {"cpu", "cuda", NULL};
    static const char *const concurrencies[] = {"none", "instances", "runs", NULL};
    size_t device = 0, concurrency = 0;
    enum suan_status status = read_word(value, "device", devices, &device, where, error);
    if (status == SUAN_OK)
        status = read_word(value, "concurrency", concurrencies, &concurrency, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_boolean(value, "deterministic", SUAN_JSON_REQUIRED, &out->deterministic, where,
                                       error);
    if (status != SUAN_OK)
        return status;
    out->device_type = device == 0 ? SUAN_DEVICE_CPU : SUAN_DEVICE_CUDA;
    out->concurrency = (enum suan_manifest_concurrency)concurrency;
    if (suan_package_variant_target(out->id).cuda != (device == 1))
        return wrong(error, where, "'device' must be cuda where the id ends in +cuda, else cpu");
    return SUAN_OK;
}

static bool is_object_path(struct suan_span path, struct suan_span id)
{
    static const char before[] = "variants/", after[] = "/plugin.so";
    return path.size == id.size + strlen(before) + strlen(after) &&
           memcmp(path.data, before, strlen(before)) == 0 &&
           memcmp(path.data + strlen(before), id.data, id.size) == 0 &&
           memcmp(path.data + path.size - strlen(after), after, strlen(after)) == 0;
}

static enum suan_status read_variant(const struct suan_json *value, struct suan_manifest_variant *out,
                                     const char *where, struct suan_error *error)
{
    static const char *const known[] = {"concurrency", "deterministic", "device", "features", "id",
                                        "path",        "sha256",        "size",   NULL};
    int64_t size = 0;
    enum suan_status status = suan_json_only(value, known, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(value, "id", SUAN_JSON_REQUIRED, 64, &out->id, where, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(value, "path", SUAN_JSON_REQUIRED, SOURCE_PATH_MAX, &out->path, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_hex(value, "sha256", SUAN_JSON_REQUIRED, out->sha256.bytes, SUAN_DIGEST_SIZE,
                                   where, error);
    if (status == SUAN_OK)
        status = suan_json_get_integer(value, "size", SUAN_JSON_REQUIRED, 1, INT64_C(128) << 20, &size, where,
                                       error);
    if (status != SUAN_OK)
        return status;
    out->size_bytes = (uint64_t)size;
    if (!suan_package_is_variant(out->id))
        return wrong(error, where,
                     "id must be x86-64-v2, -v3, -v4, aarch64 or aarch64-sve, each also with +cuda");
    if (!is_object_path(out->path, out->id))
        return wrong(error, where, "path must be variants/ID/plugin.so");
    status = read_features(value, out, where, error);
    return status == SUAN_OK ? read_promises(value, out, where, error) : status;
}

static enum suan_status read_variants(const struct suan_json *root, struct suan_manifest *out,
                                      struct suan_error *error)
{
    const struct suan_json *variants;
    enum suan_status status = suan_json_get_array(root, "variants", SUAN_JSON_REQUIRED,
                                                  SUAN_MANIFEST_VARIANTS_MAX, &variants, "", error);
    if (status == SUAN_OK && suan_json_count(variants) == 0)
        return wrong(error, "variants", "must list at least one");
    while (status == SUAN_OK && out->n_variants < suan_json_count(variants)) {
        char where[32];
        snprintf(where, sizeof where, "variants[%zu]", out->n_variants);
        struct suan_manifest_variant *variant = &out->variants[out->n_variants];
        status = read_variant(suan_json_at(variants, out->n_variants), variant, where, error);
        if (status == SUAN_OK && suan_manifest_find_variant(out, variant->id) != NULL)
            return wrong(error, where, "the same id twice");
        out->n_variants++;
    }
    return status;
}

/* --- what may be left out ----------------------------------------------------------------------------- */

static enum suan_status read_need(const struct suan_json *value, struct suan_manifest_need *out,
                                  const char *where, struct suan_error *error)
{
    static const char *const known[] = {"package", "soname", NULL};
    enum suan_status status = suan_json_only(value, known, where, error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(value, "soname", SUAN_JSON_REQUIRED, SONAME_MAX, &out->soname, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(value, "package", SUAN_JSON_REQUIRED, PACKAGE_NAME_MAX, &out->package,
                                    where, error);
    if (status == SUAN_OK &&
        (!is_token(out->soname, SONAME_MAX, upper_case) || !is_token(out->package, PACKAGE_NAME_MAX, ".+-")))
        return wrong(error, where, "soname and package must be a library's and a Debian package's name");
    return status;
}

static enum suan_status read_needs(const struct suan_json *root, struct suan_manifest *out,
                                   struct suan_error *error)
{
    const struct suan_json *needs;
    enum suan_status status =
        suan_json_get_array(root, "needs", SUAN_JSON_OPTIONAL, SUAN_MANIFEST_NEEDS_MAX, &needs, "", error);
    while (status == SUAN_OK && needs != NULL && out->n_needs < suan_json_count(needs)) {
        char where[32];
        snprintf(where, sizeof where, "needs[%zu]", out->n_needs);
        status = read_need(suan_json_at(needs, out->n_needs), &out->needs[out->n_needs], where, error);
        out->n_needs++;
    }
    return status;
}

static enum suan_status read_keywords(const struct suan_json *root, struct suan_manifest *out,
                                      struct suan_error *error)
{
    const struct suan_json *keywords;
    enum suan_status status = suan_json_get_array(root, "keywords", SUAN_JSON_OPTIONAL,
                                                  SUAN_MANIFEST_KEYWORDS_MAX, &keywords, "", error);
    while (status == SUAN_OK && keywords != NULL && out->n_keywords < suan_json_count(keywords)) {
        struct suan_span word = suan_json_text(suan_json_at(keywords, out->n_keywords));
        if (word.size == 0 || word.size > KEYWORD_MAX)
            return wrong(error, "keywords", "must be texts of 1 to 32 bytes");
        out->keywords[out->n_keywords++] = word;
    }
    return status;
}

/* A URL is handed to git one day: nothing that git could take for an option, and no spaces. */
static bool is_git_url(struct suan_span url)
{
    for (size_t i = 0; i < url.size; i++) {
        if (url.data[i] <= ' ' || url.data[i] > '~')
            return false;
    }
    return url.size > 0 && url.data[0] != '-';
}

static bool is_commit(struct suan_span text)
{
    uint8_t bytes[32];
    return (text.size == 40 && suan_unhex(text, bytes, 20)) ||
           (text.size == 64 && suan_unhex(text, bytes, 32));
}

/* Relative, without '.', '..' or empty components. */
static bool is_inner_path(struct suan_span path)
{
    size_t start = 0;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/') {
            if (path.data[i] == '\\')
                return false;
            continue;
        }
        struct suan_span part = suan_span(path.data + start, i - start);
        if (part.size == 0 || suan_span_equal(part, suan_span_text(".")) ||
            suan_span_equal(part, suan_span_text("..")))
            return false;
        start = i + 1;
    }
    return true;
}

static enum suan_status read_source(const struct suan_json *root, struct suan_manifest *out,
                                    struct suan_error *error)
{
    static const char *const known[] = {"commit", "git", "path", NULL};
    static const char where[] = "source";
    const struct suan_json *source;
    enum suan_status status = suan_json_get_object(root, where, SUAN_JSON_OPTIONAL, &source, "", error);
    if (status != SUAN_OK || source == NULL)
        return status;
    status = suan_json_only(source, known, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(source, "git", SUAN_JSON_REQUIRED, GIT_URL_MAX, &out->source.git, where,
                                    error);
    if (status == SUAN_OK)
        status =
            suan_json_get_text(source, "commit", SUAN_JSON_REQUIRED, 64, &out->source.commit, where, error);
    if (status == SUAN_OK)
        status = suan_json_get_text(source, "path", SUAN_JSON_OPTIONAL, SOURCE_PATH_MAX, &out->source.path,
                                    where, error);
    if (status != SUAN_OK)
        return status;
    if (!is_git_url(out->source.git))
        return wrong(error, "source.git", "must be a URL without spaces that does not begin with '-'");
    if (!is_commit(out->source.commit))
        return wrong(error, "source.commit", "must be 40 or 64 lower-case hexadecimal digits");
    if (out->source.path.data != NULL && !is_inner_path(out->source.path))
        return wrong(error, "source.path", "must be a relative path without '.' and '..'");
    return SUAN_OK;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static enum suan_status read_manifest(const struct suan_json *root, struct suan_manifest *out,
                                      struct suan_error *error)
{
    static enum suan_status (*const steps[])(const struct suan_json *, struct suan_manifest *,
                                             struct suan_error *) = {
        read_identity, read_abi,   read_tasks,    read_authors,
        read_variants, read_needs, read_keywords, read_source,
    };
    enum suan_status status = check_fields(root, error);
    for (size_t i = 0; status == SUAN_OK && i < sizeof steps / sizeof steps[0]; i++)
        status = steps[i](root, out, error);
    if (status == SUAN_OK)
        status = read_text(root, "title", SUAN_JSON_REQUIRED, TITLE_CHARACTERS, &out->title, error);
    if (status == SUAN_OK)
        status = read_text(root, "summary", SUAN_JSON_OPTIONAL, SUMMARY_CHARACTERS, &out->summary, error);
    return status;
}

enum suan_status suan_manifest_parse(struct suan_span text, struct suan_manifest **out_manifest,
                                     struct suan_error *error)
{
    struct suan_error cause = {0};
    SUAN_CLEANUP(suan_manifest_freep) struct suan_manifest *manifest = calloc(1, sizeof *manifest);
    if (manifest == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    enum suan_status status =
        suan_json_parse(text, SUAN_MANIFEST_MAX, SUAN_JSON_CANONICAL | SUAN_JSON_NEWLINES, "suan.json",
                        &manifest->document, &cause);
    if (status == SUAN_OK) {
        status = read_manifest(suan_json_root(manifest->document), manifest, &cause);
        suan_error_prefix(&cause, "suan.json");
    }
    if (status == SUAN_E_MEMORY)
        return suan_error_set(error, status, "memory", NULL, "%s", cause.message);
    if (status != SUAN_OK)
        return suan_error_set(error, SUAN_E_REFUSED, "package.manifest", cause.hint, "%s", cause.message);
    *out_manifest = suan_take(&manifest);
    return SUAN_OK;
}

void suan_manifest_free(struct suan_manifest *manifest)
{
    if (manifest == NULL)
        return;
    suan_json_free(manifest->document);
    free(manifest);
}

void suan_manifest_freep(struct suan_manifest **manifest)
{
    suan_manifest_free(*manifest);
}

const struct suan_json *suan_manifest_json(const struct suan_manifest *manifest)
{
    return suan_json_root(manifest->document);
}

const struct suan_manifest_variant *suan_manifest_find_variant(const struct suan_manifest *manifest,
                                                               struct suan_span id)
{
    for (size_t i = 0; i < manifest->n_variants; i++) {
        if (suan_span_equal(manifest->variants[i].id, id))
            return &manifest->variants[i];
    }
    return NULL;
}

bool suan_manifest_has_feature(const struct suan_manifest_variant *variant, const char *feature)
{
    return is_listed(variant->features, variant->n_features, suan_span_text(feature));
}
