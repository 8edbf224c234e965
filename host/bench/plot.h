#ifndef SUAN_BENCH_PLOT_H
#define SUAN_BENCH_PLOT_H

/*
 * Three plots through gnuplot: cost against size, block ratios against the A/A band, distribution of pair
 * ratios. gnuplot runs text in back-quotes, so its script holds numbers and constant text only: no byte that
 * a plugin chose.
 */
#include "measurement.h"

enum { SUAN_PLOTS = 3, SUAN_PLOT_SVG_MAX = 1048576 };

/* Appends the script of one plot, 0 to SUAN_PLOTS - 1; nothing if the measurement has no grid. Pure. */
void suan_plot_script(const struct suan_measurement *measurement, unsigned plot, struct suan_buffer *out);

/* Runs `gnuplot` (a program's name or path) and appends the plots as figures with inline SVG. Errors:
   NOT_FOUND without the program; IO "plot.gnuplot" if it fails, or writes anything but plain SVG. */
SUAN_MUST_USE enum suan_status suan_plot_all(const struct suan_measurement *measurement, const char *gnuplot,
                                             struct suan_buffer *out, struct suan_error *error);

#endif
