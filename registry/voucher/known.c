/* What the registry knows of a claim, and who is tied to whom. */
#include "known.h"

#include "catalog/identity.h"
#include "catalog/member.h"
#include "catalog/release.h"
#include "catalog/review.h"

#define BENCHMARK_NS (UINT64_C(365) * 86400 * 1000000000) /* a measurement is current for a year */

enum suan_status known_tie(struct suan_txn *txn, const struct suan_id *a, const struct suan_id *b,
                           uint64_t time_ns, bool *out_tied, struct suan_error *error)
{
    enum suan_status status = suan_member_untied(txn, a, b, time_ns, error);
    if (status == SUAN_OK)
        status = suan_member_untied(txn, b, a, time_ns, error);
    *out_tied = status == SUAN_E_PERMISSION;
    return *out_tied ? SUAN_OK : status;
}

static enum suan_status find_release(struct suan_txn *txn, struct suan_span said, struct suan_release *out,
                                     struct suan_error *error)
{
    struct suan_digest tar;
    const uint8_t *at = said.size > 0 ? memchr(said.data, '@', said.size) : NULL;
    if (at == NULL)
        return suan_unhex(said, tar.bytes, sizeof tar.bytes) ? suan_release_by_digest(txn, &tar, out, error)
                                                             : SUAN_E_NOT_FOUND;
    size_t name = (size_t)(at - said.data);
    return suan_release_get(txn, suan_span(said.data, name), suan_span(at + 1, said.size - name - 1), out,
                            error);
}

static enum suan_status know_owners(struct suan_txn *txn, const struct suan_act *act,
                                    const struct suan_id *claimant, struct suan_claim *claim,
                                    const struct suan_release *release, struct suan_error *error)
{
    struct suan_owner_table owners;
    bool any = false;
    enum suan_status status = suan_owner_get(txn, &release->algorithm, &owners, error);
    for (size_t i = 0; status == SUAN_OK && i < owners.count; i++) {
        bool tied = false;
        status = known_tie(txn, claimant, &owners.shares[i].owner, act->time_ns, &tied, error);
        any |= tied;
    }
    if (status == SUAN_OK)
        suan_claim_know_boolean(claim, SUAN_FIELD_CONTRACT_RELATED, any);
    return status;
}

/* Of a licence: whether its release is vetted and its measurement current, and whether an owner is tied to the
   claimant. What the claimant says of that does not count. */
static enum suan_status know_algorithm(struct suan_txn *txn, const struct suan_act *act,
                                       const struct suan_id *claimant, struct suan_claim *claim,
                                       struct suan_error *error)
{
    struct suan_release release;
    struct suan_review_state state;
    struct suan_attestation measured = {0};
    const struct suan_value *said = &claim->values[SUAN_FIELD_ALGORITHM_RELEASE];
    claim->values[SUAN_FIELD_ALGORITHM_STATUS].type = SUAN_VALUE_ABSENT;
    claim->values[SUAN_FIELD_ALGORITHM_BENCHMARK_VALID].type = SUAN_VALUE_ABSENT;
    if (said->type != SUAN_VALUE_TEXT)
        return SUAN_OK;
    enum suan_status status = find_release(txn, said->text, &release, error);
    if (status == SUAN_E_NOT_FOUND)
        return suan_claim_know_text(claim, SUAN_FIELD_ALGORITHM_STATUS, "unpublished", error);
    if (status == SUAN_OK)
        status = suan_review_state(txn, &release, act->time_ns, &state, error);
    if (status == SUAN_OK)
        status = suan_claim_know_text(claim, SUAN_FIELD_ALGORITHM_STATUS, suan_standing_name(state.standing),
                                      error);
    if (status == SUAN_OK)
        status = know_owners(txn, act, claimant, claim, &release, error);
    if (status != SUAN_OK)
        return status;
    status = suan_attestation_newest(txn, &release.tar, SUAN_ATTESTATION_MEASUREMENT, &measured, error);
    if (status != SUAN_OK && status != SUAN_E_NOT_FOUND)
        return status;
    suan_claim_know_boolean(claim, SUAN_FIELD_ALGORITHM_BENCHMARK_VALID,
                            status == SUAN_OK && act->time_ns - measured.time_ns <= BENCHMARK_NS);
    return SUAN_OK;
}

/* A supplier on record that is tied to the claimant; of others the claim's word stands. */
static enum suan_status know_supplier(struct suan_txn *txn, const struct suan_act *act,
                                      const struct suan_id *claimant, struct suan_claim *claim,
                                      struct suan_error *error)
{
    struct suan_identity supplier;
    bool tied = false;
    const struct suan_value *said = &claim->values[SUAN_FIELD_CONTRACT_SUPPLIER];
    if (said->type != SUAN_VALUE_TEXT || suan_identity_find(txn, said->text, &supplier, NULL) != SUAN_OK)
        return SUAN_OK;
    enum suan_status status = known_tie(txn, claimant, &supplier.id, act->time_ns, &tied, error);
    if (status == SUAN_OK && tied)
        suan_claim_know_boolean(claim, SUAN_FIELD_CONTRACT_RELATED, true);
    return status;
}

enum suan_status known_to_registry(struct suan_txn *txn, const struct suan_act *act,
                                   const struct suan_id *claimant, struct suan_claim *claim,
                                   struct suan_error *error)
{
    return claim->instrument == SUAN_INSTRUMENT_ALGORITHM ? know_algorithm(txn, act, claimant, claim, error)
                                                          : know_supplier(txn, act, claimant, claim, error);
}
