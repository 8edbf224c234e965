#include "reference.h"

#include <stdio.h>
#include <string.h>

__extension__ typedef __int128 wide;

/* --- documents ---------------------------------------------------------------------------------------- */

static const struct suan_json *dig(const struct suan_json *object, const char *path)
{
    char key[64];
    const char *dot;
    while (object != NULL && (dot = strchr(path, '.')) != NULL) {
        snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
        object = suan_json_find(object, key);
        path = dot + 1;
    }
    return object == NULL ? NULL : suan_json_find(object, path);
}

static int64_t number(const struct suan_json *object, const char *path)
{
    const struct suan_json *value = dig(object, path);
    return value == NULL ? 0 : suan_json_integer(value);
}

static const char *word(const struct suan_json *object, const char *path)
{
    const struct suan_json *value = dig(object, path);
    return value == NULL ? "" : (const char *)suan_json_text(value).data;
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static size_t length(const struct suan_json *array)
{
    return array == NULL ? 0 : suan_json_count(array);
}

/* --- days: counted one by one ------------------------------------------------------------------------- */

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int day_number(const char *date)
{
    static const int months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, number = 0;
    if (sscanf(date, "%d-%d-%d", &year, &month, &day) != 3)
        return 0;
    for (int y = 1970; y < year; y++)
        number += is_leap(y) ? 366 : 365;
    for (int m = 1; m < month; m++)
        number += months[m - 1] + (m == 2 && is_leap(year));
    return number + day - 1;
}

static int year_of(const char *date)
{
    int year = 0;
    return sscanf(date, "%d", &year) == 1 ? year : 0;
}

/* --- facts -------------------------------------------------------------------------------------------- */

static bool is_at_home(const struct suan_json *programme, const char *code)
{
    char prefix[8];
    snprintf(prefix, sizeof prefix, "%s", word(programme, "jurisdiction.code"));
    for (int at = 4; at >= 0 && is(prefix + at, "00"); at -= 2)
        prefix[at] = '\0';
    return strncmp(code, prefix, strlen(prefix)) == 0;
}

static bool lists(const struct suan_json *array, const char *text)
{
    for (size_t i = 0; i < length(array); i++) {
        if (is((const char *)suan_json_text(suan_json_at(array, i)).data, text))
            return true;
    }
    return false;
}

static const char *contract_region(const struct suan_json *programme, const struct suan_json *claim)
{
    const struct suan_json *lines = dig(claim, "lines");
    bool here = false, away = false, silent = false, any = false;
    for (size_t i = 0; i < length(lines); i++) {
        const struct suan_json *line = suan_json_at(lines, i);
        const char *code = word(line, "region_code");
        if (!lists(dig(programme, "base.include_lines"), word(line, "kind")))
            continue;
        any = true;
        silent |= code[0] == '\0';
        here |= code[0] != '\0' && is_at_home(programme, code);
        away |= code[0] != '\0' && !is_at_home(programme, code);
    }
    return here && away ? "mixed" : silent || !any ? "" : here ? "local" : "nonlocal";
}

/* 1 true, 0 false, -1 unknown */
static int says_text(const char *have, const char *op, const struct suan_json *want)
{
    if (have[0] == '\0')
        return is(op, "ne") ? 1 : -1;
    if (is(op, "in"))
        return lists(want, have);
    bool same = is(have, (const char *)suan_json_text(want).data);
    return is(op, "eq") ? same : !same;
}

static int says_number(bool stated, int64_t have, const char *op, const struct suan_json *want)
{
    int64_t value = suan_json_type(want) == SUAN_JSON_BOOLEAN ? suan_json_boolean(want)
                    : suan_json_type(want) == SUAN_JSON_STRING
                        ? day_number((const char *)suan_json_text(want).data)
                        : suan_json_integer(want);
    if (!stated)
        return is(op, "ne") ? 1 : -1;
    return is(op, "eq")   ? have == value
           : is(op, "ne") ? have != value
           : is(op, "ge") ? have >= value
                          : have <= value;
}

static int says_term(const struct suan_json *claim)
{
    const char *start = word(claim, "contract.term.start"), *end = word(claim, "contract.term.end");
    char next[16];
    if (start[0] == '\0')
        return -1;
    snprintf(next, sizeof next, "%04d%s", year_of(start) + 1, start + 4);
    return day_number(end) < day_number(next);
}

static int says(const struct suan_json *predicate, const struct suan_json *programme,
                const struct suan_json *claim, int64_t cumulative)
{
    const char *field = word(predicate, "field"), *op = word(predicate, "op");
    const struct suan_json *want = suan_json_find(predicate, "value"), *have = dig(claim, field);
    if (is(field, "cum.base_year_incl_fen"))
        return says_number(cumulative >= 0, cumulative, op, want);
    if (is(field, "contract.region"))
        return says_text(contract_region(programme, claim), op, want);
    if (is(field, "claimant.region")) {
        const char *code = word(claim, "claimant.region_code");
        return says_text(code[0] == '\0' ? "" : is_at_home(programme, code) ? "local" : "nonlocal", op, want);
    }
    if (is(op, "within_one_year"))
        return says_term(claim);
    if (is(field, "contract.signed"))
        return says_number(have != NULL, day_number(word(claim, field)), op, want);
    if (have != NULL && suan_json_type(have) == SUAN_JSON_STRING)
        return says_text((const char *)suan_json_text(have).data, op, want);
    if (have == NULL)
        return is(op, "ne") ? 1 : -1;
    return says_number(
        true, suan_json_type(have) == SUAN_JSON_BOOLEAN ? suan_json_boolean(have) : suan_json_integer(have),
        op, want);
}

static int says_all(const struct suan_json *when, const struct suan_json *programme,
                    const struct suan_json *claim, int64_t cumulative)
{
    int lowest = 1;
    for (size_t i = 0; i < length(when); i++) {
        int one = says(suan_json_at(when, i), programme, claim, cumulative);
        if (one == 0)
            return 0;
        if (one < lowest)
            lowest = one;
    }
    return lowest;
}

/* --- deciding ----------------------------------------------------------------------------------------- */

static int64_t part_of(int64_t amount, const struct suan_json *ratio)
{
    return (int64_t)((wide)amount * number(ratio, "num") / number(ratio, "den"));
}

static void conclude(struct reference_result *out, const char *decision, int64_t award, const char *binding)
{
    snprintf(out->decision, sizeof out->decision, "%s", decision);
    snprintf(out->binding, sizeof out->binding, "%s", binding);
    out->award = award;
}

static void unknown(struct reference_result *out, const char *id)
{
    char binding[96];
    snprintf(binding, sizeof binding, "UNKNOWN:%s", id);
    conclude(out, "REVIEW", 0, binding);
    if (out->missing[0] == '\0')
        snprintf(out->missing, sizeof out->missing, " %s", id);
}

struct sums {
    int64_t base, here, away, cumulative;
    bool paid_known, regions_known;
};

static struct sums add_up(const struct suan_json *programme, const struct suan_json *claim)
{
    struct sums sums = {.paid_known = true, .regions_known = true};
    const struct suan_json *lines = dig(claim, "lines");
    bool paid = is(word(programme, "base.kind"), "paid_fee");
    for (size_t i = 0; i < length(lines); i++) {
        const struct suan_json *line = suan_json_at(lines, i);
        const char *code = word(line, "region_code");
        int64_t amount = number(line, paid ? "paid_fen" : "amount_fen");
        if (!lists(dig(programme, "base.include_lines"), word(line, "kind")))
            continue;
        sums.paid_known &= !paid || dig(line, "paid_fen") != NULL;
        sums.regions_known &= code[0] != '\0';
        sums.base += amount;
        sums.here += is_at_home(programme, code) ? amount : 0;
        sums.away += is_at_home(programme, code) ? 0 : amount;
    }
    const struct suan_json *benchmark = dig(claim, "efficient_benchmark_fen");
    if (dig(programme, "efficient_base") != NULL && benchmark != NULL && sums.paid_known) {
        const struct suan_json *tolerance = dig(programme, "efficient_base.tolerance");
        wide allowed = (wide)suan_json_integer(benchmark) *
                       (number(tolerance, "den") + number(tolerance, "num")) / number(tolerance, "den");
        if (allowed < sums.base)
            sums.base = (int64_t)allowed;
    }
    return sums;
}

static bool same_programme(const struct suan_json *a, const struct suan_json *b)
{
    return is(word(a, "id"), word(b, "id"));
}

struct limit_row {
    char id[64];
    int64_t amount;
    bool yearly;
};

struct rows {
    struct limit_row rows[64];
    int count;
};

static void push(struct rows *rows, const char *id, int64_t amount, bool yearly)
{
    struct limit_row *row = &rows->rows[rows->count++];
    snprintf(row->id, sizeof row->id, "%s", id);
    row->amount = amount < 0 ? 0 : amount;
    row->yearly = yearly;
}

/* What vouchers of the programme within the cap's scope used up; `redeemed` by the year of redemption. */
static int64_t used(const struct reference_ledger *ledger, const struct suan_json *programme,
                    const struct suan_json *cap, const char *enterprise, const char *contract,
                    const char *project, int year, bool redeemed)
{
    const char *scope = word(cap, "scope");
    bool yearly = is(word(cap, "period"), "calendar_year");
    int64_t sum = 0;
    for (int i = 0; i < ledger->count; i++) {
        const struct reference_award *award = &ledger->awards[i];
        bool within = is(scope, "enterprise") ? is(award->enterprise, enterprise)
                      : is(scope, "contract") ? is(award->contract, contract)
                      : is(scope, "project")  ? is(award->project, project)
                                              : is(scope, "budget");
        if (!within || !same_programme(award->programme, programme))
            continue;
        if (!redeemed && (!yearly || award->issue_year == year))
            sum += award->face - award->released;
        for (int k = 0; redeemed && k < award->redemption_count; k++) {
            if (!yearly || award->redemptions[k].year == year)
                sum += award->redemptions[k].amount;
        }
    }
    return sum;
}

/* False: a project cap without a project. */
static bool push_caps(struct rows *rows, const struct reference_ledger *ledger,
                      const struct suan_json *programme, const struct suan_json *caps, const char *measure,
                      const struct suan_json *claim, int64_t cumulative, int year, int64_t own)
{
    for (size_t i = 0; i < length(caps); i++) {
        const struct suan_json *cap = suan_json_at(caps, i);
        if (!is(word(cap, "measure"), measure) ||
            says_all(dig(cap, "when"), programme, claim, cumulative) == 0)
            continue;
        if (is(word(cap, "scope"), "project") && word(claim, "project.id")[0] == '\0')
            return false;
        int64_t spent =
            is(word(cap, "scope"), "claim")
                ? own
                : used(ledger, programme, cap, word(claim, "enterprise"), word(claim, "contract_id"),
                       word(claim, "project.id"), year, is(measure, "redeemed"));
        push(rows, word(cap, "id"), number(cap, "amount_fen") - spent,
             is(word(cap, "period"), "calendar_year"));
    }
    return true;
}

static int lowest(const struct rows *rows)
{
    int best = 0;
    for (int i = 1; i < rows->count; i++) {
        if (rows->rows[i].amount < rows->rows[best].amount)
            best = i;
    }
    return best;
}

static void push_budget(struct rows *rows, const struct reference_ledger *ledger,
                        const struct suan_json *programme, int year)
{
    if (!is(word(programme, "budget.kind"), "cap"))
        return;
    int64_t room = number(programme, "budget.amount_fen");
    for (int i = 0; i < ledger->count; i++) {
        const struct reference_award *award = &ledger->awards[i];
        bool counts = is(word(programme, "budget.period"), "fund") || award->issue_year == year;
        if (counts && same_programme(award->programme, programme))
            room -= award->face - award->released;
    }
    if (room < 0)
        room = 0;
    if (is(word(programme, "budget.on_exhaustion"), "first_come_reject") &&
        room < rows->rows[lowest(rows)].amount)
        room = 0;
    push(rows, "BUDGET", room, false);
}

static const struct suan_json *find_tier(const struct suan_json *programme, const struct suan_json *claim,
                                         int64_t cumulative)
{
    const struct suan_json *tiers = dig(programme, "tiers");
    for (size_t i = 0; i < length(tiers); i++) {
        if (says_all(dig(suan_json_at(tiers, i), "when"), programme, claim, cumulative) == 1)
            return suan_json_at(tiers, i);
    }
    return NULL;
}

static bool by_component(const struct suan_json *programme)
{
    return dig(suan_json_at(dig(programme, "tiers"), 0), "component") != NULL;
}

static int64_t components_of(const struct suan_json *programme, int64_t here, int64_t away)
{
    const struct suan_json *tiers = dig(programme, "tiers");
    int64_t sum = 0;
    for (size_t i = 0; i < length(tiers); i++) {
        const struct suan_json *tier = suan_json_at(tiers, i);
        sum += part_of(is(word(tier, "component"), "local") ? here : away, dig(tier, "rate"));
    }
    return sum;
}

static bool counts_group(const struct suan_json *programme, const char *group)
{
    return is(word(programme, "stacking.group"), group) || lists(dig(programme, "stacking.with"), group);
}

/* Steps 1 to 4; false: settled. */
static bool pass_doors(const struct reference_ledger *ledger, const struct suan_json *programme,
                       const struct suan_json *claim, const struct sums *sums, struct reference_result *out)
{
    const char *by = word(programme, "effective.select_by"), *date = word(claim, "date");
    if (is(by, "contract_signed"))
        date = word(claim, "contract.signed");
    if (date[0] == '\0')
        return unknown(out, "CONTRACT_SIGNED"), false;
    const char *end = word(programme, "effective.to");
    if (strcmp(date, word(programme, "effective.from")) < 0 || (end[0] != '\0' && strcmp(date, end) > 0))
        return conclude(out, "REJECT", 0, "NOT_IN_FORCE"), false;
    const char *class = word(claim, "claimant.class");
    if (class[0] == '\0')
        return unknown(out, "CLAIMANT_CLASS"), false;
    if (!lists(dig(programme, "claimants"), class))
        return conclude(out, "REJECT", 0, "CLAIMANT_CLASS"), false;
    const struct suan_json *eligibility = dig(programme, "eligibility");
    for (size_t i = 0; i < length(eligibility); i++) {
        const struct suan_json *predicate = suan_json_at(eligibility, i);
        int truth = says(predicate, programme, claim, sums->cumulative);
        char *list = truth == 0 ? out->failed : out->missing;
        if (truth != 1)
            snprintf(list + strlen(list), 512 - strlen(list), " %s", word(predicate, "id"));
    }
    char first[64];
    if (sscanf(out->failed, "%63s", first) == 1)
        return conclude(out, "REJECT", 0, first), false;
    if (sscanf(out->missing, "%63s", first) == 1)
        return unknown(out, first), false;
    for (int i = 0; is(word(programme, "duplicate_contract"), "reject") && i < ledger->count; i++) {
        if (same_programme(ledger->awards[i].programme, programme) &&
            is(ledger->awards[i].contract, word(claim, "contract_id")))
            return conclude(out, "REJECT", 0, "DUPLICATE_CONTRACT"), false;
    }
    return true;
}

struct others {
    int64_t awards, bases;
    bool forbidden;
};

static struct others look_at_others(const struct reference_ledger *ledger, const struct suan_json *programme,
                                    const struct suan_json *claim)
{
    struct others others = {0, 0, false};
    const struct suan_json *declared = dig(claim, "other_awards");
    for (size_t i = 0; i < length(declared); i++)
        others.awards += number(suan_json_at(declared, i), "amount_fen");
    for (int i = 0; i < ledger->count; i++) {
        const struct reference_award *award = &ledger->awards[i];
        const char *group = word(award->programme, "stacking.group");
        int64_t live = award->face - award->released;
        if (same_programme(award->programme, programme) || live <= 0 ||
            !is(award->contract, word(claim, "contract_id")) || !counts_group(programme, group))
            continue;
        others.awards += live;
        if (is(group, word(programme, "stacking.group")))
            others.forbidden |= is(word(award->programme, "stacking.same_contract"), "forbid");
        else
            others.bases += award->base;
    }
    others.forbidden |= is(word(programme, "stacking.same_contract"), "forbid") && others.awards > 0;
    return others;
}

static void award_least(const struct rows *rows, struct reference_result *out)
{
    const struct limit_row *least = &rows->rows[lowest(rows)];
    for (int i = 0; i < rows->count; i++) {
        if (rows->rows[i].amount == least->amount)
            snprintf(out->tight + strlen(out->tight), sizeof out->tight - strlen(out->tight), " %s",
                     rows->rows[i].id);
    }
    if (least->amount > 0)
        conclude(out, "AWARD", least->amount, least->id);
    else
        conclude(out, "REJECT", 0, is(least->id, "RATE") ? "ZERO_AWARD" : least->id);
}

static int64_t cumulative_of(const struct reference_ledger *ledger, const struct suan_json *programme,
                             const struct suan_json *claim, const struct sums *sums)
{
    int64_t cumulative = sums->base;
    for (int i = 0; i < ledger->count; i++) {
        const struct reference_award *award = &ledger->awards[i];
        if (same_programme(award->programme, programme) && is(award->enterprise, word(claim, "enterprise")) &&
            award->issue_year == year_of(word(claim, "date")))
            cumulative += award->base;
    }
    return sums->paid_known ? cumulative : -1;
}

/* Steps 7 and 8: the rate's row, and the tier in *out_tier (NULL with components); false: settled. */
static bool push_rate(struct rows *rows, const struct suan_json *programme, const struct suan_json *claim,
                      const struct sums *sums, const struct suan_json **out_tier,
                      struct reference_result *out)
{
    if (by_component(programme)) {
        if (!sums->regions_known)
            return unknown(out, "LINES_BY_REGION"), false;
        snprintf(out->tier, sizeof out->tier, "BY_COMPONENT");
        push(rows, "RATE", components_of(programme, sums->here, sums->away), false);
        return true;
    }
    const struct suan_json *tier = find_tier(programme, claim, sums->cumulative);
    if (tier == NULL)
        return conclude(out, "REVIEW", 0, "NO_TIER"), false;
    *out_tier = tier;
    snprintf(out->tier, sizeof out->tier, "%s", word(tier, "id"));
    if (dig(tier, "rate") != NULL)
        push(rows, "RATE", part_of(sums->base, dig(tier, "rate")), false);
    else if (dig(claim, "reviewer_fen") == NULL)
        return conclude(out, "REVIEW", 0, "NEEDS_REVIEWER_RATE"), false;
    else
        push(rows, "REVIEWER", number(claim, "reviewer_fen"), false);
    return true;
}

void reference_decide(const struct reference_ledger *ledger, const struct suan_json *programme,
                      const struct suan_json *claim, struct reference_result *out)
{
    *out = (struct reference_result){.base = -1};
    struct sums sums = add_up(programme, claim);
    int year = year_of(word(claim, "date"));
    struct rows rows = {.count = 0};
    const struct suan_json *tier = NULL;
    sums.cumulative = cumulative_of(ledger, programme, claim, &sums);
    if (sums.paid_known)
        out->base = sums.base;
    if (sums.paid_known && number(claim, "reviewer_fen") > sums.base) {
        conclude(out, "ERROR", 0, "BAD_AMOUNT");
        return;
    }
    if (!pass_doors(ledger, programme, claim, &sums, out))
        return;
    struct others others = look_at_others(ledger, programme, claim);
    if (others.forbidden) {
        conclude(out, "REJECT", 0, "DOUBLE_SUBSIDY");
        return;
    }
    if (!sums.paid_known) {
        unknown(out, "PAID_FEE");
        return;
    }
    if (!push_rate(&rows, programme, claim, &sums, &tier, out))
        return;
    if (dig(claim, "requested_fen") != NULL)
        push(&rows, "REQUESTED", number(claim, "requested_fen"), false);
    if (!push_caps(&rows, ledger, programme, tier != NULL ? dig(tier, "caps") : NULL, "issued", claim,
                   sums.cumulative, year, 0) ||
        !push_caps(&rows, ledger, programme, dig(programme, "caps"), "issued", claim, sums.cumulative, year,
                   0)) {
        unknown(out, "PROJECT_ID");
        return;
    }
    if (is(word(programme, "stacking.same_contract"), "cap"))
        push(&rows, "STACK_CAP",
             part_of(sums.base + others.bases, dig(programme, "stacking.combined_rate")) - others.awards,
             false);
    push_budget(&rows, ledger, programme, year);
    award_least(&rows, out);
}

void reference_issue(struct reference_ledger *ledger, const struct suan_json *programme,
                     const struct suan_json *claim, const struct reference_result *result)
{
    struct reference_award *award = &ledger->awards[ledger->count++];
    *award = (struct reference_award){.programme = programme,
                                      .issue_year = year_of(word(claim, "date")),
                                      .issue_day = day_number(word(claim, "date")),
                                      .face = result->award,
                                      .base = result->base};
    snprintf(award->enterprise, sizeof award->enterprise, "%s", word(claim, "enterprise"));
    snprintf(award->contract, sizeof award->contract, "%s", word(claim, "contract_id"));
    snprintf(award->project, sizeof award->project, "%s", word(claim, "project.id"));
    snprintf(award->tier, sizeof award->tier, "%s", result->tier);
}

/* --- redeeming ---------------------------------------------------------------------------------------- */

static const struct suan_json *tier_of(const struct reference_award *award)
{
    const struct suan_json *tiers = dig(award->programme, "tiers");
    for (size_t i = 0; i < length(tiers); i++) {
        if (is(word(suan_json_at(tiers, i), "id"), award->tier))
            return suan_json_at(tiers, i);
    }
    return NULL;
}

static int64_t due(const struct reference_award *award, int64_t here, int64_t away)
{
    if (by_component(award->programme))
        return components_of(award->programme, here, away);
    const struct suan_json *rate = dig(tier_of(award), "rate");
    return rate != NULL ? part_of(here + away, rate)
                        : (int64_t)((wide)(here + away) * award->face / award->base);
}

void reference_redeem(struct reference_ledger *ledger, int index, const struct suan_json *claim,
                      const char *date, int64_t paid_local, int64_t paid_nonlocal,
                      struct reference_result *out)
{
    struct reference_award *award = &ledger->awards[index];
    struct rows rows = {.count = 0};
    int year = year_of(date);
    *out = (struct reference_result){.base = award->base};
    if (day_number(date) > award->issue_day + number(award->programme, "voucher.validity_days")) {
        conclude(out, "REJECT", 0, "EXPIRED");
        return;
    }
    push(&rows, "RATE", due(award, paid_local, paid_nonlocal) - award->redeemed, false);
    push(&rows, "FACE", award->face - award->released - award->redeemed, false);
    const struct suan_json *tier = tier_of(award);
    if (!push_caps(&rows, ledger, award->programme, tier != NULL ? dig(tier, "caps") : NULL, "redeemed",
                   claim, -1, year, award->redeemed) ||
        !push_caps(&rows, ledger, award->programme, dig(award->programme, "caps"), "redeemed", claim, -1,
                   year, award->redeemed)) {
        conclude(out, "ERROR", 0, "BAD_FIELD");
        return;
    }
    const struct limit_row *least = &rows.rows[lowest(&rows)];
    conclude(out,
             least->amount > 0 ? "SETTLE"
             : least->yearly   ? "DEFER"
                               : "REJECT",
             least->amount, least->id);
    award->redeemed += least->amount;
    if (least->amount > 0) {
        award->redemptions[award->redemption_count].year = year;
        award->redemptions[award->redemption_count++].amount = least->amount;
    }
}

int64_t reference_close(struct reference_ledger *ledger, int index)
{
    struct reference_award *award = &ledger->awards[index];
    int64_t left = award->face - award->released - award->redeemed;
    award->released += left;
    return left;
}

int64_t reference_refund(const struct reference_ledger *ledger, int index, int64_t paid_local,
                         int64_t paid_nonlocal)
{
    const struct reference_award *award = &ledger->awards[index];
    int64_t earned = due(award, paid_local, paid_nonlocal);
    if (earned > award->face)
        earned = award->face;
    return award->redeemed > earned ? award->redeemed - earned : 0;
}
