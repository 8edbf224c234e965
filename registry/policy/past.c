/* Awards in an array, sums and contracts in one hash table of byte keys. */
#include "past.h"

#include <stdlib.h>

#include "arena.h"
#include "base/cleanup.h"
#include "limits.h"

struct award {
    const struct suan_programme *programme;
    const struct suan_claim *claim;
    struct suan_span tier, contract_key;
    int32_t issue_day;
    int64_t face_fen, base_fen, released_fen, redeemed_fen;
};

/* All awards of one contract under one programme. */
struct per_programme {
    const struct suan_programme *programme;
    int64_t live_fen, live_base_fen;
    struct per_programme *next;
};

struct entry {
    int64_t sum;                 /* of a sum's key */
    struct per_programme *first; /* of a contract's key */
    size_t key_size;
    uint8_t key[];
};

struct slot {
    uint64_t hash;
    struct entry *entry;
};

struct suan_past {
    struct award *awards;
    size_t count, capacity;
    struct slot *slots;
    size_t slot_count, used; /* slot_count is 0 or a power of two */
    struct arena arena;
};

enum { KEY_MAX = 1024, KEY_HEAD = 8, CONTRACT_TAG = 0xC0 };

struct key {
    size_t size;
    uint8_t bytes[KEY_MAX];
};

static void add_bytes(struct key *key, struct suan_span bytes)
{
    size_t size = bytes.size < KEY_MAX - key->size ? bytes.size : KEY_MAX - key->size;
    if (size > 0)
        memcpy(key->bytes + key->size, bytes.data, size);
    key->size += size;
}

static void sum_key(struct key *key, const struct suan_sum_query *query)
{
    uint8_t head[KEY_HEAD] = {(uint8_t)query->of, (uint8_t)query->within, (uint8_t)query->programme->id.size};
    memcpy(head + 4, &query->year, sizeof query->year);
    key->size = 0;
    add_bytes(key, suan_span(head, sizeof head));
    add_bytes(key, query->programme->id);
    add_bytes(key, query->subject);
}

static void contract_key(struct key *key, struct suan_span contract)
{
    uint8_t tag = CONTRACT_TAG;
    key->size = 0;
    add_bytes(key, suan_span(&tag, 1));
    add_bytes(key, contract);
}

static uint64_t hash_of(const struct key *key)
{
    uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) ^ key->size, word;
    size_t at = 0;
    for (; at + 8 <= key->size; at += 8) {
        memcpy(&word, key->bytes + at, 8);
        hash = (hash ^ word) * UINT64_C(0xFF51AFD7ED558CCD);
        hash ^= hash >> 32;
    }
    for (word = 0; at < key->size; at++)
        word = word << 8 | key->bytes[at];
    hash = (hash ^ word) * UINT64_C(0xC4CEB9FE1A85EC53);
    return hash ^ hash >> 29;
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct slot *slot_of(struct slot *slots, size_t slot_count, const struct key *key, uint64_t hash)
{
    size_t i = hash & (slot_count - 1);
    while (slots[i].entry != NULL) {
        const struct entry *entry = slots[i].entry;
        if (slots[i].hash == hash && entry->key_size == key->size &&
            memcmp(entry->key, key->bytes, key->size) == 0)
            break;
        i = (i + 1) & (slot_count - 1);
    }
    return &slots[i];
}

static const struct entry *find_entry(const struct suan_past *past, const struct key *key)
{
    return past->slot_count == 0 ? NULL : slot_of(past->slots, past->slot_count, key, hash_of(key))->entry;
}

static bool grow_slots(struct suan_past *past)
{
    size_t count = past->slot_count == 0 ? 64 : past->slot_count * 2;
    struct slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < past->slot_count; i++) {
        if (past->slots[i].entry == NULL)
            continue;
        size_t k = past->slots[i].hash & (count - 1);
        while (slots[k].entry != NULL)
            k = (k + 1) & (count - 1);
        slots[k] = past->slots[i];
    }
    free(past->slots);
    past->slots = slots;
    past->slot_count = count;
    return true;
}

/* The entry, made if it is not there; NULL if out of memory. */
static struct entry *make_entry(struct suan_past *past, const struct key *key)
{
    if (past->used * 2 >= past->slot_count && !grow_slots(past))
        return NULL;
    uint64_t hash = hash_of(key);
    struct slot *slot = slot_of(past->slots, past->slot_count, key, hash);
    if (slot->entry != NULL)
        return slot->entry;
    struct entry *entry = arena_take(&past->arena, 1, sizeof *entry + key->size);
    if (entry == NULL)
        return NULL;
    entry->key_size = key->size;
    memcpy(entry->key, key->bytes, key->size);
    *slot = (struct slot){hash, entry};
    past->used++;
    return entry;
}

/* --- answering ---------------------------------------------------------------------------------------- */

static enum suan_status answer_sum(void *context, const struct suan_sum_query *query, int64_t *out_fen,
                                   struct suan_error *error)
{
    struct key key;
    (void)error;
    sum_key(&key, query);
    const struct entry *entry = find_entry(context, &key);
    *out_fen = entry != NULL ? entry->sum : 0;
    return SUAN_OK;
}

static enum suan_status answer_contract(void *context, struct suan_span contract,
                                        struct suan_past_contract out[SUAN_PAST_CONTRACTS_MAX],
                                        size_t *out_count, struct suan_error *error)
{
    struct key key;
    size_t count = 0;
    contract_key(&key, contract);
    const struct entry *entry = find_entry(context, &key);
    for (const struct per_programme *one = entry != NULL ? entry->first : NULL; one != NULL;
         one = one->next) {
        if (count == SUAN_PAST_CONTRACTS_MAX)
            return suan_error_set(error, SUAN_E_EXHAUSTED, "policy.contract-programmes", NULL,
                                  "a contract received awards under more than %d programmes",
                                  SUAN_PAST_CONTRACTS_MAX);
        out[count++] =
            (struct suan_past_contract){one->programme->id, one->programme->group,
                                        one->programme->same_contract, one->live_fen, one->live_base_fen};
    }
    *out_count = count;
    return SUAN_OK;
}

struct suan_history suan_past_history(struct suan_past *past)
{
    return (struct suan_history){past, answer_sum, answer_contract};
}

/* --- recording ---------------------------------------------------------------------------------------- */

struct change {
    struct suan_past *past;
    const struct award *award;
    enum suan_sum_of of;
    int32_t year;
    int64_t amount_fen;
    bool failed;
};

static void add_to_sum(void *context, const struct suan_sum_query *kind)
{
    struct change *change = context;
    const struct suan_claim *claim = change->award->claim;
    struct suan_sum_query query = *kind;
    struct key key;
    if (kind->of != change->of)
        return;
    query.year = kind->year == SUAN_YEAR_EVER ? SUAN_YEAR_EVER : change->year;
    query.subject = kind->within == SUAN_SUM_CONTRACT     ? claim->contract_key
                    : kind->within == SUAN_SUM_PROJECT    ? claim->values[SUAN_FIELD_PROJECT_ID].text
                    : kind->within == SUAN_SUM_ENTERPRISE ? claim->enterprise
                                                          : suan_span(NULL, 0);
    sum_key(&key, &query);
    struct entry *entry = make_entry(change->past, &key);
    if (entry == NULL)
        change->failed = true;
    else
        entry->sum += change->amount_fen;
}

static bool change_sums(struct suan_past *past, const struct award *award, enum suan_sum_of of, int32_t day,
                        int64_t amount_fen)
{
    struct change change = {past, award, of, suan_day_year(day), amount_fen, false};
    suan_history_wants(award->programme, add_to_sum, &change);
    return !change.failed;
}

static struct per_programme *make_per_programme(struct suan_past *past, const struct award *award)
{
    struct key key;
    contract_key(&key, award->contract_key);
    struct entry *entry = make_entry(past, &key);
    if (entry == NULL)
        return NULL;
    for (struct per_programme *one = entry->first; one != NULL; one = one->next) {
        if (suan_span_equal(one->programme->id, award->programme->id))
            return one;
    }
    struct per_programme *one = arena_take(&past->arena, 1, sizeof *one);
    if (one == NULL)
        return NULL;
    *one = (struct per_programme){.programme = award->programme, .next = entry->first};
    entry->first = one;
    return one;
}

static enum suan_status no_memory(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory while recording an award");
}

static bool make_room(struct suan_past *past)
{
    if (past->count < past->capacity)
        return true;
    size_t capacity = past->capacity == 0 ? 64 : past->capacity * 2;
    struct award *awards = realloc(past->awards, capacity * sizeof *awards);
    if (awards == NULL)
        return false;
    past->awards = awards;
    past->capacity = capacity;
    return true;
}

enum suan_status suan_past_issue(struct suan_past *past, const struct suan_decision *decision,
                                 const struct suan_claim *claim, int32_t issue_day, size_t *out_index,
                                 struct suan_error *error)
{
    struct award award = {.programme = decision->programme,
                          .claim = claim,
                          .tier = decision->tier,
                          .contract_key = claim->contract_key,
                          .issue_day = issue_day,
                          .face_fen = decision->award_fen,
                          .base_fen = decision->base_fen};
    if (!make_room(past))
        return no_memory(error);
    struct per_programme *one = make_per_programme(past, &award);
    if (one == NULL || !change_sums(past, &award, SUAN_SUM_ISSUED, issue_day, award.face_fen) ||
        !change_sums(past, &award, SUAN_SUM_BASE, issue_day, award.base_fen))
        return no_memory(error);
    one->live_fen += award.face_fen;
    one->live_base_fen += award.base_fen;
    *out_index = past->count;
    past->awards[past->count++] = award;
    return SUAN_OK;
}

enum suan_status suan_past_redeem(struct suan_past *past, size_t index, int32_t day, int64_t amount_fen,
                                  struct suan_error *error)
{
    struct award *award = &past->awards[index];
    if (!change_sums(past, award, SUAN_SUM_REDEEMED, day, amount_fen))
        return no_memory(error);
    award->redeemed_fen += amount_fen;
    return SUAN_OK;
}

/* Room returns to the period of issue. */
enum suan_status suan_past_release(struct suan_past *past, size_t index, int64_t amount_fen,
                                   struct suan_error *error)
{
    struct award *award = &past->awards[index];
    struct per_programme *one = make_per_programme(past, award);
    if (one == NULL || !change_sums(past, award, SUAN_SUM_ISSUED, award->issue_day, -amount_fen))
        return no_memory(error);
    one->live_fen -= amount_fen;
    if (amount_fen > 0 && award->released_fen + amount_fen == award->face_fen)
        one->live_base_fen -= award->base_fen;
    award->released_fen += amount_fen;
    return SUAN_OK;
}

struct suan_voucher_state suan_past_voucher(const struct suan_past *past, size_t index)
{
    const struct award *award = &past->awards[index];
    return (struct suan_voucher_state){.programme = award->programme,
                                       .claim = award->claim,
                                       .enterprise = award->claim->enterprise,
                                       .contract_key = award->contract_key,
                                       .project = award->claim->values[SUAN_FIELD_PROJECT_ID].text,
                                       .issue_day = award->issue_day,
                                       .tier = award->tier,
                                       .face_fen = award->face_fen,
                                       .base_fen = award->base_fen,
                                       .released_fen = award->released_fen,
                                       .redeemed_fen = award->redeemed_fen};
}

size_t suan_past_count(const struct suan_past *past)
{
    return past->count;
}

struct suan_past *suan_past_new(void)
{
    return calloc(1, sizeof(struct suan_past));
}

void suan_past_free(struct suan_past *past)
{
    if (past == NULL)
        return;
    free(past->awards);
    free(past->slots);
    arena_done(&past->arena);
    free(past);
}

void suan_past_freep(struct suan_past **past)
{
    suan_past_free(*past);
}
