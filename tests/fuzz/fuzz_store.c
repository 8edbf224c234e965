/*
 * Bytes as a store's file. Opening may refuse; what it accepts can be read to the end without harm to this
 * process, for files of this size are examined whole, in a child.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64];

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s/suan-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        abort();
    atexit(remove_folder);
}

static void write_file(const uint8_t *data, size_t size)
{
    char path[80];
    snprintf(path, sizeof path, "%s/store.mdb", folder);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

static void read_table(struct suan_txn *txn, enum suan_table table)
{
    struct suan_scan *scan = NULL;
    struct suan_span key, value;
    enum suan_status status =
        suan_scan_begin(txn, table, suan_span(NULL, 0), suan_span(NULL, 0), &scan, NULL);
    while (status == SUAN_OK)
        status = suan_scan_next(scan, &key, &value, NULL);
    suan_scan_end(scan);
    if (status != SUAN_E_NOT_FOUND)
        abort();
}

static void read_all(struct suan_store *store)
{
    struct suan_txn *txn = NULL;
    if (suan_store_begin(store, &txn, NULL) != SUAN_OK)
        abort();
    for (int table = 0; table < SUAN_TABLE_COUNT; table++)
        read_table(txn, (enum suan_table)table);
    suan_txn_end(txn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct suan_store *store = NULL;
    if (folder[0] == '\0')
        make_folder();
    write_file(data, size);
    if (suan_store_open(folder, SUAN_STORE_READ, 0, &store, NULL) == SUAN_OK)
        read_all(store);
    suan_store_close(store);
    return 0;
}
