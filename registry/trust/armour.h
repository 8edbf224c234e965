#ifndef SUAN_TRUST_ARMOUR_H
#define SUAN_TRUST_ARMOUR_H

/* Inside this folder only: the text form of OpenSSH's binary things, "-----BEGIN LABEL-----", Base 64 in
 * lines of 70. */
#include "base/buffer.h"

void suan_armour_append(struct suan_buffer *out, const char *label, struct suan_span data);
/* True if the text begins as armour with that label. */
bool suan_armour_has(struct suan_span text, const char *label);
/* Appends what the armour holds; false for another label, missing or extra lines, and Base 64 that is not
   strict. Takes memory once, three quarters of the text at most, so that a caller can wipe it. */
bool suan_armour_read(struct suan_span text, const char *label, struct suan_buffer *out);
/* Overwrites what the buffer holds, then releases it. */
void suan_buffer_wipe(struct suan_buffer *buffer);

#endif
