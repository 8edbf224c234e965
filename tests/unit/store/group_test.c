#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

#include "store/group.h"
#include "store/tuning.h"
#include "support.h"

enum { THREADS = 16, WRITES = 50 };

static struct fixture f;
static struct suan_group *group;

static void setup(void)
{
    struct suan_error error = {0};
    fixture_make(&f);
    must(suan_group_start(f.store, &group, &error), &error);
}

static void teardown(void)
{
    suan_group_stopp(&group);
    fixture_remove(&f);
}

TestSuite(group, .init = setup, .fini = teardown);

/* A write of one row; `how` says whether it refuses, and when. */
struct order {
    uint32_t number;
    enum { ORDER_KEEP, ORDER_REFUSE_FIRST, ORDER_REFUSE_LATE } how;
};

static enum suan_status put_order(void *context, struct suan_txn *txn, struct suan_error *error)
{
    static const uint8_t block[5000] = {1};
    const struct order *order = context;
    uint8_t key[4];
    enum suan_status status = SUAN_OK;
    suan_put_be32(key, order->number);
    if (order->how != ORDER_REFUSE_FIRST)
        status = suan_row_put(txn, SUAN_TABLE_FACT, suan_span(key, sizeof key),
                              suan_span(block, sizeof block), error);
    if (status != SUAN_OK || order->how == ORDER_KEEP)
        return status;
    return suan_error_set(error, SUAN_E_REFUSED, "test.refused", NULL, "order %u", order->number);
}

struct thread {
    pthread_t handle;
    uint32_t number;
    unsigned wrong;
};

/* Every third order refuses, half of them after writing. */
static void *write_many(void *context)
{
    struct thread *thread = context;
    for (uint32_t i = 0; i < WRITES; i++) {
        struct order order = {thread->number * WRITES + i, ORDER_KEEP};
        struct suan_error error = {0};
        char expected[32];
        if (i % 3 == 0)
            order.how = i % 2 == 0 ? ORDER_REFUSE_FIRST : ORDER_REFUSE_LATE;
        enum suan_status status = suan_group_write(group, put_order, &order, &error);
        snprintf(expected, sizeof expected, "order %u", order.number);
        if (order.how == ORDER_KEEP)
            thread->wrong += status != SUAN_OK;
        else
            thread->wrong += status != SUAN_E_REFUSED || strcmp(error.message, expected) != 0;
    }
    return NULL;
}

static void run_threads(void)
{
    struct thread threads[THREADS] = {0};
    unsigned wrong = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        threads[i].number = i;
        cr_assert_eq(pthread_create(&threads[i].handle, NULL, write_many, &threads[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i].handle, NULL);
        wrong += threads[i].wrong;
    }
    cr_assert_eq(wrong, 0, "%u wrong answers", wrong);
}

static void check_rows(void)
{
    struct suan_error error = {0};
    struct suan_txn *txn = NULL;
    struct suan_span row;
    suan_group_stopp(&group);
    fixture_reopen(&f, SUAN_STORE_READ);
    must(suan_store_begin(f.store, &txn, &error), &error);
    for (uint32_t n = 0; n < THREADS * WRITES; n++) {
        uint8_t key[4];
        enum suan_status expected = n % WRITES % 3 == 0 ? SUAN_E_NOT_FOUND : SUAN_OK;
        suan_put_be32(key, n);
        cr_assert_eq(suan_row_get(txn, SUAN_TABLE_FACT, suan_span(key, sizeof key), &row, &error), expected);
    }
    suan_txn_end(txn);
}

Test(group, every_write_gets_its_own_answer)
{
    run_threads();
    check_rows();
}

Test(group, a_full_map_grows_under_the_group)
{
    struct suan_error error = {0};
    suan_group_stopp(&group);
    must(suan_store_set_map(f.store, 1 << 20, &error), &error);
    must(suan_group_start(f.store, &group, &error), &error);
    run_threads();
    cr_assert_gt(suan_store_map(f.store), 1 << 20);
    check_rows();
}
