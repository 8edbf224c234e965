#ifndef SUAN_SERVICE_CONTEXT_H
#define SUAN_SERVICE_CONTEXT_H

/* Inside this folder only: what every verb works with. */
#include <limits.h>

#include "catalog/identity.h"
#include "catalog/registry.h"
#include "service.h"

struct suan_service {
    struct suan_service_options options;
    enum suan_service_mode mode;
    char folder[PATH_MAX];          /* of the registry */
    char worker[PATH_MAX];          /* the suan-worker program */
    struct suan_registry *registry; /* NULL in mode NONE */
};

/* The list of rule families that makes a registry this registry. */
void service_registry_options(struct suan_registry_options *out);

/* Where the registry is if nobody says: $SUAN_REGISTRY, $XDG_DATA_HOME/suan/registry,
 * ~/.local/share/suan/registry. */
SUAN_MUST_USE enum suan_status service_default_folder(const char *given, char out[PATH_MAX],
                                                      struct suan_error *error);
/* The worker beside libsuan or this program, or where they were installed. */
SUAN_MUST_USE enum suan_status service_find_worker(const char *given, char out[PATH_MAX],
                                                   struct suan_error *error);

/* A folder that is made beside its place and renamed when it is whole, so that a command killed at any moment
   leaves no half of a registry under its name. `folder` is the caller's to fill. CONFLICT "store.exists". */
struct service_new_folder {
    char folder[PATH_MAX], beside[PATH_MAX];
};
SUAN_MUST_USE enum suan_status service_begin_folder(struct service_new_folder *out, struct suan_error *error);
/* Renames it if `status`, what came of making it, is SUAN_OK; else removes what there is, and returns that.
 */
SUAN_MUST_USE enum suan_status service_end_folder(const struct service_new_folder *place,
                                                  enum suan_status status, struct suan_error *error);

void service_report(const struct suan_service *service, const char *phase, uint64_t done, uint64_t total);
/* SUAN_E_INTERRUPTED once the user wants to stop. */
SUAN_MUST_USE enum suan_status service_check_interrupt(const struct suan_service *service,
                                                       struct suan_error *error);

/* A snapshot of the registry's tables; end it with suan_txn_end. */
SUAN_MUST_USE enum suan_status service_begin(struct suan_service *service, struct suan_txn **out_txn,
                                             struct suan_error *error);

/* --- changing the registry ---------------------------------------------------------------------------- */

/* A change as a verb describes it. `fill` adds the kind's own fields to the command. */
struct change {
    uint16_t kind;
    enum suan_status (*fill)(void *context, struct suan_json *body, struct suan_error *error);
    void *context;
    const struct suan_span *blobs; /* evidence that it names by digest */
    const size_t *blob_count;      /* read after `fill`; NULL: none */
    const char *as;  /* instead of acting->as; NULL: that one, else the identity that holds the first key */
    uint64_t now_ns; /* the moment that `fill` counts from; 0: it counts from none */
    uint64_t not_after_ns; /* 0: an hour from now if signed here, a week if printed */
};

/* A command on record under the id that acting->id names. Saying the same words under the same id must give
   the same bytes, so whoever builds the command again takes what depends on its moment from here. */
struct service_record {
    struct suan_buffer bytes;
    struct suan_command command; /* body NULL: there is none of this kind */
    uint64_t built_ns;           /* what `now` was for it */
};
SUAN_MUST_USE enum suan_status service_find_record(struct suan_service *service,
                                                   const struct suan_acting *acting, uint16_t kind,
                                                   struct service_record *out, struct suan_error *error);
void service_record_done(struct service_record *record);

/* `acting` with another id that follows from acting->id and `purpose`, for verbs of several events; `id`
   holds it. Without an id each event gets a new one anyway. */
struct suan_acting service_acting_for(const struct suan_acting *acting, const char *purpose, char id[33]);

/*
 * Prints, signs and submits, or submits what was signed elsewhere, as `acting` says. The result is
 * {"event": {kind, log, index, time_ns, id, repeated}} or {"command": TEXT}.
 */
SUAN_MUST_USE enum suan_status service_change(struct suan_service *service, const struct suan_acting *acting,
                                              const struct change *change, struct suan_json **out_result,
                                              struct suan_error *error);
/* Several changes in one transaction, all or none, each with its own acting. Only for keys at hand (no
   print_command, no command). The result holds "events", and the last of them as "event". */
SUAN_MUST_USE enum suan_status service_change_all(struct suan_service *service,
                                                  const struct suan_acting *actings,
                                                  const struct change *changes, size_t count,
                                                  struct suan_json **out_result, struct suan_error *error);

/* The signer that a `--sign` word names: a file, or "agent" (the first key there that belongs to `as`). */
SUAN_MUST_USE enum suan_status service_open_signer(struct suan_service *service, const char *word,
                                                   const char *as, struct suan_signer **out_signer,
                                                   struct suan_error *error);

/* --- showing ------------------------------------------------------------------------------------------ */

/* Sets `key` to the identity's name. */
SUAN_MUST_USE enum suan_status service_set_ident(struct suan_txn *txn, struct suan_json *object,
                                                 const char *key, const struct suan_id *id,
                                                 struct suan_error *error);
/* Marks the document of a registry whose time is simulated. */
void service_mark_clock(struct suan_service *service, struct suan_json *result);

#endif
