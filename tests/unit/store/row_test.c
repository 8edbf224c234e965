#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "store/crc.h"
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

TestSuite(row, .init = setup, .fini = teardown);

Test(row, gives_back_what_was_put)
{
    char value[256];
    put(f.store, SUAN_TABLE_IDENT, "alice", "person");
    cr_assert_eq(get(f.store, SUAN_TABLE_IDENT, "alice", value, NULL), SUAN_OK);
    cr_assert_str_eq(value, "person");
}

Test(row, replaces_a_value)
{
    char value[256];
    put(f.store, SUAN_TABLE_IDENT, "alice", "person");
    put(f.store, SUAN_TABLE_IDENT, "alice", "a much longer description of the same person");
    cr_assert_eq(get(f.store, SUAN_TABLE_IDENT, "alice", value, NULL), SUAN_OK);
    cr_assert_str_eq(value, "a much longer description of the same person");
}

Test(row, is_absent_in_other_tables_and_after_deletion)
{
    char value[256];
    put(f.store, SUAN_TABLE_IDENT, "alice", "person");
    cr_assert_eq(get(f.store, SUAN_TABLE_KEY, "alice", value, NULL), SUAN_E_NOT_FOUND);
    drop(f.store, SUAN_TABLE_IDENT, "alice");
    cr_assert_eq(get(f.store, SUAN_TABLE_IDENT, "alice", value, NULL), SUAN_E_NOT_FOUND);
}

Test(row, absence_leaves_the_error_untouched)
{
    struct suan_error error = {.code = "before"};
    char value[256];
    cr_assert_eq(get(f.store, SUAN_TABLE_IDENT, "nobody", value, &error), SUAN_E_NOT_FOUND);
    cr_assert_str_eq(error.code, "before");
}

Test(row, may_be_empty)
{
    char value[256] = "x";
    put(f.store, SUAN_TABLE_ID_KEY, "pair", "");
    cr_assert_eq(get(f.store, SUAN_TABLE_ID_KEY, "pair", value, NULL), SUAN_OK);
    cr_assert_str_eq(value, "");
}

struct sized {
    size_t key, value;
    enum suan_status expected;
};

static enum suan_status put_sized(void *context, struct suan_txn *txn, struct suan_error *error)
{
    const struct sized *sized = context;
    struct suan_span key = {calloc(1, sized->key + 1), sized->key}, back;
    struct suan_span value = {calloc(1, sized->value + 1), sized->value};
    enum suan_status status = suan_row_put(txn, SUAN_TABLE_BLOB, key, value, error);
    if (status == SUAN_OK)
        status = suan_row_get(txn, SUAN_TABLE_BLOB, key, &back, error);
    if (status == SUAN_OK)
        cr_expect(suan_span_equal(back, value));
    free((void *)(uintptr_t)key.data);
    free((void *)(uintptr_t)value.data);
    return status;
}

ParameterizedTestParameters(row, keeps_to_its_sizes)
{
    static struct sized cases[] = {
        {0, 1, SUAN_E_USAGE},         {1, 0, SUAN_OK},     {511, 1, SUAN_OK},
        {512, 1, SUAN_E_USAGE},       {8, 2047, SUAN_OK},  {8, 2048, SUAN_OK},
        {8, 2049, SUAN_OK},           {8, 65535, SUAN_OK}, {8, 1048576, SUAN_OK},
        {8, 1048577, SUAN_E_REFUSED},
    };
    return cr_make_param_array(struct sized, cases, sizeof cases / sizeof cases[0]);
}

ParameterizedTest(struct sized *sized, row, keeps_to_its_sizes)
{
    cr_assert_eq(suan_store_write(f.store, put_sized, sized, NULL), sized->expected);
}

/* A write that puts a row and then refuses. */
static enum suan_status put_and_refuse(void *context, struct suan_txn *txn, struct suan_error *error)
{
    (void)context;
    enum suan_status status =
        suan_row_put(txn, SUAN_TABLE_IDENT, suan_span_text("eve"), suan_span_text("x"), error);
    return status == SUAN_OK ? suan_error_set(error, SUAN_E_REFUSED, "test.refused", NULL, "refused")
                             : status;
}

Test(row, a_refused_write_leaves_no_trace)
{
    struct suan_error error = {0};
    char value[256];
    cr_assert_eq(suan_store_write(f.store, put_and_refuse, NULL, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "test.refused");
    cr_assert_eq(get(f.store, SUAN_TABLE_IDENT, "eve", value, NULL), SUAN_E_NOT_FOUND);
}

Test(row, a_snapshot_does_not_move)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_span value;
    put(f.store, SUAN_TABLE_IDENT, "alice", "old");
    must(suan_store_begin(f.store, &txn, &error), &error);
    put(f.store, SUAN_TABLE_IDENT, "alice", "new");
    must(suan_row_get(txn, SUAN_TABLE_IDENT, suan_span_text("alice"), &value, &error), &error);
    cr_assert(suan_span_equal(value, suan_span_text("old")));
    must(suan_txn_renew(txn, &error), &error);
    must(suan_row_get(txn, SUAN_TABLE_IDENT, suan_span_text("alice"), &value, &error), &error);
    cr_assert(suan_span_equal(value, suan_span_text("new")));
    suan_txn_end(txn);
}

Test(row, a_snapshot_cannot_be_written)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    must(suan_store_begin(f.store, &txn, &error), &error);
    cr_assert_eq(suan_row_put(txn, SUAN_TABLE_IDENT, suan_span_text("a"), suan_span_text("b"), &error),
                 SUAN_E_STATE);
    cr_assert_eq(suan_row_delete(txn, SUAN_TABLE_IDENT, suan_span_text("a"), &error), SUAN_E_STATE);
    suan_txn_end(txn);
}

static enum suan_status write_again(void *context, struct suan_txn *txn, struct suan_error *error)
{
    (void)txn;
    return suan_store_write(context, put_and_refuse, NULL, error);
}

Test(row, a_write_inside_a_write_is_refused)
{
    struct suan_error error = {0};
    cr_assert_eq(suan_store_write(f.store, write_again, f.store, &error), SUAN_E_STATE);
    cr_assert_str_eq(error.code, "store.nested");
}

Test(row, the_last_of_a_prefix_is_found)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_span key, value;
    put(f.store, SUAN_TABLE_VET, "a", "0");
    put(f.store, SUAN_TABLE_VET, "b1", "1");
    put(f.store, SUAN_TABLE_VET, "b2", "2");
    put(f.store, SUAN_TABLE_VET, "b\xff", "3");
    put(f.store, SUAN_TABLE_VET, "c", "4");
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_row_last(txn, SUAN_TABLE_VET, suan_span_text("b"), &key, &value, &error), &error);
    cr_assert(suan_span_equal(value, suan_span_text("3")));
    must(suan_row_last(txn, SUAN_TABLE_VET, suan_span_text(""), &key, &value, &error), &error);
    cr_assert(suan_span_equal(key, suan_span_text("c")));
    cr_assert_eq(suan_row_last(txn, SUAN_TABLE_VET, suan_span_text("bb"), &key, &value, &error),
                 SUAN_E_NOT_FOUND);
    cr_assert_eq(suan_row_last(txn, SUAN_TABLE_ATT, suan_span_text(""), &key, &value, &error),
                 SUAN_E_NOT_FOUND);
    suan_txn_end(txn);
}

Test(row, counts_rows)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    uint64_t count;
    put(f.store, SUAN_TABLE_VET, "a", "0");
    put(f.store, SUAN_TABLE_VET, "b", "1");
    must(suan_store_begin(f.store, &txn, &error), &error);
    must(suan_row_count(txn, SUAN_TABLE_VET, &count, &error), &error);
    cr_assert_eq(count, 2);
    suan_txn_end(txn);
}

/* RFC 3720, B.4: 32 bytes of zeros give 8a9136aa; without the length in front, in one lane of whole words. */
Test(row, check_is_crc32c)
{
    const uint8_t zeros[8] = {0};
    uint64_t lanes =
        suan_crc_update_plain(UINT64_MAX, zeros, 0);     /* takes the length, 8 zero bytes, high lane */
    cr_assert_eq((uint32_t) ~(lanes >> 32), 0x8c28b28a); /* CRC-32C of eight zero bytes */
    cr_assert_eq((uint32_t)lanes, UINT32_MAX);
}

Test(row, check_is_the_same_on_every_processor)
{
    struct suan_crc fast = suan_crc_choose();
    uint8_t data[100];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37 + 1);
    for (size_t size = 0; size <= sizeof data; size++)
        cr_assert_eq(fast.update(size, data, size), suan_crc_update_plain(size, data, size), "size %zu",
                     size);
}
