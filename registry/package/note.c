/* The note of a plugin: found by program headers, decoded field by field, held against host and manifest. */
#include "note.h"

#include <stddef.h>

#include "elf_image.h"

static const char code_malformed[] = "note.malformed";
static const char code_field[] = "note.field";
static const char code_manifest[] = "note.manifest";

_Static_assert(sizeof(struct suan_note) == SUAN_NOTE_BYTES, "the note's layout is fixed");

static enum suan_status malformed(struct suan_error *error, const char *what)
{
    return suan_error_set(error, SUAN_E_REFUSED, code_malformed, NULL, "note: %s", what);
}

/* --- finding ------------------------------------------------------------------------------------------ */

struct search {
    struct suan_span found;
    size_t count;
};

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) / align * align;
}

/* Whether the name is ours, whatever else is wrong with the note. */
static bool is_ours(struct suan_span name)
{
    size_t size = sizeof SUAN_NOTE_NAME - 1;
    return name.size >= size && memcmp(name.data, SUAN_NOTE_NAME, size) == 0 &&
           (name.size == size || name.data[size] == '\0');
}

static enum suan_status search_segment(struct suan_span bytes, uint64_t align, struct search *search,
                                       struct suan_error *error)
{
    uint64_t at = 0;
    while (at < bytes.size) {
        Elf64_Nhdr note;
        if (bytes.size - at < sizeof note)
            return malformed(error, "a note segment ends within a note");
        memcpy(&note, bytes.data + at, sizeof note);
        uint64_t name = at + sizeof note,
                 description = at + round_up(sizeof note + (uint64_t)note.n_namesz, align);
        uint64_t end = description + note.n_descsz;
        if (end > bytes.size)
            return malformed(error, "a note segment ends within a note");
        if (is_ours(suan_span(bytes.data + name, note.n_namesz))) {
            if (note.n_type != SUAN_NOTE_TYPE || note.n_namesz != sizeof SUAN_NOTE_NAME ||
                note.n_descsz != SUAN_NOTE_BYTES)
                return malformed(error, "type or sizes are not 1, 5 and 1,024");
            search->found = suan_span(bytes.data + description, note.n_descsz);
            search->count++;
        }
        at = round_up(end, align);
    }
    return SUAN_OK;
}

enum suan_status suan_plugin_note_read(struct suan_span object, struct suan_plugin_note *out_note,
                                       struct suan_error *error)
{
    struct suan_elf elf;
    struct suan_error cause = {0};
    struct search search = {0};
    enum suan_status status = suan_elf_read_header(object, &elf, &cause);
    if (status == SUAN_OK)
        status = suan_elf_read_segments(&elf, &cause);
    if (status != SUAN_OK)
        return suan_error_set(error, status, "note.elf", NULL, "%s", cause.message);
    for (size_t i = 0; status == SUAN_OK && i < elf.n_segments; i++) {
        if (elf.segments[i].p_type == PT_NOTE)
            status = search_segment(suan_elf_segment(&elf, i), elf.segments[i].p_align == 8 ? 8 : 4, &search,
                                    error);
    }
    if (status != SUAN_OK)
        return status;
    if (search.count == 0)
        return suan_error_set(error, SUAN_E_REFUSED, "note.missing",
                              "define the plugin with SUAN_DEFINE_ALGORITHM",
                              "the object has no note .note.suan");
    if (search.count > 1)
        return suan_error_set(error, SUAN_E_REFUSED, "note.count", NULL,
                              "the object has %zu notes .note.suan", search.count);
    return suan_plugin_note_decode(search.found, out_note, error);
}

/* --- decoding ----------------------------------------------------------------------------------------- */

static uint32_t le(const uint8_t *p, size_t bytes)
{
    uint32_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | p[bytes];
    return value;
}

static uint16_t le16(const uint8_t *note, size_t offset)
{
    return (uint16_t)le(note + offset, 2);
}

static uint64_t le64(const uint8_t *note, size_t offset)
{
    return (uint64_t)le(note + offset + 4, 4) << 32 | le(note + offset, 4);
}

/* NUL-terminated, and nothing but NUL behind that. */
static bool take_text(const uint8_t *field, size_t size, char *out)
{
    memcpy(out, field, size);
    size_t length = strnlen(out, size);
    for (size_t i = length; i < size; i++) {
        if (out[i] != '\0')
            return false;
    }
    return length < size;
}

enum suan_status suan_plugin_note_decode(struct suan_span descriptor, struct suan_plugin_note *out_note,
                                         struct suan_error *error)
{
    const uint8_t *p = descriptor.data;
    struct suan_plugin_note note;
    if (descriptor.size != SUAN_NOTE_BYTES || memcmp(p, SUAN_NOTE_NAME, 4) != 0)
        return malformed(error, "size or magic is wrong");
    if (le16(p, offsetof(struct suan_note, version)) != SUAN_NOTE_VERSION)
        return malformed(error, "its version is not 1");
    note.kind = le16(p, offsetof(struct suan_note, kind));
    note.abi_major = le16(p, offsetof(struct suan_note, abi_major));
    note.min_host_minor = le16(p, offsetof(struct suan_note, min_host_minor));
    note.machine = le16(p, offsetof(struct suan_note, machine));
    note.isa = le16(p, offsetof(struct suan_note, isa));
    note.flags = le64(p, offsetof(struct suan_note, flags));
    note.cpu_needed = le64(p, offsetof(struct suan_note, cpu_needed));
    note.abi_draft = le(p + offsetof(struct suan_note, abi_draft), 4);
    note.device_type = le16(p, offsetof(struct suan_note, device_type));
    note.n_tasks = le16(p, offsetof(struct suan_note, n_tasks));
    bool texts = take_text(p + offsetof(struct suan_note, id), sizeof note.id, note.id) &&
                 take_text(p + offsetof(struct suan_note, plugin_version), sizeof note.version, note.version);
    for (size_t i = 0; texts && i < 8; i++)
        texts =
            take_text(p + offsetof(struct suan_note, tasks) + 100 * i, sizeof note.tasks[i], note.tasks[i]);
    if (!texts)
        return malformed(error, "a text is not closed and padded by zeros");
    for (size_t i = offsetof(struct suan_note, zero); i < SUAN_NOTE_BYTES; i++) {
        if (p[i] != 0)
            return malformed(error, "reserved bytes are not zero");
    }
    *out_note = note;
    return SUAN_OK;
}

/* --- judging ------------------------------------------------------------------------------------------ */

enum suan_status suan_plugin_note_check_host(const struct suan_plugin_note *note, struct suan_error *error)
{
    if (note->abi_major != SUAN_ABI_MAJOR)
        return suan_error_set(error, SUAN_E_REFUSED, "note.abi", NULL,
                              "built for ABI major %u, this host has %u", note->abi_major, SUAN_ABI_MAJOR);
    if (note->abi_draft != SUAN_ABI_DRAFT)
        return suan_error_set(error, SUAN_E_REFUSED, "note.abi", "build the plugin with this host's headers",
                              "built for ABI draft %u, this host has %u", note->abi_draft, SUAN_ABI_DRAFT);
    if (note->min_host_minor > SUAN_ABI_MINOR)
        return suan_error_set(error, SUAN_E_REFUSED, "note.abi", "use a newer host",
                              "needs ABI minor %u, this host has %u", note->min_host_minor, SUAN_ABI_MINOR);
    return SUAN_OK;
}

static enum suan_status check_note_tasks(const struct suan_plugin_note *note, struct suan_error *error)
{
    unsigned most = note->kind == SUAN_KIND_TASK ? 1 : 8;
    if (note->n_tasks == 0 || note->n_tasks > most)
        return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL, "note: %u tasks, must be 1 to %u",
                              note->n_tasks, most);
    for (unsigned i = 0; i < 8; i++) {
        if ((i < note->n_tasks) != (note->tasks[i][0] != '\0') ||
            (i < note->n_tasks && !suan_package_is_task(suan_span_text(note->tasks[i]))))
            return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL,
                                  "note: task %u '%s' is not well-formed", i + 1, note->tasks[i]);
    }
    return SUAN_OK;
}

enum suan_status suan_plugin_note_check_fields(const struct suan_plugin_note *note, struct suan_error *error)
{
    if (note->kind != SUAN_KIND_ALGORITHM && note->kind != SUAN_KIND_TASK)
        return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL, "note: kind %u is neither 1 nor 2",
                              note->kind);
    if (!suan_package_is_name(suan_span_text(note->id)))
        return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL, "note: id '%s' is not well-formed",
                              note->id);
    if (!suan_package_is_version(suan_span_text(note->version)))
        return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL,
                              "note: version '%s' is not well-formed", note->version);
    if ((note->flags & ~SUAN_FLAGS_KNOWN) != 0)
        return suan_error_set(error, SUAN_E_REFUSED, code_field, "use a newer host",
                              "note: unknown flags 0x%llx",
                              (unsigned long long)(note->flags & ~SUAN_FLAGS_KNOWN));
    if ((note->flags & SUAN_FLAG_CONCURRENT_RUNS) != 0 && (note->flags & SUAN_FLAG_CONCURRENT_INSTANCES) == 0)
        return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL,
                              "note: CONCURRENT_RUNS without CONCURRENT_INSTANCES");
    if (note->device_type != SUAN_DEVICE_CPU && note->device_type != SUAN_DEVICE_CUDA)
        return suan_error_set(error, SUAN_E_REFUSED, code_field, NULL, "note: device type %u",
                              note->device_type);
    return check_note_tasks(note, error);
}

static enum suan_status differ_text(const char *field, const char *note, struct suan_span manifest,
                                    struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_REFUSED, code_manifest, NULL, "%s: note '%s', manifest '%.*s'", field,
                          note, SUAN_SPAN_PRINTF(manifest));
}

static enum suan_status differ_number(const char *field, uint64_t note, uint64_t manifest,
                                      struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_REFUSED, code_manifest, NULL, "%s: note %llu, manifest %llu", field,
                          (unsigned long long)note, (unsigned long long)manifest);
}

static enum suan_status check_names(const struct suan_plugin_note *note, const struct suan_manifest *manifest,
                                    struct suan_error *error)
{
    if (!suan_span_equal(suan_span_text(note->id), manifest->name))
        return differ_text("name", note->id, manifest->name, error);
    if (!suan_span_equal(suan_span_text(note->version), manifest->version))
        return differ_text("version", note->version, manifest->version, error);
    if (note->n_tasks != manifest->n_tasks)
        return differ_number("number of tasks", note->n_tasks, manifest->n_tasks, error);
    for (size_t i = 0; i < manifest->n_tasks; i++) {
        if (!suan_span_equal(suan_span_text(note->tasks[i]), manifest->tasks[i]))
            return differ_text("task", note->tasks[i], manifest->tasks[i], error);
    }
    return SUAN_OK;
}

/* The CPU features that the manifest lists; a word that is neither one of them nor "own-threads" is refused.
 */
static enum suan_status features_of(const struct suan_manifest_variant *variant, uint64_t *out_cpu,
                                    struct suan_error *error)
{
    uint16_t machine = suan_package_variant_target(variant->id).machine;
    *out_cpu = 0;
    for (size_t i = 0; i < variant->n_features; i++) {
        uint64_t bit = suan_package_cpu_feature(machine, variant->features[i]);
        if (bit == 0 && !suan_span_equal(variant->features[i], suan_span_text("own-threads")))
            return suan_error_set(error, SUAN_E_REFUSED, code_manifest, "see README.md of registry/package",
                                  "manifest: feature '%.*s' is not known",
                                  SUAN_SPAN_PRINTF(variant->features[i]));
        *out_cpu |= bit;
    }
    return SUAN_OK;
}

static uint64_t flags_of(const struct suan_manifest_variant *variant)
{
    static const uint64_t concurrency[] = {
        [SUAN_CONCURRENCY_NONE] = 0,
        [SUAN_CONCURRENCY_INSTANCES] = SUAN_FLAG_CONCURRENT_INSTANCES,
        [SUAN_CONCURRENCY_RUNS] = SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS,
    };
    return concurrency[variant->concurrency] | (variant->deterministic ? SUAN_FLAG_BIT_REPEATABLE : 0) |
           (suan_manifest_has_feature(variant, "own-threads") ? SUAN_FLAG_OWN_THREADS : 0);
}

static enum suan_status check_variant(const struct suan_plugin_note *note,
                                      const struct suan_manifest_variant *variant, struct suan_error *error)
{
    static const struct {
        uint64_t bits;
        const char *what;
    } claims[] = {
        {SUAN_FLAG_CONCURRENT_INSTANCES | SUAN_FLAG_CONCURRENT_RUNS, "concurrency (flag bits 0 and 1)"},
        {SUAN_FLAG_BIT_REPEATABLE, "deterministic (flag bit 5)"},
        {SUAN_FLAG_OWN_THREADS, "own-threads (flag bit 2)"},
    };
    struct suan_variant_target target = suan_package_variant_target(variant->id);
    uint64_t cpu, flags = flags_of(variant);
    if (note->machine != target.machine)
        return differ_number("machine", note->machine, target.machine, error);
    if (note->isa != target.isa)
        return differ_number("isa", note->isa, target.isa, error);
    if (note->device_type != variant->device_type)
        return differ_number("device", note->device_type, (uint64_t)variant->device_type, error);
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        if ((note->flags & claims[i].bits) != (flags & claims[i].bits))
            return differ_number(claims[i].what, note->flags & claims[i].bits, flags & claims[i].bits, error);
    }
    enum suan_status status = features_of(variant, &cpu, error);
    if (status == SUAN_OK && note->cpu_needed != cpu)
        return differ_number("cpu_needed", note->cpu_needed, cpu, error);
    return status;
}

enum suan_status suan_plugin_note_check_manifest(const struct suan_plugin_note *note,
                                                 const struct suan_manifest *manifest,
                                                 const struct suan_manifest_variant *variant,
                                                 struct suan_error *error)
{
    if (note->kind != manifest->kind)
        return differ_number("kind", note->kind, (uint64_t)manifest->kind, error);
    if (note->abi_major != manifest->abi_major)
        return differ_number("ABI major", note->abi_major, manifest->abi_major, error);
    if (note->min_host_minor != manifest->abi_min_minor)
        return differ_number("minimum ABI minor", note->min_host_minor, manifest->abi_min_minor, error);
    enum suan_status status = check_names(note, manifest, error);
    return status == SUAN_OK ? check_variant(note, variant, error) : status;
}
