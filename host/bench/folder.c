/* Writing the result folder: beside its place, synced file by file, then renamed. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "plot.h"
#include "report.h"

enum { PATH_LIMIT = 4096 };

static const char *const file_names[] = {"measurement.json", "jobs.csv.zst", "measurement.dsse.json",
                                         "report.md",        "report.html",  NULL};

enum suan_status suan_folder_pack_rows(const struct suan_rows *rows, struct suan_measurement *m,
                                       struct suan_buffer *out, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer csv = {0};
    size_t start = out->size;
    suan_rows_format_header(&csv);
    suan_rows_format(&csv, rows->items, rows->count);
    enum suan_status status = suan_buffer_check(&csv, error);
    if (status == SUAN_OK)
        status = suan_rows_compress(suan_buffer_span(&csv), out, error);
    if (status != SUAN_OK)
        return status;
    m->raw =
        (struct suan_raw_facts){.sha256 = suan_sha256(suan_buffer_span(&csv)), .rows = (int64_t)rows->count};
    for (size_t at = start; at < out->size; at += SUAN_RAW_PART_SIZE) {
        size_t length = out->size - at < SUAN_RAW_PART_SIZE ? out->size - at : SUAN_RAW_PART_SIZE;
        if (m->raw.n_parts == SUAN_RAW_PARTS_MAX)
            return suan_error_set(error, SUAN_E_REFUSED, "csv.too-large", NULL, "jobs.csv.zst passes %d MiB",
                                  SUAN_RAW_PARTS_MAX);
        m->raw.parts[m->raw.n_parts++] = suan_sha256(suan_span(out->data + at, length));
    }
    return SUAN_OK;
}

static enum suan_status put_file(const char *folder, const char *name, struct suan_span content,
                                 struct suan_error *error)
{
    char path[PATH_LIMIT];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return suan_error_set(error, SUAN_E_USAGE, "folder.path", NULL, "%s: the path is too long", folder);
    return suan_file_replace(path, content, 0644, error);
}

/* True if the folder holds nothing but what this module writes, or does not exist. */
static bool is_replaceable(const char *path)
{
    DIR *folder = opendir(path);
    bool only_ours = true;
    if (folder == NULL)
        return errno == ENOENT;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        bool known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        for (int i = 0; file_names[i] != NULL; i++)
            known |= strcmp(entry->d_name, file_names[i]) == 0;
        only_ours &= known;
    }
    (void)closedir(folder);
    return only_ours;
}

static void remove_folder(const char *path)
{
    char name[PATH_LIMIT];
    for (int i = 0; file_names[i] != NULL; i++) {
        if (snprintf(name, sizeof name, "%s/%s", path, file_names[i]) < (int)sizeof name)
            (void)unlink(name);
    }
    (void)rmdir(path);
}

static enum suan_status put_reports(const char *folder, const struct suan_measurement *m, const char *gnuplot,
                                    struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer plots = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer text = {0};
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer page = {0};
    /* Without plots the report says so and keeps its tables. */
    if (gnuplot == NULL || suan_plot_all(m, gnuplot, &plots, NULL) != SUAN_OK)
        suan_buffer_clear(&plots);
    suan_report_markdown(m, &text);
    suan_report_html(m, suan_buffer_span(&plots), &page);
    enum suan_status status = suan_buffer_check(&text, error);
    if (status == SUAN_OK)
        status = suan_buffer_check(&page, error);
    if (status == SUAN_OK)
        status = put_file(folder, "report.md", suan_buffer_span(&text), error);
    if (status == SUAN_OK)
        status = put_file(folder, "report.html", suan_buffer_span(&page), error);
    return status;
}

static enum suan_status fill(const char *folder, const struct suan_measurement *m, struct suan_span rows_zst,
                             struct suan_span envelope, const char *gnuplot, struct suan_error *error)
{
    SUAN_CLEANUP(suan_buffer_done) struct suan_buffer json = {0};
    enum suan_status status = suan_measurement_format(m, &json, error);
    if (status == SUAN_OK)
        status = put_file(folder, "measurement.json", suan_buffer_span(&json), error);
    if (status == SUAN_OK)
        status = put_file(folder, "jobs.csv.zst", rows_zst, error);
    if (status == SUAN_OK && envelope.size > 0)
        status = put_file(folder, "measurement.dsse.json", envelope, error);
    if (status == SUAN_OK)
        status = put_reports(folder, m, gnuplot, error);
    return status;
}

enum suan_status suan_folder_write(const char *path, const struct suan_measurement *m,
                                   struct suan_span rows_zst, struct suan_span envelope, const char *gnuplot,
                                   struct suan_error *error)
{
    char beside[PATH_LIMIT];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (snprintf(beside, sizeof beside, "%.*s.%.16s.part", (int)length, path, m->session.id) >=
        (int)sizeof beside)
        return suan_error_set(error, SUAN_E_USAGE, "folder.path", NULL, "%s: the path is too long", path);
    if (!is_replaceable(path))
        return suan_error_set(error, SUAN_E_CONFLICT, "folder.exists",
                              "name another folder, or empty this one",
                              "%s: exists and is not a folder of measurement results", path);
    enum suan_status status = suan_folder_make(beside, error);
    if (status == SUAN_OK)
        status = fill(beside, m, rows_zst, envelope, gnuplot, error);
    if (status == SUAN_OK) {
        remove_folder(path);
        if (rename(beside, path) != 0)
            status = suan_error_errno(error, "file.io", errno, path);
    }
    if (status != SUAN_OK)
        remove_folder(beside);
    return status;
}
