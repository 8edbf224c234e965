/* The demo's driver: steps in order, each in its own file, and the summary. */
#include "demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "context.h"
#include "demo_state.h"
#include "verb.h"

void demo_say(const struct demo *demo, int step, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (demo->narrator->say != NULL)
        demo->narrator->say(demo->narrator->context, step, line);
}

const char *demo_path(const struct demo *demo, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", demo->request->out, name) >= PATH_MAX)
        out[0] = '\0';
    return out;
}

const char *demo_key(const struct demo *demo, const char *ident, char out[PATH_MAX])
{
    char name[96];
    snprintf(name, sizeof name, "keys/%s", ident);
    return demo_path(demo, name, out);
}

struct suan_acting demo_alone(const struct demo *demo, const char *ident, char path[PATH_MAX])
{
    struct suan_acting acting = {.as = ident, .n_sign = 1};
    acting.sign[0] = demo_key(demo, ident, path);
    return acting;
}

enum suan_status demo_open(struct demo *demo, struct suan_error *error)
{
    struct suan_service_options options = *demo->options;
    options.registry = demo->registry;
    return suan_service_open(&options, SUAN_SERVICE_WRITE, &demo->service, error);
}

void demo_close(struct demo *demo)
{
    suan_service_close(demo->service);
    demo->service = NULL;
}

/* --- verbs -------------------------------------------------------------------------------------------- */

static const struct suan_verb *find_verb(const char *noun, const char *verb)
{
    for (size_t i = 0; i < suan_verb_count; i++) {
        if (strcmp(suan_verbs[i].noun, noun) == 0 && strcmp(suan_verbs[i].verb, verb) == 0)
            return &suan_verbs[i];
    }
    return NULL;
}

/* An option given again becomes a list of its values. */
static void add_word(struct suan_json *request, const char *option, const char *value)
{
    const struct suan_json *before = suan_json_find(request, option);
    struct suan_json *list = suan_json_new_array();
    if (before == NULL) {
        suan_json_release(list);
        suan_json_set_text(request, option, value);
        return;
    }
    if (suan_json_type(before) == SUAN_JSON_ARRAY) {
        for (size_t i = 0; i < suan_json_count(before); i++)
            suan_json_add_copy(list, suan_json_at(before, i));
    } else
        suan_json_add_copy(list, before);
    suan_json_add_text(list, value);
    suan_json_set(request, option, list);
}

enum suan_status demo_change(struct demo *demo, struct suan_error *error, const char *noun, const char *verb,
                             const char *as, const char *signers, ...)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *request = suan_json_new_object();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_acting acting = {.as = as};
    char words[256], paths[8][PATH_MAX];
    va_list arguments;

    va_start(arguments, signers);
    for (const char *option; (option = va_arg(arguments, const char *)) != NULL;)
        add_word(request, option, va_arg(arguments, const char *));
    va_end(arguments);
    snprintf(words, sizeof words, "%s", signers);
    for (char *rest = NULL, *word = strtok_r(words, " ", &rest); word != NULL && acting.n_sign < 8;
         word = strtok_r(NULL, " ", &rest)) {
        acting.sign[acting.n_sign] = demo_key(demo, word, paths[acting.n_sign]);
        acting.n_sign++;
    }
    return suan_service_change(demo->service, &acting, find_verb(noun, verb), request, &result, error);
}

/* --- driver ------------------------------------------------------------------------------------------- */

struct demo_step {
    int number;
    const char *title;
    enum suan_status (*run)(struct demo *demo, struct suan_error *error);
};
static const struct demo_step steps[] = {
    {1,
     "a registry (simulated time), an operator, three industry bodies, developers, an enterprise, a provider",
     demo_people},
    {2, "every plugin is packed, signed and published with its owners", demo_publish},
    {3, "each package is screened and checked for conformance", demo_check},
    {4, "each algorithm is measured against what people use today (quick mode)", demo_measure},
    {5, "industry bodies review the evidence and sign", demo_review},
    {6, "the enterprise loads the best vetted algorithm and runs it on the real sky", demo_use},
    {7, "metered use becomes a receipt, the receipt a saving, the saving 算法券 credits", demo_credit},
    {8, "a contract of ¥3,000,000 is quoted under every programme, claimed under one, issued and redeemed",
     demo_voucher},
    {10, "the log is checked and the result summarised", demo_conclude},
};

static enum suan_status write_summary(const struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    char path[PATH_MAX];
    enum suan_status status = suan_json_format(demo->summary, SUAN_JSON_STYLE_INDENTED, &text, error);
    suan_buffer_append_u8(&text, '\n');
    return status != SUAN_OK ? status
                             : suan_file_replace(demo_path(demo, "summary.json", path),
                                                 suan_buffer_span(&text), 0644, error);
}

static enum suan_status run_steps(struct demo *demo, struct suan_error *error)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (demo->options->interrupted != NULL && *demo->options->interrupted != 0)
            return suan_error_set(error, SUAN_E_INTERRUPTED, "interrupted", "nothing acknowledged was lost",
                                  "stopped as you asked");
        demo_say(demo, steps[i].number, "%s", "");
        demo_say(demo, steps[i].number, "%s", steps[i].title);
        enum suan_status status = steps[i].run(demo, error);
        if (status != SUAN_OK) {
            char prefix[32];
            snprintf(prefix, sizeof prefix, "step %d", steps[i].number);
            suan_error_prefix(error, prefix);
            return status;
        }
    }
    return SUAN_OK;
}

enum suan_status suan_service_demo(struct suan_service *service, const struct suan_demo_request *request,
                                   const struct suan_demo_narrator *narrator, struct suan_json **out_summary,
                                   struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *summary = suan_json_new_object();
    SUAN_CLEANUP(suan_freep) struct demo *demo = calloc(1, sizeof *demo);
    uint64_t began_ns = suan_clock_monotonic_ns();
    if (demo == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    demo->request = request;
    demo->narrator = narrator;
    demo->options = &service->options;
    demo->summary = summary;
    demo_path(demo, "registry", demo->registry);
    suan_json_set_text(summary, "schema", "suan.demo/1");
    suan_json_set_boolean(summary, "simulated_time", true);
    enum suan_status status = demo_clear_folder(request->out, error);
    if (status == SUAN_OK)
        status = run_steps(demo, error);
    demo_close(demo);
    suan_json_set_integer(summary, "seconds", (int64_t)((suan_clock_monotonic_ns() - began_ns) / 1000000000));
    if (status == SUAN_OK)
        status = write_summary(demo, error);
    if (status == SUAN_OK)
        *out_summary = suan_take(&summary);
    return status;
}
