/* The demo's own folder: a new run replaces what an earlier one left, and touches nothing else. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "demo_state.h"

static const char mark[] = ".suan-demo";

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    bool kept = where->level == 0 || (where->level == 1 && strcmp(path + where->base, mark) == 0);
    return kept ? 0 : remove(path);
}

static bool is_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    int count = 0;
    for (struct dirent *entry; entries != NULL && count == 0 && (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.' || (entry->d_name[1] != '\0' && entry->d_name[1] != '.');
    if (entries != NULL)
        closedir(entries);
    return count == 0;
}

enum suan_status demo_clear_folder(const char *folder, struct suan_error *error)
{
    char path[PATH_MAX];
    enum suan_status status = suan_folder_make(folder, error);
    if (status != SUAN_OK)
        return status;
    if (snprintf(path, sizeof path, "%s/%s", folder, mark) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    if (access(path, F_OK) != 0 && !is_empty(folder))
        return suan_error_set(error, SUAN_E_CONFLICT, "demo.out", "name an empty folder: --out DIR",
                              "%s holds something that no demo made", folder);
    /* A run that is killed here must leave a whole registry, or none. */
    char registry[PATH_MAX], old[PATH_MAX];
    if (snprintf(registry, sizeof registry, "%s/registry", folder) >= PATH_MAX ||
        snprintf(old, sizeof old, "%s/old", folder) >= PATH_MAX)
        return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
    suan_folder_remove(old);
    if (rename(registry, old) != 0 && errno != ENOENT)
        return suan_error_errno(error, "file.io", errno, registry);
    if (nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
        return suan_error_errno(error, "file.io", errno, folder);
    return suan_file_replace(path, suan_span_text("made by 'suan demo'; the next run replaces this folder\n"),
                             0644, error);
}
