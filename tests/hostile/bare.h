#ifndef SUAN_HOSTILE_BARE_H
#define SUAN_HOSTILE_BARE_H

/* Controls without Suan: a process in user, pid, ipc and mount namespaces of its own that loads the plugin as a trusting
 * program would. */
#include <stddef.h>

enum bare_result {
    BARE_REFUSED,  /* the namespaces are not to be had: nothing was tried */
    BARE_UNHARMED, /* the program came to its own end */
    BARE_HARMED,   /* it crashed, hung, exited, or was taken over */
    BARE_DID,      /* the attempt reported success */
};

/* Loads these bytes, runs the plugin twice, destroys it, exits. */
enum bare_result bare_try(const void *plugin, size_t size);

#endif
