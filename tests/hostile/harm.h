#ifndef SUAN_HOSTILE_HARM_H
#define SUAN_HOSTILE_HARM_H

/* Attempts on the plugin's own process. */
#include "forgery.h"

/* -1: the row is none of these; -2: it could not even be tried. Otherwise an errno, or 0. Many do not return. */
int harm(const struct forger *forger, int row);
/* In create: a place to jump back to. */
void harm_remember(void);
/* In the plugin's destructor. */
void harm_at_end(int row);

#endif
