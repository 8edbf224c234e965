#ifndef SUAN_SERVICE_QUOTE_H
#define SUAN_SERVICE_QUOTE_H

/* What each programme would pay for one contract, and why. Nothing is written. */
#include "service.h"

struct suan_quote_request {
    const char *programmes; /* folder; NULL: the one that comes with this program, or those on record if the
                               service has a registry open */
    const char *claim;      /* file, suan.claim/1 */
    const char *on;         /* YYYY-MM-DD instead of the claim's own day; may be NULL */
    const char *language;   /* of reasons: "en" or "zh" */
    enum { SUAN_QUOTE_BRIEF, SUAN_QUOTE_EXPLAINED } detail;
};

/*
 * {date, quotes: [{programme, version, issuer, decision, award_fen, binding, reason, missing, documents,
 * unknown}], best_fen}, the best payer first; EXPLAINED adds `trace` (suan.trace/1) and `explanation`. An
 * amount that is not known is null. REFUSED "voucher.not-eligible" if all reject, EXHAUSTED "voucher.no-room"
 * if one does so for want of room alone and none pays. [needs NONE or READ]
 */
SUAN_MUST_USE enum suan_status suan_service_voucher_quote(struct suan_service *service,
                                                          const struct suan_quote_request *request,
                                                          struct suan_json **out_result,
                                                          struct suan_error *error);

#endif
