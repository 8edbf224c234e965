#ifndef TESTS_ABI_LAYOUT_FIXTURE_H
#define TESTS_ABI_LAYOUT_FIXTURE_H

/* One tiny plugin, compiled as C and as C++, plain and after everything that a linker may throw away. */
#define SUAN_PLUGIN_CPU (SUAN_X86_AES | (UINT64_C(1) << 40))
#define SUAN_PLUGIN_HOST_MINOR 0
#include <suan/plugin.h>

static int32_t refuse(const struct suan_host *host, struct suan_ctx *ctx, const struct suan_config *config,
                      struct suan_instance **out_instance)
{
    (void)config;
    *out_instance = NULL;
    return suan_fail(host, ctx, SUAN_E_TASK, "a fixture solves nothing");
}

static const struct suan_algorithm table = {refuse, NULL, NULL, NULL, NULL, NULL};

SUAN_DEFINE_ALGORITHM(&table, "abi-fixture", "1.2.3-rc.1", "Apache-2.0", "The Suan authors",
                      SUAN_FLAG_CONCURRENT_RUNS | SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_BIT_REPEATABLE,
                      SUAN_TYPE_F64 | SUAN_TYPE_C128, 0.5, "one.task/1", "another.task/22");

#endif
