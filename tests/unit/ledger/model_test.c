/*
 * Random histories against a model that is as plain as possible: the same outcome and the same balances after
 * every step. 20,000 steps in an ordinary run, 100,000 from the seed SUAN_SOAK in a soak.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support.h"
#include "trust/draw.h"

enum {
    STEPS = 20000,
    SOAK_STEPS = 100000,
    STEPS_PER_COMMIT = 40,
    CHAIN_MAX = 4,
    IDS_MAX = 400000,
    OPEN_MAX = 4096
};
static const uint64_t second_ns = UINT64_C(1000000000);

struct model_account {
    int64_t dp, d, cp, c;
};

/* A record of the model, by the number in its id. */
struct model_record {
    struct suan_transfer body; /* as first asked for, completed */
    uint64_t expiry_ns;
    enum suan_pending_state state;
    bool known;
};

struct model {
    struct model_account accounts[ACCOUNTS];
    struct model_record *records;
    uint64_t open[OPEN_MAX]; /* ids of reservations that are open */
    size_t open_count;
    uint64_t now_ns, last_ns, next_id, seq;
};

struct run {
    struct model model;
    struct suan_draw draw;
    struct suan_txn *txn;
};

static uint32_t below(struct run *run, uint32_t bound)
{
    return suan_draw_below(&run->draw, bound);
}

/* --- the model --- */

static int who_is(const struct suan_id *id)
{
    for (int who = 0; who < NOBODY; who++) {
        struct suan_id known = account(who);
        if (memcmp(known.bytes, id->bytes, SUAN_ID_SIZE) == 0)
            return who;
    }
    return NOBODY;
}

static uint64_t number_of(const struct suan_id *id)
{
    return suan_be64(id->bytes + 8) - 1;
}

static bool stands(const struct model *model)
{
    for (int who = 0; who < NOBODY; who++) {
        const struct model_account *a = &model->accounts[who];
        if (who != ISSUER && who != OWED && a->dp + a->d > a->c)
            return false;
        if (who == OWED && a->cp + a->c > a->d)
            return false;
    }
    return true;
}

static uint64_t stamp(struct model *model)
{
    model->last_ns = model->now_ns > model->last_ns ? model->now_ns : model->last_ns + 1;
    model->seq++;
    return model->last_ns;
}

static void close_open(struct model *model, uint64_t id)
{
    for (size_t i = 0; i < model->open_count; i++) {
        if (model->open[i] == id)
            model->open[i--] = model->open[--model->open_count];
    }
}

static void release(struct model *model, struct model_record *record)
{
    model->accounts[who_is(&record->body.debit)].dp -= record->body.amount_fen;
    model->accounts[who_is(&record->body.credit)].cp -= record->body.amount_fen;
}

static void expire(struct model *model)
{
    for (size_t i = 0; i < model->open_count; i++) {
        struct model_record *record = &model->records[model->open[i]];
        if (record->expiry_ns == 0 || record->expiry_ns > model->now_ns)
            continue;
        release(model, record);
        record->state = SUAN_PENDING_EXPIRED;
        stamp(model);
        model->open[i--] = model->open[--model->open_count];
    }
}

static enum suan_transfer_result model_resolve(struct model *model, struct suan_transfer *t)
{
    struct model_record *reserved = &model->records[number_of(&t->pending)];
    if (!reserved->known || (reserved->body.flags & SUAN_TRANSFER_PENDING) == 0 ||
        reserved->body.result != SUAN_TRANSFER_DONE)
        return SUAN_TRANSFER_NO_PENDING;
    if (reserved->state == SUAN_PENDING_EXPIRED)
        return SUAN_TRANSFER_EXPIRED;
    if (reserved->state != SUAN_PENDING_OPEN)
        return SUAN_TRANSFER_RESOLVED;
    if (t->amount_fen == 0)
        t->amount_fen = reserved->body.amount_fen;
    bool posts = (t->flags & SUAN_TRANSFER_POST) != 0;
    if (t->amount_fen > reserved->body.amount_fen || (!posts && t->amount_fen != reserved->body.amount_fen))
        return SUAN_TRANSFER_NOT_ITS_PENDING;
    t->debit = reserved->body.debit;
    t->credit = reserved->body.credit;
    release(model, reserved);
    if (posts) {
        model->accounts[who_is(&t->debit)].d += t->amount_fen;
        model->accounts[who_is(&t->credit)].c += t->amount_fen;
    }
    reserved->state = posts ? SUAN_PENDING_POSTED : SUAN_PENDING_VOIDED;
    close_open(model, number_of(&t->pending));
    return SUAN_TRANSFER_DONE;
}

static enum suan_transfer_result model_plain(struct model *model, struct suan_transfer *t)
{
    int from = who_is(&t->debit), to = who_is(&t->credit);
    if (from == NOBODY || to == NOBODY)
        return SUAN_TRANSFER_NO_ACCOUNT;
    if (from == ELSEWHERE || to == ELSEWHERE)
        return SUAN_TRANSFER_OTHER_LEDGER;
    bool pends = (t->flags & SUAN_TRANSFER_PENDING) != 0;
    const struct model_account from_before = model->accounts[from], to_before = model->accounts[to];
    *(pends ? &model->accounts[from].dp : &model->accounts[from].d) += t->amount_fen;
    if (!stands(model)) {
        model->accounts[from] = from_before;
        return SUAN_TRANSFER_EXCEEDS_CREDITS;
    }
    *(pends ? &model->accounts[to].cp : &model->accounts[to].c) += t->amount_fen;
    if (!stands(model)) {
        model->accounts[from] = from_before;
        model->accounts[to] = to_before;
        return SUAN_TRANSFER_EXCEEDS_DEBITS;
    }
    return SUAN_TRANSFER_DONE;
}

static bool is_same_request(const struct suan_transfer *a, const struct suan_transfer *b)
{
    bool resolves = (a->flags & (SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID)) != 0;
    return a->flags == b->flags && a->timeout_s == b->timeout_s &&
           memcmp(a->pending.bytes, b->pending.bytes, SUAN_ID_SIZE) == 0 &&
           (resolves || (memcmp(a->debit.bytes, b->debit.bytes, SUAN_ID_SIZE) == 0 &&
                         memcmp(a->credit.bytes, b->credit.bytes, SUAN_ID_SIZE) == 0)) &&
           a->amount_fen == b->amount_fen;
}

static enum suan_transfer_result model_one(struct model *model, struct suan_transfer *t, bool *out_known)
{
    struct model_record *record = &model->records[number_of(&t->id)];
    bool resolves = (t->flags & (SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID)) != 0;
    *out_known = record->known;
    if (record->known) {
        struct suan_transfer completed = *t;
        struct model_record *reserved = &model->records[number_of(&t->pending)];
        if (resolves && t->amount_fen == 0 && reserved->known)
            completed.amount_fen = reserved->body.amount_fen;
        return is_same_request(&completed, &record->body) ? (enum suan_transfer_result)record->body.result
                                                          : SUAN_TRANSFER_OTHER_BODY;
    }
    enum suan_transfer_result result = resolves ? model_resolve(model, t) : model_plain(model, t);
    if (result != SUAN_TRANSFER_DONE)
        return result;
    uint64_t time_ns = stamp(model);
    record->body = *t;
    record->body.result = SUAN_TRANSFER_DONE;
    record->known = true;
    if ((t->flags & SUAN_TRANSFER_PENDING) != 0) {
        record->state = SUAN_PENDING_OPEN;
        record->expiry_ns = t->timeout_s != 0 ? time_ns + t->timeout_s * second_ns : 0;
        model->open[model->open_count++] = number_of(&t->id);
    }
    return result;
}

/* Everything that a chain may change, kept before it. */
struct saved {
    struct model_account accounts[ACCOUNTS];
    struct model_record own[CHAIN_MAX], resolved[CHAIN_MAX];
    uint64_t open[OPEN_MAX];
    size_t open_count;
    uint64_t last_ns, seq;
};

static void save(const struct model *model, const struct suan_transfer *chain, size_t count,
                 struct saved *out)
{
    memcpy(out->accounts, model->accounts, sizeof out->accounts);
    memcpy(out->open, model->open, model->open_count * sizeof model->open[0]);
    out->open_count = model->open_count;
    out->last_ns = model->last_ns;
    out->seq = model->seq;
    for (size_t i = 0; i < count; i++) {
        out->own[i] = model->records[number_of(&chain[i].id)];
        if (number_of(&chain[i].pending) < IDS_MAX)
            out->resolved[i] = model->records[number_of(&chain[i].pending)];
    }
}

static void restore(struct model *model, const struct suan_transfer *chain, size_t count,
                    const struct saved *saved)
{
    memcpy(model->accounts, saved->accounts, sizeof saved->accounts);
    memcpy(model->open, saved->open, saved->open_count * sizeof model->open[0]);
    model->open_count = saved->open_count;
    model->last_ns = saved->last_ns;
    model->seq = saved->seq;
    for (size_t i = 0; i < count; i++) {
        model->records[number_of(&chain[i].id)] = saved->own[i];
        if (number_of(&chain[i].pending) < IDS_MAX)
            model->records[number_of(&chain[i].pending)] = saved->resolved[i];
    }
}

/* Sets each transfer's expected result. */
static void model_chain(struct model *model, struct suan_transfer *chain, size_t count)
{
    struct saved before;
    size_t known_count = 0;
    save(model, chain, count, &before);
    for (size_t i = 0; i < count; i++) {
        struct suan_transfer asked = chain[i];
        bool known;
        enum suan_transfer_result result = model_one(model, &asked, &known);
        known_count += known;
        if (result == SUAN_TRANSFER_DONE && known_count != 0 && known_count != i + 1)
            result = SUAN_TRANSFER_OTHER_BODY;
        if (result == SUAN_TRANSFER_DONE) {
            chain[i].result = SUAN_TRANSFER_DONE;
            continue;
        }
        restore(model, chain, count, &before);
        for (size_t j = 0; j < count; j++)
            chain[j].result = SUAN_TRANSFER_CHAIN;
        chain[i].result = (uint16_t)result;
        if (!known && (result == SUAN_TRANSFER_EXCEEDS_CREDITS || result == SUAN_TRANSFER_EXCEEDS_DEBITS)) {
            struct model_record *record = &model->records[number_of(&chain[i].id)];
            record->body = chain[i];
            record->known = true;
            stamp(model);
        }
        return;
    }
}

/* --- steps --- */

static struct suan_transfer random_transfer(struct run *run)
{
    struct model *model = &run->model;
    uint64_t n = model->next_id++;
    int from = (int)below(run, 4), to = (int)below(run, 4);
    uint32_t kind = below(run, 10);
    if (below(run, 40) == 0)
        from = (int)below(run, ACCOUNTS);
    if (to == from)
        to = (from + 1) % 4;
    if (kind < 4)
        return transfer(n, from, to, 1 + below(run, 300));
    if (kind < 7 && model->open_count < OPEN_MAX / 2)
        return reserve(n, from, to, 1 + below(run, 300), below(run, 2) * (1 + below(run, 20)));
    uint64_t target = model->open_count > 0 && below(run, 8) != 0
                          ? model->open[below(run, (uint32_t)model->open_count)]
                          : below(run, (uint32_t)n + 1);
    return resolve(n, target, below(run, 3) == 0 ? SUAN_TRANSFER_VOID : SUAN_TRANSFER_POST,
                   below(run, 3) == 0 ? 1 + below(run, 200) : 0);
}

/* Now and then an earlier request once more, perhaps with another amount. */
static struct suan_transfer next_transfer(struct run *run)
{
    struct model *model = &run->model;
    if (below(run, 15) != 0 || model->next_id < 2)
        return random_transfer(run);
    const struct model_record *record = &model->records[below(run, (uint32_t)model->next_id)];
    if (!record->known)
        return random_transfer(run);
    struct suan_transfer again = record->body;
    again.result = 0;
    again.flags &= (uint16_t)~SUAN_TRANSFER_LINKED;
    again.flags |= record->body.flags & SUAN_TRANSFER_LINKED;
    again.amount_fen += below(run, 3) == 0;
    return again;
}

static void compare_accounts(struct run *run)
{
    struct suan_error error = {0};
    for (int who = 0; who < NOBODY; who++) {
        const struct model_account *expected = &run->model.accounts[who];
        struct suan_account found;
        struct suan_id id = account(who);
        must(suan_account_get(run->txn, &id, run->model.now_ns, &found, &error), &error);
        cr_assert(found.debits_pending_fen == expected->dp && found.debits_posted_fen == expected->d &&
                      found.credits_pending_fen == expected->cp && found.credits_posted_fen == expected->c,
                  "account %d at record %llu", who, (unsigned long long)run->model.seq);
    }
}

static void step(struct run *run)
{
    struct suan_error error = {0};
    struct suan_transfer chain[CHAIN_MAX], expected[CHAIN_MAX];
    size_t count = below(run, 4) == 0 ? 2 + below(run, CHAIN_MAX - 1) : 1;
    if (below(run, 3) == 0)
        run->model.now_ns += below(run, 4) * second_ns / 2;
    for (size_t i = 0; i < count; i++) {
        chain[i] = next_transfer(run);
        chain[i].flags &= (uint16_t)~SUAN_TRANSFER_LINKED;
        if (i + 1 < count)
            chain[i].flags |= SUAN_TRANSFER_LINKED;
        expected[i] = chain[i];
    }
    expire(&run->model);
    model_chain(&run->model, expected, count);
    must(suan_ledger_post_batch(run->txn, chain, count, (struct suan_occasion){run->model.now_ns, 1}, &error),
         &error);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(chain[i].result, expected[i].result, "record %llu, %zu of %zu: %s, expected %s",
                     (unsigned long long)run->model.seq, i + 1, count,
                     suan_transfer_result_text((enum suan_transfer_result)chain[i].result),
                     suan_transfer_result_text((enum suan_transfer_result)expected[i].result));
    compare_accounts(run);
}

static enum suan_status steps(void *context, struct suan_txn *txn, struct suan_error *error)
{
    struct run *run = context;
    (void)error;
    run->txn = txn;
    for (int i = 0; i < STEPS_PER_COMMIT; i++)
        step(run);
    return SUAN_OK;
}

static struct fixture f;

static void setup(void)
{
    ledger_make(&f);
}

static void teardown(void)
{
    fixture_remove(&f);
}

TestSuite(model, .init = setup, .fini = teardown);

static void run_seed(uint64_t seed, uint64_t total)
{
    struct suan_error error = {0};
    struct run *run = calloc(1, sizeof *run);
    cr_assert_not_null(run);
    run->model.records = calloc(IDS_MAX, sizeof *run->model.records);
    cr_assert_not_null(run->model.records);
    suan_draw_init(&run->draw, suan_span(&seed, sizeof seed), "ledger model");
    run->model.now_ns = run->model.last_ns = start_ns;
    run->model.accounts[ISSUER].d = run->model.accounts[ALICE].c = 1000;
    run->model.records[0] = (struct model_record){.body = transfer(0, ISSUER, ALICE, 1000), .known = true};
    run->model.next_id = run->model.seq = 1;
    for (uint64_t i = 0; i < total; i += STEPS_PER_COMMIT) {
        must(suan_store_write(f.store, steps, run, &error), &error);
        if (i % 4000 == 0)
            cr_assert_eq(verify(&f).transfers, run->model.seq);
    }
    cr_assert_eq(verify(&f).transfers, run->model.seq);
    free(run->model.records);
    free(run);
}

Test(model, random_histories_agree)
{
    const char *soak = getenv("SUAN_SOAK");
    run_seed(soak != NULL ? strtoull(soak, NULL, 10) : 1, soak != NULL ? SOAK_STEPS : STEPS);
}
