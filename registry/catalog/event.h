#ifndef SUAN_CATALOG_EVENT_H
#define SUAN_CATALOG_EVENT_H

/*
 * Commands and leaves. A command is canonical JSON that people sign; a leaf is what the log keeps of it:
 *     u8 version=1 | u8 0 | u16 kind | u64 time | u32 length | command | u8 n <= 16 | n x { u16 length |
 * sshsig blob } Signatures are ascending by key id, none twice. Kinds below 256 go to the registry log,
 * others to the ledger log. Pure functions on bytes.
 */
#include "base/json.h"
#include "store/store.h"
#include "trust/sshsig.h"

enum {
    SUAN_COMMAND_MAX = 48000,
    SUAN_SIGNATURES_MAX = 16,
    SUAN_IDENT_MAX = 64,   /* bytes of an identity's name, [a-z0-9][a-z0-9.-]* */
    SUAN_ORIGIN_MAX = 100, /* bytes of a registry's origin, of the same letters */
    SUAN_ID_SIZE = 16
};

/* The 16-byte keys of tables: the first half of SHA-256("suan-ident-v1\n" or "suan-algorithm-v1\n" and the
 * name). */
struct suan_id {
    uint8_t bytes[SUAN_ID_SIZE];
};
struct suan_id suan_ident_id(struct suan_span ident);
struct suan_id suan_algorithm_id(struct suan_span name);
bool suan_ident_is_valid(struct suan_span ident);
bool suan_origin_is_valid(struct suan_span origin);

/* Every kind of event: constant, number, name. Numbers are on disk and never reused. */
/* clang-format off */
#define SUAN_EVENT_KINDS(K)                                                                                   \
    K(REGISTRY_INIT, 1, "registry.init")                                                                      \
    K(REGISTRY_NOTEKEY, 2, "registry.notekey")                                                                \
    K(IDENTITY_CREATE, 16, "identity.create")                                                                 \
    K(IDENTITY_UPDATE, 17, "identity.update")                                                                 \
    K(KEY_ADD, 18, "key.add")                                                                                 \
    K(KEY_ROTATE, 19, "key.rotate")                                                                           \
    K(KEY_REVOKE, 20, "key.revoke")                                                                           \
    K(KEY_RECOVER, 21, "key.recover")                                                                         \
    K(KEY_OBJECT, 22, "key.object")                                                                           \
    K(MEMBER_ADD, 32, "member.add")                                                                           \
    K(MEMBER_SECOND, 33, "member.second")                                                                     \
    K(MEMBER_END, 34, "member.end")                                                                           \
    K(ALGORITHM_CREATE, 48, "algorithm.create")                                                               \
    K(OWNER_SET, 49, "owner.set")                                                                             \
    K(OWNER_OFFER, 50, "owner.offer")                                                                         \
    K(OWNER_ACCEPT, 51, "owner.accept")                                                                       \
    K(OWNER_DECLINE, 52, "owner.decline")                                                                     \
    K(OWNER_CANCEL, 53, "owner.cancel")                                                                       \
    K(RELEASE_PUBLISH, 64, "release.publish")                                                                 \
    K(RELEASE_YANK, 65, "release.yank")                                                                       \
    K(RELEASE_UNYANK, 66, "release.unyank")                                                                   \
    K(ATTEST_ADD, 67, "attest.add")                                                                           \
    K(TASK_SET, 68, "task.set")                                                                               \
    K(POLICY_SET, 80, "policy.set")                                                                           \
    K(REVIEW_SUBMIT, 81, "review.submit")                                                                     \
    K(REVIEW_SIGN, 82, "review.sign")                                                                         \
    K(REVIEW_REJECT, 83, "review.reject")                                                                     \
    K(REVIEW_WITHDRAW, 84, "review.withdraw")                                                                 \
    K(REVIEW_REVOKE, 85, "review.revoke")                                                                     \
    K(REVIEW_RESTORE, 86, "review.restore")                                                                   \
    K(RELEASE_TAKEDOWN, 87, "release.takedown")                                                               \
    K(STATUS_SNAPSHOT, 96, "status.snapshot")                                                                 \
    K(LEDGER_ANCHOR, 97, "ledger.anchor")                                                                     \
    K(LEDGER_BATCH, 256, "ledger.batch")                                                                      \
    K(LEDGER_ACCOUNT, 257, "ledger.account")                                                                  \
    K(CLOCK_ACCEPT, 258, "clock.accept")                                                                      \
    K(PROGRAMME_INSTALL, 512, "programme.install")                                                            \
    K(VOUCHER_APPLY, 513, "voucher.apply")                                                                    \
    K(VOUCHER_REVIEW, 514, "voucher.review")                                                                  \
    K(VOUCHER_ISSUE, 515, "voucher.issue")                                                                    \
    K(VOUCHER_RESERVE, 516, "voucher.reserve")                                                                \
    K(VOUCHER_UNRESERVE, 517, "voucher.unreserve")                                                            \
    K(VOUCHER_REDEEM, 518, "voucher.redeem")                                                                  \
    K(VOUCHER_CLOSE, 519, "voucher.close")                                                                    \
    K(VOUCHER_EXPIRE, 520, "voucher.expire")                                                                  \
    K(VOUCHER_CLAWBACK, 521, "voucher.clawback")                                                              \
    K(VOUCHER_RECOVER, 522, "voucher.recover")                                                                \
    K(RECEIPT_SUBMIT, 540, "receipt.submit")                                                                  \
    K(CREDIT_EARN, 541, "credit.earn")                                                                        \
    K(CREDIT_SETTLE, 542, "credit.settle")                                                                    \
    K(TARIFF_INSTALL, 552, "tariff.install")
/* clang-format on */

enum suan_event_kind {
#define SUAN_EVENT_ROW(constant, number, name) SUAN_EVENT_##constant = number,
    SUAN_EVENT_KINDS(SUAN_EVENT_ROW)
#undef SUAN_EVENT_ROW
};
const char *suan_event_name(uint16_t kind);                      /* NULL for a number without a name */
bool suan_event_find(struct suan_span name, uint16_t *out_kind); /* false for an unknown name */
enum suan_log suan_event_log(uint16_t kind);

/* A parsed command; spans and `body` are borrowed from `document`, which it owns. */
struct suan_command {
    struct suan_json_document *document;
    struct suan_span bytes;  /* canonical; borrowed from whoever parsed */
    struct suan_span origin; /* the registry it is for */
    uint16_t kind;
    struct suan_id id;     /* of the command: the idempotency key */
    struct suan_span by;   /* ident that acts */
    uint64_t not_after_ns; /* refused after this time */
    const struct suan_json
        *body; /* the whole object: v, origin, kind, id, by, not_after and the kind's fields */
};
/* Errors: FORMAT "event.format" and the JSON ones; REFUSED "json.too-large"; UNSUPPORTED "event.unknown"
   ("newer Suan needed"). Which fields a kind takes is its rule's business. */
SUAN_MUST_USE enum suan_status suan_command_parse(struct suan_span bytes, struct suan_command *out,
                                                  struct suan_error *error);
void suan_command_done(struct suan_command *command);

/* Begins a command: an object with the six common fields, to which the caller adds the kind's own. Times are
   strings of decimal digits in JSON ("1767225600000000000"): nanoseconds pass 2^53. */
struct suan_json *suan_command_new(struct suan_span origin, uint16_t kind, const struct suan_id *id,
                                   const char *by, uint64_t not_after_ns);
/* A new id: 48 bits of milliseconds, 80 random bits (a ULID). */
struct suan_id suan_command_new_id(uint64_t now_ns);
/* An unsigned decimal given as JSON text; for times and other numbers beyond 2^53. */
SUAN_MUST_USE enum suan_status suan_command_get_u64(const struct suan_json *body, const char *key,
                                                    uint64_t *out, struct suan_error *error);
void suan_command_set_u64(struct suan_json *body, const char *key, uint64_t value);

/* A decoded leaf; spans are borrowed from its bytes. */
struct suan_leaf {
    uint16_t kind;
    uint64_t time_ns;
    struct suan_span command;
    size_t signature_count;
    struct suan_span signatures[SUAN_SIGNATURES_MAX]; /* sshsig blobs */
};
/* Errors: FORMAT "event.format". */
SUAN_MUST_USE enum suan_status suan_leaf_decode(struct suan_span bytes, struct suan_leaf *out,
                                                struct suan_error *error);
/* Sorts the signatures by key id. Errors: FORMAT "event.format" (too many, twice the same key, too large). */
SUAN_MUST_USE enum suan_status suan_leaf_encode(const struct suan_leaf *leaf, struct suan_buffer *out,
                                                struct suan_error *error);

#endif
