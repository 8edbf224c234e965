/* The report as programs read it. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "engine/engine.h"

Test(isolation, document_carries_every_layer)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *document = NULL;
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_isolation_report report = {.level = SUAN_ISOLATION_STRONG,
                                           .arch = "x86_64",
                                           .kernel = "6.1",
                                           .landlock_abi = 2,
                                           .cgroup = "none",
                                           .worst_case_bytes = 7};
    for (int i = 0; i < SUAN_ISOLATION_LAYERS; i++)
        report.layers[i] =
            (struct suan_isolation_layer){.name = "seccomp", .attempted = true, .errno_value = 1};
    document = suan_isolation_document(&report, SUAN_ISOLATION_FULL);
    cr_assert_eq(suan_json_format(document, SUAN_JSON_STYLE_CANONICAL, &text, NULL), SUAN_OK);
    const char *json = suan_buffer_text(&text);
    cr_assert_not_null(strstr(json, "\"level\":\"STRONG\""));
    cr_assert_not_null(strstr(json, "\"requested\":\"FULL\""));
    cr_assert_not_null(strstr(json, "\"verified\":false,\"worst_case_bytes\":7"), "%s", json);
    cr_assert_not_null(strstr(json, "\"errno\":1"));
}

Test(isolation, levels_have_names)
{
    cr_assert_str_eq(suan_isolation_level_name(SUAN_ISOLATION_INPROCESS), "NONE (in-process, vetted)");
    cr_assert_str_eq(suan_isolation_level_name(SUAN_ISOLATION_NONE), "NONE");
    cr_assert_str_eq(suan_isolation_level_name(SUAN_ISOLATION_REDUCED), "REDUCED");
    cr_assert_str_eq(suan_isolation_level_name(SUAN_ISOLATION_FULL), "FULL");
}
