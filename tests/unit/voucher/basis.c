#include "basis.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"

const char *basis_text(const char *role)
{
    static char text[2048];
    snprintf(text, sizeof text,
             "{\"schema\":\"suan.measurement/1\",\"status\":\"credited\",\"mode\":\"full\",\"tier\":\"B\","
             "\"baseline\":{\"role\":\"%s\"},\"seed\":{\"plan_index\":0},"
             "\"machine\":{\"class\":\"%064d\",\"scores\":[6000]},\"grid\":["
             "{\"n\":100,\"state\":\"warm\",\"bound_ppm\":250000,\"p_hi_ns\":10,\"cpu_b_ns\":4000,\"calls\":"
             "100,\"blocks\":8},"
             "{\"n\":1000,\"state\":\"warm\",\"bound_ppm\":500000,\"p_hi_ns\":100,\"cpu_b_ns\":19901,"
             "\"calls\":100,"
             "\"blocks\":8},{\"n\":1000,\"state\":\"cold\",\"bound_ppm\":900000,\"p_hi_ns\":900,\"cpu_b_ns\":"
             "1,\"calls\":1,"
             "\"blocks\":8}],\"fit\":{\"limit_n\":4000,\"limit_ratio_hi_ppm\":600000},\"saving\":{\"state\":"
             "\"warm\","
             "\"haircut_ppm\":50000,\"baseline_ns\":100,\"credited_ns\":30}}",
             role, 0);
    return text;
}

struct suan_receipt_basis basis_read(void)
{
    SUAN_CLEANUP(suan_json_freep) struct suan_json_document *document = NULL;
    struct suan_receipt_basis basis;
    struct suan_error error = {0};
    if (suan_json_parse(suan_span_text(basis_text("incumbent")), 4096, 0, "basis", &document, &error) !=
            SUAN_OK ||
        suan_receipt_basis_read(suan_json_root(document), &basis, &error) != SUAN_OK) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return basis;
}

struct suan_receipt *basis_receipt(void)
{
    struct suan_receipt_basis basis = basis_read();
    struct suan_receipt *receipt = suan_receipt_new();
    snprintf(receipt->user, sizeof receipt->user, "shop");
    snprintf(receipt->id, sizeof receipt->id, "quick.match");
    snprintf(receipt->version, sizeof receipt->version, "1.0.0");
    snprintf(receipt->task, sizeof receipt->task, "astro.crossmatch/1");
    snprintf(receipt->level, sizeof receipt->level, "FULL");
    receipt->class = basis.class;
    receipt->scores[0] = 6000;
    receipt->score_count = 1;
    receipt->start_ns = 1;
    receipt->end_ns = 2;
    receipt->sequence = 1;
    suan_receipt_bins(&basis, receipt);
    receipt->bins[0].jobs = 1000;
    receipt->bins[0].cpu_ns = 50000;
    receipt->bins[1].jobs = 10;
    receipt->bins[1].cpu_ns = 9999;
    return receipt;
}

void basis_shadows(struct suan_receipt *receipt, size_t count, int64_t b_ns, int64_t p_ns)
{
    free(receipt->pairs);
    receipt->pairs = calloc(count, sizeof *receipt->pairs);
    receipt->pair_count = count;
    for (size_t i = 0; i < count; i++)
        receipt->pairs[i] = (struct suan_receipt_pair){b_ns, p_ns, true};
}
