#ifndef SUAN_POLICY_CLAIM_H
#define SUAN_POLICY_CLAIM_H

/*
 * One claim, `suan.claim/1`: what a claimant states of itself, its contract and its lines. Read strictly; a
 * claim that is malformed is refused whole. Amounts are fen, 0 to 2^53 - 1; an optional amount that is not
 * stated is SUAN_FEN_ABSENT.
 */
#include "base/json.h"
#include "date.h"
#include "field.h"
#include "programme.h"

enum {
    SUAN_CLAIM_FILE_MAX = 1 << 20, /* bytes */
    SUAN_CLAIM_LINES_MAX = 4096,
    SUAN_CLAIM_LIST_MAX = 1024, /* other awards; documents */
};
#define SUAN_FEN_ABSENT INT64_C(-1)

struct suan_claim_line {
    enum suan_line_kind kind;
    struct suan_span region_code; /* six digits, or empty */
    int64_t amount_fen;
    int64_t paid_fen; /* SUAN_FEN_ABSENT if not stated */
};

struct suan_claim_document {
    struct suan_span kind;
    uint8_t sha256[32];
};

/* `reviewer_fen` and `attest` count only from a reviewer; from a claimant they are checked and then left
 * absent. */
enum suan_claim_origin { SUAN_CLAIM_BY_CLAIMANT, SUAN_CLAIM_BY_REVIEWER };

struct suan_claim {
    bool has_instrument; /* always, except in worked examples */
    enum suan_instrument instrument;
    int32_t day;                        /* of application, UTC+8 */
    struct suan_span programme, family; /* at most one is stated */
    struct suan_span enterprise;
    struct suan_span contract_id; /* as stated; may be empty */
    /* Buyer, supplier and the number in form NFKC, upper case, without spaces or punctuation, joined by bars;
       the stated contract_id where number or supplier is missing. */
    struct suan_span contract_key;
    struct suan_value values[SUAN_FIELD_COUNT];
    struct suan_claim_line *lines;
    uint32_t line_count;
    bool has_regions; /* worked examples: the base by region is stated */
    int64_t local_fen, nonlocal_fen;
    int64_t requested_fen, reviewer_fen, efficient_benchmark_fen;
    bool benchmark_by_registry;
    int64_t other_awards_fen; /* declared; 0 if none */
    struct suan_claim_document *documents;
    uint32_t document_count;
    struct suan_claim_memory *memory;
};

/*
 * Reads a claim file; the text need not outlive the call. Errors: USAGE "policy.bad-amount",
 * "policy.bad-date", "policy.bad-field", each naming the JSON path.
 */
SUAN_MUST_USE enum suan_status suan_claim_parse(struct suan_span text, enum suan_claim_origin origin,
                                                const char *name, struct suan_claim **out,
                                                struct suan_error *error);
void suan_claim_free(struct suan_claim *claim); /* takes NULL */
void suan_claim_freep(struct suan_claim **claim);

/* What the registry knows overrides what the claim states; traces say so. Text is copied. */
SUAN_MUST_USE enum suan_status suan_claim_know_text(struct suan_claim *claim, enum suan_field field,
                                                    const char *text, struct suan_error *error);
void suan_claim_know_boolean(struct suan_claim *claim, enum suan_field field, bool value);
void suan_claim_know_benchmark(struct suan_claim *claim, int64_t benchmark_fen);

#endif
