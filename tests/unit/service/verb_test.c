#include "service/verb.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "catalog/fold.h"
#include "ledger/family.h"
#include "service/registry.h"
#include "trust/signer.h"
#include "voucher/voucher.h"

/* --- the table against the rules ---------------------------------------------------------------------- */

static const struct suan_rule *find_in(const struct suan_family *family, uint16_t kind)
{
    for (size_t i = 0; i < family->rule_count; i++) {
        if (family->rules[i].kind == kind)
            return &family->rules[i];
    }
    return NULL;
}

static const struct suan_rule *find_rule(uint16_t kind)
{
    const struct suan_rule *rule = NULL;
    for (size_t i = 0; rule == NULL && i < SUAN_CATALOG_FAMILIES; i++)
        rule = find_in(suan_catalog_families[i], kind);
    rule = rule != NULL ? rule : find_in(&suan_family_ledger, kind);
    return rule != NULL ? rule : find_in(&suan_family_voucher, kind);
}

static bool takes(const struct suan_rule *rule, const char *field)
{
    for (size_t i = 0; rule->fields[i] != NULL; i++) {
        if (strcmp(rule->fields[i], field) == 0)
            return true;
    }
    return false;
}

Test(verb, every_field_is_one_that_the_rule_of_its_event_takes)
{
    for (size_t i = 0; i < suan_verb_count; i++) {
        const struct suan_verb *verb = &suan_verbs[i];
        const struct suan_rule *rule = find_rule(verb->kind);
        cr_assert_not_null(rule, "%s %s: no rule for event %d", verb->noun, verb->verb, verb->kind);
        cr_assert_eq(rule->origin, SUAN_RULE_SIGNED, "%s %s: the writer's own", verb->noun, verb->verb);
        for (const struct suan_field *field = verb->fields; field->field != NULL; field++)
            cr_assert(takes(rule, field->field), "%s %s: the rule knows no '%s'", verb->noun, verb->verb,
                      field->field);
    }
}

Test(verb, the_operand_is_a_field_and_every_other_is_said_or_derived)
{
    for (size_t i = 0; i < suan_verb_count; i++) {
        const struct suan_verb *verb = &suan_verbs[i];
        bool found = verb->operand == NULL;
        for (const struct suan_field *field = verb->fields; field->field != NULL; field++) {
            bool is_operand = verb->operand != NULL && strcmp(field->field, verb->operand) == 0;
            found |= is_operand;
            cr_assert(is_operand || field->option != NULL || field->kind >= SUAN_FIELD_PREVIOUS,
                      "%s %s: nobody can say '%s'", verb->noun, verb->verb, field->field);
        }
        cr_assert(found, "%s %s: no field '%s'", verb->noun, verb->verb, verb->operand);
    }
}

Test(verb, every_example_is_of_its_own_verb)
{
    for (size_t i = 0; i < suan_verb_count; i++) {
        char begin[64];
        snprintf(begin, sizeof begin, "suan %s %s", suan_verbs[i].noun, suan_verbs[i].verb);
        cr_assert_eq(strncmp(suan_verbs[i].example, begin, strlen(begin)), 0, "%s: '%s'", begin,
                     suan_verbs[i].example);
    }
}

/* --- from words to a command -------------------------------------------------------------------------- */

struct place {
    char root[32], key[48], registry[48];
    struct suan_service *service;
};

static void open_place(struct place *place)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_error error = {0};
    snprintf(place->root, sizeof place->root, "/tmp/suan-verb.XXXXXX");
    cr_assert_not_null(mkdtemp(place->root));
    snprintf(place->key, sizeof place->key, "%s/key", place->root);
    snprintf(place->registry, sizeof place->registry, "%s/registry", place->root);
    const struct suan_registry_request request = {.folder = place->registry, .key = place->key};
    const struct suan_service_options options = {.registry = place->registry};
    cr_assert_eq(suan_key_file_create(place->key, "operator", NULL, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_service_registry_init(&request, &result, &error), SUAN_OK, "%s", error.message);
    cr_assert_eq(suan_service_open(&options, SUAN_SERVICE_WRITE, &place->service, &error), SUAN_OK, "%s",
                 error.message);
}

static void close_place(struct place *place)
{
    suan_service_close(place->service);
    suan_folder_remove(place->root);
}

static const struct suan_verb *find_verb(const char *noun, const char *name)
{
    for (size_t i = 0; i < suan_verb_count; i++) {
        if (strcmp(suan_verbs[i].noun, noun) == 0 && strcmp(suan_verbs[i].verb, name) == 0)
            return &suan_verbs[i];
    }
    return NULL;
}

/* `member add liwei --org acme --roles ROLES --until UNTIL`, as the command that would be signed. */
static enum suan_status print_member(struct place *place, const char *until, struct suan_json **out,
                                     struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *request = suan_json_new_object();
    const struct suan_acting acting = {.as = "acme", .print_command = true};
    suan_json_set_text(request, "ident", "liwei");
    suan_json_set_text(request, "org", "acme");
    suan_json_set_text(request, "roles", "release");
    suan_json_set_text(request, "until", until);
    return suan_service_change(place->service, &acting, find_verb("member", "add"), request, out, error);
}

Test(verb, a_time_is_a_day_a_second_or_so_many_days_from_now)
{
    static const struct {
        const char *said, *field; /* field NULL: refused */
    } rows[] = {
        {"2027-01-31", "\"until\":\"1801353600000000000\""},
        {"2027-01-31T08:00:00Z", "\"until\":\"1801382400000000000\""},
        {"+90d", "\"until\":\"1"},
        {"90d", NULL},
        {"+90", NULL},
        {"+40001d", NULL},
        {"2027-13-01", NULL},
        {"yesterday", NULL},
        {"1960-01-01", NULL},
        {"", NULL},
    };
    struct place place = {.service = NULL};
    open_place(&place);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
        struct suan_error error = {0};
        enum suan_status status = print_member(&place, rows[i].said, &result, &error);
        cr_assert_eq(status, rows[i].field != NULL ? SUAN_OK : SUAN_E_USAGE, "%s: %s", rows[i].said,
                     error.message);
        const char *command = (const char *)suan_json_text(suan_json_find(result, "command")).data;
        cr_assert(rows[i].field == NULL || strstr(command, rows[i].field) != NULL, "%s: %s", rows[i].said,
                  command);
    }
    close_place(&place);
}

/* Without a key at hand nothing can be recorded; with one, the same id records once. */
Test(verb, the_same_words_under_the_same_id_are_recorded_once)
{
    struct place place = {.service = NULL};
    open_place(&place);
    struct suan_acting acting = {
        .as = "operator", .id = "00112233445566778899aabbccddeeff", .sign = {place.key}, .n_sign = 1};
    static const struct {
        const char *contact;
        enum suan_status status;
        bool repeated;
    } rows[] = {{"here", SUAN_OK, false}, {"here", SUAN_OK, true}, {"there", SUAN_E_CONFLICT, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *request = suan_json_new_object();
        SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
        struct suan_error error = {0};
        suan_json_set_text(request, "contact", rows[i].contact);
        cr_assert_eq(suan_service_change(place.service, &acting, find_verb("identity", "update"), request,
                                         &result, &error),
                     rows[i].status, "%s: %s", rows[i].contact, error.message);
        cr_assert_eq(suan_json_boolean(suan_json_find(suan_json_find(result, "event"), "repeated")),
                     rows[i].repeated);
    }
    close_place(&place);
}

Test(verb, what_is_missing_is_named)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *request = suan_json_new_object();
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct place place = {.service = NULL};
    struct suan_error error = {0};
    const struct suan_acting acting = {.as = "acme", .print_command = true};
    open_place(&place);
    suan_json_set_text(request, "ident", "liwei");
    cr_assert_eq(
        suan_service_change(place.service, &acting, find_verb("member", "add"), request, &result, &error),
        SUAN_E_USAGE);
    cr_assert_str_eq(error.code, "option.missing");
    cr_assert_not_null(strstr(error.message, "--org"));
    close_place(&place);
}
