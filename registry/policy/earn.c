/* The credit formula. Products are taken in 128 bits and refused at 2^127. */
#include "earn.h"

#include "amount.h"
#include "reader.h"

__extension__ typedef __int128 wide;

#define NS_PER_HOUR INT64_C(3600000000000)
enum { SHARES = 10000 };

static enum suan_status bad_amount(struct suan_error *error, const char *what)
{
    return policy_fail(error, policy_bad_amount, "", "earn", what);
}

static bool is_sane(const struct suan_earn_claim *c)
{
    return c->invocations >= 0 && c->cards >= 0 && c->fen_per_hour >= 0 && c->runs >= 0 &&
           c->year_index >= 0 && c->algorithm_used_fen >= 0 && c->owner_room_fen >= 0 && c->baseline_ns >= 0;
}

static bool saved_fen(const struct suan_earn_claim *c, int64_t *out)
{
    wide product = c->saving_ns > 0 ? c->saving_ns : 0;
    if (__builtin_mul_overflow(product, (wide)c->invocations, &product) ||
        __builtin_mul_overflow(product, (wide)c->cards, &product) ||
        __builtin_mul_overflow(product, (wide)c->fen_per_hour, &product))
        return false;
    product /= NS_PER_HOUR;
    if (product > SUAN_FEN_MAX)
        return false;
    *out = (int64_t)product;
    return true;
}

/* credited / baseline >= num / den, by cross-multiplication. */
static bool improves(const struct suan_earn_claim *c, const struct suan_ratio *least_ratio)
{
    return c->baseline_ns > 0 &&
           (wide)c->credited_ns * least_ratio->den >= (wide)c->baseline_ns * least_ratio->num;
}

static int64_t rate_fen(const struct suan_earn_rule *rule, int64_t saved, int64_t year_index)
{
    const struct suan_ratio *decay = &rule->decay[least(year_index, rule->decay_count - 1)];
    return (int64_t)((wide)saved * rule->rate.num * decay->num / ((wide)rule->rate.den * decay->den));
}

static void bind_limits(struct suan_earn_decision *out)
{
    out->credit_fen = out->rate_fen;
    out->binding = "RATE";
    if (out->algorithm_room_fen < out->credit_fen) {
        out->credit_fen = out->algorithm_room_fen;
        out->binding = "ALGORITHM_YEAR";
    }
    if (out->owner_room_fen < out->credit_fen) {
        out->credit_fen = out->owner_room_fen;
        out->binding = "OWNER_YEAR";
    }
    out->outcome = out->credit_fen > 0 ? SUAN_EARN_CREDIT : SUAN_EARN_REJECT;
    out->is_room = out->credit_fen == 0 && out->rate_fen > 0;
}

enum suan_status suan_policy_earn(const struct suan_programme *programme, const struct suan_earn_claim *claim,
                                  struct suan_earn_decision *out, struct suan_error *error)
{
    const struct suan_earn_rule *rule = &programme->earn;
    struct suan_earn_decision decision = {.outcome = SUAN_EARN_REJECT};
    if (!programme->has_earn)
        return policy_fail(error, policy_bad_field, "", "programme", "pays no contribution credit");
    if (!is_sane(claim))
        return bad_amount(error, "a quantity is negative");
    if (!saved_fen(claim, &decision.saved_fen))
        return bad_amount(error, "the saving is beyond what can be counted");
    decision.rate_fen = rate_fen(rule, decision.saved_fen, claim->year_index);
    decision.algorithm_room_fen = rest(rule->algorithm_year_cap_fen, claim->algorithm_used_fen);
    decision.owner_room_fen = claim->owner_room_fen;
    if (claim->runs < rule->min_runs)
        decision.binding = "MIN_RUNS";
    else if (!improves(claim, &rule->min_improvement))
        decision.binding = "MIN_IMPROVEMENT";
    else
        bind_limits(&decision);
    *out = decision;
    return SUAN_OK;
}

int64_t suan_earn_owner_room(const struct suan_programme *programme, const struct suan_earn_owner *owners,
                             uint32_t count)
{
    int64_t room = SUAN_FEN_MAX;
    for (uint32_t i = 0; i < count; i++) {
        int64_t own = rest(programme->earn.owner_year_cap_fen, owners[i].used_fen);
        wide whole = owners[i].share_bp > 0 ? (wide)own * SHARES / owners[i].share_bp : SUAN_FEN_MAX;
        room = whole < room ? (int64_t)whole : room;
    }
    return room;
}

bool suan_earn_split(int64_t credit_fen, const struct suan_earn_owner *owners, uint32_t count,
                     int64_t *out_parts)
{
    enum { OWNERS_MAX = 256 };
    int64_t weights[OWNERS_MAX];
    if (count > OWNERS_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++)
        weights[i] = owners[i].share_bp;
    return suan_split(credit_fen, weights, out_parts, count);
}

struct suan_json *suan_earn_json(const struct suan_programme *programme, const struct suan_earn_claim *claim,
                                 const struct suan_earn_decision *decision)
{
    struct suan_json *object = suan_json_new_object(), *limits = suan_json_new_object();
    if (object == NULL || limits == NULL) {
        suan_json_release(object);
        suan_json_release(limits);
        return NULL;
    }
    suan_json_set_text(object, "decision", decision->outcome == SUAN_EARN_CREDIT ? "CREDIT" : "REJECT");
    suan_json_set_integer(object, "saved_fen", decision->saved_fen);
    suan_json_set_integer(object, "credit_fen", decision->credit_fen);
    suan_json_set_text(object, "binding", decision->binding);
    suan_json_set_span(object, "programme", programme->id);
    suan_json_set_integer(object, "fen_per_hour", claim->fen_per_hour);
    suan_json_set_integer(object, "year_index", claim->year_index);
    suan_json_set_integer(limits, "RATE", decision->rate_fen);
    suan_json_set_integer(limits, "ALGORITHM_YEAR", decision->algorithm_room_fen);
    suan_json_set_integer(limits, "OWNER_YEAR", decision->owner_room_fen);
    suan_json_set(object, "limits", limits);
    return object;
}
