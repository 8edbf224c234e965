/* The note that plugin.h writes, byte by byte, however the object was built. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <suan/plugin.h>

struct build {
    char file[32];
};

ParameterizedTestParameters(abi_layout, note_bytes)
{
    static struct build builds[] = {{"plain"}, {"lean"}, {"cpp"}};
    return cr_make_param_array(struct build, builds, sizeof builds / sizeof *builds);
}

static unsigned char *read_object(const char *name, size_t *out_bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/abi_fixture_%s.so", SUAN_ABI_FIXTURES, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    unsigned char *object = malloc(1 << 20);
    *out_bytes = fread(object, 1, 1 << 20, file);
    fclose(file);
    return object;
}

/* The one note called Suan within PT_NOTE segments; NULL if there is none or a second one. */
static const unsigned char *find_note(const unsigned char *object)
{
    Elf64_Ehdr header;
    memcpy(&header, object, sizeof header);
    const unsigned char *found = NULL;
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, object + header.e_phoff + (size_t)i * sizeof segment, sizeof segment);
        for (uint64_t at = 0; segment.p_type == PT_NOTE && at + 12 <= segment.p_filesz;) {
            uint32_t words[3];
            const unsigned char *note = object + segment.p_offset + at;
            memcpy(words, note, sizeof words);
            if (words[0] == 5 && memcmp(note + 12, "Suan", 5) == 0) {
                cr_assert_null(found, "a second note");
                found = note;
            }
            at += 12 + (words[0] + 3) / 4 * 4 + (words[1] + 3) / 4 * 4;
        }
    }
    return found;
}

static void expect_text(const unsigned char *at, size_t room, const char *text)
{
    char padded[128] = {0};
    memcpy(padded, text, strlen(text));
    cr_expect_arr_eq(at, padded, room, "%s", text);
}

ParameterizedTest(struct build *build, abi_layout, note_bytes)
{
    size_t bytes;
    unsigned char *object = read_object(build->file, &bytes);
    const unsigned char *note = find_note(object);
    cr_assert_not_null(note);
    static const unsigned char head[] = {5, 0, 0, 0, 0,    4,    0,    0,    1, 0, 0, 0, 'S', 'u', 'a', 'n',
                                         0, 0, 0, 0, 0x53, 0x75, 0x61, 0x6e, 1, 0, 1, 0, 1,   0,   0,   0};
    cr_expect_arr_eq(note, head, sizeof head);
    const unsigned char *desc = note + 20;
    static const unsigned char middle[] = {SUAN_PLUGIN_MACHINE,
                                           0,
                                           SUAN_PLUGIN_ISA,
                                           0,
                                           0x23,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0,
                                           0x20,
                                           0,
                                           0,
                                           1,
                                           0,
                                           0,
                                           SUAN_ABI_DRAFT,
                                           0,
                                           0,
                                           0,
                                           1,
                                           0,
                                           2,
                                           0};
    cr_expect_arr_eq(desc + 12, middle, sizeof middle);
    expect_text(desc + 40, 80, "abi-fixture");
    expect_text(desc + 120, 80, "1.2.3-rc.1");
    expect_text(desc + 200, 100, "one.task/1");
    expect_text(desc + 300, 100, "another.task/22");
    for (size_t i = 400; i < SUAN_NOTE_BYTES; i++)
        cr_assert_eq(desc[i], 0, "byte %zu", i);
    free(object);
}

Test(abi_layout, has_tells_old_structs_from_new)
{
    struct suan_config config = {.struct_size = offsetof(struct suan_config, workers)};
    cr_expect(SUAN_HAS(&config, seed));
    cr_expect_not(SUAN_HAS(&config, workers));
    config.struct_size = sizeof config;
    cr_expect(SUAN_HAS(&config, task));
}

Test(abi_layout, types_and_dtypes_are_inverse)
{
    for (unsigned bit = 0; bit < 14; bit++) {
        struct suan_dtype dtype = suan_dtype_of(UINT64_C(1) << bit);
        cr_expect_eq(suan_type_of(&dtype), UINT64_C(1) << bit, "bit %u", bit);
    }
    struct suan_dtype odd = {SUAN_DTYPE_FLOAT, 24, 1}, lanes = {SUAN_DTYPE_FLOAT, 32, 4};
    cr_expect_eq(suan_type_of(&odd), 0);
    cr_expect_eq(suan_type_of(&lanes), 0);
}

Test(abi_layout, scratch_is_aligned_and_bounded)
{
    _Alignas(64) static unsigned char memory[256];
    struct suan_run run = {.scratch = memory + 1, .scratch_bytes = 200};
    struct suan_scratch scratch = suan_scratch_of(&run);
    unsigned char *one = suan_scratch_take(&scratch, 10), *two = suan_scratch_take(&scratch, 64);
    cr_expect_eq(one, memory + 64);
    cr_expect_eq(two, memory + 128);
    cr_expect_null(suan_scratch_take(&scratch, 64), "9 bytes are left");
    cr_expect_null(suan_scratch_take(&scratch, UINT64_MAX));
}
