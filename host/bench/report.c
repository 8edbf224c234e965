/* The command line's lines and the Markdown page. */
#include "report.h"

#include <stdio.h>

#include "page.h"
#include "text.h"

const char *bench_outcome_title(enum suan_outcome outcome)
{
    static const char *const titles[] = {"CREDITED", "NO SAVING", "UNLOGGED",   "NOISY",  "WRONG",
                                         "CHEAT",    "FAILED",    "UNMEASURED", "ABORTED"};
    return titles[outcome];
}

const struct suan_grid_row *bench_cold_of(const struct suan_measurement *m, uint64_t n)
{
    for (uint32_t i = 0; i < m->n_grid; i++) {
        if (m->grid[i].n == n && m->grid[i].state == SUAN_STATE_COLD)
            return &m->grid[i];
    }
    return NULL;
}

double bench_cost(int64_t cpu_ns, int64_t calls)
{
    return (double)cpu_ns / (double)(calls > 0 ? calls : 1);
}

void bench_checks_count(const struct suan_measurement *m, uint32_t *out_passed, uint32_t *out_run)
{
    *out_passed = *out_run = 0;
    for (uint32_t i = 0; i < m->n_checks; i++) {
        *out_run += m->checks[i].result != SUAN_CHECK_SKIP;
        *out_passed += m->checks[i].result == SUAN_CHECK_PASS || m->checks[i].result == SUAN_CHECK_WARN;
    }
}

static void append_bounds(struct suan_buffer *out, double point, double lo, double hi)
{
    bench_text_duration(out, point);
    suan_buffer_append_text(out, " [");
    bench_text_duration(out, lo);
    suan_buffer_append_text(out, ", ");
    bench_text_duration(out, hi);
    suan_buffer_append_text(out, "]");
}

void bench_write_saving(const struct suan_measurement *m, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "saving per ");
    suan_text_grouped(out, m->task.unit_jobs);
    suan_buffer_append_text(out, " jobs  ");
    append_bounds(out, (double)m->saving.point_ns, (double)m->saving.lo_ns, (double)m->saving.hi_ns);
    suan_buffer_append_text(out, " of CPU   credited ");
    bench_text_duration(out, (double)m->saving.credited_ns);
}

void bench_write_worth(const struct suan_measurement *m, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "= ");
    bench_text_p_s(out, m->saving.p_us);
    suan_buffer_printf(out, " (FP64 dense measured, %.2f GFLOP/s)", (double)m->rate_mflops / 1000);
    if (m->saving.tariff[0] == '\0')
        return;
    suan_buffer_append_text(out, "   ¥");
    suan_text_yuan(out, m->saving.fen);
    suan_buffer_printf(out, " (tariff %s)", m->saving.tariff);
}

void bench_write_quality(const struct suan_measurement *m, struct suan_buffer *out)
{
    uint32_t passed, run;
    double worst_b = 0, worst_p = 0;
    bench_checks_count(m, &passed, &run);
    for (uint32_t i = 0; i < m->n_grid; i++) {
        worst_b = m->grid[i].err_b[2] > worst_b ? m->grid[i].err_b[2] : worst_b;
        worst_p = m->grid[i].err_p[2] > worst_p ? m->grid[i].err_p[2] : worst_p;
    }
    if (m->n_grid > 0)
        suan_buffer_printf(out, "largest error %.3g (baseline %.3g)   ", worst_p, worst_b);
    suan_buffer_printf(out, "checks %u/%u   A/A %+.2f %% +- %.2f %%   attempt %u", passed, run,
                       (double)m->aa.bias_ppm / 1e4, (double)m->aa.halfwidth_ppm / 1e4, m->session.attempt);
}

static void append_row(const struct suan_measurement *m, const struct suan_grid_row *row,
                       struct suan_buffer *out)
{
    struct suan_buffer cells[5] = {{0}};
    const struct suan_grid_row *cold = bench_cold_of(m, row->n);
    suan_text_grouped(&cells[0], (int64_t)row->n);
    bench_text_duration(&cells[1], bench_cost(row->cpu_b_ns, row->calls));
    bench_text_duration(&cells[2], bench_cost(row->cpu_p_ns, row->calls));
    bench_text_ratio(&cells[3], row->ratio_ppm);
    suan_buffer_append_text(&cells[3], " [");
    bench_text_ratio(&cells[3], row->lo_ppm);
    suan_buffer_append_text(&cells[3], ", ");
    bench_text_ratio(&cells[3], row->hi_ppm);
    suan_buffer_append_text(&cells[3], "]");
    if (cold != NULL)
        bench_text_ratio(&cells[4], cold->ratio_ppm);
    suan_buffer_printf(out, "%10s %10s %10s   %-26s %7s %6u\n", suan_buffer_text(&cells[0]),
                       suan_buffer_text(&cells[1]), suan_buffer_text(&cells[2]), suan_buffer_text(&cells[3]),
                       suan_buffer_text(&cells[4]), row->pairs);
    for (int i = 0; i < 5; i++)
        suan_buffer_done(&cells[i]);
}

void suan_report_summary(const struct suan_measurement *m, struct suan_buffer *out)
{
    suan_buffer_printf(out, "%s %s against %s %s   %s   %s, tier %s, %s sandbox\n", m->release.id,
                       m->release.version, m->baseline.id, m->baseline.version,
                       bench_outcome_title(m->outcome), m->mode == SUAN_MODE_QUICK ? "quick" : "full",
                       m->tier, m->level);
    if (m->reason[0] != '\0')
        suan_buffer_printf(out, "%s\n", m->reason);
    if (m->has_saving) {
        bench_write_saving(m, out);
        suan_buffer_append_text(out, "\n  ");
        bench_write_worth(m, out);
        suan_buffer_append_text(out, "\n");
    }
    bench_write_quality(m, out);
    suan_buffer_append_text(out, "\n");
    for (uint32_t i = 0, shown = 0; i < m->n_grid; i++) {
        if (m->grid[i].state != SUAN_STATE_WARM)
            continue;
        if (shown++ == 0)
            suan_buffer_append_text(
                out, "         n   baseline     plugin   ratio [95 %]                  cold  pairs\n");
        append_row(m, &m->grid[i], out);
    }
    for (unsigned bit = 0; suan_remark_names[bit] != NULL; bit++) {
        if ((m->flags >> bit & 1) != 0)
            suan_buffer_printf(out, "flag %s: %s\n", suan_remark_names[bit], bench_remark_text(bit));
    }
    for (uint32_t i = 0; i < m->n_missing; i++)
        suan_buffer_printf(out, "%s%s%s", i == 0 ? "missing: " : ", ", m->missing[i],
                           i + 1 == m->n_missing ? "\n" : "");
}

const char *bench_remark_text(unsigned bit)
{
    static const char *const texts[] = {
        "host and worker shared the only CPU",
        "the measurer also runs the log",
        "ended before every ratio was known to 1 %",
        "the ratio moved during the session; billed at its slowest third",
        "geometric mean of ratios off the ratio of sums by more than 3 %",
        "faster than memory can be read: not credited",
        "the cold series evicted less than twice the last-level cache",
        "jobs are long: fewer pairs in a block than the mode's",
        "a repeated input is answered more than 10 % faster: not credited",
        "against a baseline of the caller's choice: for information only",
        "the registry's time is simulated",
    };
    return texts[bit];
}

/* --- Markdown ----------------------------------------------------------------------------------------- */

static void md_heading(const struct suan_measurement *m, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "# ");
    bench_text_markdown(out, m->release.id);
    suan_buffer_append_text(out, " ");
    bench_text_markdown(out, m->release.version);
    suan_buffer_append_text(out, " against ");
    bench_text_markdown(out, m->baseline.id);
    suan_buffer_append_text(out, " ");
    bench_text_markdown(out, m->baseline.version);
    suan_buffer_printf(out, ": %s\n\n", bench_outcome_title(m->outcome));
    suan_buffer_append_text(out, "Task ");
    bench_text_markdown(out, m->task.id);
    suan_buffer_printf(out, ", %s mode, tier %s, ", m->mode == SUAN_MODE_QUICK ? "quick" : "full", m->tier);
    bench_text_markdown(out, m->level);
    suan_buffer_append_text(out, " sandbox, ");
    suan_text_time(out, m->session.start_ns);
    suan_buffer_append_text(out, ".\n\n");
    if (m->reason[0] != '\0') {
        bench_text_markdown(out, m->reason);
        suan_buffer_append_text(out, "\n\n");
    }
}

static void md_grid(const struct suan_measurement *m, struct suan_buffer *out)
{
    if (m->n_grid == 0)
        return;
    suan_buffer_append_text(out, "## Cost of one job 每次任務用時\n\n"
                                 "| n | state | baseline | plugin | ratio | 95 % | pairs | failed |\n"
                                 "|---:|---|---:|---:|---:|---|---:|---:|\n");
    for (uint32_t i = 0; i < m->n_grid; i++) {
        const struct suan_grid_row *row = &m->grid[i];
        suan_buffer_append_text(out, "| ");
        suan_text_grouped(out, (int64_t)row->n);
        suan_buffer_append_text(out, row->state == SUAN_STATE_WARM ? " | warm | " : " | cold | ");
        bench_text_duration(out, bench_cost(row->cpu_b_ns, row->calls));
        suan_buffer_append_text(out, " | ");
        bench_text_duration(out, bench_cost(row->cpu_p_ns, row->calls));
        suan_buffer_append_text(out, " | ");
        bench_text_ratio(out, row->ratio_ppm);
        suan_buffer_append_text(out, " | ");
        bench_text_ratio(out, row->lo_ppm);
        suan_buffer_append_text(out, " to ");
        bench_text_ratio(out, row->hi_ppm);
        suan_buffer_printf(out, " | %u | %lld |\n", row->pairs, (long long)row->failed);
    }
    suan_buffer_append_text(out, "\n");
}

static void md_checks(const struct suan_measurement *m, struct suan_buffer *out)
{
    if (m->n_checks == 0)
        return;
    suan_buffer_append_text(out, "## Checks 檢查\n\n| id | result | detail |\n|---|---|---|\n");
    for (uint32_t i = 0; i < m->n_checks; i++) {
        suan_buffer_append_text(out, "| ");
        bench_text_markdown(out, m->checks[i].id);
        suan_buffer_printf(out, " | %s | ", suan_check_result_names[m->checks[i].result]);
        bench_text_markdown(out, m->checks[i].detail);
        suan_buffer_append_text(out, " |\n");
    }
    suan_buffer_append_text(out, "\n");
}

static void md_flags(const struct suan_measurement *m, struct suan_buffer *out)
{
    for (unsigned bit = 0; suan_remark_names[bit] != NULL; bit++) {
        if ((m->flags >> bit & 1) != 0)
            suan_buffer_printf(out, "- flag `%s`: %s\n", suan_remark_names[bit], bench_remark_text(bit));
    }
    for (uint32_t i = 0; i < m->n_missing; i++) {
        suan_buffer_append_text(out, "- missing for a better tier: ");
        bench_text_markdown(out, m->missing[i]);
        suan_buffer_append_text(out, "\n");
    }
    suan_buffer_append_text(out, "\n");
}

static void md_digest(struct suan_buffer *out, const char *name, const struct suan_digest *digest)
{
    char hex[2 * SUAN_DIGEST_SIZE + 1];
    suan_hex(digest->bytes, sizeof digest->bytes, hex);
    suan_buffer_printf(out, "| %s | `%s` |\n", name, hex);
}

static void md_evidence(const struct suan_measurement *m, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "## Evidence 憑據\n\n| what | SHA-256 |\n|---|---|\n");
    md_digest(out, "package of the plugin", &m->release.tar);
    md_digest(out, "package of the baseline", &m->baseline.tar);
    md_digest(out, "task contract", &m->task.contract);
    md_digest(out, "commitment to the seed", &m->seed.commit);
    if (m->seed.logged)
        md_digest(out, "log root behind the plan", &m->seed.log_root);
    md_digest(out, "jobs.csv", &m->raw.sha256);
    md_digest(out, "machine class", &m->machine_class);
    suan_buffer_append_text(
        out, "\n`suan bench --replay` on this folder recomputes every figure from the rows.\n");
}

void suan_report_markdown(const struct suan_measurement *m, struct suan_buffer *out)
{
    struct suan_buffer line = {0};
    md_heading(m, out);
    if (m->has_saving) {
        bench_write_saving(m, &line);
        suan_buffer_append_text(&line, " ");
        bench_write_worth(m, &line);
        bench_text_markdown(out, suan_buffer_text(&line));
        suan_buffer_append_text(out, "\n\n");
    }
    suan_buffer_clear(&line);
    bench_write_quality(m, &line);
    bench_text_markdown(out, suan_buffer_text(&line));
    suan_buffer_append_text(out, "\n\n");
    suan_buffer_done(&line);
    md_flags(m, out);
    md_grid(m, out);
    md_checks(m, out);
    md_evidence(m, out);
}
