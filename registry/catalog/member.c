/*
 * Memberships and secondments. Row: member org16|id16|index8 -> kind1, other16, roles4, from8, until8,
 * ended8. Kind 0 is a membership; kind 1 a secondment to `org`, with its home as `other`; kind 2 repeats that
 * secondment under the secondee (the first id is the secondee's, the second the host's), so that a person's
 * secondments are found.
 */
#include "member.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "fold.h"
#include "identity.h"
#include "record.h"

static const char code_conflict[] = "event.conflict";
static const char code_permission[] = "event.permission";
static const char code_format[] = "event.format";

enum { KIND_MEMBER, KIND_SECONDED, KIND_SECONDMENT_OF };
#define DAY_NS (UINT64_C(86400) * 1000000000)

/* --- roles -------------------------------------------------------------------------------------------- */

static const char *const role_names[] = {"admin",   "release", "review", "measure",
                                         "finance", "claim",   "audit",  "supervise"};
enum {
    ROLE_COUNT = sizeof role_names / sizeof role_names[0],
    ROLES_ALL = (1 << ROLE_COUNT) - 1,
    ROLES_TEXT_MAX = 128
};

static uint32_t role_bit(struct suan_span name)
{
    for (uint32_t i = 0; i < ROLE_COUNT; i++) {
        if (suan_span_equal(name, suan_span_text(role_names[i])))
            return UINT32_C(1) << i;
    }
    return 0;
}

enum suan_status suan_roles_parse(struct suan_span text, uint32_t *out_roles, struct suan_error *error)
{
    uint32_t roles = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != ',')
            continue;
        struct suan_span name = suan_span(text.data + start, i - start);
        uint32_t bit = i > start ? role_bit(name) : 0;
        if (bit == 0 || (roles & bit) != 0)
            return suan_error_set(
                error, SUAN_E_FORMAT, "member.roles",
                "admin, release, review, measure, finance, claim, audit, supervise: each once",
                "roles: '%.*s' is unknown, empty or repeated", SUAN_SPAN_PRINTF(name));
        roles |= bit;
        start = i + 1;
    }
    *out_roles = roles;
    return SUAN_OK;
}

void suan_roles_format(uint32_t roles, struct suan_buffer *out)
{
    const char *separator = "";
    for (uint32_t i = 0; i < ROLE_COUNT; i++) {
        if ((roles & UINT32_C(1) << i) == 0)
            continue;
        suan_buffer_append_text(out, separator);
        suan_buffer_append_text(out, role_names[i]);
        separator = ",";
    }
}

/* --- rows --------------------------------------------------------------------------------------------- */

/* A membership and the kind of its row. For KIND_SECONDMENT_OF, `org` is the host and `ident` the secondee.
 */
struct member_row {
    int kind;
    struct suan_membership is;
};

static void member_key(const struct suan_id *first, const struct suan_id *second, uint64_t index,
                       struct record_key *out)
{
    out->size = 0;
    record_key_add_id(out, first);
    record_key_add_id(out, second);
    record_key_add_u64(out, index);
}

static enum suan_status put_row(struct suan_txn *txn, const struct member_row *row, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer value = {0};
    struct record_key key;
    if (row->kind == KIND_SECONDMENT_OF)
        member_key(&row->is.ident, &row->is.org, row->is.index, &key);
    else
        member_key(&row->is.org, &row->is.ident, row->is.index, &key);
    suan_buffer_append_u8(&value, (uint8_t)row->kind);
    suan_buffer_append(&value, row->is.home.bytes, SUAN_ID_SIZE);
    suan_buffer_append_be32(&value, row->is.roles);
    suan_buffer_append_be64(&value, row->is.from_ns);
    suan_buffer_append_be64(&value, row->is.until_ns);
    suan_buffer_append_be64(&value, row->is.ended_ns);
    return record_store(txn, SUAN_TABLE_MEMBER, &key, &value, error);
}

/* The row, and for a secondment its repetition under the secondee. */
static enum suan_status put_membership(struct suan_txn *txn, const struct suan_membership *membership,
                                       struct suan_error *error)
{
    struct member_row row = {id_is_zero(&membership->home) ? KIND_MEMBER : KIND_SECONDED, *membership};
    enum suan_status status = put_row(txn, &row, error);
    if (status != SUAN_OK || row.kind == KIND_MEMBER)
        return status;
    row.kind = KIND_SECONDMENT_OF;
    return put_row(txn, &row, error);
}

static enum suan_status decode_row(struct suan_span key, struct suan_span value, struct member_row *out,
                                   struct suan_error *error)
{
    struct record_reader head = {key, false}, reader = {value, false};
    struct suan_id first, second;
    record_id(&head, &first);
    record_id(&head, &second);
    out->is.index = record_u64(&head);
    out->kind = record_take(&reader, 1)[0];
    record_id(&reader, &out->is.home);
    out->is.roles = record_u32(&reader);
    out->is.from_ns = record_u64(&reader);
    out->is.until_ns = record_u64(&reader);
    out->is.ended_ns = record_u64(&reader);
    out->is.org = out->kind == KIND_SECONDMENT_OF ? second : first;
    out->is.ident = out->kind == KIND_SECONDMENT_OF ? first : second;
    reader.bad |= head.bad || head.rest.size != 0 || out->kind > KIND_SECONDMENT_OF;
    return record_check(&reader, "member", error);
}

/* Every row whose key begins with `prefix`; `visit` may end the pass by returning other than SUAN_OK. */
static enum suan_status each_row(struct suan_txn *txn, struct suan_span prefix,
                                 enum suan_status (*visit)(void *context, const struct member_row *row),
                                 void *context, struct suan_error *error)
{
    SUAN_CLEANUP(suan_scan_endp) struct suan_scan *scan = NULL;
    enum suan_status status =
        suan_scan_begin(txn, SUAN_TABLE_MEMBER, prefix, suan_span(NULL, 0), &scan, error);
    while (status == SUAN_OK) {
        struct suan_span key, value;
        struct member_row row;
        status = suan_scan_next(scan, &key, &value, error);
        if (status == SUAN_E_NOT_FOUND)
            return SUAN_OK;
        if (status == SUAN_OK)
            status = decode_row(key, value, &row, error);
        if (status == SUAN_OK)
            status = visit(context, &row);
    }
    return status;
}

/* When it ended or will end. */
static uint64_t end_of(const struct suan_membership *membership)
{
    return membership->ended_ns != 0 ? membership->ended_ns : membership->until_ns;
}

static bool is_active(const struct suan_membership *membership, uint64_t time_ns)
{
    return membership->from_ns <= time_ns && time_ns < end_of(membership);
}

struct each_membership {
    enum suan_status (*visit)(void *context, const struct suan_membership *membership);
    void *context;
};

static enum suan_status pass_membership(void *context, const struct member_row *row)
{
    const struct each_membership *each = context;
    return row->kind == KIND_SECONDMENT_OF ? SUAN_OK : each->visit(each->context, &row->is);
}

enum suan_status suan_member_each(struct suan_txn *txn, const struct suan_id *org,
                                  enum suan_status (*visit)(void *context,
                                                            const struct suan_membership *membership),
                                  void *context, struct suan_error *error)
{
    struct each_membership each = {visit, context};
    return each_row(txn, id_span(org), pass_membership, &each, error);
}

/* --- what follows from memberships -------------------------------------------------------------------- */

/* What a party's rows for one identity come to at a time. */
struct standing {
    uint64_t time_ns;
    uint32_t roles;
    enum { NOT_A_MEMBER, A_MEMBER } membership;
};

static enum suan_status add_standing(void *context, const struct member_row *row)
{
    struct standing *standing = context;
    if (row->kind == KIND_SECONDMENT_OF || !is_active(&row->is, standing->time_ns))
        return SUAN_OK;
    standing->roles |= row->is.roles;
    standing->membership = A_MEMBER;
    return SUAN_OK;
}

static enum suan_status get_standing(struct suan_txn *txn, const struct suan_id *org,
                                     const struct suan_id *ident, uint64_t time_ns, struct standing *out,
                                     struct suan_error *error)
{
    struct record_key prefix = {.size = 0};
    *out = (struct standing){.time_ns = time_ns};
    record_key_add_id(&prefix, org);
    record_key_add_id(&prefix, ident);
    return each_row(txn, record_key_span(&prefix), add_standing, out, error);
}

enum suan_status suan_member_roles(struct suan_txn *txn, const struct suan_id *org,
                                   const struct suan_id *ident, uint64_t time_ns, uint32_t *out_roles,
                                   struct suan_error *error)
{
    struct standing standing;
    if (id_equal(org, ident)) {
        *out_roles = ROLES_ALL;
        return SUAN_OK;
    }
    enum suan_status status = get_standing(txn, org, ident, time_ns, &standing, error);
    if (status == SUAN_OK)
        *out_roles = standing.roles;
    return status;
}

static const char *name_of(struct suan_txn *txn, const struct suan_id *id, struct suan_identity *identity)
{
    return suan_identity_get(txn, id, identity, NULL) == SUAN_OK ? identity->ident : "(unknown)";
}

static enum suan_status tied(struct suan_error *error, struct suan_txn *txn, const struct suan_id *ident,
                             const char *how, const struct suan_id *party)
{
    struct suan_identity who, whom;
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "somebody without that tie must act",
                          "'%s' %s '%s'", name_of(txn, ident, &who), how, name_of(txn, party, &whom));
}

/* Looks for a secondment, running or ended less than the cooling period ago, that touches the party. */
struct secondments {
    struct suan_txn *txn;
    const struct suan_id *party;
    uint64_t time_ns;
    struct suan_error *error;
};

/* Whether the party is `org`, or a member of it now. */
static enum suan_status touches(const struct secondments *look, const struct suan_id *org, bool *out_touches)
{
    struct standing standing = {.membership = NOT_A_MEMBER};
    enum suan_status status = SUAN_OK;
    if (!id_equal(org, look->party))
        status = get_standing(look->txn, org, look->party, look->time_ns, &standing, look->error);
    *out_touches = id_equal(org, look->party) || standing.membership == A_MEMBER;
    return status;
}

static enum suan_status refuse_secondment(const struct secondments *look, const struct suan_membership *is)
{
    struct suan_identity who, home, host, party;
    return suan_error_set(
        look->error, SUAN_E_PERMISSION, code_permission, "somebody without that tie must act",
        "'%s' is or was within %d days seconded from '%s' to '%s' (event %llu), which ties them to '%s'",
        name_of(look->txn, &is->ident, &who), SUAN_SECONDMENT_COOLING_DAYS,
        name_of(look->txn, &is->home, &home), name_of(look->txn, &is->org, &host),
        (unsigned long long)is->index, name_of(look->txn, look->party, &party));
}

static enum suan_status check_secondment(void *context, const struct member_row *row)
{
    const struct secondments *look = context;
    const struct suan_membership *is = &row->is;
    bool host = false, home = false;
    if (row->kind != KIND_SECONDMENT_OF || look->time_ns < is->from_ns ||
        look->time_ns >= end_of(is) + SUAN_SECONDMENT_COOLING_DAYS * DAY_NS)
        return SUAN_OK;
    /* Ended before it began: it never was. */
    if (end_of(is) <= is->from_ns)
        return SUAN_OK;
    enum suan_status status = touches(look, &is->org, &host);
    if (status == SUAN_OK)
        status = touches(look, &is->home, &home);
    if (status != SUAN_OK)
        return status;
    return host || home ? refuse_secondment(look, is) : SUAN_OK;
}

enum suan_status suan_member_untied(struct suan_txn *txn, const struct suan_id *ident,
                                    const struct suan_id *party, uint64_t time_ns, struct suan_error *error)
{
    struct standing standing;
    struct secondments look = {txn, party, time_ns, error};
    if (id_equal(ident, party))
        return tied(error, txn, ident, "is the same as", party);
    enum suan_status status = get_standing(txn, party, ident, time_ns, &standing, error);
    if (status != SUAN_OK)
        return status;
    if (standing.membership == A_MEMBER)
        return tied(error, txn, ident, "is a member of", party);
    return each_row(txn, id_span(ident), check_secondment, &look, error);
}

/* --- member.add --------------------------------------------------------------------------------------- */

/* The identity named in a field; organisations are all but persons. */
enum party_kind { ANYBODY, ORGANISATION };

static enum suan_status read_party(struct suan_txn *txn, const struct suan_act *act, const char *field,
                                   enum party_kind kind, struct suan_id *out, struct suan_error *error)
{
    struct suan_identity identity;
    struct suan_span name;
    enum suan_status status =
        suan_json_get_text(act->command->body, field, SUAN_JSON_REQUIRED, SUAN_IDENT_MAX, &name, "", error);
    if (status == SUAN_OK)
        status = suan_identity_find(txn, name, &identity, error);
    if (status != SUAN_OK)
        return status;
    if (kind == ORGANISATION && identity.type == SUAN_IDENT_PERSON)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "%s: '%s' is a person, not an organisation", field, identity.ident);
    *out = identity.id;
    return SUAN_OK;
}

static enum suan_status read_terms(const struct suan_act *act, struct suan_membership *out,
                                   struct suan_error *error)
{
    const struct suan_json *body = act->command->body;
    struct suan_span roles;
    enum suan_status status =
        suan_json_get_text(body, "roles", SUAN_JSON_REQUIRED, ROLES_TEXT_MAX, &roles, "", error);
    if (status == SUAN_OK)
        status = suan_roles_parse(roles, &out->roles, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "from", &out->from_ns, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(body, "until", &out->until_ns, error);
    if (status != SUAN_OK)
        return status;
    out->index = act->index;
    if (out->until_ns <= out->from_ns || out->until_ns <= act->time_ns)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "until: the membership is over before it begins");
    if (out->until_ns - out->from_ns > SUAN_MEMBERSHIP_DAYS_MAX * DAY_NS)
        return suan_error_set(error, SUAN_E_FORMAT, code_format, "renew it when it is nearly over",
                              "until: a membership lasts at most %d days", SUAN_MEMBERSHIP_DAYS_MAX);
    return SUAN_OK;
}

static enum suan_status read_member(struct suan_txn *txn, const struct suan_act *act,
                                    struct suan_membership *out, struct suan_error *error)
{
    *out = (struct suan_membership){0};
    enum suan_status status = read_party(txn, act, "org", ORGANISATION, &out->org, error);
    if (status == SUAN_OK)
        status = read_party(txn, act, "ident", ANYBODY, &out->ident, error);
    if (status == SUAN_OK && id_equal(&out->org, &out->ident))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "ident: nobody is a member of themselves");
    return status != SUAN_OK ? status : read_terms(act, out, error);
}

static enum suan_status require_member(const struct suan_act *act, const struct suan_id *ident,
                                       struct suan_error *error)
{
    if (suan_act_signed_by(act, ident))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission, "hand the command to them to sign",
                          "ident: whoever gets a membership signs for it, and has not");
}

static enum suan_status check_add(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_membership membership;
    enum suan_status status = read_member(txn, act, &membership, error);
    if (status == SUAN_OK)
        status = require_member(act, &membership.ident, error);
    return status != SUAN_OK
               ? status
               : suan_act_require(txn, act, &membership.org, SUAN_ROLE_ADMIN, "a new member", error);
}

static enum suan_status apply_add(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_membership membership;
    enum suan_status status = read_member(txn, act, &membership, error);
    return status != SUAN_OK ? status : put_membership(txn, &membership, error);
}

/* --- member.second ------------------------------------------------------------------------------------ */

static enum suan_status read_secondment(struct suan_txn *txn, const struct suan_act *act,
                                        struct suan_membership *out, struct suan_error *error)
{
    *out = (struct suan_membership){0};
    enum suan_status status = read_party(txn, act, "host", ORGANISATION, &out->org, error);
    if (status == SUAN_OK)
        status = read_party(txn, act, "home", ORGANISATION, &out->home, error);
    if (status == SUAN_OK)
        status = read_party(txn, act, "ident", ANYBODY, &out->ident, error);
    if (status != SUAN_OK)
        return status;
    if (id_equal(&out->org, &out->home) || id_equal(&out->org, &out->ident) ||
        id_equal(&out->home, &out->ident))
        return suan_error_set(error, SUAN_E_FORMAT, code_format, NULL,
                              "home, host and ident: a secondment joins three different parties");
    return read_terms(act, out, error);
}

static enum suan_status check_second(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_membership secondment;
    struct standing standing;
    enum suan_status status = read_secondment(txn, act, &secondment, error);
    if (status == SUAN_OK)
        status = get_standing(txn, &secondment.home, &secondment.ident, act->time_ns, &standing, error);
    if (status != SUAN_OK)
        return status;
    if (standing.membership != A_MEMBER)
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, "add the membership at home first",
                              "ident: only a member of the home organisation can be seconded from it");
    status = require_member(act, &secondment.ident, error);
    if (status == SUAN_OK)
        status = suan_act_require(txn, act, &secondment.home, SUAN_ROLE_ADMIN, "a secondment from it", error);
    return status != SUAN_OK
               ? status
               : suan_act_require(txn, act, &secondment.org, SUAN_ROLE_ADMIN, "a secondment to it", error);
}

static enum suan_status apply_second(struct suan_txn *txn, const struct suan_act *act,
                                     struct suan_error *error)
{
    struct suan_membership secondment;
    enum suan_status status = read_secondment(txn, act, &secondment, error);
    return status != SUAN_OK ? status : put_membership(txn, &secondment, error);
}

/* --- member.end --------------------------------------------------------------------------------------- */

static enum suan_status read_end(struct suan_txn *txn, const struct suan_act *act,
                                 struct suan_membership *out, struct suan_error *error)
{
    struct suan_id org, ident;
    struct record_key key;
    struct suan_span value;
    uint64_t index = 0;
    struct member_row row;
    enum suan_status status = read_party(txn, act, "org", ORGANISATION, &org, error);
    if (status == SUAN_OK)
        status = read_party(txn, act, "ident", ANYBODY, &ident, error);
    if (status == SUAN_OK)
        status = suan_command_get_u64(act->command->body, "membership", &index, error);
    if (status != SUAN_OK)
        return status;
    member_key(&org, &ident, index, &key);
    status = suan_row_get(txn, SUAN_TABLE_MEMBER, record_key_span(&key), &value, error);
    if (status == SUAN_OK)
        status = decode_row(record_key_span(&key), value, &row, error);
    if (status == SUAN_E_NOT_FOUND || (status == SUAN_OK && row.kind == KIND_SECONDMENT_OF))
        return suan_error_set(error, SUAN_E_NOT_FOUND, "event.absent", "see 'suan identity show'",
                              "membership: event %llu made no such membership", (unsigned long long)index);
    if (status == SUAN_OK)
        *out = row.is;
    return status;
}

/* Either side may end it: the member, the organisation, and for a secondment the home. */
static enum suan_status require_side(struct suan_txn *txn, const struct suan_act *act,
                                     const struct suan_membership *membership, struct suan_error *error)
{
    if (suan_act_signed_by(act, &membership->ident))
        return SUAN_OK;
    enum suan_status status = suan_act_require(txn, act, &membership->org, SUAN_ROLE_ADMIN, "", NULL);
    if (status == SUAN_E_PERMISSION && !id_is_zero(&membership->home))
        status = suan_act_require(txn, act, &membership->home, SUAN_ROLE_ADMIN, "", NULL);
    if (status != SUAN_E_PERMISSION)
        return status;
    return suan_error_set(error, SUAN_E_PERMISSION, code_permission,
                          "the member or an ADMIN of the organisation signs",
                          "membership: neither side of it has signed");
}

static enum suan_status check_end(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_membership membership;
    enum suan_status status = read_end(txn, act, &membership, error);
    if (status != SUAN_OK)
        return status;
    if (act->time_ns >= end_of(&membership))
        return suan_error_set(error, SUAN_E_CONFLICT, code_conflict, NULL, "membership: it is over already");
    return require_side(txn, act, &membership, error);
}

static enum suan_status apply_end(struct suan_txn *txn, const struct suan_act *act, struct suan_error *error)
{
    struct suan_membership membership;
    enum suan_status status = read_end(txn, act, &membership, error);
    membership.ended_ns = act->time_ns;
    return status != SUAN_OK ? status : put_membership(txn, &membership, error);
}

static const char *const add_fields[] = {"from", "ident", "org", "roles", "until", NULL};
static const char *const second_fields[] = {"from", "home", "host", "ident", "roles", "until", NULL};
static const char *const end_fields[] = {"ident", "membership", "org", NULL};

static const struct suan_rule rules[] = {
    {SUAN_EVENT_MEMBER_ADD, add_fields, check_add, apply_add, SUAN_RULE_SIGNED},
    {SUAN_EVENT_MEMBER_SECOND, second_fields, check_second, apply_second, SUAN_RULE_SIGNED},
    {SUAN_EVENT_MEMBER_END, end_fields, check_end, apply_end, SUAN_RULE_SIGNED},
};

const struct suan_family suan_family_member = {rules, sizeof rules / sizeof rules[0], NULL};
