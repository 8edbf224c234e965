/* Step 8: a contract quoted under every programme, claimed under one, issued and redeemed; a licence part-paid. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "context.h"
#include "demo_state.h"
#include "policy/date.h"
#include "quote.h"
#include "trust/signer.h"
#include "voucher.h"

static const char chosen[] = "hangzhou-compute-2025", design[] = "algorithm-voucher-design",
                  authority[] = "city-bureau", officer[] = "officer-wang", clerk[] = "clerk-zhou",
                  claimant[] = "starfield";
enum { LICENCE_FEN = 8000000 }; /* a demonstration price */
#define PUBLICITY_NS (UINT64_C(6) * 86400 * 1000000000)

/* --- quotes ------------------------------------------------------------------------------------------- */

static void add_quote(const struct demo *demo, const struct suan_json *quote, struct suan_json *rows)
{
    static const char *const keys[] = {"programme", "decision", "binding"};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer amount = {0};
    const struct suan_json *fen = suan_json_find(quote, "award_fen");
    struct suan_json *row = suan_json_new_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        suan_json_set_copy(row, keys[i], suan_json_find(quote, keys[i]));
    if (fen != NULL) {
        suan_json_set_copy(row, "award_fen", fen);
        suan_buffer_append_text(&amount, "¥");
        suan_text_yuan(&amount, suan_json_integer(fen));
    } else {
        suan_json_set_null(row, "award_fen");
        suan_buffer_append_text(&amount, "UNKNOWN");
    }
    suan_json_add(rows, row);
    demo_say(demo, 8, "%.*s: %.*s %s, %.*s: %.*s",
             SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(quote, "programme"))),
             SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(quote, "decision"))), suan_buffer_text(&amount),
             SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(quote, "binding"))),
             SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(quote, "reason"))));
}

static enum suan_status quote(struct demo *demo, struct suan_json *vouchers, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    struct suan_json *rows = suan_json_new_array();
    char folder[PATH_MAX], claim[PATH_MAX];
    suan_json_set(vouchers, "quotes", rows);
    if (snprintf(folder, sizeof folder, "%s/programmes", demo->request->data) >= PATH_MAX ||
        snprintf(claim, sizeof claim, "%s/programmes/claim-3m.json", demo->request->data) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    struct suan_quote_request request = {.programmes = folder, .claim = claim, .language = "en"};
    enum suan_status status = suan_service_voucher_quote(demo->service, &request, &result, error);
    const struct suan_json *quotes = status == SUAN_OK ? suan_json_find(result, "quotes") : NULL;
    for (size_t i = 0; i < suan_json_count(quotes); i++)
        add_quote(demo, suan_json_at(quotes, i), rows);
    return status;
}

/* --- people and papers -------------------------------------------------------------------------------- */

static enum suan_status hire(struct demo *demo, const char *ident, struct suan_error *error)
{
    char key[PATH_MAX], signers[96];
    enum suan_status status = suan_key_file_create(demo_key(demo, ident, key), ident, NULL, error);
    if (status == SUAN_OK)
        status = demo_change(demo, error, "identity", "create", ident, ident, "ident", ident, "type",
                             "person", "display", ident, "key", key, NULL);
    snprintf(signers, sizeof signers, "%s %s", authority, ident);
    return status == SUAN_OK ? demo_change(demo, error, "member", "add", authority, signers, "ident", ident,
                                           "org", authority, "roles", "review,finance", NULL)
                             : status;
}

static enum suan_status today(struct demo *demo, char out[11], struct suan_error *error)
{
    uint64_t now_ns = 0;
    enum suan_status status = suan_registry_now(demo->service->registry, &now_ns, error);
    suan_day_format(suan_day_of_time(now_ns), out);
    return status;
}

static enum suan_status write_claim(const struct demo *demo, const char *name, const struct suan_json *claim,
                                    char out_path[PATH_MAX], struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    enum suan_status status = suan_json_format(claim, SUAN_JSON_STYLE_INDENTED, &text, error);
    return status == SUAN_OK
               ? suan_file_replace(demo_path(demo, name, out_path), suan_buffer_span(&text), 0644, error)
               : status;
}

/* The contract of the quotes, as the demo's enterprise signed it, under the chosen programme. */
static enum suan_status contract_claim(struct demo *demo, char out_path[PATH_MAX], struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *claim = suan_json_new_object();
    const struct suan_json *value = NULL;
    char path[PATH_MAX], day[11];
    snprintf(path, sizeof path, "%.4000s/programmes/claim-3m.json", demo->request->data);
    enum suan_status status = today(demo, day, error);
    if (status == SUAN_OK)
        status = suan_file_read(path, 1 << 20, &text, error);
    if (status == SUAN_OK)
        status = suan_json_parse(suan_buffer_span(&text), 1 << 20, SUAN_JSON_NULLS | SUAN_JSON_NEWLINES, path,
                                 &document, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *root = suan_json_root(document);
    for (const char *key = suan_json_next(root, NULL, &value); key != NULL;
         key = suan_json_next(root, key, &value)) {
        if (strcmp(key, "contract_id") != 0)
            suan_json_set_copy(claim, key, value);
    }
    suan_json_set_text(claim, "date", day);
    suan_json_set_text(claim, "enterprise", claimant);
    suan_json_set_text(claim, "programme", chosen);
    return write_claim(demo, "claim-compute.json", claim, out_path, error);
}

static struct suan_json *object_of(const char *key, const char *value)
{
    struct suan_json *object = suan_json_new_object();
    suan_json_set_text(object, key, value);
    return object;
}

static enum suan_status licence_claim(struct demo *demo, const struct demo_release *release,
                                      char out_path[PATH_MAX], struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *claim = suan_json_new_object();
    struct suan_json *who = object_of("class", "enterprise"), *contract = object_of("number", "LIC-1"),
                     *line = object_of("kind", "licence"), *lines = suan_json_new_array();
    char day[11], name[140];
    snprintf(name, sizeof name, "%s@%s", release->id, release->version);
    enum suan_status status = today(demo, day, error);
    suan_json_set_text(claim, "schema", "suan.claim/1");
    suan_json_set_text(claim, "instrument", "algorithm_voucher");
    suan_json_set_text(claim, "date", day);
    suan_json_set_text(claim, "programme", design);
    suan_json_set_text(claim, "enterprise", claimant);
    suan_json_set_text(who, "size", "sme");
    suan_json_set_boolean(who, "blacklisted", false);
    suan_json_set(claim, "claimant", who);
    suan_json_set_text(contract, "supplier", release->id);
    suan_json_set(claim, "contract", contract);
    suan_json_set(claim, "algorithm", object_of("release", name));
    suan_json_set_integer(line, "amount_fen", LICENCE_FEN);
    suan_json_add(lines, line);
    suan_json_set(claim, "lines", lines);
    return status == SUAN_OK ? write_claim(demo, "claim-licence.json", claim, out_path, error) : status;
}

/* --- one voucher's life ------------------------------------------------------------------------------- */

static enum suan_status newest_voucher(struct demo *demo, char out_id[33], int64_t *out_face_fen,
                                       int64_t *out_redeemed_fen, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    enum suan_status status = suan_service_voucher_list(demo->service, &result, error);
    if (status != SUAN_OK)
        return status;
    const struct suan_json *rows = suan_json_find(result, "vouchers");
    const struct suan_json *row = suan_json_at(rows, suan_json_count(rows) - 1);
    snprintf(out_id, 33, "%.*s", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(row, "voucher"))));
    *out_face_fen = suan_json_integer(suan_json_find(row, "face_fen"));
    *out_redeemed_fen = suan_json_integer(suan_json_find(row, "redeemed_fen"));
    return SUAN_OK;
}

static enum suan_status review(struct demo *demo, const char *id, struct suan_error *error)
{
    static const struct {
        const char *step, *person;
    } steps[] = {{"screen", officer}, {"assess", clerk}, {"publicise", officer}, {"approve", officer}};
    enum suan_status status = SUAN_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == SUAN_OK; i++) {
        if (strcmp(steps[i].step, "approve") == 0)
            status = suan_registry_advance(demo->service->registry, PUBLICITY_NS, error);
        if (status == SUAN_OK)
            status = demo_change(demo, error, "voucher", "review", authority, steps[i].person, "voucher", id,
                                 "step", steps[i].step, NULL);
    }
    return status;
}

static enum suan_status live(struct demo *demo, const char *what, const char *claim, const char *paid_fen,
                             int64_t *out_face_fen, int64_t *out_redeemed_fen, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer line = {0};
    char id[33], signers[96];
    snprintf(signers, sizeof signers, "%s %s", claimant, clerk);
    enum suan_status status =
        demo_change(demo, error, "voucher", "apply", claimant, claimant, "claim", claim, NULL);
    if (status == SUAN_OK)
        status = newest_voucher(demo, id, out_face_fen, out_redeemed_fen, error);
    if (status == SUAN_OK)
        status = review(demo, id, error);
    if (status == SUAN_OK)
        status = demo_change(demo, error, "voucher", "issue", authority, clerk, "voucher", id, NULL);
    if (status == SUAN_OK)
        status = demo_change(demo, error, "voucher", "redeem", claimant, signers, "voucher", id, "paid-fen",
                             paid_fen, NULL);
    if (status == SUAN_OK)
        status = newest_voucher(demo, id, out_face_fen, out_redeemed_fen, error);
    if (status != SUAN_OK)
        return status;
    suan_text_yuan(&line, *out_face_fen);
    suan_buffer_append_text(&line, " issued, ¥");
    suan_text_yuan(&line, *out_redeemed_fen);
    demo_say(demo, 8,
             "%s: voucher %.12s…, screened, assessed, publicised, approved by two people; ¥%s redeemed", what,
             id, suan_buffer_text(&line));
    return SUAN_OK;
}

static const struct demo_release *licensed(const struct demo *demo)
{
    for (size_t i = 0; i < demo->n_releases; i++) {
        if (demo->releases[i].kind == DEMO_ALGORITHM && demo->releases[i].vetted == DEMO_VETTED)
            return &demo->releases[i];
    }
    return NULL;
}

/* Newer ids sort last, so each voucher is looked up before the next one is made. */
static enum suan_status license(struct demo *demo, struct suan_json *vouchers, struct suan_error *error)
{
    char path[PATH_MAX], what[160];
    int64_t face_fen = 0, redeemed_fen = 0;
    const struct demo_release *release = licensed(demo);
    enum suan_status status = SUAN_OK;
    struct suan_error refusal = {0};
    if (release != NULL) {
        snprintf(what, sizeof what, "a licence of %s for ¥80,000 (a demonstration price)", release->id);
        status = licence_claim(demo, release, path, error);
        if (status == SUAN_OK)
            status = live(demo, what, path, "8000000", &face_fen, &redeemed_fen, &refusal);
    }
    if (status == SUAN_E_REFUSED) {
        demo_say(demo, 8, "%s: %s", what, refusal.message);
        status = SUAN_OK;
    } else if (status != SUAN_OK && error != NULL && refusal.code != NULL) {
        *error = refusal;
    }
    suan_json_set_integer(vouchers, "licence_fen", release != NULL ? LICENCE_FEN : 0);
    suan_json_set_integer(vouchers, "licence_voucher_fen", redeemed_fen);
    return status;
}

enum suan_status demo_voucher(struct demo *demo, struct suan_error *error)
{
    struct suan_json *vouchers = suan_json_new_object();
    char path[PATH_MAX], rules[PATH_MAX];
    int64_t face_fen = 0, redeemed_fen = 0;
    suan_json_set(demo->summary, "vouchers", vouchers);
    snprintf(rules, sizeof rules, "%.4000s/programmes/%s.json", demo->request->data, chosen);
    enum suan_status status = quote(demo, vouchers, error);
    if (status == SUAN_OK)
        status = hire(demo, officer, error);
    if (status == SUAN_OK)
        status = hire(demo, clerk, error);
    if (status == SUAN_OK)
        status = demo_change(demo, error, "programme", "install", authority, authority, "file", rules, NULL);
    if (status == SUAN_OK)
        status = contract_claim(demo, path, error);
    if (status == SUAN_OK)
        status = live(demo, "the contract of ¥3,000,000 under hangzhou-compute-2025", path, "300000000",
                      &face_fen, &redeemed_fen, error);
    suan_json_set_integer(vouchers, "issued_fen", face_fen);
    suan_json_set_integer(vouchers, "redeemed_fen", redeemed_fen);
    return status == SUAN_OK ? license(demo, vouchers, error) : status;
}
