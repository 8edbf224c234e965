#ifndef SUAN_HOSTILE_FORGERY_H
#define SUAN_HOSTILE_FORGERY_H

/* Attempts on the wire and on time, by a plugin that knows the protocol. */
#include <suan/plugin.h>

#include "rows.h"

/* What the attempts of one call know. */
struct forger {
    const struct suan_host *host;
    const struct suan_run *run; /* NULL during infer */
    int32_t effort_ms;
};

/* -1: the row is none of these. Otherwise an errno, or 0. Many do not return. */
int forge(const struct forger *forger, int row);
/* Spins so long, whatever the host says. */
void spin_ms(int32_t effort_ms);

#endif
