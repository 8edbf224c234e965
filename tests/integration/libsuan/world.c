/*
 * Makes the registry that these tests read, once: libsuan_world FOLDER. Three bodies of which two must sign, a
 * developer, a firm, the toy task, and releases in every standing; measurements are stated, not taken.
 * FOLDER gets registry/, trust.json and keys/.
 */
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "bench/attestation.h"
#include "bench/fingerprint.h"
#include "engine/machine.h"
#include "service/publish.h"
#include "service/registry.h"
#include "service/verb.h"
#include "trust/signer.h"

#define TASK "toy.sums/1"

static char root[PATH_MAX];
static struct suan_service *service;

static void must(enum suan_status status, const struct suan_error *error, const char *what)
{
    if (status == SUAN_OK)
        return;
    fprintf(stderr, "libsuan_world: %s: %s (%s)\n", what, error->message, error->code);
    exit(1);
}

/* One of a few buffers in turn. */
static const char *path_of(const char *format, ...)
{
    static char paths[16][PATH_MAX + 256];
    static size_t next;
    char *path = paths[next++ % 16];
    va_list arguments;
    size_t size = (size_t)snprintf(path, PATH_MAX, "%s/", root);
    va_start(arguments, format);
    vsnprintf(path + size, PATH_MAX - size, format, arguments);
    va_end(arguments);
    return path;
}

static const char *key_of(const char *ident)
{
    return path_of("keys/%s", ident);
}

static void write_file(const char *path, struct suan_span content)
{
    struct suan_error error = {0};
    must(suan_file_replace(path, content, 0644, &error), &error, path);
}

/* --- verbs -------------------------------------------------------------------------------------------- */

static struct suan_acting acting_as(const char *as, const char *signers, char *words, size_t size)
{
    struct suan_acting acting = {.as = as};
    snprintf(words, size, "%s", signers);
    for (char *rest = NULL, *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        acting.sign[acting.n_sign++] = key_of(word);
    return acting;
}

static const struct suan_verb *verb_of(const char *noun, const char *verb)
{
    for (size_t i = 0; i < suan_verb_count; i++) {
        if (strcmp(suan_verbs[i].noun, noun) == 0 && strcmp(suan_verbs[i].verb, verb) == 0)
            return &suan_verbs[i];
    }
    abort();
}

/* The options' texts follow in pairs, ended by NULL; one that holds commas is a list. */
static void change(const char *noun, const char *verb, const char *as, const char *signers, ...)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *request = suan_json_new_object();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_error error = {0};
    char words[256], list[256];
    va_list arguments;
    va_start(arguments, signers);
    for (const char *option; (option = va_arg(arguments, const char *)) != NULL;) {
        const char *value = va_arg(arguments, const char *);
        if (strcmp(option, "body") != 0) {
            suan_json_set_text(request, option, value);
            continue;
        }
        struct suan_json *items = suan_json_new_array();
        snprintf(list, sizeof list, "%s", value);
        for (char *rest = NULL, *item = strtok_r(list, ",", &rest); item != NULL;
             item = strtok_r(NULL, ",", &rest))
            suan_json_add_text(items, item);
        suan_json_set(request, option, items);
    }
    va_end(arguments);
    struct suan_acting acting = acting_as(as, signers, words, sizeof words);
    must(suan_service_change(service, &acting, verb_of(noun, verb), request, &result, &error), &error, verb);
}

/* --- people ------------------------------------------------------------------------------------------- */

static void add_person(const char *ident, const char *type, const char *signers)
{
    struct suan_error error = {0};
    must(suan_key_file_create(key_of(ident), ident, NULL, &error), &error, ident);
    change("identity", "create", ident, signers, "ident", ident, "type", type, "display", ident, "key",
           key_of(ident), NULL);
}

static void make_registry(void)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_error error = {0};
    struct suan_service_options options = {.registry = path_of("registry")};
    struct suan_registry_request request = {.folder = path_of("registry"),
                                            .origin = "test.suan.example",
                                            .key = key_of("operator"),
                                            .time = SUAN_TIME_REAL};
    must(suan_folder_make(path_of("keys"), &error), &error, "keys");
    must(suan_key_file_create(key_of("operator"), "operator", NULL, &error), &error, "operator");
    must(suan_service_registry_init(&request, &result, &error), &error, "registry");
    must(suan_service_open(&options, SUAN_SERVICE_WRITE, &service, &error), &error, "open");
    add_person("body1", "body", "body1 operator");
    add_person("body2", "body", "body2 operator");
    add_person("body3", "body", "body3 operator");
    add_person("lab", "developer", "lab");
    add_person("firm", "enterprise", "firm");
    write_file(path_of("criteria.json"),
               suan_span_text("{\"min_saving_bp\":500,\"mode\":\"quick\",\"schema\":\"suan.criteria/1\"}"));
    change("policy", "set", "operator", "operator body1 body2 body3", "policy", "library", "k", "2", "body",
           "body1,body2,body3", "criteria", path_of("criteria.json"), NULL);
}

/* --- releases ----------------------------------------------------------------------------------------- */

static const char *variant_of_machine(void)
{
    struct suan_machine machine;
    suan_machine_read(&machine);
    return machine.kind == SUAN_MACHINE_X86_64 ? "x86-64-v2" : "aarch64";
}

static void stage(const char *name, const char *kind)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer object = {0};
    struct suan_error error = {0};
    const char *variant = variant_of_machine();
    char manifest[1024];
    snprintf(manifest, sizeof manifest,
             "{\"format\":1,\"kind\":\"%s\",\"name\":\"%s\",\"version\":\"1.0.0\",\"tasks\":[\"" TASK "\"],"
             "\"title\":{\"en\":\"A toy\"},\"licence\":\"Apache-2.0\","
             "\"authors\":[{\"name\":\"The Suan authors\"}],\"abi\":{\"major\":1,\"min_minor\":0},"
             "\"variants\":[{\"id\":\"%s\",\"path\":\"variants/%s/plugin.so\",\"features\":[],"
             "\"device\":\"cpu\",\"concurrency\":\"runs\",\"deterministic\":false}]}",
             kind, name, variant, variant);
    must(suan_folder_make(path_of("stage/%s/variants/%s", name, variant), &error), &error, "stage");
    must(suan_file_read(path_of("../plugins/%s.so", name), 1 << 26, &object, &error), &error, name);
    write_file(path_of("stage/%s/variants/%s/plugin.so", name, variant), suan_buffer_span(&object));
    write_file(path_of("stage/%s/suan.json", name), suan_span_text(manifest));
    write_file(path_of("stage/%s/README.md", name), suan_span_text("A toy.\n"));
    write_file(path_of("stage/%s/LICENSE", name), suan_span_text("Apache-2.0\n"));
}

/* Its digest. */
static struct suan_digest publish_folder(const char *name, const char *folder)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *packed = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_error error = {0};
    struct suan_digest tar;
    struct suan_publish_request request = {.package = path_of("%s.suan", name)};
    struct suan_acting acting = {.as = "lab", .sign = {key_of("lab")}, .n_sign = 1};
    must(suan_service_pack(folder, request.package, &packed, &error), &error, name);
    must(suan_service_publish(service, &acting, &request, &result, &error), &error, name);
    must(suan_json_get_hex(packed, "digest", SUAN_JSON_REQUIRED, tar.bytes, sizeof tar.bytes, "", &error),
         &error, name);
    return tar;
}

static struct suan_digest publish(const char *name, const char *kind)
{
    stage(name, kind);
    return publish_folder(name, path_of("stage/%s", name));
}

/* A measurement on this machine, as far as receipts rest on one: sizes 10, 1,000 and 100,000. */
static void format_measurement(const char *role, const struct suan_digest *baseline, int64_t bound_ppm,
                               struct suan_buffer *out)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *fingerprint = NULL;
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_error error = {0};
    struct suan_scores scores;
    struct suan_machine machine;
    struct suan_machine_class class;
    char text[2048], class_hex[65], tar_hex[65];
    suan_machine_read(&machine);
    must(suan_scores_take(&scores, &error), &error, "scores");
    must(suan_fingerprint_read(machine.isa, &scores, &class, &fingerprint, &error), &error, "fingerprint");
    suan_hex(suan_class_digest(&class).bytes, SUAN_DIGEST_SIZE, class_hex);
    suan_hex(baseline->bytes, SUAN_DIGEST_SIZE, tar_hex);
#define ROW(n, p_hi, cpu_b)                                                                                  \
    "{\"n\":" #n ",\"state\":\"warm\",\"bound_ppm\":%lld,\"p_hi_ns\":" #p_hi ",\"cpu_b_ns\":" #cpu_b         \
    ",\"calls\":1,\"blocks\":8}"
    snprintf(text, sizeof text,
             "{\"schema\":\"suan.measurement/1\",\"status\":\"credited\",\"mode\":\"full\",\"tier\":\"C\","
             "\"task\":{\"id\":\"" TASK "\",\"unit_jobs\":1000000},"
             "\"baseline\":{\"role\":\"%s\",\"tar\":\"%s\"},\"seed\":{\"plan_index\":0},"
             "\"machine\":{\"class\":\"%s\",\"scores\":[%lld]},"
             "\"grid\":[" ROW(10, 1000000, 2000000) "," ROW(1000, 2000000, 9000000) "," ROW(
                 100000, 9000000, 90000000) "],"
                                            "\"fit\":{\"limit_n\":400000,\"limit_ratio_hi_ppm\":900000},"
                                            "\"saving\":{\"state\":\"warm\","
                                            "\"haircut_ppm\":70000,\"baseline_ns\":100,\"credited_ns\":30}}",
             role, tar_hex, class_hex, (long long)scores.rate_mflops, (long long)bound_ppm,
             (long long)bound_ppm, (long long)bound_ppm);
#undef ROW
    must(suan_json_parse(suan_span_text(text), sizeof text, 0, "measurement", &document, &error), &error,
         "measurement");
    must(suan_json_format(suan_json_root(document), SUAN_JSON_STYLE_CANONICAL, out, &error), &error,
         "measurement");
}

static void attest(const char *name, const struct suan_digest *tar, struct suan_span predicate)
{
    SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer statement = {0}, envelope = {0};
    struct suan_error error = {0};
    char release[80];
    snprintf(release, sizeof release, "%s@1.0.0", name);
    must(suan_statement_format(name, tar, SUAN_PREDICATE_MEASUREMENT, predicate, &statement, &error), &error,
         name);
    must(suan_signer_open(key_of("body3"), &signer, &error), &error, "body3");
    const struct suan_signer *const signers[] = {signer};
    must(suan_dsse_sign(SUAN_STATEMENT_TYPE, suan_buffer_span(&statement), signers, 1, &envelope, &error),
         &error, name);
    write_file(path_of("measurement.dsse.json"), suan_buffer_span(&envelope));
    change("attest", "add", "body3", "body3", "tar", release, "type", SUAN_PREDICATE_MEASUREMENT, "envelope",
           path_of("measurement.dsse.json"), NULL);
}

static void measure(const char *name, const struct suan_digest *tar, const char *role,
                    const struct suan_digest *baseline, int64_t bound_ppm)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer predicate = {0};
    format_measurement(role, baseline, bound_ppm, &predicate);
    attest(name, tar, suan_buffer_span(&predicate));
}

static void review(const char *name, const char *verb, const char *bodies)
{
    char release[80], words[64];
    snprintf(release, sizeof release, "%s@1.0.0", name);
    snprintf(words, sizeof words, "%s", bodies);
    for (char *rest = NULL, *body = strtok_r(words, " ", &rest); body != NULL;
         body = strtok_r(NULL, " ", &rest)) {
        if (strcmp(verb, "sign") == 0)
            change("review", verb, body, body, "tar", release, NULL);
        else
            change("review", verb, body, body, "tar", release, "reason", "a test", NULL);
    }
}

/* Published, and signed for by these bodies. */
static struct suan_digest vet(const char *name, const char *bodies)
{
    char release[80];
    struct suan_digest tar = publish(name, "algorithm");
    snprintf(release, sizeof release, "%s@1.0.0", name);
    change("review", "submit", "lab", "lab", "tar", release, NULL);
    review(name, "sign", bodies);
    return tar;
}

static void make_releases(void)
{
    static const struct suan_digest nothing;
    publish("toy-sums", "task");
    change("task", "set", "body1", "body1 body2", "task", TASK, "contract", "toy-sums@1.0.0", "incumbent",
           "24 passes", NULL);
    struct suan_digest slow = publish("toy-slow", "algorithm"), fast = publish("toy-fast", "algorithm");
    struct suan_digest next = publish("toy-next", "algorithm");
    measure("toy-slow", &slow, "incumbent", &nothing, 500000);
    measure("toy-fast", &fast, "incumbent", &nothing, 200000);
    measure("toy-next", &next, "frontier", &fast, 800000);
    for (int i = 0; i < 3; i++) {
        const char *name = (const char *[]){"toy-slow", "toy-fast", "toy-next"}[i];
        char release[80];
        snprintf(release, sizeof release, "%s@1.0.0", name);
        change("review", "submit", "lab", "lab", "tar", release, NULL);
        review(name, "sign", "body1 body2");
    }
    vet("toy-thin", "body1");
    vet("toy-gone", "body1 body2");
    review("toy-gone", "revoke", "body1 body3");
    vet("toy-yanked", "body1 body2");
    change("release", "yank", "lab", "lab", "tar", "toy-yanked@1.0.0", "reason", "a test", NULL);
    publish("toy-new", "algorithm");
    struct suan_digest odd = publish("toy-odd", "algorithm");
    attest("toy-odd", &odd, suan_span_text("{\"schema\":\"suan.measurement/1\",\"status\":\"credited\"}"));
    change("review", "submit", "lab", "lab", "tar", "toy-odd@1.0.0", NULL);
    review("toy-odd", "sign", "body1 body2");
}

/* The sky, from the industry library, for the example of ten lines. */
static void make_sky(void)
{
    publish_folder("astro-crossmatch", SUAN_TEST_PLUGINS "/astro-crossmatch");
    change("task", "set", "body1", "body1 body2", "task", "astro.crossmatch/1", "contract",
           "astro-crossmatch@1.0.0", "incumbent", "direct comparison", NULL);
    publish_folder("sky-kdtree", SUAN_TEST_PLUGINS "/sky-kdtree");
    change("review", "submit", "lab", "lab", "tar", "sky-kdtree@1.0.0", NULL);
    review("sky-kdtree", "sign", "body1 body2");
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

int main(int argc, char **argv)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *trust = NULL, *beside = NULL;
    struct suan_error error = {0};
    if (argc != 2)
        return 2;
    nftw(argv[1], remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    must(suan_folder_make(argv[1], &error), &error, argv[1]);
    if (realpath(argv[1], root) == NULL)
        return 1;
    make_registry();
    make_releases();
    make_sky();
    must(suan_service_registry_trust(service, "library", "vetted", path_of("trust.json"), &trust, &error),
         &error, "trust");
    must(suan_service_registry_trust(service, "library", "vetted", path_of("registry/trust.json"), &beside,
                                     &error),
         &error, "trust");
    suan_service_close(service);
    return 0;
}
