#ifndef SUAN_LEDGER_CORE_H
#define SUAN_LEDGER_CORE_H

/* Inside this folder only: the rules of balances, and the bytes of rows. Pure functions on values. */
#include "ledger.h"

enum {
    SUAN_ACCOUNT_ROW_SIZE = 72,
    SUAN_PENDING_ROW_SIZE = 9,
    SUAN_HISTORY_ROW_SIZE = 32,
    SUAN_HISTORY_KEY_SIZE = SUAN_ID_SIZE + 8,
    SUAN_EXPIRY_KEY_SIZE = 16
};

enum suan_move {
    SUAN_MOVE_DIRECT,  /* posts `amount` */
    SUAN_MOVE_RESERVE, /* reserves `amount` */
    SUAN_MOVE_SETTLE,  /* releases `reserved`, posts `amount` of it */
    SUAN_MOVE_RELEASE  /* releases `reserved` */
};

/* Moves between two accounts: DONE and both changed, or a refusal (EXCEEDS_…, OVERFLOW) and neither. */
enum suan_transfer_result suan_core_move(struct suan_account *debit, struct suan_account *credit,
                                         enum suan_move move, int64_t reserved, int64_t amount);
/* What no account ever is: negative, beyond 2^63 - 1, past its limit, with no or two limits. */
bool suan_core_is_sound(const struct suan_account *account);
/* Whether a caller may ask for that at all: flags, amount, timeout, ids. */
bool suan_core_is_well_formed(const struct suan_transfer *transfer);
enum suan_move suan_core_move_of(const struct suan_transfer *transfer);
bool suan_id_is_zero(const struct suan_id *id);
bool suan_id_equal(const struct suan_id *a, const struct suan_id *b);

/* --- rows: see README.md --- */

void suan_account_encode(const struct suan_account *account, uint8_t out[SUAN_ACCOUNT_ROW_SIZE]);
/* False if the row has another size, or the account is not sound. */
bool suan_account_decode(struct suan_span row, const struct suan_id *id, struct suan_account *out);
void suan_transfer_encode(const struct suan_transfer *transfer, uint8_t out[SUAN_TRANSFER_SIZE]);
bool suan_transfer_decode(struct suan_span row, uint64_t seq, struct suan_transfer *out);

struct suan_pending {
    enum suan_pending_state state;
    uint64_t expiry_ns; /* 0: never */
};
void suan_pending_encode(const struct suan_pending *pending, uint8_t out[SUAN_PENDING_ROW_SIZE]);
bool suan_pending_decode(struct suan_span row, struct suan_pending *out);
/* When a pending transfer expires; false if that is beyond the end of time. 0 without a timeout. */
bool suan_pending_expiry(const struct suan_transfer *transfer, uint64_t *out_ns);
void suan_history_encode(const struct suan_account *account, uint8_t out[SUAN_HISTORY_ROW_SIZE]);
void suan_history_key(const struct suan_id *account, uint64_t seq, uint8_t out[SUAN_HISTORY_KEY_SIZE]);
void suan_expiry_key(uint64_t expiry_ns, uint64_t seq, uint8_t out[SUAN_EXPIRY_KEY_SIZE]);

#endif
