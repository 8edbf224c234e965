/*
 * Reading a stranger's tar. libarchive is lenient, as it must be for other people's archives; here every
 * liberty it takes is caught by encoding again what it understood and comparing bytes. What is checked before
 * that is checked for the sake of a clear message.
 */
#include "tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "path.h"
#include "tar_encode.h"

static const char code_canonical[] = "package.not-canonical";
static const char code_type[] = "package.type";
static const char code_large[] = "package.too-large";

enum { BLOCK = 512 };

static enum suan_status out_of_memory(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
}

void suan_tar_free(struct suan_tar *tar)
{
    if (tar == NULL)
        return;
    for (size_t i = 0; i < tar->count; i++)
        free((void *)(uintptr_t)tar->entries[i].path.data);
    free(tar->entries);
    free(tar);
}

void suan_tar_freep(struct suan_tar **tar)
{
    suan_tar_free(*tar);
}

const struct suan_tar_entry *suan_tar_find(const struct suan_tar *tar, struct suan_span path)
{
    for (size_t i = 0; i < tar->count; i++) {
        if (suan_span_equal(tar->entries[i].path, path))
            return &tar->entries[i];
    }
    return NULL;
}

/* --- header fields ------------------------------------------------------------------------------------ */

static const char *type_fault(struct archive_entry *header)
{
    if (archive_entry_hardlink(header) != NULL)
        return "a hard link";
    switch (archive_entry_filetype(header)) {
    case AE_IFREG: break;
    case AE_IFLNK: return "a symbolic link";
    case AE_IFDIR: return "a folder of its own";
    case AE_IFIFO: return "a pipe";
    case AE_IFCHR:
    case AE_IFBLK: return "a device";
    default: return "of an unknown type";
    }
    if (archive_entry_sparse_count(header) > 0)
        return "a sparse file";
    if (archive_entry_xattr_count(header) > 0)
        return "a file with extended attributes";
    if (archive_entry_acl_types(header) != 0)
        return "a file with an access control list";
    return NULL;
}

static bool is_absent(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static const char *metadata_fault(struct archive_entry *header)
{
    if (archive_entry_perm(header) != 0644)
        return "mode is not 0644";
    if (archive_entry_mtime(header) != 0 || archive_entry_mtime_nsec(header) != 0)
        return "time is not 0";
    if (archive_entry_uid(header) != 0 || archive_entry_gid(header) != 0)
        return "uid or gid is not 0";
    if (!is_absent(archive_entry_uname(header)) || !is_absent(archive_entry_gname(header)))
        return "owner or group has a name";
    return NULL;
}

static enum suan_status check_header(struct archive_entry *header, const struct suan_tar_rules *rules,
                                     struct suan_error *error)
{
    const char *name = archive_entry_pathname(header);
    if (name == NULL)
        return suan_error_set(error, SUAN_E_REFUSED, "package.path", NULL,
                              "an entry whose path is not UTF-8");
    const char *fault = type_fault(header);
    if (fault != NULL)
        return suan_error_set(error, SUAN_E_REFUSED, code_type, "only regular files are allowed",
                              "entry '%.200s': %s", name, fault);
    enum suan_status status = suan_path_check(suan_span_text(name), error);
    if (status != SUAN_OK)
        return status;
    la_int64_t size = archive_entry_size(header);
    if (size > 0 && (uint64_t)size > rules->file_bytes_max)
        return suan_error_set(error, SUAN_E_REFUSED, code_large, NULL,
                              "entry '%s': %lld bytes, the limit is %llu", name, (long long)size,
                              (unsigned long long)rules->file_bytes_max);
    fault = size < 0 ? "size is negative" : metadata_fault(header);
    if (fault != NULL)
        return suan_error_set(error, SUAN_E_REFUSED, code_canonical, "make packages with 'suan pack'",
                              "entry '%s': %s", name, fault);
    return SUAN_OK;
}

/* --- entries ------------------------------------------------------------------------------------------ */

/* The entry's content as it lies in `bytes`: libarchive hands out pointers into the memory it was given, in
 * order. */
static enum suan_status find_content(struct archive *archive, struct suan_span bytes, size_t size,
                                     struct suan_span *out, struct suan_error *error)
{
    const uint8_t *start = NULL;
    size_t taken = 0, piece = 0;
    const void *data = NULL;
    la_int64_t offset = 0;
    int result;
    while ((result = archive_read_data_block(archive, &data, &piece, &offset)) == ARCHIVE_OK) {
        const uint8_t *place = data;
        if (start == NULL)
            start = place;
        if (piece == 0)
            continue;
        if (place < bytes.data || place > bytes.data + bytes.size ||
            piece > (size_t)(bytes.data + bytes.size - place) || place != start + taken ||
            (size_t)offset != taken || piece > size - taken)
            return suan_error_set(error, SUAN_E_REFUSED, code_canonical, NULL,
                                  "an entry that does not lie in one piece");
        taken += piece;
    }
    if (result != ARCHIVE_EOF || taken != size)
        return suan_error_set(error, SUAN_E_REFUSED, code_canonical, NULL, "tar: %s",
                              result != ARCHIVE_EOF && archive_error_string(archive) != NULL
                                  ? archive_error_string(archive)
                                  : "an entry is cut short");
    *out = suan_span(size == 0 ? NULL : start, size);
    return SUAN_OK;
}

static enum suan_status add_entry(struct suan_tar *tar, const char *path, struct suan_span content,
                                  struct suan_error *error)
{
    if ((tar->count & (tar->count - 1)) == 0) {
        size_t room = tar->count == 0 ? 1 : 2 * tar->count;
        struct suan_tar_entry *entries = realloc(tar->entries, room * sizeof *entries);
        if (entries == NULL)
            return out_of_memory(error);
        tar->entries = entries;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return out_of_memory(error);
    tar->entries[tar->count++] = (struct suan_tar_entry){suan_span_text(copy), content};
    return SUAN_OK;
}

static enum suan_status take_entry(struct archive *archive, struct archive_entry *header,
                                   struct suan_span bytes, const struct suan_tar_rules *rules,
                                   struct suan_tar *tar, struct suan_error *error)
{
    if (tar->count >= rules->entries_max)
        return suan_error_set(error, SUAN_E_REFUSED, code_large, NULL, "more than %zu entries",
                              rules->entries_max);
    enum suan_status status = check_header(header, rules, error);
    if (status != SUAN_OK)
        return status;
    struct suan_span content = {NULL, 0};
    status = find_content(archive, bytes, (size_t)archive_entry_size(header), &content, error);
    if (status != SUAN_OK)
        return status;
    return add_entry(tar, archive_entry_pathname(header), content, error);
}

static enum suan_status take_entries(struct archive *archive, struct suan_span bytes,
                                     const struct suan_tar_rules *rules, struct suan_tar *tar,
                                     struct suan_error *error)
{
    struct archive_entry *header;
    int result;
    while ((result = archive_read_next_header(archive, &header)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
        enum suan_status status = take_entry(archive, header, bytes, rules, tar, error);
        if (status != SUAN_OK)
            return status;
    }
    if (result != ARCHIVE_EOF)
        return suan_error_set(error, archive_errno(archive) == ENOMEM ? SUAN_E_MEMORY : SUAN_E_REFUSED,
                              code_canonical, NULL, "tar: %s",
                              archive_error_string(archive) != NULL ? archive_error_string(archive)
                                                                    : "cannot be read");
    return SUAN_OK;
}

static void reader_releasep(struct archive **archive)
{
    if (*archive != NULL)
        archive_read_free(*archive);
}

enum suan_status suan_tar_parse(struct suan_span bytes, const struct suan_tar_rules *rules,
                                struct suan_tar **out_tar, struct suan_error *error)
{
    SUAN_CLEANUP(suan_tar_locale_leave) struct suan_tar_locale locale = {0};
    enum suan_status status = suan_tar_locale_enter(&locale, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(suan_tar_freep) struct suan_tar *tar = calloc(1, sizeof *tar);
    SUAN_CLEANUP(reader_releasep) struct archive *archive = archive_read_new();
    if (tar == NULL || archive == NULL)
        return out_of_memory(error);
    if (bytes.size == 0 || archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_memory(archive, bytes.data, bytes.size) != ARCHIVE_OK)
        return suan_error_set(error, SUAN_E_REFUSED, code_canonical, NULL, "not a tar archive");
    status = take_entries(archive, bytes, rules, tar, error);
    if (status == SUAN_OK)
        status = suan_path_check_all(tar->entries, tar->count, error);
    if (status == SUAN_OK)
        *out_tar = suan_take(&tar);
    return status;
}

/* --- the canonical form ------------------------------------------------------------------------------- */

struct compare_sink {
    struct suan_tar_sink sink;
    struct suan_span expected;
    size_t difference; /* offset of the first differing byte, once stopped */
};

static bool compare_piece(struct suan_tar_sink *sink, struct suan_span piece)
{
    struct compare_sink *compare = (struct compare_sink *)sink;
    const uint8_t *expected = compare->expected.data + sink->at;
    size_t left = compare->expected.size - sink->at;
    size_t common = piece.size < left ? piece.size : left;
    /* Content is compared with itself: the entry's span lies at this very place. */
    if (piece.data == expected && common == piece.size)
        return true;
    size_t same = 0;
    while (same < common && piece.data[same] == expected[same])
        same++;
    compare->difference = sink->at + same;
    return same == piece.size;
}

/* The records of the pax header at `start`, cut to what is there. */
static struct suan_span pax_records(struct suan_span bytes, size_t start)
{
    const uint8_t *header = bytes.data + start;
    size_t size = 0, left = bytes.size - start - BLOCK;
    for (size_t i = 124; i < 135 && header[i] >= '0' && header[i] <= '7' && size <= left; i++)
        size = 8 * size + (size_t)(header[i] - '0');
    return suan_span(header + BLOCK, size < left ? size : left);
}

/* Where the file's bytes and the canonical ones part, so that a hidden path is not reported as a mere
 * formality. */
static enum suan_status explain_difference(const struct compare_sink *compare, struct suan_error *error)
{
    struct suan_span bytes = compare->expected;
    size_t start = compare->sink.entry_start, at = compare->difference;
    bool whole = start <= bytes.size && bytes.size - start >= BLOCK;
    bool pax = whole && bytes.data[start + 156] == 'x', plain = whole && bytes.data[start + 156] == '0';
    size_t within = at - start;
    if (pax && !suan_path_is_normal(pax_records(bytes, start)))
        return suan_error_set(error, SUAN_E_REFUSED, "package.path", NULL,
                              "pax records at byte %zu are not NUL-free UTF-8 in normal form C",
                              start + BLOCK);
    if (plain && (within < 100 || (within >= 345 && within < 500)))
        return suan_error_set(error, SUAN_E_REFUSED, "package.path", NULL,
                              "the path field at byte %zu holds more than the path", start);
    return suan_error_set(error, SUAN_E_REFUSED, code_canonical, "make packages with 'suan pack'",
                          "tar differs from its canonical form at byte %zu", at);
}

enum suan_status suan_tar_read(struct suan_span bytes, const struct suan_tar_rules *rules,
                               struct suan_tar **out_tar, struct suan_error *error)
{
    SUAN_CLEANUP(suan_tar_freep) struct suan_tar *tar = NULL;
    enum suan_status status = suan_tar_parse(bytes, rules, &tar, error);
    if (status != SUAN_OK)
        return status;
    struct compare_sink compare = {.sink = {.take = compare_piece}, .expected = bytes};
    status = suan_tar_encode(tar->entries, tar->count, &compare.sink, error);
    if (compare.sink.stopped)
        return explain_difference(&compare, error);
    if (status != SUAN_OK)
        return status;
    if (compare.sink.at != bytes.size)
        return suan_error_set(error, SUAN_E_REFUSED, code_canonical, "make packages with 'suan pack'",
                              "%zu bytes after the end of the tar", bytes.size - compare.sink.at);
    *out_tar = suan_take(&tar);
    return SUAN_OK;
}
