#ifndef SUAN_PLUGIN_H
#define SUAN_PLUGIN_H

/*
 * What a plugin's author needs beside abi.h: one macro that defines note, descriptor and entry from one set
 * of literals, and small inline helpers. Everything here is static, keeps no state, and becomes part of the
 * plugin; the host never sees it. C11 and C++17, gcc and clang.
 *
 * Define these before including the header where the defaults do not fit:
 *   SUAN_PLUGIN_ISA        level of this variant; by default what the compiler was told with -march
 *   SUAN_PLUGIN_CPU        cpu_needed beyond that level (SUAN_X86_… or SUAN_ARM_…); by default 0
 *   SUAN_PLUGIN_HOST_MINOR the smallest host minor it needs; by default 0
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"

#if defined(__x86_64__)
#define SUAN_PLUGIN_MACHINE 62
#if !defined(SUAN_PLUGIN_ISA) && defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) &&   \
    defined(__AVX512DQ__) && defined(__AVX512CD__)
#define SUAN_PLUGIN_ISA 4
#elif !defined(SUAN_PLUGIN_ISA) && defined(__AVX2__) && defined(__FMA__) && defined(__BMI2__)
#define SUAN_PLUGIN_ISA 3
#elif !defined(SUAN_PLUGIN_ISA)
#define SUAN_PLUGIN_ISA 2
#endif
#elif defined(__aarch64__)
#define SUAN_PLUGIN_MACHINE 183
#if !defined(SUAN_PLUGIN_ISA) && defined(__ARM_FEATURE_SVE)
#define SUAN_PLUGIN_ISA 1
#elif !defined(SUAN_PLUGIN_ISA)
#define SUAN_PLUGIN_ISA 0
#endif
#else
#error "Suan plugins are built for x86-64 or aarch64"
#endif

#ifndef SUAN_PLUGIN_CPU
#define SUAN_PLUGIN_CPU UINT64_C(0)
#endif
#ifndef SUAN_PLUGIN_HOST_MINOR
#define SUAN_PLUGIN_HOST_MINOR 0
#endif

#ifdef __cplusplus
#define SUAN_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define SUAN_EXTERN_C extern "C"
#else
#define SUAN_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define SUAN_EXTERN_C
#endif

/* --- the definition ----------------------------------------------------------------------------------- */

/* The note as it lies in the file. Linkers keep notes under --gc-sections, and `used` keeps it under LTO. */
struct suan_elf_note {
    uint32_t namesz, descsz, type;
    char name[8];
    struct suan_note desc;
};
SUAN_STATIC_ASSERT(sizeof(struct suan_note) == SUAN_NOTE_BYTES, "note layout");
SUAN_STATIC_ASSERT(sizeof(struct suan_elf_note) == 1044, "note layout");

#define SUAN_LOW_WORD(u64) ((uint32_t)((u64)&UINT64_C(0xffffffff)))
#define SUAN_HIGH_WORD(u64) ((uint32_t)((u64) >> 32))

/* Shared by the two macros below; KIND, and which of ALGORITHM and TASK is a table and which NULL, are
 * theirs. */
#define SUAN_DEFINE_PLUGIN(KIND, ALGORITHM, TASK, ID, VERSION, LICENCE, AUTHORS, FLAGS, DTYPES, ERROR_BOUND, \
                           ...)                                                                              \
    static const char *const suan_plugin_tasks[] = {__VA_ARGS__};                                            \
    SUAN_STATIC_ASSERT(sizeof(ID) <= 80 && sizeof(VERSION) <= 80, "id and version have room for 79 bytes");  \
    SUAN_STATIC_ASSERT(sizeof(suan_plugin_tasks) / sizeof(*suan_plugin_tasks) <= SUAN_MAX_TASKS,             \
                       "at most 8 tasks");                                                                   \
    __attribute__((used, section(".note.suan"),                                                              \
                   aligned(4))) static const struct suan_elf_note suan_plugin_note = {                       \
        5,                                                                                                   \
        SUAN_NOTE_BYTES,                                                                                     \
        SUAN_NOTE_TYPE,                                                                                      \
        SUAN_NOTE_NAME,                                                                                      \
        {{0x53, 0x75, 0x61, 0x6e},                                                                           \
         SUAN_NOTE_VERSION,                                                                                  \
         KIND,                                                                                               \
         SUAN_ABI_MAJOR,                                                                                     \
         SUAN_PLUGIN_HOST_MINOR,                                                                             \
         SUAN_PLUGIN_MACHINE,                                                                                \
         SUAN_PLUGIN_ISA,                                                                                    \
         {SUAN_LOW_WORD(FLAGS), SUAN_HIGH_WORD(FLAGS)},                                                      \
         {SUAN_LOW_WORD(SUAN_PLUGIN_CPU), SUAN_HIGH_WORD(SUAN_PLUGIN_CPU)},                                  \
         SUAN_ABI_DRAFT,                                                                                     \
         SUAN_DEVICE_CPU,                                                                                    \
         sizeof(suan_plugin_tasks) / sizeof(*suan_plugin_tasks),                                             \
         ID,                                                                                                 \
         VERSION,                                                                                            \
         {__VA_ARGS__},                                                                                      \
         {0}}};                                                                                              \
    static const struct suan_descriptor suan_plugin_descriptor = {sizeof(struct suan_descriptor),            \
                                                                  KIND,                                      \
                                                                  ID,                                        \
                                                                  VERSION,                                   \
                                                                  LICENCE,                                   \
                                                                  AUTHORS,                                   \
                                                                  suan_plugin_tasks,                         \
                                                                  sizeof(suan_plugin_tasks) /                \
                                                                      sizeof(*suan_plugin_tasks),            \
                                                                  SUAN_PLUGIN_ISA,                           \
                                                                  SUAN_PLUGIN_HOST_MINOR,                    \
                                                                  SUAN_ABI_DRAFT,                            \
                                                                  FLAGS,                                     \
                                                                  SUAN_PLUGIN_CPU,                           \
                                                                  DTYPES,                                    \
                                                                  ERROR_BOUND};                              \
    static const struct suan_plugin suan_plugin_table = {&suan_plugin_descriptor, ALGORITHM, TASK, NULL};    \
    SUAN_EXTERN_C SUAN_EXPORT const struct suan_plugin *suan_plugin_v1(const struct suan_host *host)         \
    {                                                                                                        \
        return host != NULL && host->abi_major == SUAN_ABI_MAJOR ? &suan_plugin_table : NULL;                \
    }                                                                                                        \
    SUAN_STATIC_ASSERT(KIND == SUAN_KIND_ALGORITHM || KIND == SUAN_KIND_TASK, "kind")

/*
 * SUAN_DEFINE_ALGORITHM(&table, "id", "version", "licence", "authors", flags, dtypes, error_bound,
 * "task/1"…); at file scope, once in a plugin. Everything but the table is a literal or a constant.
 */
#define SUAN_DEFINE_ALGORITHM(TABLE, ID, VERSION, LICENCE, AUTHORS, FLAGS, DTYPES, ERROR_BOUND, ...)         \
    SUAN_DEFINE_PLUGIN(SUAN_KIND_ALGORITHM, TABLE, NULL, ID, VERSION, LICENCE, AUTHORS, FLAGS, DTYPES,       \
                       ERROR_BOUND, __VA_ARGS__)

/* SUAN_DEFINE_TASK(&table, "id", "version", "licence", "authors", flags, dtypes, "task/1"); the flags are
   those of the incumbent. */
#define SUAN_DEFINE_TASK(TABLE, ID, VERSION, LICENCE, AUTHORS, FLAGS, DTYPES, TASK)                          \
    SUAN_DEFINE_PLUGIN(SUAN_KIND_TASK, NULL, TABLE, ID, VERSION, LICENCE, AUTHORS, FLAGS, DTYPES, -1.0, TASK)

/* Whether a struct that begins with struct_size is new enough to hold the field. */
#define SUAN_HAS(ptr, field)                                                                                 \
    ((uint64_t)((const char *)(&(ptr)->field + 1) - (const char *)(ptr)) <= (uint64_t)(ptr)->struct_size)

/* --- tensors ------------------------------------------------------------------------------------------ */

/* The SUAN_TYPE_… bit of an element type; 0 for one that version 1 does not know. */
static inline uint64_t suan_type_of(const struct suan_dtype *dtype)
{
    static const struct {
        uint8_t code, bits;
    } known[] = {{SUAN_DTYPE_INT, 8},      {SUAN_DTYPE_INT, 16},     {SUAN_DTYPE_INT, 32},
                 {SUAN_DTYPE_INT, 64},     {SUAN_DTYPE_UINT, 8},     {SUAN_DTYPE_UINT, 16},
                 {SUAN_DTYPE_UINT, 32},    {SUAN_DTYPE_UINT, 64},    {SUAN_DTYPE_FLOAT, 16},
                 {SUAN_DTYPE_FLOAT, 32},   {SUAN_DTYPE_FLOAT, 64},   {SUAN_DTYPE_BFLOAT, 16},
                 {SUAN_DTYPE_COMPLEX, 64}, {SUAN_DTYPE_COMPLEX, 128}};
    for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (dtype->code == known[i].code && dtype->bits == known[i].bits && dtype->lanes == 1)
            return UINT64_C(1) << i;
    return 0;
}

/* The element type of one SUAN_TYPE_… bit. */
static inline struct suan_dtype suan_dtype_of(uint64_t type)
{
    struct suan_dtype dtype = {SUAN_DTYPE_INT, 8, 1};
    if (type <= SUAN_TYPE_I64) {
        dtype.bits = (uint8_t)(type == SUAN_TYPE_I8    ? 8
                               : type == SUAN_TYPE_I16 ? 16
                               : type == SUAN_TYPE_I32 ? 32
                                                       : 64);
    } else if (type <= SUAN_TYPE_U64) {
        dtype.code = SUAN_DTYPE_UINT;
        dtype.bits = (uint8_t)(type == SUAN_TYPE_U8    ? 8
                               : type == SUAN_TYPE_U16 ? 16
                               : type == SUAN_TYPE_U32 ? 32
                                                       : 64);
    } else if (type <= SUAN_TYPE_F64) {
        dtype.code = SUAN_DTYPE_FLOAT;
        dtype.bits = (uint8_t)(type == SUAN_TYPE_F16 ? 16 : type == SUAN_TYPE_F32 ? 32 : 64);
    } else {
        dtype.code = type == SUAN_TYPE_BF16 ? SUAN_DTYPE_BFLOAT : SUAN_DTYPE_COMPLEX;
        dtype.bits = (uint8_t)(type == SUAN_TYPE_BF16 ? 16 : type == SUAN_TYPE_C64 ? 64 : 128);
    }
    return dtype;
}

/* Number of elements. The host has checked that the product of the extents does not overflow. */
static inline uint64_t suan_count(const struct suan_tensor *tensor)
{
    uint64_t count = 1;
    for (int32_t i = 0; i < tensor->ndim; i++)
        count *= (uint64_t)tensor->shape[i];
    return count;
}

/* Bytes of compact data. */
static inline uint64_t suan_bytes(const struct suan_tensor *tensor)
{
    return suan_count(tensor) * (tensor->dtype.bits / 8u);
}

/* suan_f64(tensor), suan_const_f64(tensor) and so on: the compact data, after an assertion on the element
 * type. */
#define SUAN_DEFINE_ACCESS(name, ctype, type)                                                                \
    static inline ctype *suan_##name(const struct suan_tensor *tensor)                                       \
    {                                                                                                        \
        assert(suan_type_of(&tensor->dtype) == (type));                                                      \
        return (ctype *)(void *)((char *)tensor->data + tensor->byte_offset);                                \
    }                                                                                                        \
    static inline const ctype *suan_const_##name(const struct suan_tensor *tensor)                           \
    {                                                                                                        \
        return suan_##name(tensor);                                                                          \
    }
SUAN_DEFINE_ACCESS(i8, int8_t, SUAN_TYPE_I8)
SUAN_DEFINE_ACCESS(i16, int16_t, SUAN_TYPE_I16)
SUAN_DEFINE_ACCESS(i32, int32_t, SUAN_TYPE_I32)
SUAN_DEFINE_ACCESS(i64, int64_t, SUAN_TYPE_I64)
SUAN_DEFINE_ACCESS(u8, uint8_t, SUAN_TYPE_U8)
SUAN_DEFINE_ACCESS(u16, uint16_t, SUAN_TYPE_U16)
SUAN_DEFINE_ACCESS(u32, uint32_t, SUAN_TYPE_U32)
SUAN_DEFINE_ACCESS(u64, uint64_t, SUAN_TYPE_U64)
SUAN_DEFINE_ACCESS(f32, float, SUAN_TYPE_F32)
SUAN_DEFINE_ACCESS(f64, double, SUAN_TYPE_F64)
#undef SUAN_DEFINE_ACCESS

/* Writes element type, rank and extents, as infer and plan must; extents holds rank of them. */
static inline void suan_out(struct suan_tensor *out, uint64_t type, int32_t rank, const int64_t *extents)
{
    out->dtype = suan_dtype_of(type);
    out->ndim = rank;
    for (int32_t i = 0; i < rank; i++)
        out->shape[i] = extents[i];
}

/* --- failing ------------------------------------------------------------------------------------------ */

/* Says why, and returns the code: `return suan_fail(host, ctx, SUAN_E_SHAPE, "…");`. */
static inline int32_t suan_fail(const struct suan_host *host, struct suan_ctx *ctx, int32_t code,
                                const char *text)
{
    host->set_error(ctx, code, text);
    return code;
}

/* Compares tensors with a table of ports: their number, device, element types and ranks. What the table
   cannot say, such as equal extents, stays with the caller. */
static inline int32_t suan_expect(const struct suan_host *host, struct suan_ctx *ctx,
                                  const struct suan_tensor *in, uint32_t n_in, const struct suan_port *ports,
                                  uint32_t n_ports)
{
    char text[SUAN_MAX_ERROR_BYTES];
    if (n_in != n_ports) {
        snprintf(text, sizeof text, "%u tensors given, %u expected", (unsigned)n_in, (unsigned)n_ports);
        return suan_fail(host, ctx, SUAN_E_SHAPE, text);
    }
    for (uint32_t i = 0; i < n_ports; i++) {
        if (in[i].device_type != SUAN_DEVICE_CPU) {
            snprintf(text, sizeof text, "'%s' is not in CPU memory", ports[i].name);
            return suan_fail(host, ctx, SUAN_E_DEVICE, text);
        }
        if ((suan_type_of(&in[i].dtype) & ports[i].dtypes) == 0) {
            snprintf(text, sizeof text, "'%s' has element type code %u, %u bits", ports[i].name,
                     (unsigned)in[i].dtype.code, (unsigned)in[i].dtype.bits);
            return suan_fail(host, ctx, SUAN_E_DTYPE, text);
        }
        if (ports[i].rank >= 0 && in[i].ndim != ports[i].rank) {
            snprintf(text, sizeof text, "'%s' has rank %d, not %d", ports[i].name, (int)in[i].ndim,
                     (int)ports[i].rank);
            return suan_fail(host, ctx, SUAN_E_SHAPE, text);
        }
    }
    return SUAN_OK;
}

/* Whether the instance is asked for that task; otherwise create answers SUAN_E_TASK. */
static inline int suan_is_task(const struct suan_config *config, const char *task)
{
    return config->task != NULL && strcmp(config->task, task) == 0;
}

/* --- scratch and threads ------------------------------------------------------------------------------ */

/* What is left of a run's scratch; begin with suan_scratch_of(run). */
struct suan_scratch {
    unsigned char *at;
    uint64_t left;
};

static inline struct suan_scratch suan_scratch_of(const struct suan_run *run)
{
    struct suan_scratch scratch = {(unsigned char *)run->scratch, run->scratch_bytes};
    return scratch;
}

/* The next so many bytes at a multiple of 64, or NULL. workspace must have asked for each size rounded up
 * to 64. */
static inline void *suan_scratch_take(struct suan_scratch *scratch, uint64_t bytes)
{
    uint64_t skip = (64 - (uint64_t)((uintptr_t)scratch->at & 63)) & 63;
    if (skip > scratch->left || bytes > scratch->left - skip)
        return NULL;
    void *taken = scratch->at + skip;
    scratch->at += skip + bytes;
    scratch->left -= skip + bytes;
    return taken;
}

/* parallel_for, in the order in which one says it. The body may not touch what another chunk writes. */
static inline int32_t suan_parallel(const struct suan_host *host, struct suan_ctx *ctx, uint64_t n,
                                    uint64_t grain,
                                    void (*body)(void *arg, uint64_t begin, uint64_t end, uint32_t worker),
                                    void *arg)
{
    return n == 0 ? SUAN_OK : host->parallel_for(ctx, n, grain, body, arg);
}

#endif
