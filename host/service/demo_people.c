/* Steps 1 to 3 and 5: who there is, what they publish, what is found on it, and who signs for it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "check.h"
#include "demo_state.h"
#include "package/manifest.h"
#include "publish.h"
#include "registry.h"
#include "show.h"
#include "trust/signer.h"

/* Everybody in the demo. */
struct person {
    const char *ident, *type, *display, *signers;
};
static const struct person people[] = {
    {"astro-society", "body", "天文計算學會 Society for Astronomical Computing", "astro-society operator"},
    {"compute-alliance", "body", "算力產業聯盟 Computing Industry Alliance", "compute-alliance operator"},
    {"software-institute", "body", "軟件測評研究院 Software Evaluation Institute",
     "software-institute operator"},
    {"liwei", "developer", "李偉 Li Wei", "liwei"},
    {"chenmei", "developer", "陳梅 Chen Mei", "chenmei"},
    {"zhaolin", "developer", "趙林 Zhao Lin", "zhaolin"},
    {"starfield", "enterprise", "星野數據 Starfield Data", "starfield"},
    {"turing-town", "provider", "圖靈小鎮算力中心 Turing Town Computing Centre", "turing-town"},
    {"city-bureau", "authority", "市經信局 City Bureau of Economy and Information", "city-bureau operator"},
};

static const char criteria[] = "{\"min_saving_bp\":500,\"mode\":\"quick\",\"schema\":\"suan.criteria/1\"}";

static enum suan_status make_key(struct demo *demo, const char *ident, struct suan_error *error)
{
    char path[PATH_MAX];
    return suan_key_file_create(demo_key(demo, ident, path), ident, NULL, error);
}

static enum suan_status make_registry(struct demo *demo, struct suan_error *error)
{
    char key[PATH_MAX], folder[PATH_MAX];
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    enum suan_status status = suan_folder_make(demo_path(demo, "keys", folder), error);
    if (status == SUAN_OK)
        status = make_key(demo, "operator", error);
    struct suan_registry_request request = {.folder = demo->registry,
                                            .origin = "demo.suan.example",
                                            .operator_display = "運營方 Operator",
                                            .key = demo_key(demo, "operator", key),
                                            .time = SUAN_TIME_SIMULATED};
    if (status == SUAN_OK)
        status = suan_service_registry_init(&request, &result, error);
    return status != SUAN_OK ? status : demo_open(demo, error);
}

static enum suan_status set_policy(struct demo *demo, struct suan_error *error)
{
    char file[PATH_MAX];
    enum suan_status status =
        suan_file_replace(demo_path(demo, "criteria.json", file), suan_span_text(criteria), 0644, error);
    return status != SUAN_OK
               ? status
               : demo_change(demo, error, "policy", "set", "operator",
                             "operator astro-society compute-alliance software-institute", "policy",
                             "library", "k", "2", "body", "astro-society", "body", "compute-alliance", "body",
                             "software-institute", "criteria", file, NULL);
}

enum suan_status demo_people(struct demo *demo, struct suan_error *error)
{
    char key[PATH_MAX];
    enum suan_status status = make_registry(demo, error);
    for (size_t i = 0; status == SUAN_OK && i < sizeof people / sizeof people[0]; i++) {
        status = make_key(demo, people[i].ident, error);
        if (status == SUAN_OK)
            status = demo_change(demo, error, "identity", "create", people[i].ident, people[i].signers,
                                 "ident", people[i].ident, "type", people[i].type, "display",
                                 people[i].display, "key", demo_key(demo, people[i].ident, key), NULL);
        if (status == SUAN_OK)
            demo_say(demo, 1, "%-18s %-10s %s", people[i].ident, people[i].type, people[i].display);
    }
    if (status == SUAN_OK)
        status = set_policy(demo, error);
    if (status == SUAN_OK)
        demo_say(demo, 1, "policy 'library': 2 of 3 industry bodies must sign for a release");
    return status;
}

/* --- step 2: pack, sign, publish ---------------------------------------------------------------------- */

/* Who owns what. Names that are not here belong to zhaolin alone. */
struct ownership {
    const char *id, *owners[3], *signers;
};
static const struct ownership ownerships[] = {
    {"sky-kdtree", {"liwei=7000", "chenmei=3000", NULL}, "liwei chenmei"},
    {"sky-zones", {"chenmei=5000", "liwei=2500", "zhaolin=2500"}, "chenmei liwei zhaolin"},
    {"knn-openblas", {"zhaolin=10000", NULL, NULL}, "zhaolin"},
    {"knn-hnsw", {"liwei=3334", "chenmei=3333", "zhaolin=3333"}, "liwei chenmei zhaolin"},
    {"deflate-libdeflate", {"chenmei=9000", "zhaolin=1000", NULL}, "chenmei zhaolin"},
    {"deflate-isal", {"zhaolin=10000", NULL, NULL}, "zhaolin"},
};

static const struct ownership *ownership_of(const struct demo_release *release)
{
    static const struct ownership task = {NULL, {"astro-society=10000", NULL, NULL}, "astro-society"};
    static const struct ownership other = {NULL, {"zhaolin=10000", NULL, NULL}, "zhaolin"};
    for (size_t i = 0; i < sizeof ownerships / sizeof ownerships[0]; i++) {
        if (strcmp(ownerships[i].id, release->id) == 0)
            return &ownerships[i];
    }
    return release->kind == DEMO_TASK ? &task : &other;
}

static enum suan_status read_draft(const char *folder, struct demo_release *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/suan.json", folder) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    enum suan_status status = suan_file_read(path, SUAN_MANIFEST_MAX, &text, error);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&text), SUAN_MANIFEST_MAX, SUAN_JSON_NEWLINES, path,
                                 &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *root = suan_json_root(document);
    struct suan_span task = suan_json_text(suan_json_at(suan_json_find(root, "tasks"), 0));
    snprintf(out->task, sizeof out->task, "%.*s", SUAN_SPAN_PRINTF(task));
    snprintf(out->id, sizeof out->id, "%.*s", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(root, "name"))));
    snprintf(out->version, sizeof out->version, "%.*s",
             SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(root, "version"))));
    bool is_task = suan_span_equal(suan_json_text(suan_json_find(root, "kind")), suan_span_text("task"));
    out->kind = is_task ? DEMO_TASK : strcmp(out->id, "faulty") == 0 ? DEMO_FAULTY : DEMO_ALGORITHM;
    return SUAN_OK;
}

static bool is_first_task(const char *task)
{
    static const char *const first[] = {"astro.crossmatch/1", "vector.knn.l2.f32/1", "codec.deflate/1"};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        if (strcmp(task, first[i]) == 0)
            return true;
    }
    return false;
}

/* Tasks first, then by name: algorithms need their contract on record. */
static int by_kind_and_name(const void *a, const void *b)
{
    const struct demo_release *x = a, *y = b;
    int kind = (x->kind > y->kind) - (x->kind < y->kind);
    return kind != 0 ? kind : strcmp(x->id, y->id);
}

static void closefolder(DIR **folder)
{
    if (*folder != NULL)
        closedir(*folder);
}

static enum suan_status find_plugins(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(closefolder) DIR *folder = opendir(demo->request->plugins);
    if (folder == NULL)
        return suan_error_set(error, SUAN_E_NOT_FOUND, "demo.plugins", "build first: ./dev build",
                              "no folder of plugins at %s", demo->request->plugins);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct demo_release *release = &demo->releases[demo->n_releases];
        char path[PATH_MAX];
        if (entry->d_name[0] == '.' || demo->n_releases == DEMO_RELEASES_MAX)
            continue;
        snprintf(path, sizeof path, "%s/%s", demo->request->plugins, entry->d_name);
        *release = (struct demo_release){0};
        enum suan_status status = read_draft(path, release, error);
        if (status != SUAN_OK)
            return status;
        if (demo->request->tasks == SUAN_DEMO_FIRST_TASKS && !is_first_task(release->task))
            continue;
        snprintf(release->package, sizeof release->package, "%s", path);
        demo->n_releases++;
    }
    qsort(demo->releases, demo->n_releases, sizeof demo->releases[0], by_kind_and_name);
    return SUAN_OK;
}

static enum suan_status pack_one(struct demo *demo, struct demo_release *release, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    char name[160], file[PATH_MAX];
    snprintf(name, sizeof name, "packages/%s-%s.suan", release->id, release->version);
    demo_path(demo, name, file);
    enum suan_status status = suan_service_pack(release->package, file, &result, error);
    if (status == SUAN_OK)
        snprintf(release->package, sizeof release->package, "%s", file);
    return status;
}

static enum suan_status publish_one(struct demo *demo, struct demo_release *release, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    const struct ownership *ownership = ownership_of(release);
    struct suan_publish_request request = {.package = release->package};
    char paths[4][PATH_MAX], words[128];
    struct suan_acting acting = {0};
    for (size_t i = 0; i < 3 && ownership->owners[i] != NULL; i++)
        request.owners[request.n_owners++] = ownership->owners[i];
    snprintf(words, sizeof words, "%s", ownership->signers);
    for (char *rest = NULL, *word = strtok_r(words, " ", &rest); word != NULL && acting.n_sign < 4;
         word = strtok_r(NULL, " ", &rest)) {
        acting.sign[acting.n_sign] = demo_key(demo, word, paths[acting.n_sign]);
        acting.n_sign++;
    }
    enum suan_status status = suan_service_publish(demo->service, &acting, &request, &result, error);
    if (status == SUAN_OK)
        demo_say(demo, 2, "%s@%s for %s, owned by %s%s%s%s%s", release->id, release->version, release->task,
                 request.owners[0], request.n_owners > 1 ? ", " : "",
                 request.n_owners > 1 ? request.owners[1] : "", request.n_owners > 2 ? ", " : "",
                 request.n_owners > 2 ? request.owners[2] : "");
    return status;
}

static const char *incumbent_of(const char *task)
{
    static const struct {
        const char *task, *words;
    } rows[] = {{"astro.crossmatch/1", "direct comparison of unit vectors"},
                {"vector.knn.l2.f32/1", "the plain double loop"},
                {"codec.deflate/1", "zlib level 6"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].task, task) == 0)
            return rows[i].words;
    }
    return "what the task's plugin carries";
}

static enum suan_status set_task(struct demo *demo, const struct demo_release *release,
                                 struct suan_error *error)
{
    char contract[140];
    snprintf(contract, sizeof contract, "%s@%s", release->id, release->version);
    enum suan_status status = demo_change(
        demo, error, "task", "set", "compute-alliance", "compute-alliance software-institute", "task",
        release->task, "contract", contract, "incumbent", incumbent_of(release->task), NULL);
    if (status == SUAN_OK)
        demo_say(demo, 2, "task %s set by two bodies; incumbent: %s", release->task,
                 incumbent_of(release->task));
    return status;
}

enum suan_status demo_publish(struct demo *demo, struct suan_error *error)
{
    char folder[PATH_MAX];
    enum suan_status status = suan_folder_make(demo_path(demo, "packages", folder), error);
    if (status == SUAN_OK)
        status = find_plugins(demo, error);
    for (size_t i = 0; status == SUAN_OK && i < demo->n_releases; i++) {
        status = pack_one(demo, &demo->releases[i], error);
        if (status == SUAN_OK)
            status = publish_one(demo, &demo->releases[i], error);
        if (status == SUAN_OK && demo->releases[i].kind == DEMO_TASK)
            status = set_task(demo, &demo->releases[i], error);
    }
    return status;
}

/* --- step 3: screening and conformance ---------------------------------------------------------------- */

static void count_rows(const struct suan_json *checks, int *out_pass, int *out_warn)
{
    for (size_t i = 0; i < suan_json_count(checks); i++) {
        struct suan_span result = suan_json_text(suan_json_find(suan_json_at(checks, i), "result"));
        *out_pass += suan_span_equal(result, suan_span_text("pass"));
        *out_warn += suan_span_equal(result, suan_span_text("warn"));
    }
}

enum suan_status demo_check(struct demo *demo, struct suan_error *error)
{
    char key[PATH_MAX];
    struct suan_acting acting = demo_alone(demo, "software-institute", key);
    for (size_t i = 0; i < demo->n_releases; i++) {
        const struct demo_release *release = &demo->releases[i];
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
        char name[140];
        int pass = 0, warn = 0;
        snprintf(name, sizeof name, "%s@%s", release->id, release->version);
        struct suan_check_request request = {.package = name, .what = SUAN_CHECK_ATTEST};
        enum suan_status status = suan_service_check(demo->service, &acting, &request, &result, error);
        if (status != SUAN_OK)
            return status;
        count_rows(suan_json_find(result, "checks"), &pass, &warn);
        demo_say(demo, 3, "%s: %d checks pass, %d warn; screening and conformance on record", name, pass,
                 warn);
    }
    return SUAN_OK;
}

/* --- step 5: reviews ---------------------------------------------------------------------------------- */

static enum suan_status sign_for(struct demo *demo, struct demo_release *release, struct suan_error *error)
{
    static const char *const bodies[] = {"compute-alliance", "software-institute"};
    char name[140];
    snprintf(name, sizeof name, "%s@%s", release->id, release->version);
    char submitter[64];
    snprintf(submitter, sizeof submitter, "%.*s", (int)strcspn(ownership_of(release)->signers, " "),
             ownership_of(release)->signers);
    enum suan_status status =
        demo_change(demo, error, "review", "submit", submitter, submitter, "tar", name, NULL);
    for (size_t i = 0; status == SUAN_OK && i < 2; i++)
        status = demo_change(demo, error, "review", "sign", bodies[i], bodies[i], "tar", name, NULL);
    if (status != SUAN_OK)
        return status;
    release->vetted = DEMO_VETTED;
    demo_say(demo, 5, "%s: %s submitted, %s and %s read the page and signed: vetted", name, submitter,
             bodies[0], bodies[1]);
    return SUAN_OK;
}

/* The last credited algorithm of the last task stays unvetted, so that its refusal can be shown. */
static size_t left_out(const struct demo *demo)
{
    for (size_t i = demo->n_releases; i > 0; i--) {
        if (demo->releases[i - 1].kind == DEMO_ALGORITHM &&
            strcmp(demo->releases[i - 1].id, "deflate-isal") == 0)
            return i - 1;
    }
    return demo->n_releases;
}

enum suan_status demo_review(struct demo *demo, struct suan_error *error)
{
    size_t out = left_out(demo);
    for (size_t i = 0; i < demo->n_releases; i++) {
        struct demo_release *release = &demo->releases[i];
        enum suan_status status = SUAN_OK;
        if (release->kind == DEMO_ALGORITHM && release->measured == DEMO_CREDITED && i != out)
            status = sign_for(demo, release, error);
        else if (release->kind == DEMO_ALGORITHM)
            demo_say(demo, 5, "%s: %s", release->id,
                     i == out ? "nobody signs for it: it stays unvetted"
                              : "no credited saving: not submitted");
        if (status != SUAN_OK)
            return status;
    }
    return SUAN_OK;
}
