#ifndef SUAN_PACKAGE_UNPACK_H
#define SUAN_PACKAGE_UNPACK_H

/* Writing an opened package out. */
#include "package.h"

/* Makes the folder `target`, whose parent must exist, with the package's files in it: written to a fresh
   folder beside it, without following any link, then renamed. SUAN_E_CONFLICT "package.exists" if there is
   anything at `target`; a failure leaves nothing behind. Nothing is synced: the package file is what lasts,
   its unpacked form can be made again. */
SUAN_MUST_USE enum suan_status suan_package_unpack(const struct suan_package *package, const char *target,
                                                   struct suan_error *error);

#endif
