/* suan voucher quote; suan programme show, check, test, whatif: rules and what they pay, before anything is on
 * record. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "output.h"
#include "service/programme.h"
#include "service/quote.h"
#include "service/voucher.h"
#include "tables.h"

#define PROGRAMMES                                                                                           \
    {                                                                                                        \
        "programmes", "DIR", "programmes of this folder; default those that come with this program"          \
    }
#define ON_RECORD                                                                                            \
    {                                                                                                        \
        "on-record", NULL, "programmes on record in the registry"                                            \
    }

/* Rules need no registry, unless those on record are meant. */
static enum suan_status open_rules(struct cli *cli, const struct arguments *arguments,
                                   struct suan_error *error)
{
    struct suan_service_options options;
    struct suan_service *service = NULL;
    if (!arguments_has(arguments, "on-record"))
        return SUAN_OK;
    if (arguments_has(arguments, "programmes"))
        return suan_error_set(error, SUAN_E_USAGE, "cli.option", "say one of them",
                              "--on-record and --programmes exclude each other");
    cli_service_options(cli, &options);
    enum suan_status status = suan_service_open(&options, SUAN_SERVICE_READ, &service, error);
    if (status != SUAN_OK)
        return status;
    suan_service_close(cli->service);
    cli->service = service;
    return SUAN_OK;
}

/* The words that are no options, from `first` on. */
static const char *const *operands(const struct arguments *arguments, size_t first,
                                   const char *words[ARGUMENTS_MAX], size_t *out_count)
{
    *out_count = arguments_operands(arguments) - first;
    for (size_t i = 0; i < *out_count; i++)
        words[i] = arguments_operand(arguments, first + i);
    return words;
}

static void print_text(const struct suan_json *object, const char *key, const char *before)
{
    struct suan_span text = suan_json_text(suan_json_find(object, key));
    if (text.size > 0)
        printf("%s%.*s\n", before, SUAN_SPAN_PRINTF(text));
}

static void print_list(const struct suan_json *object, const char *key, const char *title)
{
    const struct suan_json *list = suan_json_find(object, key);
    for (size_t i = 0; i < suan_json_count(list); i++)
        printf("%s%.*s\n", title, SUAN_SPAN_PRINTF(suan_json_text(suan_json_at(list, i))));
}

/* "¥1,800,000.00"; UNKNOWN for an amount that is null: it is not zero. */
static void set_amount(struct suan_json *row, const char *key, const struct suan_json *from)
{
    const struct suan_json *fen = suan_json_find(from, "award_fen");
    struct suan_buffer text = {0};
    suan_buffer_append_text(&text, fen != NULL ? "¥" : "UNKNOWN");
    if (fen != NULL)
        suan_text_yuan(&text, suan_json_integer(fen));
    suan_json_set_text(row, key, suan_buffer_text(&text));
    suan_buffer_done(&text);
}

/* --- voucher quote ------------------------------------------------------------------------------------ */

static enum suan_status run_quote(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    const char *language = arguments_text(arguments, "lang");
    struct suan_quote_request request = {
        .programmes = arguments_text(arguments, "programmes"),
        .claim = arguments_operand(arguments, 0),
        .on = arguments_text(arguments, "on"),
        .language = language != NULL ? language : "en",
        .detail = arguments_has(arguments, "explain") ? SUAN_QUOTE_EXPLAINED : SUAN_QUOTE_BRIEF,
    };
    (void)row;
    enum suan_status status = open_rules(cli, arguments, error);
    return status == SUAN_OK ? suan_service_voucher_quote(cli->service, &request, &cli->result, error)
                             : status;
}

static void print_quote_table(const struct suan_json *quotes)
{
    static const struct column columns[] = {
        {"programme", "programme", COLUMN_TEXT}, {"decision", "decision", COLUMN_TEXT},
        {"award", "award", COLUMN_TEXT},         {"bound by", "binding", COLUMN_TEXT},
        {"reason", "reason", COLUMN_TEXT},       {NULL, NULL, COLUMN_TEXT}};
    struct suan_json *rows = suan_json_new_array();
    for (size_t i = 0; i < suan_json_count(quotes); i++) {
        const struct suan_json *quote = suan_json_at(quotes, i);
        struct suan_json *row = suan_json_new_object();
        for (size_t c = 0; columns[c].title != NULL; c++) {
            if (suan_json_find(quote, columns[c].key) != NULL)
                suan_json_set_copy(row, columns[c].key, suan_json_find(quote, columns[c].key));
        }
        set_amount(row, "award", quote);
        suan_json_add(rows, row);
    }
    output_table(columns, rows);
    suan_json_release(rows);
}

/* What stands between the claimant and the money, where there is money to be had. */
static void print_notes(const struct suan_json *quote)
{
    bool is_reject =
        suan_span_equal(suan_json_text(suan_json_find(quote, "decision")), suan_span_text("REJECT"));
    const struct suan_json *explanation = suan_json_find(quote, "explanation");
    if (explanation == NULL && is_reject)
        return;
    putchar('\n');
    if (explanation != NULL)
        fwrite(suan_json_text(explanation).data, 1, suan_json_text(explanation).size, stdout);
    else
        print_text(quote, "programme", "");
    print_list(quote, "missing", "  not stated       ");
    if (!is_reject)
        print_list(quote, "documents", "  missing document ");
    print_list(quote, "unknown", "  unknown          ");
}

static void print_quote(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *quotes = suan_json_find(result, "quotes");
    (void)cli;
    print_quote_table(quotes);
    for (size_t i = 0; i < suan_json_count(quotes); i++)
        print_notes(suan_json_at(quotes, i));
}

/* --- programme show ----------------------------------------------------------------------------------- */

static enum suan_status run_show(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    enum suan_status status = open_rules(cli, arguments, error);
    return status == SUAN_OK
               ? suan_service_programme_show(cli->service, arguments_text(arguments, "programmes"),
                                             arguments_operand(arguments, 0), &cli->result, error)
               : status;
}

static void append_rate(const struct suan_json *tier, struct suan_json *row)
{
    char rate[64] = "UNKNOWN: a reviewer sets the amount";
    const struct suan_json *ratio = suan_json_find(tier, "rate");
    if (ratio != NULL)
        snprintf(rate, sizeof rate, "%" PRId64 "/%" PRId64, suan_json_integer(suan_json_find(ratio, "num")),
                 suan_json_integer(suan_json_find(ratio, "den")));
    suan_json_set_text(row, "rate", rate);
}

static void print_tiers(const struct suan_json *tiers)
{
    static const struct column columns[] = {{"tier", "id", COLUMN_TEXT},
                                            {"rate", "rate", COLUMN_TEXT},
                                            {"clause", "clause", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    struct suan_json *rows = suan_json_new_array();
    for (size_t i = 0; i < suan_json_count(tiers); i++) {
        const struct suan_json *tier = suan_json_at(tiers, i);
        struct suan_json *row = suan_json_new_object();
        suan_json_set_copy(row, "id", suan_json_find(tier, "id"));
        suan_json_set_copy(row, "clause", suan_json_find(tier, "clause"));
        append_rate(tier, row);
        suan_json_add(rows, row);
    }
    output_table(columns, rows);
    suan_json_release(rows);
}

static void print_show(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"programme", "id", COLUMN_TEXT},
                                         {"version", "version", COLUMN_INTEGER},
                                         {"supersedes", "supersedes", COLUMN_TEXT},
                                         {"file", "sha256", COLUMN_SHORT_HEX},
                                         {"instrument", "instrument", COLUMN_TEXT},
                                         {"issuer", "issuer", COLUMN_TEXT},
                                         {"jurisdiction", "jurisdiction", COLUMN_TEXT},
                                         {"status", "status", COLUMN_TEXT},
                                         {"from", "from", COLUMN_TEXT},
                                         {"to", "to", COLUMN_TEXT},
                                         {"paid by", "mode", COLUMN_TEXT},
                                         {"valid days", "validity_days", COLUMN_INTEGER},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column rules[] = {{"must hold", "id", COLUMN_TEXT}, {"fact", "field", COLUMN_TEXT},
                                          {"", "op", COLUMN_TEXT},          {"value", "values", COLUMN_TEXT},
                                          {"why", "why", COLUMN_TEXT},      {NULL, NULL, COLUMN_TEXT}};
    static const struct column caps[] = {{"cap", "id", COLUMN_TEXT},
                                         {"amount", "amount_fen", COLUMN_YUAN},
                                         {"of each", "scope", COLUMN_TEXT},
                                         {"in", "period", COLUMN_TEXT},
                                         {"counting", "measure", COLUMN_TEXT},
                                         {"tier", "tier", COLUMN_TEXT},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column budget[] = {{"budget", "kind", COLUMN_TEXT},
                                           {"amount", "amount_fen", COLUMN_YUAN},
                                           {"in", "period", COLUMN_TEXT},
                                           {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(head, suan_json_find(result, "programme"));
    putchar('\n');
    output_table(rules, suan_json_find(result, "eligibility"));
    putchar('\n');
    print_tiers(suan_json_find(result, "tiers"));
    putchar('\n');
    output_table(caps, suan_json_find(result, "caps"));
    putchar('\n');
    output_fields(budget, suan_json_find(result, "budget"));
    print_list(result, "documents", "document  ");
    print_list(result, "unknown", "unknown   ");
}

/* --- programme check ---------------------------------------------------------------------------------- */

static enum suan_status run_check(struct cli *cli, const struct command *row,
                                  const struct arguments *arguments, struct suan_error *error)
{
    const char *words[ARGUMENTS_MAX];
    size_t count = 0;
    (void)row;
    enum suan_status status = open_rules(cli, arguments, error);
    if (status != SUAN_OK)
        return status;
    const char *const *files = operands(arguments, 0, words, &count);
    return suan_service_programme_check(cli->service, arguments_text(arguments, "programmes"), files, count,
                                        &cli->result, error);
}

static void print_check(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *files = suan_json_find(result, "files");
    (void)cli;
    for (size_t i = 0; i < suan_json_count(files); i++) {
        const struct suan_json *file = suan_json_at(files, i);
        const struct suan_json *findings = suan_json_find(file, "findings");
        printf("%-5s %.*s\n", suan_json_boolean(suan_json_find(file, "ok")) ? "ok" : "ERROR",
               SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(file, "file"))));
        for (size_t f = 0; f < suan_json_count(findings); f++) {
            const struct suan_json *finding = suan_json_at(findings, f);
            printf("      %-5.*s %.*s\n", SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(finding, "kind"))),
                   SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(finding, "message"))));
        }
    }
}

/* --- programme test ----------------------------------------------------------------------------------- */

static enum suan_status run_test(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    const char *words[ARGUMENTS_MAX];
    size_t count = 0;
    (void)row;
    enum suan_status status = open_rules(cli, arguments, error);
    if (status != SUAN_OK)
        return status;
    const char *const *files = operands(arguments, 0, words, &count);
    return suan_service_programme_test(cli->service, arguments_text(arguments, "programmes"), files, count,
                                       &cli->result, error);
}

static void print_test(const struct cli *cli, const struct suan_json *result)
{
    const struct suan_json *examples = suan_json_find(result, "examples");
    for (size_t i = 0; i < suan_json_count(examples); i++) {
        const struct suan_json *example = suan_json_at(examples, i);
        bool passed = suan_json_boolean(suan_json_find(example, "passed"));
        if (passed && cli->quiet)
            continue;
        printf("%-6s %.*s  %.*s\n", passed ? "ok" : "FAILED",
               SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(example, "id"))),
               SUAN_SPAN_PRINTF(suan_json_text(suan_json_find(example, "title"))));
        print_text(example, "difference", "       ");
        print_text(example, "trace", "");
    }
    printf("%" PRId64 " passed, %" PRId64 " failed\n", suan_json_integer(suan_json_find(result, "passed")),
           suan_json_integer(suan_json_find(result, "failed")));
}

/* --- programme whatif --------------------------------------------------------------------------------- */

static enum suan_status run_whatif(struct cli *cli, const struct command *row,
                                   const struct arguments *arguments, struct suan_error *error)
{
    const char *words[ARGUMENTS_MAX];
    struct suan_whatif_request request = {
        .programmes = arguments_text(arguments, "programmes"),
        .edited = arguments_operand(arguments, 0),
        .against = arguments_text(arguments, "against"),
    };
    (void)row;
    enum suan_status status = open_rules(cli, arguments, error);
    if (status != SUAN_OK)
        return status;
    request.files = operands(arguments, 1, words, &request.file_count);
    return suan_service_programme_whatif(cli->service, &request, &cli->result, error);
}

static void print_changed(const struct suan_json *claims)
{
    static const struct column columns[] = {
        {"date", "date", COLUMN_TEXT},   {"before", "before", COLUMN_TEXT},
        {"after", "after", COLUMN_TEXT}, {"bound by", "binding", COLUMN_TEXT},
        {"claim", "file", COLUMN_TEXT},  {NULL, NULL, COLUMN_TEXT}};
    struct suan_json *rows = suan_json_new_array();
    for (size_t i = 0; i < suan_json_count(claims); i++) {
        const struct suan_json *claim = suan_json_at(claims, i);
        struct suan_json *row;
        if (!suan_json_boolean(suan_json_find(claim, "changed")))
            continue;
        row = suan_json_new_object();
        suan_json_set_copy(row, "date", suan_json_find(claim, "date"));
        suan_json_set_copy(row, "file", suan_json_find(claim, "file"));
        set_amount(row, "before", suan_json_find(claim, "before"));
        set_amount(row, "after", suan_json_find(claim, "after"));
        suan_json_set_copy(row, "binding", suan_json_find(suan_json_find(claim, "after"), "binding"));
        suan_json_add(rows, row);
    }
    if (suan_json_count(rows) > 0)
        output_table(columns, rows);
    suan_json_release(rows);
}

static void print_whatif(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {{"rules", "rules", COLUMN_TEXT},
                                            {"programme", "id", COLUMN_TEXT},
                                            {"version", "version", COLUMN_INTEGER},
                                            {"awarded", "award_fen", COLUMN_YUAN},
                                            {"awards", "awards", COLUMN_INTEGER},
                                            {"rejects", "rejects", COLUMN_INTEGER},
                                            {"reviews", "reviews", COLUMN_INTEGER},
                                            {"budget used up on", "budget_exhausted", COLUMN_TEXT},
                                            {NULL, NULL, COLUMN_TEXT}};
    static const char *const sides[] = {"before", "after"};
    struct suan_json *rows = suan_json_new_array();
    (void)cli;
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        const struct suan_json *side = suan_json_find(result, sides[i]), *value = NULL;
        struct suan_json *row = suan_json_new_object();
        suan_json_set_text(row, "rules", sides[i]);
        for (const char *key = suan_json_next(side, NULL, &value); key != NULL;
             key = suan_json_next(side, key, &value)) {
            if (suan_json_type(value) != SUAN_JSON_NULL)
                suan_json_set_copy(row, key, value);
        }
        suan_json_add(rows, row);
    }
    output_table(columns, rows);
    suan_json_release(rows);
    printf("\n%" PRId64 " of %zu claims come out differently\n",
           suan_json_integer(suan_json_find(result, "changed")),
           suan_json_count(suan_json_find(result, "claims")));
    print_changed(suan_json_find(result, "claims"));
}

/* --- voucher list, show ------------------------------------------------------------------------------- */

static enum suan_status run_list(struct cli *cli, const struct command *row,
                                 const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    (void)arguments;
    return suan_service_voucher_list(cli->service, &cli->result, error);
}

static void print_vouchers(const struct cli *cli, const struct suan_json *result)
{
    static const struct column columns[] = {
        {"voucher", "voucher", COLUMN_TEXT},         {"stage", "stage", COLUMN_TEXT},
        {"claimant", "claimant", COLUMN_TEXT},       {"programme", "programme", COLUMN_TEXT},
        {"face", "face_fen", COLUMN_YUAN},           {"redeemed", "redeemed_fen", COLUMN_YUAN},
        {"available", "available_fen", COLUMN_YUAN}, {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_table(columns, suan_json_find(result, "vouchers"));
}

static enum suan_status run_voucher(struct cli *cli, const struct command *row,
                                    const struct arguments *arguments, struct suan_error *error)
{
    (void)row;
    return suan_service_voucher_show(cli->service, arguments_operand(arguments, 0),
                                     arguments_has(arguments, "trace") ? SUAN_VOUCHER_TRACED
                                                                       : SUAN_VOUCHER_BRIEF,
                                     arguments_text(arguments, "lang"), &cli->result, error);
}

static void print_voucher(const struct cli *cli, const struct suan_json *result)
{
    static const struct column head[] = {{"voucher", "voucher", COLUMN_TEXT},
                                         {"stage", "stage", COLUMN_TEXT},
                                         {"instrument", "instrument", COLUMN_TEXT},
                                         {"programme", "programme", COLUMN_TEXT},
                                         {"version", "programme_version", COLUMN_INTEGER},
                                         {"rules", "rules", COLUMN_TEXT},
                                         {"claim", "claim", COLUMN_TEXT},
                                         {"claimant", "claimant", COLUMN_TEXT},
                                         {"authority", "authority", COLUMN_TEXT},
                                         {"screened by", "officer", COLUMN_TEXT},
                                         {"assessed by", "reviewer", COLUMN_TEXT},
                                         {"approved by", "second", COLUMN_TEXT},
                                         {"applied", "applied", COLUMN_TEXT},
                                         {"issued", "issued", COLUMN_TEXT},
                                         {"bound by", "binding", COLUMN_TEXT},
                                         {"face", "face_fen", COLUMN_YUAN},
                                         {"reserved", "reserved_fen", COLUMN_YUAN},
                                         {"redeemed", "redeemed_fen", COLUMN_YUAN},
                                         {"released", "released_fen", COLUMN_YUAN},
                                         {"available", "available_fen", COLUMN_YUAN},
                                         {"claimed back", "clawed_fen", COLUMN_YUAN},
                                         {NULL, NULL, COLUMN_TEXT}};
    static const struct column events[] = {
        {"event", "index", COLUMN_INTEGER}, {"time", "time_ns", COLUMN_TIME},
        {"kind", "kind", COLUMN_TEXT},      {"step", "step", COLUMN_TEXT},
        {"by", "by", COLUMN_TEXT},          {"leaf", "leaf", COLUMN_SHORT_HEX},
        {NULL, NULL, COLUMN_TEXT}};
    static const struct column movements[] = {
        {"event", "event", COLUMN_INTEGER},      {"moved", "fen", COLUMN_YUAN},
        {"balance", "balance_fen", COLUMN_YUAN}, {"reserved", "reserved_fen", COLUMN_YUAN},
        {"other account", "other", COLUMN_TEXT}, {NULL, NULL, COLUMN_TEXT}};
    (void)cli;
    output_fields(head, suan_json_find(result, "voucher"));
    if (suan_json_find(result, "events") != NULL) {
        putchar('\n');
        output_table(events, suan_json_find(result, "events"));
    }
    if (suan_json_find(result, "movements") != NULL) {
        putchar('\n');
        output_table(movements, suan_json_find(result, "movements"));
    }
    if (suan_json_find(result, "award") != NULL) {
        print_text(suan_json_find(result, "award"), "explanation", "\n");
        puts("the award follows from what is on record");
    }
}

static const struct option_row show_options[] = {
    {"trace", NULL, "every event, movement and rule that it rests on, the award computed again"},
    {"lang", "en|zh", "language of the rules' words; default en"},
    {NULL, NULL, NULL}};
static const struct option_row quote_options[] = {
    {"on", "DATE", "quote as of this day, YYYY-MM-DD; default the claim's own"},
    {"explain", NULL, "each rule looked at, with its clause in its own words"},
    {"lang", "en|zh", "language of reasons; default en"},
    PROGRAMMES,
    ON_RECORD,
    {NULL, NULL, NULL}};
static const struct option_row rule_options[] = {PROGRAMMES, ON_RECORD, {NULL, NULL, NULL}};
static const struct option_row whatif_options[] = {
    {"against", "FILE", "the present rules; default the programme with the same id, or that it supersedes"},
    PROGRAMMES,
    ON_RECORD,
    {NULL, NULL, NULL}};

const struct command cli_voucher_commands[] = {
    {"voucher", "quote", "CLAIM.json", "what each programme would pay for a contract, and why",
     "suan voucher quote claim.json --on 2026-03-01 --explain --lang zh", 1, 1, quote_options, run_quote,
     print_quote, SUAN_SERVICE_NONE, NULL},
    {"voucher", "list", "", "vouchers on record", "suan voucher list", 0, 0, NULL, run_list, print_vouchers,
     SUAN_SERVICE_READ, NULL},
    {"voucher", "show", "VOUCHER", "a voucher, with --trace down to the clause and the fen",
     "suan voucher show 0198c3… --trace --lang zh", 1, 1, show_options, run_voucher, print_voucher,
     SUAN_SERVICE_READ, NULL},
    {"programme", "show", "ID|FILE", "the rules of a programme", "suan programme show hangzhou-compute-2025",
     1, 1, rule_options, run_show, print_show, SUAN_SERVICE_NONE, NULL},
    {"programme", "check", "FILE…", "find contradictions in programmes", "suan programme check edited.json",
     1, -1, rule_options, run_check, print_check, SUAN_SERVICE_NONE, NULL},
    {"programme", "test", "[FILE…]", "run worked examples, under edited programmes if some are named",
     "suan programme test examples.json edited.json", 0, -1, rule_options, run_test, print_test,
     SUAN_SERVICE_NONE, NULL},
    {"programme", "whatif", "FILE CLAIM…", "past claims under an edited programme",
     "suan programme whatif edited.json claims/", 2, -1, whatif_options, run_whatif, print_whatif,
     SUAN_SERVICE_NONE, NULL},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, SUAN_SERVICE_NONE, NULL}};
