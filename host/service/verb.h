#ifndef SUAN_SERVICE_VERB_H
#define SUAN_SERVICE_VERB_H

/*
 * The verbs that change the registry by one event, as data: which kind of event, and how each of its fields
 * comes from what a caller says. A new verb is a row here and a rule in the registry.
 */
#include "service.h"

enum suan_field_kind {
    SUAN_FIELD_TEXT,
    SUAN_FIELD_INTEGER,
    SUAN_FIELD_INDEX,    /* of an event; in the command as text, as all numbers that may pass 2^53 */
    SUAN_FIELD_TIME,     /* "+90d" from now, or 2027-01-31, or 2027-01-31T08:00:00Z */
    SUAN_FIELD_RELEASE,  /* NAME@VERSION, or the digest: gives the digest */
    SUAN_FIELD_KEY,      /* a key file: gives "ssh-ed25519 AAAA…" */
    SUAN_FIELD_KEY_ID,   /* a key file, or the id: gives the id */
    SUAN_FIELD_SHARES,   /* IDENT=BASISPOINTS, repeated */
    SUAN_FIELD_LIST,     /* words, repeated; a fallback has commas between them */
    SUAN_FIELD_BLOB,     /* a file: becomes evidence, the field its digest */
    SUAN_FIELD_FILE,     /* a JSON file: its content becomes the field */
    SUAN_FIELD_PREVIOUS, /* nobody says it: digest of the owners that `algorithm` has now */
    SUAN_FIELD_PAGE,     /* digest of the review page of `tar`; if nobody says it, of the page as it is now */
    SUAN_FIELD_NEXT_TASK, /* nobody says it: the next version of task `task` */
    SUAN_FIELD_NEXT_POLICY,
    SUAN_FIELD_ORGANISATION, /* nobody says it: of the membership that event `membership` made */
    SUAN_FIELD_MEMBER,       /* the same: its member */
    SUAN_FIELD_LAST_TIME,    /* nobody says it: of the last event on record */
    SUAN_FIELD_CLOCK         /* nobody says it: the clock's present time */
};

struct suan_field {
    const char *field;  /* name in the command */
    const char *option; /* name on the command line; NULL: derived, or the operand */
    enum suan_field_kind kind;
    const char *fallback; /* if nobody says it; NULL: required; "": left out */
    const char *value, *help;
};

struct suan_verb {
    const char *noun, *verb;
    uint16_t kind;       /* of event */
    const char *operand; /* field that the word behind the verb sets; NULL: none */
    const char *operand_name, *summary, *example;
    const struct suan_field *fields;                       /* ended by a row without `field` */
    enum { SUAN_VERB_AS_ACTING, SUAN_VERB_AS_OPERAND } as; /* AS_OPERAND: a new identity acts for itself */
};

extern const struct suan_verb suan_verbs[];
extern const size_t suan_verb_count;

/*
 * Does it. `request` is an object of option (or operand field) names to text, or to arrays of text where
 * repeated. Result as suan_service_submit. [needs SUAN_SERVICE_WRITE]
 */
SUAN_MUST_USE enum suan_status suan_service_change(struct suan_service *service,
                                                   const struct suan_acting *acting,
                                                   const struct suan_verb *verb,
                                                   const struct suan_json *request,
                                                   struct suan_json **out_result, struct suan_error *error);

/* Hands in a command of any kind that was signed elsewhere (acting->command), with the evidence it names:
 * {"event": {kind, log, index, time_ns, id, repeated}}. */
SUAN_MUST_USE enum suan_status suan_service_submit(struct suan_service *service,
                                                   const struct suan_acting *acting,
                                                   struct suan_json **out_result, struct suan_error *error);

#endif
