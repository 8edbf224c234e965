/* Scripts of numbers for gnuplot, and gnuplot itself. */
#include "plot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "page.h"

enum { TIMEOUT_MS = 20000 };

static const char preamble[] =
    "set encoding utf8\n"
    "set terminal svg size 860,430 dynamic noenhanced font 'system-ui,Noto Sans CJK TC,WenQuanYi Micro "
    "Hei,sans-serif,14' "
    "linewidth 1.2 background '#ffffff'\n"
    "set border 3 linecolor rgb '#8a949c'\nset tics nomirror textcolor rgb '#3c4853'\n"
    "set grid linecolor rgb '#e6eaed' linetype 1\nset key textcolor rgb '#1d2733' samplen 2 spacing 1.15\n"
    "set style line 1 linecolor rgb '#5b6770' linewidth 2 pointtype 7 pointsize 0.7\n"
    "set style line 2 linecolor rgb '#0b7a75' linewidth 2 pointtype 7 pointsize 0.7\n"
    "set lmargin 11\nset rmargin 3\n";

static uint32_t warm_rows(const struct suan_measurement *m, const struct suan_grid_row *out[SUAN_SIZES_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->n_grid && count < SUAN_SIZES_MAX; i++) {
        if (m->grid[i].state == SUAN_STATE_WARM && m->grid[i].blocks > 0 && m->grid[i].pairs > 0)
            out[count++] = &m->grid[i];
    }
    return count;
}

/* --- cost against size -------------------------------------------------------------------------------- */

static void cost_points(const struct suan_grid_row *const *rows, uint32_t count, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "$points << EOD\n");
    for (uint32_t i = 0; i < count; i++)
        suan_buffer_printf(out, "%llu %.9g %.9g\n", (unsigned long long)rows[i]->n,
                           bench_cost(rows[i]->cpu_b_ns, rows[i]->calls) / 1e6,
                           bench_cost(rows[i]->cpu_p_ns, rows[i]->calls) / 1e6);
    suan_buffer_append_text(out, "EOD\n");
}

static void cost_band(const struct suan_measurement *m, const struct suan_grid_row *const *rows,
                      uint32_t count, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "$band << EOD\n");
    for (uint32_t i = 0; i < m->fit.points && i <= count; i++) {
        uint64_t n = i < count ? rows[i]->n : (uint64_t)m->fit.limit_n;
        suan_buffer_printf(out, "%llu %.9g %.9g %.9g %.9g\n", (unsigned long long)n,
                           m->fit.base.pi[i][0] / 1e6, m->fit.base.pi[i][1] / 1e6,
                           m->fit.plugin.pi[i][0] / 1e6, m->fit.plugin.pi[i][1] / 1e6);
    }
    suan_buffer_append_text(out, "EOD\n");
}

static void cost_curves(const struct suan_measurement *m, uint64_t first, uint64_t last,
                        struct suan_buffer *out)
{
    const struct suan_fit_side *sides[] = {&m->fit.base, &m->fit.plugin};
    for (int i = 0; i < 2; i++)
        suan_buffer_printf(out, "f%d(x) = exp(%.12g + %.12g * log(x) + %.12g * log(x)**2) / 1e6\n", i,
                           sides[i]->a, sides[i]->b, sides[i]->c);
    suan_buffer_printf(out, "first = %llu.0\nlast = %llu.0\nlimit = %lld.0\nset samples 400\n",
                       (unsigned long long)first, (unsigned long long)last, (long long)m->fit.limit_n);
}

static void cost_script(const struct suan_measurement *m, const struct suan_grid_row *const *rows,
                        uint32_t count, struct suan_buffer *out)
{
    suan_buffer_append_text(out, "set logscale xy\nset format y '%g'\nset xlabel 'size n 規模'\n"
                                 "set ylabel 'CPU time of one job, ms 每次用時'\nset key left top\n");
    cost_points(rows, count, out);
    if (!m->fit.present) {
        suan_buffer_append_text(out,
                                "plot $points using 1:2 with linespoints linestyle 1 title 'baseline 基準', "
                                "$points using 1:3 with linespoints linestyle 2 title 'plugin 算法'\n");
        return;
    }
    cost_band(m, rows, count, out);
    cost_curves(m, rows[0]->n, rows[count - 1]->n, out);
    suan_buffer_append_text(
        out, "set xrange [first * 0.8 : limit * 1.1]\n"
             "plot $band using 1:2:3 with filledcurves fillcolor rgb '#5b6770' fillstyle transparent solid "
             "0.15 notitle, "
             "$band using 1:4:5 with filledcurves fillcolor rgb '#0b7a75' fillstyle transparent solid 0.15 "
             "notitle, "
             "(x <= last ? f0(x) : NaN) with lines linestyle 1 title 'baseline 基準', "
             "(x >= last ? f0(x) : NaN) with lines linestyle 1 dashtype 2 notitle, "
             "(x <= last ? f1(x) : NaN) with lines linestyle 2 title 'plugin 算法', "
             "(x >= last ? f1(x) : NaN) with lines linestyle 2 dashtype 2 title 'extrapolated 外推', "
             "$points using 1:2 with points linestyle 1 notitle, $points using 1:3 with points linestyle 2 "
             "notitle\n");
}

/* --- stability and distribution ----------------------------------------------------------------------- */

static void colour(struct suan_buffer *out, uint32_t i, uint32_t count)
{
    static const unsigned ends[2][3] = {{0x9A, 0xD0, 0xC2}, {0x06, 0x3F, 0x5C}};
    unsigned rgb[3];
    for (int c = 0; c < 3; c++)
        rgb[c] = count > 1 ? (ends[0][c] * (count - 1 - i) + ends[1][c] * i) / (count - 1) : ends[1][c];
    suan_buffer_printf(out, "linecolor rgb '#%02x%02x%02x'", rgb[0], rgb[1], rgb[2]);
}

static void block_script(const struct suan_measurement *m, const struct suan_grid_row *const *rows,
                         uint32_t count, struct suan_buffer *out)
{
    double band = ((double)llabs(m->aa.bias_ppm) + (double)m->aa.halfwidth_ppm) / 1e4;
    for (uint32_t i = 0; i < count; i++) {
        suan_buffer_printf(out, "$size%u << EOD\n", i);
        for (uint32_t block = 0; block < rows[i]->blocks; block++)
            suan_buffer_printf(out, "%u %.6f\n", block + 1,
                               ((double)rows[i]->block_ratio_ppm[block] / (double)rows[i]->ratio_ppm - 1) *
                                   100);
        suan_buffer_append_text(out, "EOD\n");
    }
    suan_buffer_printf(
        out,
        "set xlabel 'block 批次'\nset ylabel 'ratio against its mean, %% 偏離'\n"
        "set xrange [0.5 : %u.5]\nset xtics 1, %u\nset key outside right top\nset rmargin 16\n"
        "set object 1 rectangle from graph 0, first %.6f to graph 1, first %.6f behind fillcolor rgb "
        "'#f2e6c4' fillstyle solid noborder\n"
        "low = %.6f\nhigh = %.6f\nset yrange [* < 1.3 * low : 1.3 * high < *]\nplot 0 with lines linecolor "
        "rgb '#8a949c' notitle, NaN with boxes linecolor rgb '#f2e6c4' fillstyle solid title 'A/A band'",
        rows[0]->blocks, rows[0]->blocks > 12 ? 4 : 1, -band, band, -band, band);
    for (uint32_t i = 0; i < count; i++) {
        suan_buffer_printf(
            out, ", $size%u using 1:2 with linespoints pointtype 7 pointsize 0.6 linewidth 1.5 ", i);
        colour(out, i, count);
        suan_buffer_printf(out, " title 'n = %llu'", (unsigned long long)rows[i]->n);
    }
    suan_buffer_append_text(out, "\n");
}

static void ecdf_script(const struct suan_grid_row *const *rows, uint32_t count, struct suan_buffer *out)
{
    int64_t least = INT64_MAX, most = 1;
    for (uint32_t i = 0; i < count; i++) {
        suan_buffer_printf(out, "$size%u << EOD\n", i);
        for (uint32_t k = 0; k < SUAN_ECDF_POINTS; k++)
            suan_buffer_printf(out, "%.6f %.6f\n", (double)rows[i]->ecdf_ppm[k] / 1e6,
                               k / (SUAN_ECDF_POINTS - 1.0));
        suan_buffer_append_text(out, "EOD\n");
        least = rows[i]->ecdf_ppm[0] < least ? rows[i]->ecdf_ppm[0] : least;
        most =
            rows[i]->ecdf_ppm[SUAN_ECDF_POINTS - 1] > most ? rows[i]->ecdf_ppm[SUAN_ECDF_POINTS - 1] : most;
    }
    suan_buffer_append_text(
        out, "set xlabel 'plugin cost / baseline cost, per pair 用時比'\nset ylabel 'share of pairs "
             "累積比例'\nset yrange [0:1.02]\nset key outside right top\nset rmargin 16\n");
    if (least > 0 && most > 2 * least)
        suan_buffer_append_text(
            out, "set logscale x\nset xtics (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, "
                 "0.5, 0.7, 1, 1.5, 2, 3, 5)\n");
    suan_buffer_printf(out, "set xrange [%.6f : %.6f]\n", (double)least * 0.9e-6, (double)most * 1.1e-6);
    suan_buffer_append_text(out, "plot ");
    for (uint32_t i = 0; i < count; i++) {
        suan_buffer_printf(out, "%s$size%u using 1:2 with steps linewidth 2 ", i > 0 ? ", " : "", i);
        colour(out, i, count);
        suan_buffer_printf(out, " title 'n = %llu'", (unsigned long long)rows[i]->n);
    }
    suan_buffer_append_text(out, "\n");
}

void suan_plot_script(const struct suan_measurement *m, unsigned plot, struct suan_buffer *out)
{
    const struct suan_grid_row *rows[SUAN_SIZES_MAX];
    uint32_t count = warm_rows(m, rows);
    if (count == 0)
        return;
    suan_buffer_append_text(out, preamble);
    switch (plot) {
    case 0: cost_script(m, rows, count, out); break;
    case 1: block_script(m, rows, count, out); break;
    default: ecdf_script(rows, count, out); break;
    }
}

/* --- running gnuplot ---------------------------------------------------------------------------------- */

/* The script as a file without a name, so that a gnuplot that ends early breaks no pipe. */
static enum suan_status script_file(struct suan_span script, int *out_fd, struct suan_error *error)
{
    *out_fd = memfd_create("plot", MFD_CLOEXEC);
    if (*out_fd < 0)
        return suan_error_errno(error, "plot.gnuplot", errno, "memfd_create");
    while (script.size > 0) {
        ssize_t put = write(*out_fd, script.data, script.size);
        if (put <= 0)
            return suan_error_errno(error, "plot.gnuplot", errno, "plot script");
        script = suan_span(script.data + put, script.size - (size_t)put);
    }
    (void)lseek(*out_fd, 0, SEEK_SET);
    return SUAN_OK;
}

static enum suan_status start(const char *gnuplot, int script, int output, pid_t *out_pid,
                              struct suan_error *error)
{
    static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                              "HOME=/nonexistent", NULL};
    const char *const arguments[] = {gnuplot, "-d", "-", NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    (void)posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawnp(out_pid, gnuplot, &actions, NULL, (char *const *)(uintptr_t)arguments,
                               (char *const *)(uintptr_t)environment);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0)
        return suan_error_errno(error, "plot.gnuplot", failure, gnuplot);
    return SUAN_OK;
}

static bool read_all(int fd, struct suan_buffer *out)
{
    char chunk[16384];
    for (;;) {
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        if (poll(&poller, 1, TIMEOUT_MS) <= 0 || out->size > SUAN_PLOT_SVG_MAX)
            return false;
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        suan_buffer_append(out, chunk, got > 0 ? (size_t)got : 0);
    }
}

static bool ended_well(pid_t pid, bool hopeless)
{
    int state = 0;
    SUAN_CLEANUP(suan_closep) int pidfd = pidfd_open(pid, 0);
    if (hopeless && pidfd >= 0)
        (void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
        continue;
    return !hopeless && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

static enum suan_status run(const char *gnuplot, struct suan_span script, struct suan_buffer *out,
                            struct suan_error *error)
{
    SUAN_CLEANUP(suan_closep) int input = -1;
    int ends[2];
    pid_t pid = 0;
    enum suan_status status = script_file(script, &input, error);
    if (status != SUAN_OK)
        return status;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return suan_error_errno(error, "plot.gnuplot", errno, "pipe");
    status = start(gnuplot, input, ends[1], &pid, error);
    close(ends[1]);
    bool read = status == SUAN_OK && read_all(ends[0], out);
    close(ends[0]);
    if (status == SUAN_OK && !ended_well(pid, !read))
        return suan_error_set(error, SUAN_E_IO, "plot.gnuplot", NULL, "gnuplot failed");
    return status;
}

/* Appends the SVG element alone; refuses what could act: scripts, handlers, foreign content, references
 * outside. */
static enum suan_status take_svg(struct suan_buffer *svg, struct suan_buffer *out, struct suan_error *error)
{
    static const char *const forbidden[] = {
        "<script", "foreignObject", "javascript:", "href='http", "href=\"http",
        "onload",  "onclick",       "<iframe",     NULL};
    const char *text = suan_buffer_text(svg), *begin = strstr(text, "<svg"), *end = strstr(text, "</svg>");
    bool fine = begin != NULL && end != NULL && end > begin && strlen(text) == svg->size;
    for (int i = 0; fine && forbidden[i] != NULL; i++)
        fine = strstr(text, forbidden[i]) == NULL;
    if (!fine)
        return suan_error_set(error, SUAN_E_IO, "plot.gnuplot", NULL,
                              "gnuplot wrote something other than plain SVG");
    suan_buffer_append(out, begin, (size_t)(end - begin) + strlen("</svg>"));
    return SUAN_OK;
}

enum suan_status suan_plot_all(const struct suan_measurement *m, const char *gnuplot, struct suan_buffer *out,
                               struct suan_error *error)
{
    static const char *const captions[SUAN_PLOTS] = {
        "CPU time of one job against size, with the fit's 95 % prediction band; dashed beyond the measured "
        "sizes, up to the "
        "limit of any claim.",
        "Each block's ratio against the mean of its size: a block is one pair of fresh processes. The band "
        "is what the "
        "baseline against itself showed.",
        "Distribution of plugin over baseline, over all pairs of a size: left is faster.",
    };
    for (unsigned plot = 0; plot < SUAN_PLOTS; plot++) {
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer script = {0};
        SUAN_CLEANUP(suan_buffer_done) struct suan_buffer svg = {0};
        suan_plot_script(m, plot, &script);
        if (script.size == 0)
            return SUAN_OK;
        enum suan_status status = suan_buffer_check(&script, error);
        if (status == SUAN_OK)
            status = run(gnuplot, suan_buffer_span(&script), &svg, error);
        suan_buffer_append_text(out, "<figure>");
        if (status == SUAN_OK)
            status = take_svg(&svg, out, error);
        if (status != SUAN_OK)
            return status;
        suan_buffer_printf(out, "<figcaption>%s</figcaption></figure>\n", captions[plot]);
    }
    return suan_buffer_check(out, error);
}
