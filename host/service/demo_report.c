/* The demo's page: what happened, in tables, with the plots of every measurement. Self-contained, without
 * scripts. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "bench/plot.h"
#include "demo_state.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Suan 算: the "
    "demo</title>\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\n"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;border-bottom:1px solid "
    "#ddd;text-align:left}\n"
    "td{overflow-wrap:anywhere}td.n{text-align:right;font-variant-numeric:tabular-nums}h1{font-weight:600}h2{"
    "margin-top:2.5rem}\n"
    "figure{margin:1rem 0}svg{max-width:100%;height:auto}.note{color:#666}\n</style></head><body>\n"
    "<h1>算 Suan: a better algorithm pays for itself</h1>\n"
    "<p class=\"note\">Made by the demo on this machine. Time in its registry is simulated; prices are the "
    "labelled "
    "demonstration tariff.</p>\n";

static void escape(struct suan_buffer *out, struct suan_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '<': suan_buffer_append_text(out, "&lt;"); break;
        case '>': suan_buffer_append_text(out, "&gt;"); break;
        case '&': suan_buffer_append_text(out, "&amp;"); break;
        case '"': suan_buffer_append_text(out, "&quot;"); break;
        default: suan_buffer_append(out, text.data + i, 1);
        }
    }
}

enum cell { CELL_TEXT, CELL_PERCENT, CELL_YUAN, CELL_COUNT, CELL_DIGEST, CELL_FLAG };
struct page_column {
    const char *title, *key;
    enum cell cell;
};

static void write_cell(struct suan_buffer *out, const struct page_column *column,
                       const struct suan_json *value)
{
    int64_t number = suan_json_integer(value);
    suan_buffer_append_text(out, column->cell == CELL_TEXT ? "<td>" : "<td class=\"n\">");
    switch (column->cell) {
    case CELL_TEXT: escape(out, suan_json_text(value)); break;
    case CELL_PERCENT:
        suan_buffer_printf(out, "%lld.%02lld %%", (long long)(number / 100), (long long)(number % 100));
        break;
    case CELL_COUNT: suan_text_grouped(out, number); break;
    case CELL_FLAG: suan_buffer_append_text(out, suan_json_boolean(value) ? "yes" : "no"); break;
    case CELL_DIGEST:
        escape(out, suan_span(suan_json_text(value).data,
                              suan_json_text(value).size < 16 ? suan_json_text(value).size : 16));
        suan_buffer_append_text(out, "…");
        break;
    case CELL_YUAN:
        suan_buffer_append_text(out, "¥");
        suan_text_yuan(out, number);
        break;
    }
    suan_buffer_append_text(out, "</td>");
}

static void write_table(struct suan_buffer *out, const char *title, const struct page_column *columns,
                        const struct suan_json *rows)
{
    suan_buffer_printf(out, "<h2>%s</h2>\n<table><tr>", title);
    for (const struct page_column *column = columns; column->title != NULL; column++)
        suan_buffer_printf(out, "<th>%s</th>", column->title);
    suan_buffer_append_text(out, "</tr>\n");
    for (size_t i = 0; i < suan_json_count(rows); i++) {
        suan_buffer_append_text(out, "<tr>");
        for (const struct page_column *column = columns; column->title != NULL; column++)
            write_cell(out, column, suan_json_find(suan_json_at(rows, i), column->key));
        suan_buffer_append_text(out, "</tr>\n");
    }
    suan_buffer_append_text(out, "</table>\n");
}

static void write_one(struct suan_buffer *out, const char *title, const struct page_column *columns,
                      const struct suan_json *object)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *rows = suan_json_new_array();
    suan_json_add_copy(rows, object);
    write_table(out, title, columns, rows);
}

static void write_tables(const struct demo *demo, struct suan_buffer *out)
{
    static const struct page_column measured[] = {
        {"algorithm 算法", "algorithm", CELL_TEXT}, {"task 任務", "task", CELL_TEXT},
        {"verdict", "status", CELL_TEXT},           {"saves 節省", "saving_bp", CELL_PERCENT},
        {"at least", "lower_bp", CELL_PERCENT},     {NULL, NULL, CELL_TEXT}};
    static const struct page_column faults[] = {{"a plugin's fault", "fault", CELL_TEXT},
                                                {"what the caller saw", "status", CELL_TEXT},
                                                {NULL, NULL, CELL_TEXT}};
    static const struct page_column refused[] = {
        {"refused in process", "id", CELL_TEXT}, {"why", "why", CELL_TEXT}, {NULL, NULL, CELL_TEXT}};
    static const struct page_column owners[] = {
        {"owner 權屬", "id", CELL_TEXT}, {"算法券", "fen", CELL_YUAN}, {NULL, NULL, CELL_TEXT}};
    static const struct page_column releases[] = {
        {"release 版本", "id", CELL_TEXT}, {"", "version", CELL_TEXT},
        {"state", "state", CELL_TEXT},     {"signatures", "signatures", CELL_COUNT},
        {"digest", "digest", CELL_DIGEST}, {NULL, NULL, CELL_TEXT}};
    static const struct page_column sky[] = {
        {"objects 星表", "objects", CELL_COUNT},
        {"observed 觀測", "observed", CELL_COUNT},
        {"matched 匹配", "matches", CELL_COUNT},
        {"worker equals in-process", "worker_equals_inprocess", CELL_FLAG},
        {"equals the incumbent", "equals_incumbent", CELL_FLAG},
        {NULL, NULL, CELL_TEXT}};
    static const struct page_column logs[] = {{"events", "size", CELL_COUNT},
                                              {"root", "root", CELL_TEXT},
                                              {"verified", "verified", CELL_FLAG},
                                              {NULL, NULL, CELL_TEXT}};
    write_one(out, "The real sky", sky, suan_json_find(demo->summary, "sky"));
    write_table(out, "Measured against what people use today", measured,
                suan_json_find(demo->summary, "measurements"));
    write_table(out, "算法券 credits earned by metered, verified use", owners,
                suan_json_find(suan_json_find(demo->summary, "credits"), "by_owner"));
    write_table(out, "Faults survived", faults, suan_json_find(demo->summary, "survived"));
    write_table(out, "Refused", refused, suan_json_find(demo->summary, "refused"));
    write_table(out, "Releases on record", releases, suan_json_find(demo->summary, "releases"));
    write_one(out, "The public log", logs, suan_json_find(demo->summary, "log"));
}

/* The plots of one measurement, or a line that says why there are none. */
static enum suan_status write_plots(const struct demo *demo, const struct demo_release *release,
                                    struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_measurement_freep) struct suan_measurement *measurement = NULL;
    struct suan_error missing = {0};
    char name[160], path[PATH_MAX];
    snprintf(name, sizeof name, "measurements/%s/measurement.json", release->id);
    enum suan_status status =
        suan_file_read(demo_path(demo, name, path), SUAN_MEASUREMENT_SIZE_MAX, &text, error);
    if (status == SUAN_OK)
        status = suan_measurement_parse(suan_buffer_span(&text), path, &measurement, error);
    if (status != SUAN_OK)
        return status;
    suan_buffer_append_text(out, "<h2>");
    escape(out, suan_span_text(release->id));
    suan_buffer_printf(out, "</h2>\n<p><a href=\"measurements/%s/report.html\">full report</a></p>\n",
                       release->id);
    if (suan_plot_all(measurement, "gnuplot", out, &missing) != SUAN_OK) {
        suan_buffer_append_text(out, "<p class=\"note\">no plots: ");
        escape(out, suan_span_text(missing.message));
        suan_buffer_append_text(out, "</p>\n");
    }
    return SUAN_OK;
}

enum suan_status demo_report(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer page = {0};
    char path[PATH_MAX];
    enum suan_status status = SUAN_OK;
    suan_buffer_append_text(&page, head);
    write_tables(demo, &page);
    for (size_t i = 0; i < demo->n_releases && status == SUAN_OK; i++) {
        if (demo->releases[i].kind == DEMO_ALGORITHM)
            status = write_plots(demo, &demo->releases[i], &page, error);
    }
    suan_buffer_append_text(&page, "</body></html>\n");
    if (status == SUAN_OK)
        status = suan_buffer_check(&page, error);
    return status != SUAN_OK ? status
                             : suan_file_replace(demo_path(demo, "report.html", path),
                                                 suan_buffer_span(&page), 0644, error);
}
