#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "support.h"

static struct fixture f;

static void setup(void)
{
    static const char *const keys[] = {"a", "ba", "bb", "bc", "c"};
    fixture_make(&f);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        put(f.store, SUAN_TABLE_REL, keys[i], keys[i]);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(scan, .init = setup, .fini = teardown);

/* Keys that a scan gives, joined by spaces. */
static void collect(struct suan_scan *scan, char out[256])
{
    struct suan_error error = {0};
    struct suan_span key, value;
    size_t size = 0;
    out[0] = '\0';
    for (;;) {
        enum suan_status status = suan_scan_next(scan, &key, &value, &error);
        if (status == SUAN_E_NOT_FOUND)
            return;
        must(status, &error);
        size +=
            (size_t)snprintf(out + size, 256 - size, "%s%.*s", size > 0 ? " " : "", SUAN_SPAN_PRINTF(key));
    }
}

struct range {
    char prefix[4], from[4], expected[32];
};

ParameterizedTestParameters(scan, gives_rows_in_order)
{
    static struct range ranges[] = {
        {"", "", "a ba bb bc c"}, {"b", "", "ba bb bc"}, {"b", "bb", "bb bc"}, {"b", "bbx", "bc"},
        {"b", "a", "ba bb bc"},   {"b", "c", ""},        {"x", "", ""},        {"", "bb", "bb bc c"},
    };
    return cr_make_param_array(struct range, ranges, sizeof ranges / sizeof ranges[0]);
}

ParameterizedTest(struct range *range, scan, gives_rows_in_order)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_scan *scan = NULL;
    char found[256];
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_scan_begin(txn, SUAN_TABLE_REL, suan_span_text(range->prefix), suan_span_text(range->from),
                         &scan, &error),
         &error);
    collect(scan, found);
    cr_assert_str_eq(found, range->expected);
    suan_scan_end(scan);
    suan_txn_end(txn);
}

Test(scan, goes_on_after_renewal)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_scan *scan = NULL;
    struct suan_span key, value;
    char rest[256];
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_scan_begin(txn, SUAN_TABLE_REL, suan_span_text(""), suan_span_text(""), &scan, &error), &error);
    must(suan_scan_next(scan, &key, &value, &error), &error);
    must(suan_scan_next(scan, &key, &value, &error), &error);
    drop(f.store, SUAN_TABLE_REL, "ba");
    put(f.store, SUAN_TABLE_REL, "bab", "new");
    must(suan_txn_renew(txn, &error), &error);
    collect(scan, rest);
    cr_assert_str_eq(rest, "bab bb bc c");
    suan_scan_end(scan);
    suan_txn_end(txn);
}

/* Deletes each row it comes to, and puts one behind. */
static enum suan_status eat(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct suan_scan *scan = NULL;
    struct suan_span key, value;
    char *seen = context;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_REL, suan_span_text(""), suan_span_text(""), &scan, error);
    while (status == SUAN_OK && (status = suan_scan_next(scan, &key, &value, error)) == SUAN_OK) {
        strncat(seen, (const char *)key.data, key.size);
        strcat(seen, " ");
        status = suan_row_delete(txn, SUAN_TABLE_REL, key, error);
        if (status == SUAN_OK && strlen(seen) < 4)
            status = suan_row_put(txn, SUAN_TABLE_REL, suan_span_text("d"), suan_span_text(""), error);
    }
    suan_scan_end(scan);
    return status == SUAN_E_NOT_FOUND ? SUAN_OK : status;
}

Test(scan, sees_the_writes_of_its_transaction)
{
    struct suan_error error = {0};
    char seen[64] = "";
    must(suan_store_write(f.store, eat, seen, &error), &error);
    cr_assert_str_eq(seen, "a ba bb bc c d ");
}
