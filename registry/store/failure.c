/* What LMDB and the system report, as statuses with advice. */
#include "inside.h"

#include <errno.h>
#include <stdio.h>

static const char advice_disk[] =
    "free space or repair the disk, then try again; everything acknowledged is kept";
static const char advice_corrupt[] = "run 'suan registry verify', then restore from a backup or an export";

static enum suan_status system_failure(int code, const char *what, struct suan_error *error)
{
    switch (code) {
    case ENOMEM: return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "%s: out of memory", what);
    case EACCES:
    case EPERM:
    case EROFS: return suan_error_errno(error, "store.io", code, what);
    default:
        return suan_error_set(error, SUAN_E_IO, "store.io", advice_disk, "%s: %s", what, mdb_strerror(code));
    }
}

enum suan_status suan_store_failure(int code, const char *what, struct suan_error *error)
{
    switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_TXN: /* LMDB gave the snapshot up after an earlier one of these */
        return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", advice_corrupt, "%s: %s", what,
                              mdb_strerror(code));
    case MDB_VERSION_MISMATCH:
        return suan_error_set(error, SUAN_E_REFUSED, "store.version",
                              "use the Suan that made it, and its export",
                              "%s: the file was made by another LMDB", what);
    case MDB_READERS_FULL:
        return suan_error_set(error, SUAN_E_LOCKED, "store.readers",
                              "try again when other readers have ended", "%s: %d readers already", what,
                              SUAN_READERS_MAX);
    case MDB_BAD_VALSIZE:
        return suan_error_set(error, SUAN_E_USAGE, "store.key", NULL, "%s: a key has 1 to %d bytes", what,
                              SUAN_STORE_KEY_MAX);
    default:
        return code > 0 ? system_failure(code, what, error)
                        : suan_error_set(error, SUAN_E_IO, "store.io", advice_disk, "%s: %s", what,
                                         mdb_strerror(code));
    }
}

enum suan_status suan_store_corrupt(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", advice_corrupt, "%s", what);
}

enum suan_status suan_row_corrupt(struct suan_error *error, enum suan_table table, struct suan_span key,
                                  const char *what)
{
    enum { SHOWN = 48 };
    char hex[2 * SHOWN + 1];
    suan_hex(key.data, key.size < SHOWN ? key.size : SHOWN, hex);
    return suan_error_set(error, SUAN_E_INTEGRITY, "store.corrupt", advice_corrupt,
                          "table '%s', key %s%s: %s", suan_table_name(table), hex,
                          key.size > SHOWN ? "…" : "", what);
}
