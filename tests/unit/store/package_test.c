#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "support.h"

static struct fixture f;

static void setup(void)
{
    fixture_make(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(package, .init = setup, .fini = teardown);

static enum suan_status put_blob(void *context, struct suan_txn *txn, struct suan_error *error)
{
    return suan_blob_put(txn, suan_span_text("evidence"), context, error);
}

Test(package, blobs_go_by_their_digest)
{
    struct suan_error error = {0};
    struct suan_digest digest, expected = suan_sha256(suan_span_text("evidence"));
    struct suan_txn *txn = NULL;
    struct suan_span blob;
    must(suan_store_write(f.store, put_blob, &digest, &error), &error);
    must(suan_store_write(f.store, put_blob, &digest, &error), &error);
    cr_assert(suan_digest_equal(&digest, &expected));
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_blob_get(txn, &digest, &blob, &error), &error);
    cr_assert(suan_span_equal(blob, suan_span_text("evidence")));
    suan_txn_end(txn);
}

static struct suan_digest tar_of(const char *name)
{
    return suan_sha256(suan_span_text(name));
}

static enum suan_status name_package(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct suan_digest *tar = context;
    return suan_row_put(txn, SUAN_TABLE_BY_DIGEST, suan_span(tar->bytes, sizeof tar->bytes),
                        suan_span_text("x"), error);
}

static enum suan_status read_package(const struct suan_digest *tar)
{
    struct suan_buffer bytes = {0};
    enum suan_status status = suan_store_read_package(f.store, tar, &bytes, NULL);
    if (status == SUAN_OK)
        cr_expect(suan_span_equal(suan_buffer_span(&bytes), suan_span_text("the package")));
    suan_buffer_done(&bytes);
    return status;
}

Test(package, opening_sweeps_what_no_event_names)
{
    struct suan_error error = {0};
    struct suan_digest named = tar_of("named"), orphan = tar_of("orphan");
    char temporary[256], hex[65];
    must(suan_store_keep_package(f.store, &named, suan_span_text("the package"), &error), &error);
    must(suan_store_keep_package(f.store, &orphan, suan_span_text("the package"), &error), &error);
    must(suan_store_write(f.store, name_package, &named, &error), &error);
    suan_hex(named.bytes, sizeof named.bytes, hex);
    snprintf(temporary, sizeof temporary, "%s/packages/%.2s/%s.suan.0011.tmp", f.folder, hex, hex);
    must(suan_file_replace(temporary, suan_span_text("half"), 0644, &error), &error);
    cr_assert_eq(read_package(&orphan), SUAN_OK);

    fixture_reopen(&f, SUAN_STORE_WRITE);
    cr_assert_eq(read_package(&named), SUAN_OK);
    cr_assert_eq(read_package(&orphan), SUAN_E_NOT_FOUND);
    cr_assert_neq(access(temporary, F_OK), 0);
}

Test(package, reading_sweeps_nothing)
{
    struct suan_error error = {0};
    struct suan_digest orphan = tar_of("orphan");
    must(suan_store_keep_package(f.store, &orphan, suan_span_text("the package"), &error), &error);
    fixture_reopen(&f, SUAN_STORE_READ);
    cr_assert_eq(read_package(&orphan), SUAN_OK);
}
