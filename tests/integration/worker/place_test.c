/* Sealed and in process, copied and resident, staged and frozen: the same results. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stand.h"

static void in_process(struct suan_guest_options *options)
{
    options->home = SUAN_GUEST_INPROCESS;
}

static void open_prepared(struct stand *stand, void (*adjust)(struct suan_guest_options *options),
                          struct suan_guest **out)
{
    cr_assert_eq(stand_load(stand, "trouble", adjust, out), SUAN_OK, "%s", stand->error.message);
    cr_assert_eq(suan_guest_prepare(*out, stand->in, 1, &stand->error), SUAN_OK, "%s", stand->error.message);
}

Test(place, in_process_gives_what_the_worker_gives)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    static _Alignas(64) double y[STAND_N];
    stand_open(&stand, NULL);
    open_prepared(&stand, in_process, &guest);
    cr_assert_eq(suan_guest_level(guest), SUAN_ISOLATION_INPROCESS);
    stand.out[0].data = y;
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_NONE, 0), SUAN_OK, "%s", stand.error.message);
    stand.out[0].data = stand.y;
    stand_expect_honest(&stand, stand.guest);
    cr_assert_arr_eq(y, stand.y, sizeof y);
    suan_guest_close(guest);
    stand_close(&stand);
}

Test(place, in_process_puts_the_float_mode_back)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    static _Alignas(64) double y[STAND_N];
    volatile double tiny = 1e-310, one = 1;
    stand_open(&stand, NULL);
    open_prepared(&stand, in_process, &guest);
    stand.out[0].data = y;
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_FLOAT_MODE, 0), SUAN_OK);
    cr_assert(tiny * one > 0, "subnormals are flushed");
    cr_assert(strstr(suan_guest_log(guest, 0), "put back") != NULL);
    suan_guest_close(guest);
    stand_close(&stand);
}

Test(place, in_process_puts_directory_umask_and_signals_back)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    static _Alignas(64) double y[STAND_N];
    char before[512], after[512];
    sigset_t blocked;
    stand_open(&stand, NULL);
    open_prepared(&stand, in_process, &guest);
    stand.out[0].data = y;
    cr_assert_not_null(getcwd(before, sizeof before));
    umask(022);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_SURROUNDINGS, 0), SUAN_OK, "%s", stand.error.message);
    cr_assert_not_null(getcwd(after, sizeof after));
    cr_assert_str_eq(after, before);
    cr_assert_eq(umask(022), 022);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    cr_assert_not(sigismember(&blocked, SIGUSR1));
    cr_assert(strstr(suan_guest_log(guest, 0), "put back") != NULL);
    suan_guest_close(guest);
    stand_close(&stand);
}

Test(place, two_plugins_loaded_in_turn_are_two_plugins)
{
    struct stand stand;
    struct suan_guest *first = NULL, *second = NULL;
    stand_open(&stand, NULL);
    open_prepared(&stand, in_process, &first);
    suan_guest_close(first);
    cr_assert_eq(stand_load(&stand, "not-a-plugin", in_process, &second), SUAN_E_WORKER_LOAD, "%s",
                 stand.error.message);
    stand_close(&stand);
}

Test(place, resident_inputs_are_used_where_they_are)
{
    struct stand stand;
    void *buffer = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(suan_guest_buffer(stand.guest, sizeof stand.x, &buffer, &stand.error), SUAN_OK);
    memcpy(buffer, stand.x, sizeof stand.x);
    stand.in[1].data = buffer;
    stand_expect_honest(&stand, stand.guest);
    suan_guest_buffer_free(stand.guest, buffer);
    stand_close(&stand);
}

Test(place, strided_inputs_are_packed)
{
    struct stand stand;
    static double spread[2 * STAND_N];
    stand_open(&stand, NULL);
    for (int i = 0; i < STAND_N; i++)
        spread[2 * i] = i + 1;
    stand.in[1].data = spread;
    stand.strides[1][0] = 2;
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

static void tiny_arenas(struct suan_guest_options *options)
{
    options->input_bytes = options->output_bytes = 65536;
}

Test(place, arenas_grow_with_the_call)
{
    enum { LARGE = 1 << 20 };
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    open_prepared(&stand, tiny_arenas, &guest);
    double *x = calloc(LARGE, sizeof *x), *y = calloc(LARGE, sizeof *y);
    x[LARGE - 1] = 21;
    stand.in[1].data = x;
    stand.out[0].data = y;
    stand.mode = TROUBLE_NONE;
    stand.shape[1][0] = stand.shape[3][0] = LARGE;
    cr_assert_eq(suan_guest_run(guest, stand.in, 3, stand.out, 1, 0, &stand.error), SUAN_OK, "%s",
                 stand.error.message);
    cr_assert(y[LARGE - 1] == 42);
    free(x);
    free(y);
    suan_guest_close(guest);
    stand_close(&stand);
}

Test(place, refuses_outputs_of_another_shape)
{
    struct stand stand;
    stand_open(&stand, NULL);
    stand.shape[3][0] = STAND_N - 1;
    stand.mode = TROUBLE_NONE;
    cr_assert_eq(suan_guest_run(stand.guest, stand.in, 3, stand.out, 1, 0, &stand.error), SUAN_E_SHAPE);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

Test(place, refuses_another_prepared_input)
{
    struct stand stand;
    stand_open(&stand, NULL);
    stand.shape[0][0] = 0;
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_NONE, 0), SUAN_E_SHAPE);
    stand_close(&stand);
}

Test(place, run_before_prepare_is_the_plugins_to_judge)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_load(&stand, "trouble", NULL, &guest), SUAN_OK);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_NONE, 0), SUAN_E_STATE);
    suan_guest_close(guest);
    stand_close(&stand);
}

static void dynamic_output(struct suan_guest_options *options)
{
    options->dynamic_outputs = 1;
}

Test(place, a_dynamic_output_may_be_shorter)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    open_prepared(&stand, dynamic_output, &guest);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_SHORT, 0), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(stand.shape[3][0], STAND_N / 2);
    cr_assert(stand.y[STAND_N / 2 - 1] == STAND_N && stand.y[STAND_N / 2] == -7);
    suan_guest_close(guest);
    stand_close(&stand);
}

Test(place, a_dynamic_output_may_not_pass_its_bound)
{
    struct stand stand;
    struct suan_guest *guest = NULL;
    stand_open(&stand, NULL);
    open_prepared(&stand, dynamic_output, &guest);
    cr_assert_eq(stand_run(&stand, guest, TROUBLE_LONG, 0), SUAN_E_WORKER_PROTOCOL);
    cr_assert(strstr(stand.error.message, "shape") != NULL, "%s", stand.error.message);
    suan_guest_close(guest);
    stand_close(&stand);
}

Test(place, a_fixed_output_has_its_shape_whatever_the_plugin_says)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_LONG, 0), SUAN_OK);
    cr_assert_eq(stand.shape[3][0], STAND_N);
    stand_close(&stand);
}

static const uint8_t pattern[] = {0xA5, 0x5A};

static void stage(struct stand *stand, uint64_t skew)
{
    const struct suan_guest_stage options = {
        .input_skew = skew, .output_skew = skew, .poison = {pattern, sizeof pattern}};
    cr_assert_eq(suan_guest_stage(stand->guest, stand->in, 3, stand->out, 1, &options, &stand->error),
                 SUAN_OK, "%s", stand->error.message);
}

Test(place, a_staged_call_leaves_its_output_in_place)
{
    struct stand stand;
    struct suan_span bytes;
    int64_t n = 0;
    stand_open(&stand, NULL);
    stage(&stand, 4096 + 64);
    cr_assert_eq(suan_guest_output(stand.guest, 0, &bytes, &n, &stand.error), SUAN_E_STATE);
    cr_assert_eq(suan_guest_run_staged(stand.guest, 0, &stand.error), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_freeze(stand.guest, &stand.error), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_output(stand.guest, 0, &bytes, &n, &stand.error), SUAN_OK);
    cr_assert_eq(bytes.size, sizeof stand.y);
    cr_assert_eq(n, STAND_N);
    cr_assert(((const double *)bytes.data)[STAND_N - 1] == 2.0 * STAND_N);
    cr_assert_eq(suan_guest_thaw(stand.guest, &stand.error), SUAN_OK);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

Test(place, poison_shows_what_was_not_written)
{
    struct stand stand;
    struct suan_span bytes;
    stand_open(&stand, NULL);
    stand.mode = TROUBLE_STATUS;
    stage(&stand, 0);
    cr_assert_eq(suan_guest_run_staged(stand.guest, 0, &stand.error), SUAN_E_NUMERIC);
    stand.mode = TROUBLE_NONE;
    stage(&stand, 0);
    cr_assert_eq(suan_guest_run_staged(stand.guest, 0, &stand.error), SUAN_OK);
    cr_assert_eq(suan_guest_output(stand.guest, 0, &bytes, NULL, &stand.error), SUAN_OK);
    cr_assert_neq(bytes.data[0], pattern[0]);
    stand_close(&stand);
}

Test(place, a_frozen_worker_uses_no_time)
{
    struct stand stand;
    uint64_t before = 0, after = 1;
    stand_open(&stand, NULL);
    stand_expect_honest(&stand, stand.guest);
    cr_assert_eq(suan_guest_freeze(stand.guest, &stand.error), SUAN_OK, "%s", stand.error.message);
    cr_assert_eq(suan_guest_cpu_ns(stand.guest, &before, &stand.error), SUAN_OK);
    for (int i = 0; i < 50; i++)
        stand_expect_honest(&stand, stand.sibling);
    cr_assert_eq(suan_guest_cpu_ns(stand.guest, &after, &stand.error), SUAN_OK);
    cr_assert_gt(before, 0);
    cr_assert_eq(before, after);
    cr_assert_eq(stand_run(&stand, stand.guest, TROUBLE_NONE, 0), SUAN_E_STATE);
    cr_assert_eq(suan_guest_thaw(stand.guest, &stand.error), SUAN_OK);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}

Test(place, a_restart_prepares_again)
{
    struct stand stand;
    stand_open(&stand, NULL);
    cr_assert_eq(suan_guest_restart(stand.guest, &stand.error), SUAN_OK, "%s", stand.error.message);
    stand_expect_honest(&stand, stand.guest);
    stand_close(&stand);
}
