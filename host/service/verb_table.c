/* Every verb that is one event: its fields, and what its help says. */
#include "catalog/event.h"
#include "verb.h"

#define TAR                                                                                                  \
    {                                                                                                        \
        "tar", NULL, SUAN_FIELD_RELEASE, NULL, "ID@VERSION", "the release"                                   \
    }
#define REASON                                                                                               \
    {                                                                                                        \
        "reason", "reason", SUAN_FIELD_TEXT, NULL, "TEXT", "why; published"                                  \
    }
#define EVIDENCE                                                                                             \
    {                                                                                                        \
        "evidence", "evidence", SUAN_FIELD_BLOB, "", "FILE", "kept as evidence"                              \
    }
#define FROM                                                                                                 \
    {                                                                                                        \
        "from", "from", SUAN_FIELD_TIME, "+0d", "TIME", "2027-01-31 or +90d; default now"                    \
    }
#define UNTIL                                                                                                \
    {                                                                                                        \
        "until", "until", SUAN_FIELD_TIME, "+365d", "TIME", "2027-01-31 or +90d; default +365d"              \
    }
#define ROLES                                                                                                \
    {                                                                                                        \
        "roles", "roles", SUAN_FIELD_TEXT, NULL, "LIST",                                                     \
            "admin,release,review,measure,finance,claim,audit,supervise"                                     \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, NULL, SUAN_FIELD_TEXT, NULL, NULL, NULL                                                        \
    }

static const struct suan_field identity_create[] = {
    {"ident", NULL, SUAN_FIELD_TEXT, NULL, "IDENT", "the name, [a-z0-9][a-z0-9.-]*"},
    {"type", "type", SUAN_FIELD_TEXT, "developer", "TYPE",
     "person, developer, enterprise, provider, body, authority; default developer"},
    {"display", "display", SUAN_FIELD_TEXT, NULL, "TEXT", "the name that people see"},
    {"key", "key", SUAN_FIELD_KEY, NULL, "FILE", "its first key, an OpenSSH key file"},
    END};
static const struct suan_field identity_update[] = {
    {"display", "display", SUAN_FIELD_TEXT, "", "TEXT", "the name that people see"},
    {"contact", "contact", SUAN_FIELD_TEXT, "", "TEXT", "how to reach them"},
    END};
static const struct suan_field key_add[] = {
    {"key", NULL, SUAN_FIELD_KEY, NULL, "FILE", "the new key"},
    {"namespaces", "namespace", SUAN_FIELD_LIST, "suan-event-v1,suan-release-v1,git", "NAME",
     "what it may sign: suan-event-v1, suan-release-v1, git; repeat; default all"},
    END};
static const struct suan_field key_rotate[] = {
    {"old", "old", SUAN_FIELD_KEY_ID, NULL, "FILE|ID", "the key that goes"},
    {"new", NULL, SUAN_FIELD_KEY, NULL, "FILE", "the key that comes"},
    END};
static const struct suan_field key_revoke[] = {{"key", NULL, SUAN_FIELD_KEY_ID, NULL, "FILE|ID", "the key"},
                                               {"from_idx", "from-index", SUAN_FIELD_INDEX, NULL, "INDEX",
                                                "its signatures count no more from this event on"},
                                               REASON,
                                               EVIDENCE,
                                               END};
static const struct suan_field key_recover[] = {
    {"ident", NULL, SUAN_FIELD_TEXT, NULL, "IDENT", "who lost their keys"},
    {"key", "key", SUAN_FIELD_KEY, NULL, "FILE", "the new key"},
    {"evidence", "evidence", SUAN_FIELD_BLOB, NULL, "FILE", "why it is theirs; kept as evidence"},
    END};
static const struct suan_field key_object[] = {
    {"recover", NULL, SUAN_FIELD_INDEX, NULL, "INDEX", "the event of the recovery"}, END};
static const struct suan_field member_add[] = {
    {"org", "org", SUAN_FIELD_TEXT, NULL, "IDENT", "the organisation"},
    {"ident", NULL, SUAN_FIELD_TEXT, NULL, "IDENT", "the member"},
    ROLES,
    FROM,
    UNTIL,
    END};
static const struct suan_field member_second[] = {
    {"home", "home", SUAN_FIELD_TEXT, NULL, "IDENT", "the organisation that sends"},
    {"host", "host", SUAN_FIELD_TEXT, NULL, "IDENT", "the organisation that receives"},
    {"ident", NULL, SUAN_FIELD_TEXT, NULL, "IDENT", "the secondee"},
    ROLES,
    FROM,
    UNTIL,
    END};
static const struct suan_field member_end[] = {
    {"membership", NULL, SUAN_FIELD_INDEX, NULL, "INDEX", "the event that made the membership"},
    {"org", NULL, SUAN_FIELD_ORGANISATION, NULL, NULL, NULL},
    {"ident", NULL, SUAN_FIELD_MEMBER, NULL, NULL, NULL},
    END};
static const struct suan_field owner_create[] = {
    {"name", NULL, SUAN_FIELD_TEXT, NULL, "NAME", "the algorithm"},
    {"owners", "owner", SUAN_FIELD_SHARES, NULL, "IDENT=BP", "a share in basis points; repeat, sum 10000"},
    {"threshold", "threshold-bp", SUAN_FIELD_INTEGER, "", "BP",
     "shares that must sign a change of owners; default 6667"},
    END};
static const struct suan_field owner_set[] = {
    {"algorithm", NULL, SUAN_FIELD_TEXT, NULL, "NAME", "the algorithm"},
    {"owners", "owner", SUAN_FIELD_SHARES, NULL, "IDENT=BP", "a share in basis points; repeat, sum 10000"},
    {"previous", NULL, SUAN_FIELD_PREVIOUS, NULL, NULL, NULL},
    END};
static const struct suan_field owner_offer[] = {
    {"algorithm", NULL, SUAN_FIELD_TEXT, NULL, "NAME", "the algorithm"},
    {"to", "to", SUAN_FIELD_TEXT, NULL, "IDENT", "who is to receive"},
    {"bp", "bp", SUAN_FIELD_INTEGER, NULL, "BP", "how much, in basis points"},
    {"until", "until", SUAN_FIELD_TIME, "+30d", "TIME", "open until; default +30d"},
    END};
static const struct suan_field owner_answer[] = {
    {"offer", NULL, SUAN_FIELD_TEXT, NULL, "OFFER", "the offer's id"}, END};
static const struct suan_field release_reason[] = {TAR, REASON, END};
static const struct suan_field release_takedown[] = {
    TAR, {"ground", "ground", SUAN_FIELD_TEXT, NULL, "TEXT", "the legal ground; published"}, END};
static const struct suan_field review_submit[] = {
    TAR,
    {"policy", "policy", SUAN_FIELD_TEXT, "library", "NAME", "under which policy; default library"},
    END};
static const struct suan_field review_sign[] = {
    TAR,
    {"scope", "scope", SUAN_FIELD_TEXT, "library", "TEXT", "what the signature is for; default library"},
    UNTIL,
    {"page", "page", SUAN_FIELD_PAGE, "", "DIGEST",
     "of the page that was seen; default the page as it is now"},
    END};
static const struct suan_field review_reject[] = {
    TAR,
    REASON,
    {"page", "page", SUAN_FIELD_PAGE, "", "DIGEST",
     "of the page that was seen; default the page as it is now"},
    END};
static const struct suan_field review_withdraw[] = {TAR, REASON, END};
static const struct suan_field review_turn[] = {TAR, REASON, EVIDENCE, END};
static const struct suan_field task_set[] = {
    {"task", NULL, SUAN_FIELD_TEXT, NULL, "TASK", "the task's id"},
    {"contract", "contract", SUAN_FIELD_RELEASE, NULL, "ID@VERSION", "the release of the task plugin"},
    {"incumbent", "incumbent", SUAN_FIELD_TEXT, NULL, "TEXT", "what people use today, in words"},
    {"policy", "policy", SUAN_FIELD_TEXT, "library", "NAME", "whose bodies sign; default library"},
    {"version", NULL, SUAN_FIELD_NEXT_TASK, NULL, NULL, NULL},
    END};
static const struct suan_field policy_set[] = {
    {"policy", NULL, SUAN_FIELD_TEXT, NULL, "NAME", "the policy"},
    {"k", "k", SUAN_FIELD_INTEGER, NULL, "K", "bodies that must sign"},
    {"bodies", "body", SUAN_FIELD_LIST, NULL, "IDENT", "a body; repeat"},
    {"criteria", "criteria", SUAN_FIELD_BLOB, NULL, "FILE", "suan.criteria/1"},
    FROM,
    {"until", "until", SUAN_FIELD_TIME, "+3650d", "TIME", "default +3650d"},
    {"version", NULL, SUAN_FIELD_NEXT_POLICY, NULL, NULL, NULL},
    END};
static const struct suan_field attest_add[] = {
    TAR,
    {"type", "type", SUAN_FIELD_TEXT, NULL, "TYPE", "predicate type, as urn:suan:measurement:1"},
    {"blob", "envelope", SUAN_FIELD_BLOB, NULL, "FILE", "the DSSE envelope"},
    END};

static const struct suan_field clock_accept[] = {{"old", NULL, SUAN_FIELD_LAST_TIME, NULL, NULL, NULL},
                                                 {"new", NULL, SUAN_FIELD_CLOCK, NULL, NULL, NULL},
                                                 END};

static const struct suan_field file_install[] = {{"file", NULL, SUAN_FIELD_BLOB, NULL, "FILE", "the file"},
                                                 END};
static const struct suan_field receipt_submit[] = {
    {"receipt", NULL, SUAN_FIELD_BLOB, NULL, "FILE", "the signed receipt"}, END};
static const struct suan_field credit_earn[] = {
    {"receipt", NULL, SUAN_FIELD_TEXT, NULL, "DIGEST", "the receipt's digest: see 'suan receipt list'"},
    {"programme", "programme", SUAN_FIELD_TEXT, "algorithm-voucher-design", "ID",
     "the algorithm-voucher programme; default algorithm-voucher-design"},
    END};
static const struct suan_field credit_settle[] = {
    {"owner", NULL, SUAN_FIELD_TEXT, NULL, "IDENT", "who is paid"},
    {"amount_fen", "amount-fen", SUAN_FIELD_INTEGER, NULL, "FEN", "how much"},
    {"programme", "programme", SUAN_FIELD_TEXT, "algorithm-voucher-design", "ID", "under which programme"},
    {"reference", "reference", SUAN_FIELD_TEXT, NULL, "TEXT", "the bank's reference"},
    END};

#define VOUCHER                                                                                              \
    {                                                                                                        \
        "voucher", NULL, SUAN_FIELD_TEXT, NULL, "VOUCHER", "its id: see 'suan voucher list'"                 \
    }
static const struct suan_field voucher_apply[] = {
    {"claim", NULL, SUAN_FIELD_BLOB, NULL, "CLAIM.json", "suan.claim/1; names a programme or a family"}, END};
static const struct suan_field voucher_review[] = {
    VOUCHER,
    {"step", "step", SUAN_FIELD_TEXT, NULL, "STEP", "screen, assess, publicise, approve or reject"},
    {"claim", "claim", SUAN_FIELD_BLOB, "", "FILE", "assess: the claim with what the reviewer sets in it"},
    {"reason", "reason", SUAN_FIELD_TEXT, "", "TEXT", "why; reject needs it"},
    END};
static const struct suan_field voucher_plain[] = {VOUCHER, END};
static const struct suan_field voucher_reserve[] = {
    VOUCHER,
    {"supplier", "supplier", SUAN_FIELD_TEXT, NULL, "IDENT", "who is to be paid"},
    {"order_fen", "order-fen", SUAN_FIELD_INTEGER, NULL, "FEN", "what the order costs"},
    {"until", "until", SUAN_FIELD_TIME, "+14d", "TIME", "held until; default +14d"},
    END};
static const struct suan_field voucher_redeem[] = {
    VOUCHER,
    {"paid_fen", "paid-fen", SUAN_FIELD_INTEGER, "", "FEN",
     "paid by the claimant in all, net of refunds; not for an order"},
    {"paid_local_fen", "paid-local-fen", SUAN_FIELD_INTEGER, "", "FEN",
     "the same, where rates differ by region"},
    {"paid_nonlocal_fen", "paid-nonlocal-fen", SUAN_FIELD_INTEGER, "", "FEN", "the same, elsewhere"},
    EVIDENCE,
    END};
static const struct suan_field voucher_clawback[] = {
    VOUCHER,
    {"reason", "reason", SUAN_FIELD_TEXT, NULL, "REASON", "fraud or refund"},
    {"net_paid_fen", "net-paid-fen", SUAN_FIELD_INTEGER, "", "FEN", "refund: paid in all, net of refunds"},
    {"net_paid_local_fen", "net-paid-local-fen", SUAN_FIELD_INTEGER, "", "FEN",
     "the same, where rates differ by region"},
    {"net_paid_nonlocal_fen", "net-paid-nonlocal-fen", SUAN_FIELD_INTEGER, "", "FEN", "the same, elsewhere"},
    EVIDENCE,
    END};
static const struct suan_field voucher_recover[] = {
    VOUCHER,
    {"step", "step", SUAN_FIELD_TEXT, "received", "STEP", "received or write-off; default received"},
    {"amount_fen", "amount-fen", SUAN_FIELD_INTEGER, "", "FEN", "how much; default all that is open"},
    {"reference", "reference", SUAN_FIELD_TEXT, NULL, "TEXT", "the bank's reference, or the decision's"},
    END};

const struct suan_verb suan_verbs[] = {
    {"identity", "create", SUAN_EVENT_IDENTITY_CREATE, "ident", "IDENT",
     "put a person or an organisation on record",
     "suan identity create acme --type enterprise --display 'Acme 算力' --key ~/.ssh/id_ed25519.pub --sign "
     "~/.ssh/id_ed25519",
     identity_create, SUAN_VERB_AS_OPERAND},
    {"identity", "update", SUAN_EVENT_IDENTITY_UPDATE, NULL, "", "change what is shown of an identity",
     "suan identity update --contact mailto:lab@acme.example --as acme --sign ~/.ssh/id_ed25519",
     identity_update, SUAN_VERB_AS_ACTING},
    {"key", "add", SUAN_EVENT_KEY_ADD, "key", "FILE", "add a key to an identity (both keys sign)",
     "suan key add new.pub --as acme --sign old --sign new", key_add, SUAN_VERB_AS_ACTING},
    {"key", "rotate", SUAN_EVENT_KEY_ROTATE, "new", "FILE", "replace a key (both sign)",
     "suan key rotate new.pub --old old.pub --as acme --sign old --sign new", key_rotate,
     SUAN_VERB_AS_ACTING},
    {"key", "revoke", SUAN_EVENT_KEY_REVOKE, "key", "FILE|ID", "end a key from an event of the log on",
     "suan key revoke stolen.pub --from-index 41 --reason 'laptop stolen' --as acme --sign spare", key_revoke,
     SUAN_VERB_AS_ACTING},
    {"key", "recover", SUAN_EVENT_KEY_RECOVER, "ident", "IDENT",
     "give a new key to somebody who lost all, after seven days",
     "suan key recover acme --key new.pub --evidence request.pdf --as operator --sign operator --sign body",
     key_recover, SUAN_VERB_AS_ACTING},
    {"key", "object", SUAN_EVENT_KEY_OBJECT, "recover", "INDEX", "stop a recovery that you did not ask for",
     "suan key object 57 --as acme --sign ~/.ssh/id_ed25519", key_object, SUAN_VERB_AS_ACTING},
    {"member", "add", SUAN_EVENT_MEMBER_ADD, "ident", "IDENT",
     "let somebody act for an organisation (both sign)",
     "suan member add liwei --org acme --roles release --until +365d --as acme --sign acme --sign liwei",
     member_add, SUAN_VERB_AS_ACTING},
    {"member", "second", SUAN_EVENT_MEMBER_SECOND, "ident", "IDENT",
     "second somebody 掛職 (both organisations and they sign)",
     "suan member second liwei --home acme --host body1 --roles review --as acme --sign acme --sign body1 "
     "--sign liwei",
     member_second, SUAN_VERB_AS_ACTING},
    {"member", "end", SUAN_EVENT_MEMBER_END, "membership", "INDEX", "end a membership",
     "suan member end 23 --as acme --sign acme", member_end, SUAN_VERB_AS_ACTING},
    {"owner", "create", SUAN_EVENT_ALGORITHM_CREATE, "name", "NAME",
     "name an algorithm and its owners, all of whom sign ('suan publish' does it, too)",
     "suan owner create sky-kdtree --owner liwei=7000 --owner acme=3000 --as liwei --sign liwei --sign acme",
     owner_create, SUAN_VERB_AS_ACTING},
    {"owner", "set", SUAN_EVENT_OWNER_SET, "algorithm", "NAME", "replace the owners of an algorithm",
     "suan owner set sky-kdtree --owner liwei=6000 --owner acme=4000 --as liwei --sign liwei --sign acme",
     owner_set, SUAN_VERB_AS_ACTING},
    {"owner", "offer", SUAN_EVENT_OWNER_OFFER, "algorithm", "NAME", "offer a share to somebody",
     "suan owner offer sky-kdtree --to acme --bp 1000 --as liwei --sign liwei", owner_offer,
     SUAN_VERB_AS_ACTING},
    {"owner", "accept", SUAN_EVENT_OWNER_ACCEPT, "offer", "OFFER", "take an offered share",
     "suan owner accept 0192f0c1d2e3f405a6b7c8d9eaf0b1c2 --as acme --sign acme", owner_answer,
     SUAN_VERB_AS_ACTING},
    {"owner", "decline", SUAN_EVENT_OWNER_DECLINE, "offer", "OFFER", "decline an offered share",
     "suan owner decline 0192f0c1d2e3f405a6b7c8d9eaf0b1c2 --as acme --sign acme", owner_answer,
     SUAN_VERB_AS_ACTING},
    {"owner", "cancel", SUAN_EVENT_OWNER_CANCEL, "offer", "OFFER", "take back an offer of your own",
     "suan owner cancel 0192f0c1d2e3f405a6b7c8d9eaf0b1c2 --as liwei --sign liwei", owner_answer,
     SUAN_VERB_AS_ACTING},
    {"release", "yank", SUAN_EVENT_RELEASE_YANK, "tar", "ID@VERSION", "withdraw a release from new installs",
     "suan release yank sky-kdtree@1.0.0 --reason 'wrong at the poles' --as liwei --sign liwei",
     release_reason, SUAN_VERB_AS_ACTING},
    {"release", "unyank", SUAN_EVENT_RELEASE_UNYANK, "tar", "ID@VERSION", "undo a yank",
     "suan release unyank sky-kdtree@1.0.0 --reason 'false alarm' --as liwei --sign liwei", release_reason,
     SUAN_VERB_AS_ACTING},
    {"release", "takedown", SUAN_EVENT_RELEASE_TAKEDOWN, "tar", "ID@VERSION",
     "operator: stop a release on legal ground",
     "suan release takedown copycat@1.0.0 --ground 'court order 2026/17' --as operator --sign operator",
     release_takedown, SUAN_VERB_AS_ACTING},
    {"review", "submit", SUAN_EVENT_REVIEW_SUBMIT, "tar", "ID@VERSION",
     "owner: ask the bodies to review a release",
     "suan review submit sky-kdtree@1.0.0 --policy library --as liwei --sign liwei", review_submit,
     SUAN_VERB_AS_ACTING},
    {"review", "sign", SUAN_EVENT_REVIEW_SIGN, "tar", "ID@VERSION",
     "body: sign for a release after reading its page",
     "suan review sign sky-kdtree@1.0.0 --as body1 --sign body1", review_sign, SUAN_VERB_AS_ACTING},
    {"review", "reject", SUAN_EVENT_REVIEW_REJECT, "tar", "ID@VERSION", "body: refuse a release",
     "suan review reject sky-kdtree@1.0.0 --reason 'licence unclear' --as body1 --sign body1", review_reject,
     SUAN_VERB_AS_ACTING},
    {"review", "withdraw", SUAN_EVENT_REVIEW_WITHDRAW, "tar", "ID@VERSION", "body: take back its decision",
     "suan review withdraw sky-kdtree@1.0.0 --reason 'new evidence' --as body1 --sign body1", review_withdraw,
     SUAN_VERB_AS_ACTING},
    {"review", "revoke", SUAN_EVENT_REVIEW_REVOKE, "tar", "ID@VERSION",
     "body: vote to stop a release everywhere",
     "suan review revoke sky-kdtree@1.0.0 --reason 'reads beyond its input' --as body1 --sign body1",
     review_turn, SUAN_VERB_AS_ACTING},
    {"review", "restore", SUAN_EVENT_REVIEW_RESTORE, "tar", "ID@VERSION", "body: vote to undo a revocation",
     "suan review restore sky-kdtree@1.0.0 --reason 'fixed in the loader' --as body1 --sign body1",
     review_turn, SUAN_VERB_AS_ACTING},
    {"task", "set", SUAN_EVENT_TASK_SET, "task", "TASK", "bodies: set the contract of a task",
     "suan task set astro.crossmatch/1 --contract astro-crossmatch@1.0.0 --incumbent 'direct comparison' "
     "--as body1 --sign body1 --sign body2",
     task_set, SUAN_VERB_AS_ACTING},
    {"policy", "set", SUAN_EVENT_POLICY_SET, "policy", "NAME",
     "say which bodies, and how many of them, must sign",
     "suan policy set library --k 2 --body body1 --body body2 --body body3 --criteria criteria.json --as "
     "operator --sign operator --sign body1 --sign body2 --sign body3",
     policy_set, SUAN_VERB_AS_ACTING},
    {"attest", "add", SUAN_EVENT_ATTEST_ADD, "tar", "ID@VERSION",
     "put a signed statement about a release on record",
     "suan attest add sky-kdtree@1.0.0 --type urn:suan:measurement:1 --envelope measurement.dsse.json --as "
     "body1 --sign body1",
     attest_add, SUAN_VERB_AS_ACTING},
    {"clock", "accept", SUAN_EVENT_CLOCK_ACCEPT, NULL, "",
     "operator: say that this machine's clock is right, though it is far from the last event",
     "suan clock accept --as operator --sign operator", clock_accept, SUAN_VERB_AS_ACTING},
    {"programme", "install", SUAN_EVENT_PROGRAMME_INSTALL, "file", "FILE",
     "authority: put a version of a programme on record",
     "suan programme install algorithm-voucher-design.json --as city-bureau --sign city-bureau", file_install,
     SUAN_VERB_AS_ACTING},
    {"tariff", "install", SUAN_EVENT_TARIFF_INSTALL, "file", "FILE",
     "authority: put a dated price of a CPU-hour on record",
     "suan tariff install tariff-demo.json --as city-bureau --sign city-bureau", file_install,
     SUAN_VERB_AS_ACTING},
    {"receipt", "submit", SUAN_EVENT_RECEIPT_SUBMIT, "receipt", "FILE",
     "put a signed receipt of metered use on record",
     "suan receipt submit receipt.dsse.json --as acme --sign acme", receipt_submit, SUAN_VERB_AS_ACTING},
    {"credit", "earn", SUAN_EVENT_CREDIT_EARN, "receipt", "DIGEST",
     "let a receipt earn its algorithm's owners 算法券 credits",
     "suan credit earn 3f0c8d… --programme algorithm-voucher-design --as city-bureau --sign city-bureau",
     credit_earn, SUAN_VERB_AS_ACTING},
    {"voucher", "apply", SUAN_EVENT_VOUCHER_APPLY, "claim", "CLAIM.json",
     "apply for a voucher; the id of the command is its name from then on",
     "suan voucher apply claim.json --as acme --sign acme", voucher_apply, SUAN_VERB_AS_ACTING},
    {"voucher", "review", SUAN_EVENT_VOUCHER_REVIEW, "voucher", "VOUCHER",
     "authority: one step of the review",
     "suan voucher review 0198c3… --step screen --as city-bureau --sign officer", voucher_review,
     SUAN_VERB_AS_ACTING},
    {"voucher", "issue", SUAN_EVENT_VOUCHER_ISSUE, "voucher", "VOUCHER",
     "authority: issue what was approved, after deciding it again",
     "suan voucher issue 0198c3… --as city-bureau --sign clerk", voucher_plain, SUAN_VERB_AS_ACTING},
    {"voucher", "reserve", SUAN_EVENT_VOUCHER_RESERVE, "voucher", "VOUCHER",
     "hold part of a voucher for an order",
     "suan voucher reserve 0198c3… --supplier cloud --order-fen 5000000 --as acme --sign acme",
     voucher_reserve, SUAN_VERB_AS_ACTING},
    {"voucher", "unreserve", SUAN_EVENT_VOUCHER_UNRESERVE, "voucher", "VOUCHER", "end a reservation",
     "suan voucher unreserve 0198c3… --as acme --sign acme", voucher_plain, SUAN_VERB_AS_ACTING},
    {"voucher", "redeem", SUAN_EVENT_VOUCHER_REDEEM, "voucher", "VOUCHER",
     "pay what is due by now (the claimant and an officer sign)",
     "suan voucher redeem 0198c3… --paid-fen 5000000 --as acme --sign acme --sign clerk", voucher_redeem,
     SUAN_VERB_AS_ACTING},
    {"voucher", "close", SUAN_EVENT_VOUCHER_CLOSE, "voucher", "VOUCHER",
     "withdraw an application, or give up what is left", "suan voucher close 0198c3… --as acme --sign acme",
     voucher_plain, SUAN_VERB_AS_ACTING},
    {"voucher", "expire", SUAN_EVENT_VOUCHER_EXPIRE, "voucher", "VOUCHER",
     "release what is left after the last day", "suan voucher expire 0198c3… --as city-bureau --sign clerk",
     voucher_plain, SUAN_VERB_AS_ACTING},
    {"voucher", "clawback", SUAN_EVENT_VOUCHER_CLAWBACK, "voucher", "VOUCHER",
     "authority: claim money back (two people sign)",
     "suan voucher clawback 0198c3… --reason fraud --as city-bureau --sign clerk --sign officer",
     voucher_clawback, SUAN_VERB_AS_ACTING},
    {"voucher", "recover", SUAN_EVENT_VOUCHER_RECOVER, "voucher", "VOUCHER",
     "authority: record that it came back, or never will",
     "suan voucher recover 0198c3… --reference 'transfer 7' --as city-bureau --sign clerk", voucher_recover,
     SUAN_VERB_AS_ACTING},
    {"credit", "settle", SUAN_EVENT_CREDIT_SETTLE, "owner", "IDENT",
     "authority: record that an owner was paid",
     "suan credit settle liwei --amount-fen 157500 --reference 'transfer 20270102-7' --as city-bureau --sign "
     "city-bureau",
     credit_settle, SUAN_VERB_AS_ACTING},
};
const size_t suan_verb_count = sizeof suan_verbs / sizeof suan_verbs[0];
