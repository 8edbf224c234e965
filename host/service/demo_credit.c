/* Steps 7 and 10: the receipt earns credits for the owners; the log is checked and everything summed up. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "context.h"
#include "demo_state.h"
#include "money.h"
#include "name_of.h"
#include "registry.h"
#include "show.h"

static const char programme[] = "algorithm-voucher-design";

static enum suan_status install(struct demo *demo, const char *noun, const char *name,
                                struct suan_error *error)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/programmes/%s", demo->request->data, name) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    return demo_change(demo, error, noun, "install", "city-bureau", "city-bureau", "file", path, NULL);
}

/* The digest under which a receipt file goes on record. */
static enum suan_status digest_of(struct demo *demo, const char *path, char out[65], struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    enum suan_status status = suan_service_receipt_show(demo->service, path, &result, error);
    if (status == SUAN_OK)
        snprintf(out, 65, "%.*s", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(result, "digest"))));
    return status;
}

/* Owners in the order in which they first earned, with all they earned. */
static void add_owners(const struct suan_json *credit, struct suan_json *totals)
{
    const struct suan_json *owners = suan_json_find(credit, "owners");
    for (size_t i = 0; i < suan_json_count(owners); i++) {
        char id[SUAN_IDENT_MAX + 1];
        snprintf(id, sizeof id, "%.*s",
                 SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(suan_json_at(owners, i), "id"))));
        int64_t fen = suan_json_integer(suan_json_find(suan_json_at(owners, i), "fen"));
        suan_json_set_integer(totals, id, suan_json_integer(suan_json_find(totals, id)) + fen);
    }
}

static void list_owners(const struct suan_json *totals, struct suan_json *rows)
{
    const struct suan_json *fen = NULL;
    for (const char *id = suan_json_next(totals, NULL, &fen); id != NULL;
         id = suan_json_next(totals, id, &fen)) {
        struct suan_json *row = suan_json_new_object();
        suan_json_set_text(row, "id", id);
        suan_json_set_copy(row, "fen", fen);
        suan_json_add(rows, row);
    }
}

static void tell_credit(const struct demo *demo, const struct suan_json *credit)
{
    const struct suan_json *owners = suan_json_find(credit, "owners");
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer line = {0};
    suan_buffer_printf(&line, "saved %.1f CPU-seconds, worth ¥",
                       (double)suan_json_integer(suan_json_find(credit, "saving_ns")) / 1e9);
    suan_text_yuan(&line, suan_json_integer(suan_json_find(credit, "saved_fen")));
    suan_buffer_append_text(&line, " by the demonstration tariff; 算法券 credit ¥");
    suan_text_yuan(&line, suan_json_integer(suan_json_find(credit, "credit_fen")));
    suan_buffer_append_text(&line, ":");
    for (size_t i = 0; i < suan_json_count(owners); i++) {
        const struct suan_json *owner = suan_json_at(owners, i);
        suan_buffer_printf(&line, "%s %.*s ¥", i > 0 ? "," : "",
                           SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(owner, "id"))));
        suan_text_yuan(&line, suan_json_integer(suan_json_find(owner, "fen")));
    }
    demo_say(demo, 7, "%s", suan_buffer_text(&line));
}

static enum suan_status sum_credits(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *totals = suan_json_new_object();
    struct suan_json *credits = suan_json_new_object(), *owners = suan_json_new_array();
    suan_json_set(credits, "by_owner", owners);
    suan_json_set(demo->summary, "credits", credits);
    enum suan_status status = suan_service_credit_list(demo->service, &result, error);
    const struct suan_json *rows = status == SUAN_OK ? suan_json_find(result, "credits") : NULL;
    for (size_t i = 0; i < suan_json_count(rows); i++) {
        add_owners(suan_json_at(rows, i), totals);
        tell_credit(demo, suan_json_at(rows, i));
    }
    list_owners(totals, owners);
    if (status == SUAN_OK)
        suan_json_set_copy(credits, "minted_fen", suan_json_find(result, "total_fen"));
    return status;
}

static enum suan_status sum_receipts(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *result = NULL;
    int64_t saved_ns = 0;
    enum suan_status status = suan_service_receipt_list(demo->service, &result, error);
    const struct suan_json *rows = status == SUAN_OK ? suan_json_find(result, "receipts") : NULL;
    for (size_t i = 0; i < suan_json_count(rows); i++)
        saved_ns += suan_json_integer(suan_json_find(suan_json_at(rows, i), "saving_ns"));
    suan_json_set_integer(demo->summary, "receipts", (int64_t)suan_json_count(rows));
    suan_json_set_integer(demo->summary, "saved_cpu_ns", saved_ns);
    return status;
}

/* One receipt goes on record and earns, unless what it saved is too little for one fen. */
static enum suan_status earn(struct demo *demo, size_t period, struct suan_error *error)
{
    char path[PATH_MAX], name[40], digest[65] = "";
    struct suan_error refusal = {0};
    snprintf(name, sizeof name, DEMO_RECEIPT, period + 1);
    demo_path(demo, name, path);
    enum suan_status status =
        demo_change(demo, error, "receipt", "submit", "starfield", "starfield", "receipt", path, NULL);
    if (status == SUAN_OK)
        status = digest_of(demo, path, digest, error);
    if (status != SUAN_OK)
        return status;
    demo_say(demo, 7,
             "receipt %.16s… on record: its saving was recomputed from it and the attested measurement",
             digest);
    status = demo_change(demo, &refusal, "credit", "earn", "city-bureau", "city-bureau", "receipt", digest,
                         "programme", programme, NULL);
    if (status == SUAN_E_REFUSED) {
        demo_say(demo, 7, "receipt %.16s… earns nothing: %s", digest, refusal.message);
        return SUAN_OK;
    }
    if (status != SUAN_OK && error != NULL)
        *error = refusal;
    return status;
}

enum suan_status demo_credit(struct demo *demo, struct suan_error *error)
{
    enum suan_status status = install(demo, "programme", "algorithm-voucher-design.json", error);
    if (status == SUAN_OK)
        status = install(demo, "tariff", "tariff-demo.json", error);
    for (size_t period = 0; status == SUAN_OK && period < DEMO_PERIODS; period++)
        status = earn(demo, period, error);
    if (status == SUAN_OK)
        status = sum_receipts(demo, error);
    return status != SUAN_OK ? status : sum_credits(demo, error);
}

/* --- step 10 ------------------------------------------------------------------------------------------ */

static enum suan_status add_release(struct demo *demo, struct suan_txn *txn,
                                    const struct demo_release *listed, uint64_t now_ns,
                                    struct suan_json *rows, struct suan_error *error)
{
    struct suan_release release;
    struct suan_owner_table table;
    struct suan_json *row = NULL, *owners = NULL;
    (void)demo;
    enum suan_status status =
        suan_release_get(txn, suan_span_text(listed->id), suan_span_text(listed->version), &release, error);
    if (status == SUAN_OK)
        status = suan_owner_get(txn, &release.algorithm, &table, error);
    if (status == SUAN_OK)
        status = service_owners_json(txn, &table, &owners, error);
    if (status == SUAN_OK)
        status = service_release_json(txn, &release, now_ns, &row, error);
    if (status != SUAN_OK) {
        suan_json_release(owners);
        return status;
    }
    suan_json_set(row, "owners", owners);
    suan_json_add(rows, row);
    return SUAN_OK;
}

static enum suan_status sum_releases(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(suan_txn_endp) struct suan_txn *txn = NULL;
    struct suan_json *rows = suan_json_new_array();
    uint64_t now_ns = 0;
    int64_t tasks = 0, algorithms = 0;
    suan_json_set(demo->summary, "releases", rows);
    enum suan_status status = suan_registry_now(demo->service->registry, &now_ns, error);
    if (status == SUAN_OK)
        status = service_begin(demo->service, &txn, error);
    for (size_t i = 0; status == SUAN_OK && i < demo->n_releases; i++) {
        tasks += demo->releases[i].kind == DEMO_TASK;
        algorithms += demo->releases[i].kind == DEMO_ALGORITHM;
        status = add_release(demo, txn, &demo->releases[i], now_ns, rows, error);
    }
    suan_json_set_integer(demo->summary, "tasks", tasks);
    suan_json_set_integer(demo->summary, "algorithms", algorithms);
    return status;
}

enum suan_status demo_conclude(struct demo *demo, struct suan_error *error)
{
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *verified = NULL;
    SUAN_CLEANUP(suan_json_releasep) struct suan_json *checkpoint = NULL;
    struct suan_json *log = suan_json_new_object();
    suan_json_set(demo->summary, "log", log);
    enum suan_status status = sum_releases(demo, error);
    if (status == SUAN_OK)
        status = suan_service_registry_verify(demo->service, &verified, error);
    if (status == SUAN_OK)
        status = suan_service_log_checkpoint(demo->service, "registry", &checkpoint, error);
    if (status != SUAN_OK)
        return status;
    suan_json_set_copy(log, "size", suan_json_find(checkpoint, "size"));
    suan_json_set_copy(log, "root", suan_json_find(checkpoint, "root"));
    suan_json_set_boolean(log, "verified", true);
    demo_say(demo, 10,
             "both logs replayed: every table follows from them; the public log holds %lld events, root %.*s",
             (long long)suan_json_integer(suan_json_find(checkpoint, "size")),
             SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(checkpoint, "root"))));
    return demo_report(demo, error);
}
