/* Commands become events: idempotency, expiry, the clock, checkpoints. */
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "support/registry.h"

static struct test_registry t;

static void setup(void)
{
    test_registry_new(&t, NULL, 0);
}

static void teardown(void)
{
    test_registry_done(&t);
}

TestSuite(writer, .init = setup, .fini = teardown);

static struct suan_json *person(const char *ident, uint32_t seed)
{
    char key[128];
    struct suan_json *command = test_command(&t, SUAN_EVENT_IDENTITY_CREATE, ident);
    test_key_text(seed, key);
    suan_json_set_text(command, "ident", ident);
    suan_json_set_text(command, "type", "person");
    suan_json_set_text(command, "display", "某人");
    suan_json_set_text(command, "key", key);
    return command;
}

Test(writer, gives_the_first_place_for_the_same_bytes_again)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_json *command = person("alice", 1);
    cr_assert_eq(suan_json_format(command, SUAN_JSON_STYLE_CANONICAL, &bytes, NULL), SUAN_OK);
    suan_json_release(command);
    const uint32_t seeds[] = {1, TEST_END};

    struct test_outcome first = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);
    t.now_ns += 10 * TEST_DAY_NS;
    struct test_outcome again = test_submit_bytes(&t, suan_buffer_span(&bytes), seeds, NULL, 0);

    cr_assert_eq(first.status, SUAN_OK, "%s", first.message);
    cr_assert_eq(again.status, SUAN_OK, "%s", again.message);
    cr_assert_eq(again.was, SUAN_SUBMITTED_BEFORE);
    cr_assert_eq(again.index, first.index);
    cr_assert_eq(again.time_ns, first.time_ns);
}
