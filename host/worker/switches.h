#ifndef SUAN_WORKER_SWITCHES_H
#define SUAN_WORKER_SWITCHES_H

/* Which layers are off. suan-worker has no switch and refuses any; suan-worker-open, for tests, takes
 * `--without LAYER`. */
#include <stdbool.h>

#include "wire/layout.h"

/* Reads the arguments after "--zygote". False: not understood. */
bool switches_parse(int count, char **arguments);
bool switches_is_off(enum suan_wire_layer layer);

#endif
