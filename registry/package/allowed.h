#ifndef SUAN_PACKAGE_ALLOWED_H
#define SUAN_PACKAGE_ALLOWED_H

/* The table of allowed-libraries.txt, compiled in. Constant data; any thread. */
#include <stddef.h>

enum suan_library_class {
    SUAN_LIBRARY_SYSTEM,          /* part of the run time */
    SUAN_LIBRARY_SYSTEM_THREADS,  /* the same, only with own-threads */
    SUAN_LIBRARY_ADMITTED,        /* must be listed in the manifest's `needs` */
    SUAN_LIBRARY_ADMITTED_THREADS /* the same, only with own-threads */
};

struct suan_library {
    const char *soname, *package; /* Debian package that brings it */
    enum suan_library_class kind;
};

/* The library of that name, or NULL: then no plugin may need it. */
const struct suan_library *suan_library_find(const char *soname);

/* All of them, for `suan doctor` and documentation. */
const struct suan_library *suan_library_list(size_t *out_count);

#endif
