/*
 * policy.eval: claims decided per second on one core, with a million awards on record. Claims are of the
 * whole library's compute programmes, parsed beforehand; the history answers from memory, as a ledger's sums
 * would.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "library.h"
#include "policy/past.h"

enum { AWARDS = 1000000, ENTERPRISES = 200000, CLAIMS = 8192, ROUNDS = 64 };

static uint64_t state = 1;

static uint64_t draw(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

static uint64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_nsec;
}

static struct suan_claim *make_claim(uint64_t contract)
{
    char text[1024];
    struct suan_claim *claim = NULL;
    struct suan_error error = {0};
    snprintf(
        text, sizeof text,
        "{\"schema\":\"suan.claim/1\",\"instrument\":\"compute_voucher\",\"date\":\"202%" PRIu64 "-07-20\","
        "\"enterprise\":\"ent-%06" PRIu64 "\",\"contract_id\":\"ent|sup|%08" PRIu64
        "\",\"claimant\":{\"class\":"
        "\"enterprise\",\"size\":\"%s\",\"region_code\":\"110108\",\"sector\":\"software\",\"blacklisted\":"
        "false},"
        "\"contract\":{\"signed\":\"2024-02-01\",\"related\":false,\"facility\":\"domestic\",\"purpose\":"
        "\"model_rnd\",\"term\":{\"start\":\"2024-02-01\",\"end\":\"2025-01-31\"}},\"claim\":{"
        "\"other_same_level_subsidy\":false},\"project\":{\"id\":\"p%" PRIu64
        "\",\"level\":\"national\"},\"lines\":[{"
        "\"kind\":\"compute\",\"region_code\":\"110108\",\"amount_fen\":%" PRIu64
        ",\"paid_fen\":5000},{\"kind\":"
        "\"storage\",\"region_code\":\"110108\",\"amount_fen\":700}]}",
        4 + draw(3), draw(ENTERPRISES), contract, draw(2) == 0 ? "sme" : "large", draw(50000),
        1 + draw(100000000));
    if (suan_claim_parse(suan_span_text(text), SUAN_CLAIM_BY_REVIEWER, "claim", &claim, &error) != SUAN_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return claim;
}

/* Awards of few claims under many contract keys and enterprises: what counts is how many sums there are. */
static void put_on_record(struct suan_past *past, const struct library *library, struct suan_claim **claims)
{
    char(*names)[24] = calloc(AWARDS, sizeof *names);
    for (uint64_t i = 0; names != NULL && i < AWARDS; i++) {
        size_t index;
        struct suan_claim claim = *claims[i % CLAIMS];
        struct suan_decision decision = {.programme = library->programmes[i % library->count],
                                         .award_fen = 1 + (int64_t)draw(1000),
                                         .base_fen = 5000};
        snprintf(names[i], sizeof names[i], "ent|sup|%08" PRIu64, i);
        claim.contract_key = suan_span_text(names[i]);
        if (suan_past_issue(past, &decision, &claim, claim.day, &index, NULL) != SUAN_OK)
            exit(1);
    }
    free(names);
}

static uint64_t decide_all(const struct library *library, struct suan_past *past, struct suan_claim **claims,
                           uint64_t *out_awards)
{
    struct suan_history history = suan_past_history(past);
    uint64_t begin = cpu_ns();
    for (uint64_t i = 0; i < (uint64_t)CLAIMS * ROUNDS; i++) {
        struct suan_decision decision;
        struct suan_request request = {library->programmes[(i + i / CLAIMS) % library->count],
                                       claims[i % CLAIMS], &history, SUAN_DAY_NONE};
        if (suan_policy_evaluate(&request, &decision, NULL, NULL) != SUAN_OK)
            exit(1);
        *out_awards += decision.outcome == SUAN_OUTCOME_AWARD;
    }
    return cpu_ns() - begin;
}

static void keep_compute(struct library *library)
{
    size_t kept = 0;
    for (size_t i = 0; i < library->count; i++) {
        if (library->programmes[i]->instrument == SUAN_INSTRUMENT_COMPUTE)
            library->programmes[kept++] = library->programmes[i];
        else
            suan_programme_free(library->programmes[i]);
    }
    library->count = kept;
}

int main(void)
{
    struct library library = {.count = 0};
    struct suan_claim *claims[CLAIMS];
    struct suan_past *past = suan_past_new();
    uint64_t awards = 0;
    library_add(&library, SUAN_TEST_PROGRAMMES);
    keep_compute(&library);
    for (uint64_t i = 0; i < CLAIMS; i++)
        claims[i] = make_claim(draw(2 * (uint64_t)AWARDS));
    put_on_record(past, &library, claims);
    uint64_t took_ns = decide_all(&library, past, claims, &awards);
    uint64_t per_second = (uint64_t)CLAIMS * ROUNDS * UINT64_C(1000000000) / took_ns;
    printf(
        "{\"id\":\"policy.eval\",\"value\":%" PRIu64
        ",\"unit\":\"claims/s\",\"peer\":null,\"peer_value\":null,"
        "\"ratio\":null,\"better\":\"higher\",\"goal\":\">= 500000/s, 10^6 awards on record\",\"ok\":%s}\n",
        per_second, per_second >= 500000 && awards > 0 ? "true" : "false");
    for (uint64_t i = 0; i < CLAIMS; i++)
        suan_claim_free(claims[i]);
    suan_past_free(past);
    library_done(&library);
    return 0;
}
