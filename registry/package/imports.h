#ifndef SUAN_PACKAGE_IMPORTS_H
#define SUAN_PACKAGE_IMPORTS_H

/* Inside this folder only: what screening thinks of a function that a plugin imports. */
#include <stdbool.h>

enum suan_import_verdict {
    SUAN_IMPORT_PLAIN,
    SUAN_IMPORT_WATCHED,   /* warned about: files, sockets, raw system calls */
    SUAN_IMPORT_FORBIDDEN, /* leaves the plugin's bounds: processes, loading, exit, signals, locale,
                              environment, folder */
};

enum suan_import_verdict suan_import_judge(const char *name);

/* Whether the function creates threads. */
bool suan_import_makes_threads(const char *name);

#endif
