#ifndef SUAN_CATALOG_MEMBER_H
#define SUAN_CATALOG_MEMBER_H

/* Who may act for an organisation, with which rights, until when; and secondments 掛職, which end by
 * themselves. */
#include "event.h"

enum suan_role {
    SUAN_ROLE_ADMIN = 1,
    SUAN_ROLE_RELEASE = 2,
    SUAN_ROLE_REVIEW = 4,
    SUAN_ROLE_MEASURE = 8,
    SUAN_ROLE_FINANCE = 16,
    SUAN_ROLE_CLAIM = 32,
    SUAN_ROLE_AUDIT = 64,
    SUAN_ROLE_SUPERVISE = 128
};
enum { SUAN_MEMBERSHIP_DAYS_MAX = 400, SUAN_SECONDMENT_COOLING_DAYS = 365 };

/* The bits that `ident` holds in `org` at that time; an organisation holds all bits in itself. */
SUAN_MUST_USE enum suan_status suan_member_roles(struct suan_txn *txn, const struct suan_id *org,
                                                 const struct suan_id *ident, uint64_t time_ns,
                                                 uint32_t *out_roles, struct suan_error *error);
/*
 * Whether `ident` is tied to `party` at that time: is it, is a member of it, or is or was within the cooling
 * period seconded to or from it. PERMISSION "event.permission" naming the tie; SUAN_OK if there is none.
 */
SUAN_MUST_USE enum suan_status suan_member_untied(struct suan_txn *txn, const struct suan_id *ident,
                                                  const struct suan_id *party, uint64_t time_ns,
                                                  struct suan_error *error);
/* "admin,release" to bits and back. Errors: FORMAT "member.roles". */
SUAN_MUST_USE enum suan_status suan_roles_parse(struct suan_span text, uint32_t *out_roles,
                                                struct suan_error *error);
void suan_roles_format(uint32_t roles, struct suan_buffer *out);

struct suan_membership {
    struct suan_id org, ident, home; /* home: all zero unless a secondment */
    uint64_t index;                  /* of the event that made it: its name */
    uint32_t roles;
    uint64_t from_ns, until_ns, ended_ns; /* ended 0: not ended early */
};
/* All memberships of an organisation, in the order they were made; stops when `visit` returns other than
 * SUAN_OK. */
SUAN_MUST_USE enum suan_status
suan_member_each(struct suan_txn *txn, const struct suan_id *org,
                 enum suan_status (*visit)(void *context, const struct suan_membership *membership),
                 void *context, struct suan_error *error);

#endif
