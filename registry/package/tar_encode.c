/* Encoding: for a list of files the one tar that they make, whatever the machine, the user or the locale. */
#include "tar_encode.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "base/cleanup.h"

enum suan_status suan_tar_locale_enter(struct suan_tar_locale *scope, struct suan_error *error)
{
    scope->made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (scope->made == (locale_t)0)
        return suan_error_set(error, SUAN_E_IO, "package.locale", "glibc 2.35 or later has it built in",
                              "the locale C.UTF-8 is missing");
    scope->before = uselocale(scope->made);
    return SUAN_OK;
}

void suan_tar_locale_leave(struct suan_tar_locale *scope)
{
    if (scope->made == (locale_t)0)
        return;
    uselocale(scope->before);
    freelocale(scope->made);
}

/* libarchive 3.6 leaks its client state after a failed write; so writing never fails, and what comes after
   the stop is dropped. */
static la_ssize_t write_piece(struct archive *archive, void *context, const void *data, size_t size)
{
    (void)archive;
    struct suan_tar_sink *sink = context;
    if (!sink->stopped && sink->take(sink, suan_span(data, size)))
        sink->at += size;
    else
        sink->stopped = true;
    return (la_ssize_t)size;
}

static void archive_releasep(struct archive **archive)
{
    if (*archive != NULL)
        archive_write_free(*archive);
}

static void entry_releasep(struct archive_entry **entry)
{
    archive_entry_free(*entry);
}

static enum suan_status encoding_error(struct archive *archive, struct suan_error *error)
{
    const char *cause = archive_error_string(archive);
    return suan_error_set(error, archive_errno(archive) == ENOMEM ? SUAN_E_MEMORY : SUAN_E_REFUSED,
                          "package.not-canonical", NULL, "tar: %s",
                          cause != NULL ? cause : "cannot be encoded");
}

static enum suan_status encode_entry(struct archive *archive, struct archive_entry *header,
                                     const struct suan_tar_entry *file, struct suan_error *error)
{
    char path[SUAN_TAR_PATH_MAX + 1];
    if (file->path.size > SUAN_TAR_PATH_MAX)
        return suan_error_set(error, SUAN_E_REFUSED, "package.too-large", NULL, "a path longer than %d bytes",
                              SUAN_TAR_PATH_MAX);
    memcpy(path, file->path.data, file->path.size);
    path[file->path.size] = '\0';
    archive_entry_clear(header);
    archive_entry_set_pathname(header, path);
    archive_entry_set_filetype(header, AE_IFREG);
    archive_entry_set_perm(header, 0644);
    archive_entry_set_mtime(header, 0, 0);
    archive_entry_set_size(header, (la_int64_t)file->content.size);
    if (archive_write_header(archive, header) != ARCHIVE_OK)
        return encoding_error(archive, error);
    if (file->content.size > 0 &&
        archive_write_data(archive, file->content.data, file->content.size) != (la_ssize_t)file->content.size)
        return encoding_error(archive, error);
    if (archive_write_finish_entry(archive) != ARCHIVE_OK)
        return encoding_error(archive, error);
    return SUAN_OK;
}

enum suan_status suan_tar_encode(const struct suan_tar_entry *entries, size_t count,
                                 struct suan_tar_sink *sink, struct suan_error *error)
{
    SUAN_CLEANUP(suan_tar_locale_leave) struct suan_tar_locale locale = {0};
    enum suan_status status = suan_tar_locale_enter(&locale, error);
    if (status != SUAN_OK)
        return status;
    SUAN_CLEANUP(archive_releasep) struct archive *archive = archive_write_new();
    SUAN_CLEANUP(entry_releasep) struct archive_entry *header = archive_entry_new();
    if (archive == NULL || header == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_set_options(archive, "hdrcharset=UTF-8") != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open(archive, sink, NULL, write_piece, NULL) != ARCHIVE_OK)
        return encoding_error(archive, error);
    for (size_t i = 0; i < count && !sink->stopped; i++) {
        sink->entry_start = sink->at;
        status = encode_entry(archive, header, &entries[i], error);
        if (status != SUAN_OK)
            return status;
    }
    if (sink->stopped)
        return SUAN_OK;
    sink->entry_start = sink->at;
    return archive_write_close(archive) == ARCHIVE_OK ? SUAN_OK : encoding_error(archive, error);
}

struct buffer_sink {
    struct suan_tar_sink sink;
    struct suan_buffer *out;
};

static bool append_piece(struct suan_tar_sink *sink, struct suan_span piece)
{
    struct buffer_sink *into = (struct buffer_sink *)sink;
    suan_buffer_append_span(into->out, piece);
    return !into->out->failed;
}

enum suan_status suan_tar_write(const struct suan_tar_entry *entries, size_t count, struct suan_buffer *out,
                                struct suan_error *error)
{
    struct buffer_sink into = {.sink = {.take = append_piece}, .out = out};
    enum suan_status status = suan_tar_encode(entries, count, &into.sink, error);
    return out->failed ? suan_buffer_check(out, error) : status;
}
