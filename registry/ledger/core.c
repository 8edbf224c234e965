/* What a transfer does to two accounts, and when it may not. */
#include "core.h"

bool suan_id_is_zero(const struct suan_id *id)
{
    static const struct suan_id zero = {{0}};
    return suan_id_equal(id, &zero);
}

bool suan_id_equal(const struct suan_id *a, const struct suan_id *b)
{
    return memcmp(a->bytes, b->bytes, SUAN_ID_SIZE) == 0;
}

/* Adds to a sum that never leaves 0 to 2^63 - 1. */
static bool shift(int64_t *place, int64_t by)
{
    int64_t sum;
    if (__builtin_add_overflow(*place, by, &sum) || sum < 0)
        return false;
    *place = sum;
    return true;
}

static bool shift_pair(int64_t *pending, int64_t *posted, enum suan_move move, int64_t reserved,
                       int64_t amount)
{
    switch (move) {
    case SUAN_MOVE_DIRECT: return shift(posted, amount);
    case SUAN_MOVE_RESERVE: return shift(pending, amount);
    case SUAN_MOVE_SETTLE: return shift(pending, -reserved) && shift(posted, amount);
    case SUAN_MOVE_RELEASE: return shift(pending, -reserved);
    }
    return false;
}

static bool sums_fit(const struct suan_account *account)
{
    int64_t debits = account->debits_pending_fen, credits = account->credits_pending_fen;
    return debits >= 0 && credits >= 0 && account->debits_posted_fen >= 0 &&
           account->credits_posted_fen >= 0 && shift(&debits, account->debits_posted_fen) &&
           shift(&credits, account->credits_posted_fen);
}

/* Of an account whose sums fit. */
static bool is_within_limit(const struct suan_account *account)
{
    switch (account->flags) {
    case SUAN_ACCOUNT_HOLDER:
        return account->debits_pending_fen + account->debits_posted_fen <= account->credits_posted_fen;
    case SUAN_ACCOUNT_RECEIVABLE:
        return account->credits_pending_fen + account->credits_posted_fen <= account->debits_posted_fen;
    case SUAN_ACCOUNT_ISSUER: return true;
    default: return false;
    }
}

bool suan_core_is_sound(const struct suan_account *account)
{
    return account->ledger != 0 && sums_fit(account) && is_within_limit(account);
}

enum suan_transfer_result suan_core_move(struct suan_account *debit, struct suan_account *credit,
                                         enum suan_move move, int64_t reserved, int64_t amount)
{
    struct suan_account from = *debit, to = *credit;
    if (!shift_pair(&from.debits_pending_fen, &from.debits_posted_fen, move, reserved, amount) ||
        !shift_pair(&to.credits_pending_fen, &to.credits_posted_fen, move, reserved, amount) ||
        !sums_fit(&from) || !sums_fit(&to))
        return SUAN_TRANSFER_OVERFLOW;
    if (!is_within_limit(&from))
        return SUAN_TRANSFER_EXCEEDS_CREDITS;
    if (!is_within_limit(&to))
        return SUAN_TRANSFER_EXCEEDS_DEBITS;
    *debit = from;
    *credit = to;
    return SUAN_TRANSFER_DONE;
}

enum { PHASES = SUAN_TRANSFER_PENDING | SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID };

static bool resolves(const struct suan_transfer *transfer)
{
    return (transfer->flags & (SUAN_TRANSFER_POST | SUAN_TRANSFER_VOID)) != 0;
}

bool suan_core_is_well_formed(const struct suan_transfer *transfer)
{
    if ((transfer->flags & ~(SUAN_TRANSFER_LINKED | PHASES)) != 0 ||
        __builtin_popcount(transfer->flags & PHASES) > 1 || suan_id_is_zero(&transfer->id) ||
        transfer->amount_fen < 0)
        return false;
    if (transfer->timeout_s != 0 && (transfer->flags & SUAN_TRANSFER_PENDING) == 0)
        return false;
    if (resolves(transfer))
        return !suan_id_is_zero(&transfer->pending);
    return suan_id_is_zero(&transfer->pending) && transfer->amount_fen > 0 && transfer->ledger != 0 &&
           !suan_id_equal(&transfer->debit, &transfer->credit);
}

enum suan_move suan_core_move_of(const struct suan_transfer *transfer)
{
    if ((transfer->flags & SUAN_TRANSFER_PENDING) != 0)
        return SUAN_MOVE_RESERVE;
    if ((transfer->flags & SUAN_TRANSFER_POST) != 0)
        return SUAN_MOVE_SETTLE;
    return (transfer->flags & (SUAN_TRANSFER_VOID | SUAN_TRANSFER_EXPIRE)) != 0 ? SUAN_MOVE_RELEASE
                                                                                : SUAN_MOVE_DIRECT;
}
