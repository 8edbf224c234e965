/* Contradictions within a programme and along its chain of versions. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

struct checker {
    const struct suan_programme *p;
    void (*report)(void *context, const struct suan_finding *finding);
    void *context;
    size_t errors;
};

__attribute__((format(printf, 4, 5))) static void find(struct checker *c, enum suan_finding_kind kind,
                                                       const char *code, const char *format, ...)
{
    struct suan_finding finding = {.kind = kind, .code = code};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding.message, sizeof finding.message, format, arguments);
    va_end(arguments);
    c->errors += kind == SUAN_FINDING_ERROR;
    if (c->report != NULL)
        c->report(c->context, &finding);
}

/* --- versions ----------------------------------------------------------------------------------------- */

static const struct suan_programme *older_of(const struct suan_programme *p,
                                             const struct suan_programme *const *library, size_t count)
{
    for (size_t i = 0; p->supersedes.size > 0 && i < count; i++) {
        if (suan_span_equal(library[i]->id, p->supersedes))
            return library[i];
    }
    return NULL;
}

/* The oldest version that can be reached; a chain that bites its tail ends after as many steps as there are
 * files. */
static const struct suan_programme *root_of(const struct suan_programme *p,
                                            const struct suan_programme *const *library, size_t count)
{
    for (size_t steps = 0; steps < count; steps++) {
        const struct suan_programme *older = older_of(p, library, count);
        if (older == NULL)
            break;
        p = older;
    }
    return p;
}

static bool overlap(const struct suan_programme *a, const struct suan_programme *b)
{
    return a->from <= b->to && b->from <= a->to;
}

static void check_versions(struct checker *c, const struct suan_programme *const *library, size_t count)
{
    const struct suan_programme *root = root_of(c->p, library, count);
    const struct suan_programme *older = older_of(c->p, library, count);
    if (suan_span_equal(c->p->supersedes, c->p->id))
        find(c, SUAN_FINDING_ERROR, "programme.chain", "supersedes: names itself");
    else if (c->p->supersedes.size > 0 && older == NULL)
        find(c, SUAN_FINDING_NOTE, "programme.chain", "supersedes: '%.*s' is not in the library",
             SUAN_SPAN_PRINTF(c->p->supersedes));
    if (older != NULL && older->version >= c->p->version)
        find(c, SUAN_FINDING_ERROR, "programme.chain", "version: must be above that of '%.*s'",
             SUAN_SPAN_PRINTF(older->id));
    for (size_t i = 0; i < count; i++) {
        const struct suan_programme *other = library[i];
        if (suan_span_equal(other->id, c->p->id) ||
            !suan_span_equal(root_of(other, library, count)->id, root->id))
            continue;
        if (overlap(c->p, other))
            find(c, SUAN_FINDING_ERROR, "programme.overlap", "effective: overlaps '%.*s' of the same chain",
                 SUAN_SPAN_PRINTF(other->id));
    }
}

/* --- predicates --------------------------------------------------------------------------------------- */

static bool says_same(const struct suan_predicate *a, const struct suan_predicate *b)
{
    if (a->field != b->field || a->op != b->op || a->value_count != b->value_count)
        return false;
    for (uint32_t i = 0; i < a->value_count; i++) {
        if (!suan_value_equal(&a->values[i], &b->values[i]))
            return false;
    }
    return true;
}

static bool is_equality(const struct suan_predicate *predicate)
{
    return predicate->op == SUAN_OP_EQ || predicate->op == SUAN_OP_IN;
}

/* No stated value makes both true. */
static bool exclude(const struct suan_predicate *a, const struct suan_predicate *b)
{
    if (a->field != b->field)
        return false;
    if (a->op == SUAN_OP_GE && b->op == SUAN_OP_LE)
        return a->values[0].integer > b->values[0].integer;
    if (!is_equality(a) || b->op == SUAN_OP_WITHIN_ONE_YEAR)
        return false;
    for (uint32_t i = 0; i < a->value_count; i++) {
        if (suan_predicate_test(b, &a->values[i]) == SUAN_TRUE)
            return false;
    }
    return true;
}

static bool any_exclude(const struct suan_predicate *a, uint32_t a_count, const struct suan_predicate *b,
                        uint32_t b_count)
{
    for (uint32_t i = 0; i < a_count; i++) {
        for (uint32_t k = 0; k < b_count; k++) {
            if (exclude(&a[i], &b[k]) || exclude(&b[k], &a[i]))
                return true;
        }
    }
    return false;
}

/* --- tiers -------------------------------------------------------------------------------------------- */

/* Whatever passes `later` passed `earlier` before. */
static bool covers(const struct suan_tier *earlier, const struct suan_tier *later)
{
    for (uint32_t i = 0; i < earlier->when_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < later->when_count; k++)
            found |= says_same(&earlier->when[i], &later->when[k]);
        if (!found)
            return false;
    }
    return true;
}

static void check_tier(struct checker *c, uint32_t index)
{
    const struct suan_tier *tier = &c->p->tiers[index];
    for (uint32_t i = 0; i < index && tier->component == SUAN_COMPONENT_NONE; i++) {
        if (covers(&c->p->tiers[i], tier)) {
            find(c, SUAN_FINDING_ERROR, "programme.unreachable-tier",
                 "tiers[%u]: '%.*s' is never reached behind '%.*s'", index, SUAN_SPAN_PRINTF(tier->id),
                 SUAN_SPAN_PRINTF(c->p->tiers[i].id));
            break;
        }
    }
    if (any_exclude(tier->when, tier->when_count, tier->when, tier->when_count) ||
        any_exclude(tier->when, tier->when_count, c->p->eligibility, c->p->eligibility_count))
        find(c, SUAN_FINDING_ERROR, "programme.unreachable-tier",
             "tiers[%u]: '%.*s' contradicts itself or eligibility", index, SUAN_SPAN_PRINTF(tier->id));
    if (tier->has_rate && tier->rate.num == 0)
        find(c, SUAN_FINDING_ERROR, "programme.no-award", "tiers[%u].rate: '%.*s' awards nothing", index,
             SUAN_SPAN_PRINTF(tier->id));
    for (uint32_t i = 0; i < index; i++) {
        if (suan_span_equal(c->p->tiers[i].id, tier->id))
            find(c, SUAN_FINDING_ERROR, "programme.twice", "tiers[%u].id: '%.*s' is used twice", index,
                 SUAN_SPAN_PRINTF(tier->id));
    }
}

/* --- caps --------------------------------------------------------------------------------------------- */

static void check_cap(struct checker *c, const struct suan_cap *caps, uint32_t index, const char *where)
{
    const struct suan_cap *cap = &caps[index];
    if (cap->amount_fen == 0)
        find(c, SUAN_FINDING_ERROR, "programme.no-award", "%s[%u].amount_fen: '%.*s' is below any award",
             where, index, SUAN_SPAN_PRINTF(cap->id));
    if (cap->scope == SUAN_SCOPE_CLAIM && cap->period != SUAN_PERIOD_NONE)
        find(c, SUAN_FINDING_NOTE, "programme.period",
             "%s[%u].period: '%.*s' limits each claim; no period is counted", where, index,
             SUAN_SPAN_PRINTF(cap->id));
    if (any_exclude(cap->when, cap->when_count, cap->when, cap->when_count) ||
        any_exclude(cap->when, cap->when_count, c->p->eligibility, c->p->eligibility_count))
        find(c, SUAN_FINDING_NOTE, "programme.idle-cap", "%s[%u].when: '%.*s' never applies", where, index,
             SUAN_SPAN_PRINTF(cap->id));
    for (uint32_t i = 0; i < index; i++) {
        if (suan_span_equal(caps[i].id, cap->id))
            find(c, SUAN_FINDING_ERROR, "programme.twice", "%s[%u].id: '%.*s' is used twice", where, index,
                 SUAN_SPAN_PRINTF(cap->id));
    }
    const struct suan_budget *budget = &c->p->budget;
    if (budget->kind == SUAN_BUDGET_CAP && cap->measure == SUAN_MEASURE_ISSUED &&
        cap->amount_fen > budget->amount_fen)
        find(c, SUAN_FINDING_NOTE, "programme.idle-cap",
             "%s[%u].amount_fen: '%.*s' is above the whole budget", where, index, SUAN_SPAN_PRINTF(cap->id));
}

static void check_caps(struct checker *c)
{
    for (uint32_t i = 0; i < c->p->tier_count; i++) {
        char where[32];
        snprintf(where, sizeof where, "tiers[%u].caps", i);
        for (uint32_t k = 0; k < c->p->tiers[i].cap_count; k++)
            check_cap(c, c->p->tiers[i].caps, k, where);
    }
    for (uint32_t i = 0; i < c->p->cap_count; i++)
        check_cap(c, c->p->caps, i, "caps");
}

/* --- the rest ----------------------------------------------------------------------------------------- */

static void check_base(struct checker *c)
{
    bool any = false;
    for (int kind = 0; kind < SUAN_LINE_KINDS; kind++) {
        any |= c->p->includes[kind];
        if (c->p->includes[kind] && c->p->excludes[kind])
            find(c, SUAN_FINDING_ERROR, "programme.base", "base: '%s' is both included and excluded",
                 suan_line_kind_name((enum suan_line_kind)kind));
    }
    if (!any)
        find(c, SUAN_FINDING_ERROR, "programme.no-award", "base.include_lines: nothing is counted");
}

static void check_eligibility(struct checker *c)
{
    const struct suan_predicate *list = c->p->eligibility;
    for (uint32_t i = 0; i < c->p->eligibility_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (suan_span_equal(list[i].id, list[k].id))
                find(c, SUAN_FINDING_ERROR, "programme.twice", "eligibility[%u].id: '%.*s' is used twice", i,
                     SUAN_SPAN_PRINTF(list[i].id));
            if (exclude(&list[i], &list[k]) || exclude(&list[k], &list[i]))
                find(c, SUAN_FINDING_ERROR, "programme.no-award",
                     "eligibility[%u]: '%.*s' and '%.*s' exclude each other", i, SUAN_SPAN_PRINTF(list[i].id),
                     SUAN_SPAN_PRINTF(list[k].id));
        }
    }
}

static void check_budget(struct checker *c)
{
    const struct suan_budget *budget = &c->p->budget;
    if (budget->kind == SUAN_BUDGET_CAP && budget->amount_fen == 0)
        find(c, SUAN_FINDING_ERROR, "programme.no-award", "budget.amount_fen: nothing can be awarded");
    if (budget->kind == SUAN_BUDGET_CAP && budget->on_exhaustion == SUAN_EXHAUST_NONE)
        find(c, SUAN_FINDING_NOTE, "programme.budget",
             "budget.on_exhaustion: none says nothing of a cap; the last claim gets what is left");
    if (budget->kind == SUAN_BUDGET_FLOOR && budget->on_exhaustion != SUAN_EXHAUST_NONE)
        find(c, SUAN_FINDING_NOTE, "programme.budget", "budget.on_exhaustion: a floor is never exhausted");
}

size_t suan_programme_check(const struct suan_programme *programme,
                            const struct suan_programme *const *library, size_t library_count,
                            void (*report)(void *context, const struct suan_finding *finding), void *context)
{
    struct checker checker = {.p = programme, .report = report, .context = context};
    check_versions(&checker, library, library_count);
    check_eligibility(&checker);
    check_base(&checker);
    for (uint32_t i = 0; i < programme->tier_count; i++)
        check_tier(&checker, i);
    check_caps(&checker);
    check_budget(&checker);
    return checker.errors;
}
