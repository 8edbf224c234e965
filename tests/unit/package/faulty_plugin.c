/* A plugin without work, and the same with one fault each: FAULT_… selects it. Written against the ABI header
 * alone. */
#include <stddef.h>
#include <suan/abi.h>

#if defined(__aarch64__)
#define MACHINE 183
#define ISA 0
#else
#define MACHINE 62
#define ISA 2
#endif

#ifndef PLUGIN_FLAGS
#define PLUGIN_FLAGS 0x23
#endif
#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION "1.2.0"
#endif
#ifndef PLUGIN_MAJOR
#define PLUGIN_MAJOR SUAN_ABI_MAJOR
#endif
#ifndef PLUGIN_DRAFT
#define PLUGIN_DRAFT SUAN_ABI_DRAFT
#endif
#ifndef PLUGIN_RESERVED
#define PLUGIN_RESERVED 0
#endif

struct elf_note {
    uint32_t namesz, descsz, type;
    char name[8];
    struct suan_note description;
};

#define NOTE                                                                                                 \
    {                                                                                                        \
        5, sizeof(struct suan_note), 1, "Suan",                                                              \
        {                                                                                                    \
            .magic = {'S', 'u', 'a', 'n'}, .version = 1, .kind = 1, .abi_major = PLUGIN_MAJOR,               \
            .machine = MACHINE, .isa = ISA, .flags = {PLUGIN_FLAGS, 0}, .abi_draft = PLUGIN_DRAFT,           \
            .device_type = 1, .n_tasks = 1, .id = "kd-match", .plugin_version = PLUGIN_VERSION,              \
            .tasks = {"astro.crossmatch/1"}, .zero = {PLUGIN_RESERVED},                                      \
        }                                                                                                    \
    }

#ifndef FAULT_NO_NOTE
__attribute__((used, section(".note.suan"), aligned(4))) static const struct elf_note note = NOTE;
#endif
#ifdef FAULT_TWO_NOTES
__attribute__((used, section(".note.suan"), aligned(4))) static const struct elf_note second_note = NOTE;
#endif

static const struct suan_plugin plugin;

const struct suan_plugin *suan_plugin_v1(const struct suan_host *host)
{
    return host == NULL ? NULL : &plugin;
}

#ifdef FAULT_NO_ENTRY
__asm__(".hidden suan_plugin_v1");
#endif

#ifdef FAULT_EXPORT
SUAN_EXPORT int another(void);
int another(void)
{
    return 1;
}
#endif

#ifdef FAULT_IMPORT
int FAULT_IMPORT(const char *text);
int (*imported)(const char *) __attribute__((used, visibility("hidden"))) = FAULT_IMPORT;
#endif

#ifdef FAULT_TEXTREL
__asm__(".text\n.balign 8\n.quad suan_plugin_v1\n");
#endif

#ifdef FAULT_INTERP
__attribute__((used, section(".interp"))) static const char interpreter[] = "/lib64/ld-linux-x86-64.so.2";
#endif

#ifdef FAULT_STATIC_TLS
__attribute__((tls_model("initial-exec"), used)) static __thread int counter;
__attribute__((used)) static int *where(void)
{
    return &counter;
}
#endif

#ifdef FAULT_CONSTRUCTOR
static int touched __attribute__((used));
__attribute__((constructor)) static void at_load(void)
{
    touched = 1;
}
#endif

#ifdef FAULT_IFUNC
static int plain(void)
{
    return 1;
}
__attribute__((used)) static int (*choose(void))(void)
{
    return plain;
}
int chosen(void);
__attribute__((ifunc("choose"), visibility("hidden"))) int chosen(void);
int (*pointer)(void) __attribute__((used, visibility("hidden"))) = chosen;
#endif

#ifdef FAULT_SYSCALL
__attribute__((used)) static void call_kernel(void)
{
    __asm__ volatile("syscall");
}
#endif
