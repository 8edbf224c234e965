/* Commands and leaves as bytes. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "support/registry.h"

static const char sound[] =
    "{\"by\":\"alice\",\"id\":\"00112233445566778899aabbccddeeff\",\"kind\":\"identity.update\","
    "\"not_after\":\"1767225600000000000\",\"origin\":\"suan.example\",\"v\":1}";

Test(event, command_is_read_as_it_was_made)
{
    struct suan_command command;
    struct suan_error error = {0};
    cr_assert_eq(suan_command_parse(suan_span_text(sound), &command, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(command.kind, SUAN_EVENT_IDENTITY_UPDATE);
    cr_assert_eq(command.not_after_ns, UINT64_C(1767225600000000000));
    cr_assert(suan_span_equal(command.by, suan_span_text("alice")));
    cr_assert_eq(command.id.bytes[15], 0xff);
    suan_command_done(&command);
}

struct misfit {
    const char *from, *to;
};

Test(event, command_of_another_form_is_refused)
{
    static const struct misfit misfits[] = {
        {"\"v\":1", "\"v\":2"},
        {"\"alice\"", "\"Alice\""},
        {"\"alice\"", "\"\""},
        {"\"alice\"", "\"-alice\""},
        {"suan.example", "suan/example"},
        {"identity.update", "identity"},
        {"00112233445566778899aabbccddeeff", "00112233445566778899aabbccddee"},
        {"00112233445566778899aabbccddeeff", "00112233445566778899AABBCCDDEEFF"},
        {"\"1767225600000000000\"", "1767225600"},
        {"\"1767225600000000000\"", "\"01\""},
        {"\"1767225600000000000\"", "\"18446744073709551616\""},
        {"\"1767225600000000000\"", "\"-1\""},
        {"{\"by\"", "{ \"by\""},
    };
    for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
        char text[512];
        struct suan_command command;
        const char *place = strstr(sound, misfits[i].from);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(place - sound), sound, misfits[i].to,
                 place + strlen(misfits[i].from));
        cr_assert_neq(suan_command_parse(suan_span_text(text), &command, NULL), SUAN_OK, "%s", text);
    }
}

Test(event, command_larger_than_its_limit_is_refused_before_it_is_read)
{
    static uint8_t large[SUAN_COMMAND_MAX + 1];
    struct suan_command command;
    struct suan_error error = {0};
    memset(large, '[', sizeof large);
    cr_assert_eq(suan_command_parse(suan_span(large, sizeof large), &command, &error), SUAN_E_REFUSED);
    cr_assert_str_eq(error.code, "json.too-large");
}

static void make_leaf(struct suan_leaf *leaf, struct suan_buffer signatures[2])
{
    *leaf =
        (struct suan_leaf){.kind = 17, .time_ns = 42, .command = suan_span_text(sound), .signature_count = 2};
    for (uint32_t i = 0; i < 2; i++) {
        SUAN_CLEANUP(suan_signer_closep) struct suan_signer *signer = test_key(i);
        cr_assert_eq(suan_sshsig_sign(signer, SUAN_NAMESPACE_EVENT, leaf->command, &signatures[i], NULL),
                     SUAN_OK);
        leaf->signatures[i] = suan_buffer_span(&signatures[i]);
    }
}

Test(event, leaf_has_one_form_whatever_the_order_of_signatures)
{
    struct suan_buffer signatures[2] = {{0}};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer one = {0}, other = {0};
    struct suan_leaf leaf, decoded;
    make_leaf(&leaf, signatures);
    cr_assert_eq(suan_leaf_encode(&leaf, &one, NULL), SUAN_OK);
    struct suan_span first = leaf.signatures[0];
    leaf.signatures[0] = leaf.signatures[1];
    leaf.signatures[1] = first;
    cr_assert_eq(suan_leaf_encode(&leaf, &other, NULL), SUAN_OK);

    cr_assert(suan_span_equal(suan_buffer_span(&one), suan_buffer_span(&other)));
    cr_assert_eq(suan_leaf_decode(suan_buffer_span(&one), &decoded, NULL), SUAN_OK);
    cr_assert_eq(decoded.kind, 17);
    cr_assert_eq(decoded.time_ns, 42);
    cr_assert_eq(decoded.signature_count, 2);
    suan_buffer_done(&signatures[0]);
    suan_buffer_done(&signatures[1]);
}

Test(event, leaf_with_a_signature_twice_or_any_byte_too_many_or_few_is_refused)
{
    struct suan_buffer signatures[2] = {{0}};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    struct suan_leaf leaf, decoded;
    make_leaf(&leaf, signatures);
    cr_assert_eq(suan_leaf_encode(&leaf, &bytes, NULL), SUAN_OK);
    for (size_t size = 0; size < bytes.size; size++)
        cr_assert_eq(suan_leaf_decode(suan_span(bytes.data, size), &decoded, NULL), SUAN_E_FORMAT);
    suan_buffer_append_u8(&bytes, 0);
    cr_assert_eq(suan_leaf_decode(suan_buffer_span(&bytes), &decoded, NULL), SUAN_E_FORMAT);
    leaf.signatures[1] = leaf.signatures[0];
    suan_buffer_clear(&bytes);
    cr_assert_eq(suan_leaf_encode(&leaf, &bytes, NULL), SUAN_E_FORMAT);
    suan_buffer_done(&signatures[0]);
    suan_buffer_done(&signatures[1]);
}

Test(event, kinds_below_256_belong_to_the_public_log)
{
    cr_assert_eq(suan_event_log(SUAN_EVENT_LEDGER_ANCHOR), SUAN_LOG_REGISTRY);
    cr_assert_eq(suan_event_log(SUAN_EVENT_LEDGER_BATCH), SUAN_LOG_LEDGER);
    cr_assert_null(suan_event_name(9999));
}

Test(event, leaf_of_an_unknown_kind_stops_its_reader)
{
    struct suan_buffer signatures[2] = {{0}};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer bytes = {0};
    const struct suan_registry_options options = {.families = suan_catalog_families,
                                                  .family_count = SUAN_CATALOG_FAMILIES};
    struct suan_error error = {0};
    struct suan_leaf leaf;
    make_leaf(&leaf, signatures);
    leaf.kind = 200;
    cr_assert_eq(suan_leaf_encode(&leaf, &bytes, NULL), SUAN_OK);

    enum suan_status status =
        suan_registry_replay(&options, NULL, SUAN_LOG_REGISTRY, 0, suan_buffer_span(&bytes), &error);

    cr_assert_eq((int)status, SUAN_E_UNSUPPORTED);
    cr_assert_str_eq(error.code, "event.unknown");
    cr_assert_neq(strstr(error.message, "newer Suan needed"), NULL);
    suan_buffer_done(&signatures[0]);
    suan_buffer_done(&signatures[1]);
}
