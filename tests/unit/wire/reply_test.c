/* A stranger's reply: what is believed of it, and which field is named when it is not. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stddef.h>

#include "wire/wire.h"

static struct suan_wire_reply reply;

static const struct suan_wire_descriptor reserved[1] = {{.offset = 64,
                                                         .bytes = 800,
                                                         .code = SUAN_DTYPE_FLOAT,
                                                         .bits = 64,
                                                         .lanes = 1,
                                                         .rank = 1,
                                                         .shape = {100}}};

static struct suan_wire_expect expect_of(uint16_t op)
{
    return (struct suan_wire_expect){
        .seq = 5, .op = op, .n_out = 1, .call_id = 77, .worker_id = 99, .out = reserved, .dynamic = 1};
}

static void make_good(void)
{
    memset(&reply, 0, sizeof reply);
    reply.head.rep_seq = 5;
    reply.head.call_id = 77;
    reply.head.worker_id = 99;
    reply.head.n_out = 1;
    reply.out[0] = reserved[0];
    reply.out[0].bytes = 400;
    reply.out[0].shape[0] = 50;
}

static enum suan_status take(uint16_t op, struct suan_wire_answer *answer, struct suan_error *error)
{
    struct suan_wire_expect expect = expect_of(op);
    return suan_wire_take(&reply, &expect, answer, error);
}

Test(wire_reply, takes_a_shorter_dynamic_output)
{
    struct suan_wire_answer answer;
    make_good();
    cr_assert_eq(take(SUAN_WIRE_RUN, &answer, NULL), SUAN_OK);
    cr_assert_eq(answer.status, SUAN_OK);
    cr_assert_eq(answer.out[0].shape[0], 50);
}

struct reply_row {
    char name[24];
    uint32_t offset;
    uint8_t value;
    uint16_t op;
    char word[40];
};

#define OUT(field) (offsetof(struct suan_wire_reply, out) + offsetof(struct suan_wire_descriptor, field))

ParameterizedTestParameters(wire_reply, refuses)
{
    static struct reply_row rows[] = {
        {"sequence", 0, 4, SUAN_WIRE_RUN, "sequence number"},
        {"call", 8, 78, SUAN_WIRE_RUN, "call id"},
        {"worker", 16, 98, SUAN_WIRE_RUN, "worker id"},
        {"error length", 27, 2, SUAN_WIRE_RUN, "error length"},
        {"outputs of infer", 24, 2, SUAN_WIRE_INFER, "number of outputs"},
        {"type", OUT(bits), 32, SUAN_WIRE_RUN, "bytes"},
        {"other code", OUT(code), SUAN_DTYPE_INT, SUAN_WIRE_RUN, "dtype or rank"},
        {"offset", OUT(offset), 128, SUAN_WIRE_RUN, "offset of a dynamic"},
        {"rank", OUT(rank), 0, SUAN_WIRE_RUN, "shape"},
        {"rank 255", OUT(rank), 255, SUAN_WIRE_INFER, "rank"},
        {"extent", OUT(shape) + 1, 1, SUAN_WIRE_RUN, "bytes"},
        {"huge extent", OUT(shape) + 7, 0x7F, SUAN_WIRE_INFER, "shape"},
        {"alignment", 40, 65, SUAN_WIRE_WORKSPACE, "scratch alignment"},
        {"alignment 8", 40, 8, SUAN_WIRE_WORKSPACE, "scratch alignment"},
        {"scratch", 39, 1, SUAN_WIRE_WORKSPACE, "scratch bytes"},
    };
    return cr_make_param_array(struct reply_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct reply_row *row, wire_reply, refuses)
{
    struct suan_wire_answer answer;
    struct suan_error error = {0};
    make_good();
    cr_assert_eq(take(row->op, &answer, &error), SUAN_OK, "%s: the control is refused: %s", row->name,
                 error.message);
    ((uint8_t *)&reply)[row->offset] = row->value;
    cr_assert_eq(take(row->op, &answer, &error), SUAN_E_WORKER_PROTOCOL, "%s", row->name);
    cr_assert(strstr(error.message, row->word) != NULL, "%s: %s", row->name, error.message);
}

Test(wire_reply, a_dynamic_output_may_not_pass_its_bound)
{
    struct suan_wire_answer answer;
    make_good();
    reply.out[0].shape[0] = 101;
    reply.out[0].bytes = 808;
    cr_assert_eq(take(SUAN_WIRE_RUN, &answer, NULL), SUAN_E_WORKER_PROTOCOL);
}

Test(wire_reply, fixed_outputs_are_not_looked_at)
{
    struct suan_wire_expect expect = expect_of(SUAN_WIRE_RUN);
    struct suan_wire_answer answer;
    make_good();
    expect.dynamic = 0;
    memset(&reply.out[0], 0xFF, sizeof reply.out[0]);
    cr_assert_eq(suan_wire_take(&reply, &expect, &answer, NULL), SUAN_OK);
}

struct status_row {
    int32_t said;
    uint16_t op;
    int32_t believed;
};

ParameterizedTestParameters(wire_reply, statuses)
{
    static struct status_row rows[] = {
        {SUAN_E_NUMERIC, SUAN_WIRE_RUN, SUAN_E_NUMERIC},
        {-63, SUAN_WIRE_RUN, -63},
        {-64, SUAN_WIRE_RUN, SUAN_E_INTERNAL},
        {7, SUAN_WIRE_RUN, SUAN_E_INTERNAL},
        {INT32_MIN, SUAN_WIRE_RUN, SUAN_E_INTERNAL},
        {SUAN_E_WORKER_LOAD, SUAN_WIRE_RUN, SUAN_E_INTERNAL},
        {SUAN_E_WORKER_LOAD, SUAN_WIRE_LOAD, SUAN_E_WORKER_LOAD},
    };
    return cr_make_param_array(struct status_row, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct status_row *row, wire_reply, statuses)
{
    struct suan_wire_answer answer;
    make_good();
    reply.head.status = row->said;
    cr_assert_eq(take(row->op, &answer, NULL), SUAN_OK);
    cr_assert_eq(answer.status, row->believed);
}

Test(wire_reply, error_text_ends_where_it_says)
{
    struct suan_wire_answer answer;
    make_good();
    reply.head.status = SUAN_E_NUMERIC;
    reply.head.error_length = 5;
    memcpy(reply.error, "hello, world", 12);
    cr_assert_eq(take(SUAN_WIRE_RUN, &answer, NULL), SUAN_OK);
    cr_assert_str_eq(answer.error, "hello");
}

Test(wire_reply, log_records_count_by_the_hosts_own_counter)
{
    char text[SUAN_MAX_LOG_BYTES + 1];
    uint32_t level;
    make_good();
    reply.log[1] = (struct suan_wire_log){.seq = 2, .level = 99, .length = 3, .text = "two"};
    cr_assert_not(suan_wire_take_log(&reply, 0, &level, text));
    cr_assert(suan_wire_take_log(&reply, 1, &level, text));
    cr_assert_str_eq(text, "two");
    cr_assert_eq(level, SUAN_LOG_ERROR);
    reply.log[1].length = SUAN_MAX_LOG_BYTES + 1;
    cr_assert_not(suan_wire_take_log(&reply, 1, &level, text));
}

static struct suan_wire_task good_task(void)
{
    struct suan_wire_task task = {.n_in = 1,
                                  .n_out = 1,
                                  .n_prepared = 1,
                                  .n_weights = 2,
                                  .size_min = 1,
                                  .size_max = 100,
                                  .unit_jobs = 1,
                                  .jobs_per_load = 1,
                                  .weights_ppm = {400000, 600000}};
    task.in[0] = (struct suan_wire_port){.name = "x", .dtypes = 1, .rank = 1};
    task.out[0] = (struct suan_wire_port){.name = "y", .dtypes = 1, .rank = -1};
    return task;
}

Test(wire_reply, a_task_must_add_up)
{
    struct suan_wire_task task = good_task();
    cr_assert_null(suan_wire_check_task(&task));
    task.weights_ppm[0]--;
    cr_assert_str_eq(suan_wire_check_task(&task), "weights");
    task = good_task();
    task.n_in = 17;
    cr_assert_str_eq(suan_wire_check_task(&task), "number of ports");
    task = good_task();
    memset(task.in[0].name, 'x', sizeof task.in[0].name);
    cr_assert_str_eq(suan_wire_check_task(&task), "port name");
    task = good_task();
    task.size_min = 101;
    cr_assert_str_eq(suan_wire_check_task(&task), "sizes");
}
