#include "bench/report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench/plot.h"
#include "support.h"

static const char hostile[] = "`touch owned`<script>alert('x')</script>\"|[a](javascript:b)";

static struct suan_measurement *spoiled(void)
{
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    struct sample sample = SAMPLE;
    struct suan_measurement *m = sample_measurement(&sample, &rows, &zst);
    snprintf(m->release.id, sizeof m->release.id, "%s", hostile);
    snprintf(m->baseline.version, sizeof m->baseline.version, "%s", hostile);
    snprintf(m->reason, sizeof m->reason, "%s", hostile);
    snprintf(m->saving.tariff, sizeof m->saving.tariff, "%s", hostile);
    suan_measurement_check(m, hostile, SUAN_CHECK_FAIL, hostile);
    suan_measurement_missing(m, hostile);
    return m;
}

static const char *html_of(const struct suan_measurement *m, struct suan_buffer *out)
{
    suan_report_html(m, suan_span(NULL, 0), out);
    return suan_buffer_text(out);
}

Test(report, the_same_measurement_gives_the_same_bytes)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer a = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer b = {0};
    cr_assert_str_eq(html_of(m, &a), html_of(m, &b));
}

Test(report, html_shows_hostile_names_as_text)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer page = {0};
    const char *text = html_of(m, &page);
    cr_assert_null(strstr(text, "<script"));
    cr_assert_null(strchr(text, '`'));
    cr_assert_not_null(strstr(text, "&lt;script&gt;"));
}

Test(report, markdown_shows_hostile_names_as_text)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer page = {0};
    suan_report_markdown(m, &page);
    const char *text = suan_buffer_text(&page);
    cr_assert_null(strstr(text, "<script"));
    cr_assert_null(strstr(text, "[a](javascript"));
    cr_assert_null(strstr(text, "`touch"));
    cr_assert_not_null(strstr(text, "\\[a\\]\\(javascript\\:b\\)"));
}

Test(report, without_plots_it_says_so_and_keeps_its_tables)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer page = {0};
    const char *text = html_of(m, &page);
    cr_assert_not_null(strstr(text, "Without gnuplot"));
    cr_assert_not_null(strstr(text, "<h2>Cost of one job"));
}

Test(report, a_missing_gnuplot_is_not_found)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    cr_assert_eq(suan_plot_all(m, "/nonexistent/gnuplot", &out, NULL), SUAN_E_NOT_FOUND);
}

Test(report, a_program_that_writes_no_svg_is_refused)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    cr_assert_eq(suan_plot_all(m, "/bin/echo", &out, NULL), SUAN_E_IO);
    cr_assert_eq(suan_plot_all(m, "/bin/false", &out, NULL), SUAN_E_IO);
}

Test(report, plot_scripts_hold_no_byte_of_a_name)
{
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    for (unsigned plot = 0; plot < SUAN_PLOTS; plot++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer script = {0};
        suan_plot_script(m, plot, &script);
        cr_assert_gt(script.size, 100);
        cr_assert_null(strchr(suan_buffer_text(&script), '`'));
        cr_assert_null(strstr(suan_buffer_text(&script), "touch"));
    }
}

/* The control: a name that does reach gnuplot's script is executed. */
Test(report, back_quotes_in_a_script_are_executed_by_gnuplot)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        cr_skip_test("gnuplot is not installed");
    char folder[] = "/tmp/suan-plot-XXXXXX", command[256], owned[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(owned, sizeof owned, "%s/owned", folder);
    snprintf(command, sizeof command, "printf 'set title \"`touch %s`\"\\n' | gnuplot -d - >/dev/null 2>&1",
             owned);
    cr_assert_geq(system(command), 0);
    cr_assert_eq(access(owned, F_OK), 0);
    cr_assert_eq(unlink(owned), 0);
    cr_assert_eq(rmdir(folder), 0);
}

Test(report, gnuplot_draws_three_harmless_plots)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        cr_skip_test("gnuplot is not installed");
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *m = spoiled();
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct suan_error error = {0};
    cr_assert_eq(suan_plot_all(m, "gnuplot", &out, &error), SUAN_OK, "%s", error.message);
    const char *text = suan_buffer_text(&out);
    int figures = 0;
    for (const char *p = text; (p = strstr(p, "<svg")) != NULL; p++)
        figures++;
    cr_assert_eq(figures, 3);
    cr_assert_null(strstr(text, "<script"));
}

Test(report, summary_names_parties_verdict_and_saving)
{
    SUAN_CLEANUP(suan_rows_done) struct suan_rows rows = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer zst = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer out = {0};
    struct sample sample = SAMPLE;
    SUAN_CLEANUP(suan_measurement_freep)
    struct suan_measurement *m = sample_measurement(&sample, &rows, &zst);
    suan_report_summary(m, &out);
    const char *text = suan_buffer_text(&out);
    cr_assert_not_null(
        strstr(text, "sky-kdtree 1.0.0 against crossmatch 1.0.0   CREDITED   quick, tier B, FULL"));
    cr_assert_not_null(strstr(text, "saving per 1,000,000 jobs"));
    cr_assert_not_null(strstr(text, "(tariff 2026-11)"));
}
