/*
 * Random programmes, claims and histories: the engine and the second evaluator must agree on every figure.
 * One seed a world; SUAN_SOAK=SEED decides a million claims instead of the slice that every test run takes.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "library.h"
#include "policy/past.h"
#include "reference.h"

enum { PROGRAMMES = 3, CLAIMS = 40, SOAK_CLAIMS = 1000000 };

static uint64_t state;

static uint64_t draw(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

static bool one_in(uint64_t n)
{
    return draw(n) == 0;
}

static const char *any(const char *const *words, size_t count)
{
    return words[draw(count)];
}
#define ANY(...)                                                                                             \
    any((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int64_t amount(void)
{
    switch (draw(6)) {
    case 0: return (int64_t)draw(4);
    case 1: return 1000 + (int64_t)draw(3) - 1;
    case 2: return (int64_t)draw(3000);
    case 3: return (int64_t)draw(UINT64_C(1) << 30) * 1000 + (int64_t)draw(1000);
    default: return (int64_t)draw(200000);
    }
}

static void put_date(struct suan_json *object, const char *key)
{
    suan_json_set_text(object, key,
                       ANY("2024-02-29", "2024-03-01", "2024-12-31", "2025-01-01", "2025-02-28", "2025-03-01",
                           "2025-12-31", "2026-01-01", "2023-12-31"));
}

/* --- programmes --------------------------------------------------------------------------------------- */

static struct suan_json *ratio(int64_t num, int64_t den)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_integer(object, "num", num);
    suan_json_set_integer(object, "den", den);
    return object;
}

static struct suan_json *any_ratio(void)
{
    int64_t den = one_in(3) ? 1 + (int64_t)draw(1000000) : 100;
    return ratio((int64_t)draw((uint64_t)den) + 1, den);
}

static struct suan_json *texts(const char *a, const char *b, const char *c)
{
    struct suan_json *array = suan_json_new_array();
    const char *const all[] = {a, b, c};
    for (int i = 0; i < 3; i++) {
        if (all[i] != NULL)
            suan_json_add_text(array, all[i]);
    }
    return array;
}

static struct suan_json *predicate(const char *id, const char *field, const char *op)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, "id", id);
    suan_json_set_text(object, "field", field);
    suan_json_set_text(object, "op", op);
    suan_json_set_text(object, "why", "");
    return object;
}

static struct suan_json *any_predicate(const char *id)
{
    struct suan_json *p;
    switch (draw(9)) {
    case 0:
        p = predicate(id, "claimant.size", ANY("eq", "ne"));
        suan_json_set_text(p, "value", ANY("sme", "large"));
        return p;
    case 1:
        p = predicate(id, "contract.purpose", "in");
        suan_json_set(p, "value", texts("training", one_in(2) ? "maas" : NULL, NULL));
        return p;
    case 2:
        p = predicate(id, "claimant.support_year", ANY("ge", "le", "eq", "ne"));
        suan_json_set_integer(p, "value", 1 + (int64_t)draw(3));
        return p;
    case 3:
        p = predicate(id, "contract.signed", ANY("ge", "le", "eq"));
        put_date(p, "value");
        return p;
    case 4:
        p = predicate(id, "contract.term", "within_one_year");
        suan_json_set_boolean(p, "value", true);
        return p;
    case 5:
        p = predicate(id, "contract.related", ANY("eq", "ne"));
        suan_json_set_boolean(p, "value", one_in(2));
        return p;
    case 6:
        p = predicate(id, ANY("contract.region", "claimant.region"), ANY("eq", "ne"));
        suan_json_set_text(p, "value", ANY("local", "nonlocal"));
        return p;
    case 7:
        p = predicate(id, "attest.benefit", "eq");
        suan_json_set_boolean(p, "value", true);
        return p;
    default:
        p = predicate(id, "cum.base_year_incl_fen", ANY("le", "ge"));
        suan_json_set_integer(p, "value", amount());
        return p;
    }
}

static struct suan_json *predicates(const char *prefix, uint64_t at_most)
{
    struct suan_json *array = suan_json_new_array();
    for (uint64_t i = draw(at_most + 1); i > 0; i--) {
        char id[32];
        snprintf(id, sizeof id, "%s%" PRIu64, prefix, i);
        suan_json_add(array, any_predicate(id));
    }
    return array;
}

static struct suan_json *caps(const char *prefix, uint64_t at_most)
{
    struct suan_json *array = suan_json_new_array();
    for (uint64_t i = draw(at_most + 1); i > 0; i--) {
        char id[32];
        struct suan_json *cap = suan_json_new_object();
        snprintf(id, sizeof id, "%s%" PRIu64, prefix, i);
        suan_json_set_text(cap, "id", id);
        suan_json_set_text(cap, "scope", ANY("claim", "contract", "project", "enterprise"));
        suan_json_set_text(cap, "period", ANY("none", "calendar_year", "programme"));
        suan_json_set_text(cap, "measure", ANY("issued", "issued", "redeemed"));
        suan_json_set_integer(cap, "amount_fen", amount());
        if (one_in(3))
            suan_json_set(cap, "when", predicates("w", 2));
        suan_json_add(array, cap);
    }
    return array;
}

static struct suan_json *tiers(bool components)
{
    struct suan_json *array = suan_json_new_array();
    uint64_t count = components ? 2 : 1 + draw(3);
    for (uint64_t i = 0; i < count; i++) {
        char id[32];
        struct suan_json *tier = suan_json_new_object();
        snprintf(id, sizeof id, "T%" PRIu64, i);
        suan_json_set_text(tier, "id", id);
        if (components)
            suan_json_set_text(tier, "component", i == 0 ? "local" : "nonlocal");
        bool catches_all = components || i + 1 == count;
        suan_json_set(tier, "when",
                      catches_all && !one_in(6) ? suan_json_new_array()
                      : components              ? suan_json_new_array()
                                                : predicates("w", 2));
        if (!components && one_in(8))
            suan_json_set_null(tier, "rate");
        else
            suan_json_set(tier, "rate", any_ratio());
        suan_json_set(tier, "caps", components ? suan_json_new_array() : caps("TC", 2));
        suan_json_add(array, tier);
    }
    return array;
}

static struct suan_json *object_of(const char *key, const char *value)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, key, value);
    return object;
}

static struct suan_json *stacking(void)
{
    const char *rule = ANY("forbid", "cap", "cap", "allow", "allow");
    struct suan_json *object = object_of("group", ANY("one", "one", "two"));
    suan_json_set_text(object, "same_contract", rule);
    if (strcmp(rule, "cap") == 0)
        suan_json_set(object, "combined_rate", any_ratio());
    if (one_in(2))
        suan_json_set(object, "with", texts("two", one_in(2) ? "one" : NULL, NULL));
    return object;
}

static struct suan_json *budget(void)
{
    const char *kind = ANY("none", "cap", "cap", "floor");
    struct suan_json *object = object_of("kind", kind);
    if (strcmp(kind, "none") == 0)
        return object;
    suan_json_set_integer(object, "amount_fen", amount() * 3);
    suan_json_set_text(object, "period", ANY("calendar_year", "fund"));
    suan_json_set_text(object, "on_exhaustion",
                       ANY("first_come_partial", "first_come_reject", "pro_rata", "none"));
    return object;
}

static struct suan_json *effective(void)
{
    struct suan_json *object = object_of("from", ANY("2023-01-01", "2023-01-01", "2024-03-01"));
    if (!one_in(5))
        suan_json_set_null(object, "to");
    else
        put_date(object, "to");
    if (suan_json_find(object, "to") != NULL &&
        strcmp((const char *)suan_json_text(suan_json_find(object, "to")).data, "2024-03-01") < 0)
        suan_json_set_null(object, "to");
    suan_json_set_text(
        object, "select_by",
        ANY("apply_date", "apply_date", "apply_date", "issue_date", "issue_date", "contract_signed"));
    return object;
}

static void put_texts(struct suan_json *p)
{
    static const char *const pairs[][2] = {{"schema", "suan.programme/1"},
                                           {"instrument", "compute_voucher"},
                                           {"status", "design"},
                                           {"issuer", "tests"},
                                           {"currency", "CNY"},
                                           {"unit", "fen"},
                                           {"tz", "Asia/Shanghai"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        suan_json_set_text(p, pairs[i][0], pairs[i][1]);
    static const char *const empty[] = {"workflow", "documents", "clawback"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
        suan_json_set(p, empty[i], suan_json_new_object());
    struct suan_json *sources = suan_json_new_array();
    suan_json_add(sources, object_of("kind", "design"));
    suan_json_set(p, "sources", sources);
    suan_json_set(p, "unknown", suan_json_new_array());
}

static void put_base(struct suan_json *p, bool components)
{
    struct suan_json *base = object_of("kind", ANY("contract_fee", "paid_fee", "order_fee"));
    suan_json_set(base, "include_lines", texts("compute", one_in(3) ? "network" : NULL, NULL));
    suan_json_set(base, "exclude_lines", texts("storage", NULL, NULL));
    suan_json_set(p, "base", base);
    if (!components && one_in(4)) {
        struct suan_json *efficient = suan_json_new_object();
        suan_json_set_boolean(efficient, "enabled", true);
        suan_json_set(efficient, "tolerance", any_ratio());
        suan_json_set(p, "efficient_base", efficient);
    }
}

static struct suan_json *any_programme(int index)
{
    char id[32];
    bool components = one_in(5);
    struct suan_json *p = suan_json_new_object(), *place = object_of("level", "city"), *rounding, *voucher;
    snprintf(id, sizeof id, "p-%d", index);
    put_texts(p);
    suan_json_set_text(p, "id", id);
    suan_json_set_integer(p, "version", 1);
    suan_json_set_text(place, "code", ANY("330100", "330000", "000000"));
    suan_json_set_text(place, "name", "x");
    suan_json_set(p, "jurisdiction", place);
    suan_json_set(p, "effective", effective());
    suan_json_set(p, "claimants", texts("enterprise", one_in(2) ? "opc" : NULL, NULL));
    suan_json_set(p, "eligibility", predicates("E", one_in(3) ? 3 : 0));
    put_base(p, components);
    suan_json_set(p, "tiers", tiers(components));
    suan_json_set(p, "caps", caps("C", 3));
    suan_json_set(p, "stacking", stacking());
    suan_json_set_text(p, "duplicate_contract", ANY("reject", "allow", "allow"));
    suan_json_set(p, "budget", budget());
    rounding = object_of("mode", "floor");
    suan_json_set_integer(rounding, "unit_fen", 1);
    suan_json_set_text(rounding, "per", "component");
    suan_json_set(p, "rounding", rounding);
    voucher = object_of("mode", "reimburse");
    suan_json_set_integer(voucher, "validity_days", 1 + (int64_t)draw(500));
    suan_json_set_boolean(voucher, "transferable", false);
    suan_json_set_boolean(voucher, "divisible", true);
    suan_json_set(p, "voucher", voucher);
    return p;
}

/* --- claims ------------------------------------------------------------------------------------------- */

static void maybe_text(struct suan_json *object, const char *key, const char *value)
{
    if (!one_in(5))
        suan_json_set_text(object, key, value);
}

static struct suan_json *any_contract(void)
{
    struct suan_json *contract = suan_json_new_object();
    if (!one_in(4))
        put_date(contract, "signed");
    maybe_text(contract, "purpose", ANY("training", "maas", "inference"));
    if (!one_in(4))
        suan_json_set_boolean(contract, "related", one_in(3));
    if (!one_in(4)) {
        struct suan_json *term = object_of("start", ANY("2024-02-29", "2024-03-01"));
        suan_json_set_text(term, "end", ANY("2025-02-28", "2025-03-01", "2024-03-02", "2025-02-27"));
        suan_json_set(contract, "term", term);
    }
    return contract;
}

static struct suan_json *any_lines(void)
{
    struct suan_json *lines = suan_json_new_array();
    for (uint64_t i = 1 + draw(3) - one_in(20); i > 0; i--) {
        struct suan_json *line = object_of("kind", ANY("compute", "compute", "network", "storage"));
        suan_json_set_integer(line, "amount_fen", amount());
        if (!one_in(8))
            suan_json_set_integer(line, "paid_fen", amount());
        if (!one_in(6))
            suan_json_set_text(line, "region_code", ANY("330109", "330200", "310000"));
        suan_json_add(lines, line);
    }
    return lines;
}

static struct suan_json *any_claimant(void)
{
    struct suan_json *claimant = suan_json_new_object();
    if (!one_in(12))
        suan_json_set_text(claimant, "class", ANY("enterprise", "enterprise", "enterprise", "opc"));
    maybe_text(claimant, "size", ANY("sme", "large"));
    maybe_text(claimant, "region_code", ANY("330109", "310000"));
    if (!one_in(4))
        suan_json_set_integer(claimant, "support_year", (int64_t)draw(5));
    return claimant;
}

static struct suan_json *any_claim(void)
{
    struct suan_json *claim = object_of("schema", "suan.claim/1");
    suan_json_set_text(claim, "instrument", "compute_voucher");
    put_date(claim, "date");
    suan_json_set_text(claim, "enterprise", ANY("A", "B"));
    suan_json_set_text(claim, "contract_id", ANY("k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"));
    suan_json_set(claim, "claimant", any_claimant());
    suan_json_set(claim, "contract", any_contract());
    suan_json_set(claim, "lines", any_lines());
    if (!one_in(4))
        suan_json_set(claim, "project", object_of("id", ANY("p1", "p2")));
    if (!one_in(3)) {
        struct suan_json *attest = suan_json_new_object();
        suan_json_set_boolean(attest, "benefit", !one_in(4));
        suan_json_set(claim, "attest", attest);
    }
    if (one_in(4))
        suan_json_set_integer(claim, "requested_fen", 1 + amount());
    if (one_in(4))
        suan_json_set_integer(claim, "reviewer_fen", amount() / 16);
    if (one_in(3))
        suan_json_set_integer(claim, "efficient_benchmark_fen", amount());
    if (one_in(4)) {
        struct suan_json *awards = suan_json_new_array(), *award = object_of("issuer", "x");
        suan_json_set_integer(award, "amount_fen", amount());
        suan_json_add(awards, award);
        suan_json_set(claim, "other_awards", awards);
    }
    return claim;
}

/* --- a world ------------------------------------------------------------------------------------------ */

struct world {
    struct suan_json *programme_json[PROGRAMMES], *claim_json[CLAIMS];
    struct suan_programme *programmes[PROGRAMMES];
    struct suan_claim *claims[CLAIMS];
    const struct suan_json *award_claim[CLAIMS]; /* by award */
    struct suan_past *past;
    struct suan_history history;
    struct reference_ledger ledger;
    uint64_t awards;
};

static void join(char *out, size_t size, const struct suan_span *ids, uint32_t count)
{
    out[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        snprintf(out + strlen(out), size - strlen(out), " %.*s", SUAN_SPAN_PRINTF(ids[i]));
}

static const char *dump(const struct suan_json *value, struct suan_buffer *out)
{
    suan_buffer_clear(out);
    (void)!suan_json_format(value, SUAN_JSON_STYLE_CANONICAL, out, NULL);
    return suan_buffer_text(out);
}

static void complain(const struct world *world, int p, int c, const char *field, const char *engine,
                     const char *reference)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer a = {0}, b = {0};
    cr_assert(false, "%s: engine '%s', reference '%s'\nprogramme %s\nclaim %s", field, engine, reference,
              dump(world->programme_json[p], &a), dump(world->claim_json[c], &b));
}

static void same(const struct world *world, int p, int c, const char *field, const char *engine,
                 const char *reference)
{
    if (strcmp(engine, reference) != 0)
        complain(world, p, c, field, engine, reference);
}

static void same_number(const struct world *world, int p, int c, const char *field, int64_t engine,
                        int64_t reference)
{
    char a[32], b[32];
    snprintf(a, sizeof a, "%" PRId64, engine);
    snprintf(b, sizeof b, "%" PRId64, reference);
    same(world, p, c, field, a, b);
}

static void compare(const struct world *world, int p, int c, const struct suan_decision *d,
                    const struct reference_result *r)
{
    char tier[64], list[1024];
    snprintf(tier, sizeof tier, "%.*s", SUAN_SPAN_PRINTF(d->tier));
    same(world, p, c, "decision", suan_policy_outcome_name(d->outcome), r->decision);
    same(world, p, c, "binding", d->binding, r->binding);
    same_number(world, p, c, "award_fen", d->award_fen, r->award);
    same_number(world, p, c, "base_fen", d->base_fen, r->base);
    same(world, p, c, "tier", tier, r->tier);
    join(list, sizeof list, d->tight, d->tight_count);
    same(world, p, c, "tight", list, r->tight);
    join(list, sizeof list, d->missing, d->missing_count);
    same(world, p, c, "missing", list, r->missing);
    join(list, sizeof list, d->all_failed, d->all_failed_count);
    same(world, p, c, "all_failed", list, r->failed);
}

static void decide(struct world *world, int p, int c)
{
    struct suan_decision decision;
    struct reference_result reference;
    struct suan_error error = {0};
    struct suan_request request = {world->programmes[p], world->claims[c], &world->history, SUAN_DAY_NONE};
    enum suan_status status = suan_policy_evaluate(&request, &decision, NULL, &error);
    reference_decide(&world->ledger, world->programme_json[p], world->claim_json[c], &reference);
    if (status != SUAN_OK) {
        same(world, p, c, "error", error.code, "policy.bad-amount");
        same(world, p, c, "error", "ERROR", reference.decision);
        return;
    }
    compare(world, p, c, &decision, &reference);
    if (decision.outcome != SUAN_OUTCOME_AWARD)
        return;
    size_t index;
    cr_assert_eq(
        suan_past_issue(world->past, &decision, world->claims[c], world->claims[c]->day, &index, NULL),
        SUAN_OK);
    reference_issue(&world->ledger, world->programme_json[p], world->claim_json[c], &reference);
    world->award_claim[index] = world->claim_json[c];
    world->awards++;
}

static void redeem(struct world *world, size_t index)
{
    const char *date = ANY("2024-03-02", "2024-12-31", "2025-01-01", "2025-06-01", "2026-01-01");
    struct suan_paid paid = {.has_regions = true, .local_fen = amount(), .nonlocal_fen = amount()};
    struct suan_settlement settlement;
    struct reference_result reference;
    int32_t day = 0;
    char binding[64];
    struct suan_voucher_state voucher = suan_past_voucher(world->past, index);
    cr_assert(suan_day_parse(suan_span_text(date), &day));
    enum suan_status status =
        suan_policy_redeem(&voucher, day, &paid, &world->history, &settlement, NULL, NULL);
    reference_redeem(&world->ledger, (int)index, world->award_claim[index], date, paid.local_fen,
                     paid.nonlocal_fen, &reference);
    if (status != SUAN_OK) {
        cr_assert_str_eq(reference.decision, "ERROR");
        return;
    }
    snprintf(binding, sizeof binding, "%.*s", SUAN_SPAN_PRINTF(settlement.binding));
    cr_assert_str_eq(suan_settlement_name(settlement.kind), reference.decision);
    cr_assert_str_eq(binding, reference.binding);
    cr_assert_eq(settlement.amount_fen, reference.award);
    cr_assert_eq(suan_past_redeem(world->past, index, day, settlement.amount_fen, NULL), SUAN_OK);
}

static void close_or_refund(struct world *world, size_t index)
{
    struct suan_paid paid = {.has_regions = true, .local_fen = amount(), .nonlocal_fen = amount()};
    struct suan_voucher_state voucher = suan_past_voucher(world->past, index);
    int64_t back = 0;
    cr_assert_eq(suan_policy_clawback(&voucher, SUAN_CLAWBACK_REFUND, &paid, &back, NULL), SUAN_OK);
    cr_assert_eq(back, reference_refund(&world->ledger, (int)index, paid.local_fen, paid.nonlocal_fen));
    int64_t released = suan_policy_close(&voucher);
    cr_assert_eq(released, reference_close(&world->ledger, (int)index));
    cr_assert_eq(suan_past_release(world->past, index, released, NULL), SUAN_OK);
}

static void make_programme(struct world *world, int i)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    static const uint8_t digest[32];
    struct suan_error error = {0};
    world->programme_json[i] = any_programme(i);
    dump(world->programme_json[i], &text);
    cr_assert_eq(
        suan_programme_parse(suan_buffer_span(&text), digest, "random", &world->programmes[i], &error),
        SUAN_OK, "%s", error.message);
}

static void make_claim(struct world *world, int i)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    struct suan_error error = {0};
    world->claim_json[i] = any_claim();
    dump(world->claim_json[i], &text);
    cr_assert_eq(suan_claim_parse(suan_buffer_span(&text), SUAN_CLAIM_BY_REVIEWER, "random",
                                  &world->claims[i], &error),
                 SUAN_OK, "%s", error.message);
}

static void end_world(struct world *world)
{
    suan_past_free(world->past);
    for (int i = 0; i < PROGRAMMES; i++) {
        suan_programme_free(world->programmes[i]);
        suan_json_release(world->programme_json[i]);
    }
    for (int i = 0; i < CLAIMS; i++) {
        suan_claim_free(world->claims[i]);
        suan_json_release(world->claim_json[i]);
    }
}

static uint64_t run_world(uint64_t seed)
{
    struct world *world = calloc(1, sizeof *world);
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    world->past = suan_past_new();
    world->history = suan_past_history(world->past);
    for (int i = 0; i < PROGRAMMES; i++)
        make_programme(world, i);
    for (int i = 0; i < CLAIMS; i++) {
        make_claim(world, i);
        decide(world, (int)draw(PROGRAMMES), i);
        size_t count = suan_past_count(world->past);
        if (count > 0 && one_in(2))
            redeem(world, draw(count));
        if (count > 0 && one_in(8))
            close_or_refund(world, draw(count));
    }
    uint64_t awards = world->awards;
    end_world(world);
    free(world);
    return awards;
}

Test(random, two_evaluators_agree, .timeout = 3600)
{
    const char *soak = getenv("SUAN_SOAK");
    uint64_t first = soak != NULL ? strtoull(soak, NULL, 10) : 1;
    uint64_t worlds = soak != NULL ? SOAK_CLAIMS / CLAIMS : 300, awards = 0;
    for (uint64_t i = 0; i < worlds; i++)
        awards += run_world(first + i);
    cr_log_info("%" PRIu64 " claims, %" PRIu64 " awards", worlds * CLAIMS, awards);
    cr_assert_gt(awards, worlds, "too few awards to compare anything");
}
