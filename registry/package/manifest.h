#ifndef SUAN_PACKAGE_MANIFEST_H
#define SUAN_PACKAGE_MANIFEST_H

/*
 * suan.json, what a package says of itself (README.md has the table of fields). Parsed strictly: canonical
 * JSON, unknown fields refused, every limit checked. All spans are borrowed from the manifest and live as
 * long as it does; an absent optional text is empty.
 */
#include "base/json.h"
#include "name.h"
#include "trust/digest.h"

enum {
    SUAN_MANIFEST_MAX = 32 * 1024, /* bytes of suan.json */
    SUAN_MANIFEST_TASKS_MAX = 8,
    SUAN_MANIFEST_AUTHORS_MAX = 32,
    SUAN_MANIFEST_VARIANTS_MAX = 16,
    SUAN_MANIFEST_FEATURES_MAX = 32,
    SUAN_MANIFEST_NEEDS_MAX = 16,
    SUAN_MANIFEST_KEYWORDS_MAX = 16,
};

/* One text in two languages; at least one is there where the field is required. */
struct suan_manifest_text {
    struct suan_span zh, en;
};

struct suan_manifest_author {
    struct suan_span name, ident;
};

enum suan_manifest_concurrency {                             /* the ABI's flag bits 0 and 1 */
                                 SUAN_CONCURRENCY_NONE,      /* "none": one call at a time in the process */
                                 SUAN_CONCURRENCY_INSTANCES, /* "instances": different instances at once */
                                 SUAN_CONCURRENCY_RUNS, /* "runs": one instance at once, which implies the
                                                           former */
};

struct suan_manifest_variant {
    struct suan_span id, path;
    struct suan_digest sha256; /* of plugin.so */
    uint64_t size_bytes;
    struct suan_span features[SUAN_MANIFEST_FEATURES_MAX];
    size_t n_features;
    int32_t device_type; /* SUAN_DEVICE_CPU or SUAN_DEVICE_CUDA */
    enum suan_manifest_concurrency concurrency;
    bool deterministic; /* the ABI's BIT_REPEATABLE */
};

struct suan_manifest_need {
    struct suan_span soname, package;
};

struct suan_manifest {
    struct suan_json_document *document; /* owns every byte below */
    int32_t kind;                        /* SUAN_KIND_ALGORITHM or SUAN_KIND_TASK */
    struct suan_span name, version, licence;
    struct suan_span tasks[SUAN_MANIFEST_TASKS_MAX];
    struct suan_manifest_text title, summary;
    struct suan_manifest_author authors[SUAN_MANIFEST_AUTHORS_MAX];
    struct suan_manifest_variant variants[SUAN_MANIFEST_VARIANTS_MAX];
    struct suan_manifest_need needs[SUAN_MANIFEST_NEEDS_MAX];
    struct suan_span keywords[SUAN_MANIFEST_KEYWORDS_MAX];
    size_t n_tasks, n_authors, n_variants, n_needs, n_keywords;
    uint16_t abi_major, abi_min_minor;
    struct {
        struct suan_span git, commit, path;
    } source;
};

/* Every failure but want of memory is SUAN_E_REFUSED "package.manifest", naming the field. */
SUAN_MUST_USE enum suan_status suan_manifest_parse(struct suan_span text, struct suan_manifest **out_manifest,
                                                   struct suan_error *error);
void suan_manifest_free(struct suan_manifest *manifest); /* takes NULL */
void suan_manifest_freep(struct suan_manifest **manifest);

/* The manifest as JSON, borrowed: what `release.publish` carries. */
const struct suan_json *suan_manifest_json(const struct suan_manifest *manifest);

/* The variant of that id, or NULL. */
const struct suan_manifest_variant *suan_manifest_find_variant(const struct suan_manifest *manifest,
                                                               struct suan_span id);

/* Whether the variant lists the feature. */
bool suan_manifest_has_feature(const struct suan_manifest_variant *variant, const char *feature);

#endif
