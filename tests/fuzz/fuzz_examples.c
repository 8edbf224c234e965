/* Files of worked examples: whatever the steps say, they run to an end and give each example one report. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "policy/examples.h"
#include "policy_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES = sizeof fuzz_rules / sizeof fuzz_rules[0] };

static void count(void *context, const struct suan_example_report *one)
{
    size_t *failed = context;
    *failed += !one->passed;
    if (one->passed != (one->difference.size == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SUAN_CLEANUP(suan_examples_freep) struct suan_examples *examples = NULL;
    static const uint8_t digest[32];
    struct suan_programme *programmes[RULES];
    size_t failed = 0, reported = 0;
    if (suan_examples_parse(suan_span(data, size), "fuzz", &examples, NULL) != SUAN_OK)
        return 0;
    for (size_t i = 0; i < RULES; i++) {
        if (suan_programme_parse(suan_span_text(fuzz_rules[i]), digest, "rules", &programmes[i], NULL) !=
            SUAN_OK)
            abort();
    }
    if (suan_examples_run(examples, (const struct suan_programme *const *)programmes, RULES, count, &reported,
                          &failed, NULL) != SUAN_OK ||
        failed != reported)
        abort();
    for (size_t i = 0; i < RULES; i++)
        suan_programme_free(programmes[i]);
    return 0;
}
