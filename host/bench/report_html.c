/* The HTML page: one file, no scripts, nothing fetched. */
#include <stdio.h>

#include "page.h"
#include "text.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n<style>\n"
    ":root{color-scheme:light;--ink:#1d2733;--soft:#5b6770;--line:#dde3e8;--good:#0b7a75;--bad:#b3382c;--mid:"
    "#9a6700}\n"
    "body{margin:0;background:#f6f8f9;color:var(--ink);font:15px/1.55 system-ui,\"Noto Sans CJK "
    "TC\",\"WenQuanYi "
    "Micro Hei\",sans-serif}\n"
    "main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
    "h1{font-size:1.55rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.2rem 0 .6rem}p{margin:.3rem 0}\n"
    ".soft{color:var(--soft)}.tag{display:inline-block;padding:.1rem "
    ".6rem;border-radius:1rem;color:#fff;font-weight:600;"
    "font-size:.85rem;vertical-align:middle}\n"
    ".good{background:var(--good)}.bad{background:var(--bad)}.mid{background:var(--mid)}\n"
    ".cards{display:flex;flex-wrap:wrap;gap:.8rem;margin:1.2rem 0}\n"
    ".card{background:#fff;border:1px solid var(--line);border-radius:.5rem;padding:.7rem 1rem;flex:1 1 "
    "11rem}\n"
    ".card b{display:block;font-size:1.3rem;font-weight:600}\n"
    "table{border-collapse:collapse;width:100%;background:#fff;border:1px solid var(--line)}\n"
    "th,td{padding:.3rem .65rem;border-bottom:1px solid "
    "var(--line);text-align:left;font-variant-numeric:tabular-nums}\n"
    "th{font-weight:600;color:var(--soft);font-size:.85rem}td.n,th.n{text-align:right}\n"
    "figure{margin:1rem 0;background:#fff;border:1px solid var(--line);border-radius:.5rem;padding:.6rem}\n"
    "figure "
    "svg{width:100%;height:auto;display:block}figcaption{color:var(--soft);font-size:.88rem;padding:.2rem "
    ".4rem}\n"
    "code{font:12px/1.4 "
    "ui-monospace,monospace;overflow-wrap:anywhere}.fail{color:var(--bad);font-weight:600}\n"
    "</style>\n";

static void put(struct suan_buffer *out, const char *text)
{
    suan_buffer_append_text(out, text);
}

static void escaped(struct suan_buffer *out, const char *before, const char *text, const char *after)
{
    put(out, before);
    bench_text_html(out, text);
    put(out, after);
}

static const char *tag_class(enum suan_outcome outcome)
{
    switch (outcome) {
    case SUAN_OUTCOME_CREDITED: return "good";
    case SUAN_OUTCOME_UNLOGGED:
    case SUAN_OUTCOME_NOISY:
    case SUAN_OUTCOME_NO_SAVING:
    case SUAN_OUTCOME_ABORTED: return "mid";
    default: return "bad";
    }
}

static void heading(const struct suan_measurement *m, struct suan_buffer *out)
{
    escaped(out, "<title>", m->release.id, " measured</title></head><body><main>\n<h1>");
    escaped(out, "", m->release.id, " ");
    escaped(out, "", m->release.version, " ");
    suan_buffer_printf(out, "<span class=\"tag %s\">%s</span></h1>\n", tag_class(m->outcome),
                       bench_outcome_title(m->outcome));
    escaped(out, "<p class=\"soft\">against ", m->baseline.id, " ");
    escaped(out, "", m->baseline.version, "");
    escaped(out, " (", m->baseline.role[0] != '\0' ? m->baseline.role : "other", "), task ");
    escaped(out, "", m->task.id, "");
    suan_buffer_printf(out, ", %s mode, tier %s, ", m->mode == SUAN_MODE_QUICK ? "quick" : "full", m->tier);
    escaped(out, "", m->level, " sandbox, ");
    suan_text_time(out, m->session.start_ns);
    put(out, "</p>\n");
    if (m->reason[0] != '\0')
        escaped(out, "<p class=\"fail\">", m->reason, "</p>\n");
}

static void card(struct suan_buffer *out, const char *title, struct suan_buffer *value, const char *note)
{
    escaped(out, "<div class=\"card\"><span class=\"soft\">", title, "</span><b>");
    escaped(out, "", suan_buffer_text(value), "</b><span class=\"soft\">");
    escaped(out, "", note, "</span></div>\n");
    suan_buffer_clear(value);
}

static void saving_cards(const struct suan_measurement *m, struct suan_buffer *value, struct suan_buffer *out)
{
    char note[96];
    struct suan_buffer jobs = {0};
    suan_text_grouped(&jobs, m->task.unit_jobs);
    bench_text_duration(value, (double)m->saving.credited_ns);
    snprintf(note, sizeof note, "of CPU per %s jobs", suan_buffer_text(&jobs));
    card(out, "credited 計入節省", value, note);
    bench_text_duration(value, (double)m->saving.point_ns);
    suan_buffer_clear(&jobs);
    bench_text_duration(&jobs, (double)m->saving.baseline_ns);
    snprintf(note, sizeof note, "of the baseline's %s", suan_buffer_text(&jobs));
    card(out, "measured 實測節省", value, note);
    bench_text_p_s(value, m->saving.p_us);
    snprintf(note, sizeof note, "FP64 dense measured, %.2f GFLOP/s", (double)m->rate_mflops / 1000);
    card(out, "work 算力", value, note);
    if (m->saving.tariff[0] != '\0') {
        put(value, "¥");
        suan_text_yuan(value, m->saving.fen);
        snprintf(note, sizeof note, "tariff %.64s", m->saving.tariff);
        card(out, "yuan 金額", value, note);
    }
    suan_buffer_done(&jobs);
}

static void cards(const struct suan_measurement *m, struct suan_buffer *out)
{
    char note[96];
    struct suan_buffer value = {0};
    uint32_t passed, run;
    put(out, "<div class=\"cards\">\n");
    if (m->has_saving)
        saving_cards(m, &value, out);
    suan_buffer_printf(&value, "%+.2f %% ± %.2f %%", (double)m->aa.bias_ppm / 1e4,
                       (double)m->aa.halfwidth_ppm / 1e4);
    snprintf(note, sizeof note, "baseline against itself; eps %.2f %%", (double)m->aa.eps_ppm / 1e4);
    card(out, "A/A 自檢", &value, note);
    bench_checks_count(m, &passed, &run);
    suan_buffer_printf(&value, "%u/%u", passed, run);
    snprintf(note, sizeof note, "attempt %u", m->session.attempt);
    card(out, "checks 檢查", &value, note);
    put(out, "</div>\n");
    suan_buffer_done(&value);
}

static void flags(const struct suan_measurement *m, struct suan_buffer *out)
{
    put(out, "<ul class=\"soft\">\n");
    for (unsigned bit = 0; suan_remark_names[bit] != NULL; bit++) {
        if ((m->flags >> bit & 1) != 0)
            suan_buffer_printf(out, "<li>flag <code>%s</code>: %s</li>\n", suan_remark_names[bit],
                               bench_remark_text(bit));
    }
    for (uint32_t i = 0; i < m->n_missing; i++)
        escaped(out, "<li>missing for a better tier: ", m->missing[i], "</li>\n");
    put(out, "</ul>\n");
}

static void cell(struct suan_buffer *out, struct suan_buffer *value)
{
    escaped(out, "<td class=\"n\">", suan_buffer_text(value), "</td>");
    suan_buffer_clear(value);
}

static void grid(const struct suan_measurement *m, struct suan_buffer *out)
{
    struct suan_buffer value = {0};
    if (m->n_grid == 0)
        return;
    put(out, "<h2>Cost of one job 每次任務用時</h2>\n<table><tr><th class=\"n\">n</th><th>state</th><th "
             "class=\"n\">baseline</th><th class=\"n\">plugin</th><th class=\"n\">ratio</th><th "
             "class=\"n\">95 %</th><th "
             "class=\"n\">pairs</th><th class=\"n\">failed</th><th class=\"n\">memory</th></tr>\n");
    for (uint32_t i = 0; i < m->n_grid; i++) {
        const struct suan_grid_row *row = &m->grid[i];
        put(out, "<tr>");
        suan_text_grouped(&value, (int64_t)row->n);
        cell(out, &value);
        suan_buffer_printf(out, "<td>%s</td>", row->state == SUAN_STATE_WARM ? "warm" : "cold");
        bench_text_duration(&value, bench_cost(row->cpu_b_ns, row->calls));
        cell(out, &value);
        bench_text_duration(&value, bench_cost(row->cpu_p_ns, row->calls));
        cell(out, &value);
        bench_text_ratio(&value, row->ratio_ppm);
        cell(out, &value);
        bench_text_ratio(&value, row->lo_ppm);
        put(&value, " – ");
        bench_text_ratio(&value, row->hi_ppm);
        cell(out, &value);
        suan_buffer_printf(
            out, "<td class=\"n\">%u</td><td class=\"n\">%lld</td><td class=\"n\">%.1f MiB</td></tr>\n",
            row->pairs, (long long)row->failed, (double)row->rss_p_kib / 1024);
    }
    put(out, "</table>\n");
    suan_buffer_done(&value);
}

static void checks(const struct suan_measurement *m, struct suan_buffer *out)
{
    if (m->n_checks == 0)
        return;
    put(out, "<h2>Checks 檢查</h2>\n<table><tr><th>id</th><th>result</th><th>detail</th></tr>\n");
    for (uint32_t i = 0; i < m->n_checks; i++) {
        bool failed = m->checks[i].result == SUAN_CHECK_FAIL;
        escaped(out, "<tr><td>", m->checks[i].id, "</td>");
        suan_buffer_printf(out, "<td%s>%s</td>", failed ? " class=\"fail\"" : "",
                           suan_check_result_names[m->checks[i].result]);
        escaped(out, "<td>", m->checks[i].detail, "</td></tr>\n");
    }
    put(out, "</table>\n");
}

static void digest(struct suan_buffer *out, const char *name, const struct suan_digest *value)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(value->bytes, sizeof value->bytes, hex);
    suan_buffer_printf(out, "<tr><td>%s</td><td><code>%s</code></td></tr>\n", name, hex);
}

static void machine(const struct suan_measurement *m, struct suan_buffer *out)
{
    static const char *const rows[] = {"cpu",      "cpus_online", "kernel", "memory_kib",
                                       "governor", "cgroup",      "libc"};
    const struct suan_json *facts = m->machine != NULL ? suan_json_find(m->machine, "machine") : NULL;
    put(out, "<h2>Machine 機器</h2>\n<table>\n");
    for (size_t i = 0; facts != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        const struct suan_json *value = suan_json_find(facts, rows[i]);
        if (value == NULL)
            continue;
        suan_buffer_printf(out, "<tr><td>%s</td><td>", rows[i]);
        if (suan_json_type(value) == SUAN_JSON_STRING) /* a NUL follows its bytes */
            bench_text_html(out, (const char *)suan_json_text(value).data);
        else
            suan_text_grouped(out, suan_json_integer(value));
        put(out, "</td></tr>\n");
    }
    put(out, "</table>\n");
}

static void evidence(const struct suan_measurement *m, struct suan_buffer *out)
{
    put(out, "<h2>Evidence 憑據</h2>\n<table>\n");
    digest(out, "package of the plugin", &m->release.tar);
    digest(out, "package of the baseline", &m->baseline.tar);
    digest(out, "task contract", &m->task.contract);
    digest(out, "commitment to the seed", &m->seed.commit);
    if (m->seed.logged)
        digest(out, "log root behind the plan", &m->seed.log_root);
    digest(out, "jobs.csv", &m->raw.sha256);
    digest(out, "machine class", &m->machine_class);
    put(out, "</table>\n<p class=\"soft\"><code>suan bench --replay</code> on this folder recomputes every "
             "figure from "
             "the rows.</p>\n");
}

void suan_report_html(const struct suan_measurement *m, struct suan_span plots, struct suan_buffer *out)
{
    put(out, head);
    heading(m, out);
    cards(m, out);
    flags(m, out);
    if (plots.size > 0)
        suan_buffer_append_span(out, plots);
    else
        put(out, "<p class=\"soft\">Without gnuplot there are no plots here; the tables have the same "
                 "figures.</p>\n");
    grid(m, out);
    checks(m, out);
    machine(m, out);
    evidence(m, out);
    put(out, "</main></body></html>\n");
}
