#ifndef SUAN_SERVICE_PROGRAMMES_H
#define SUAN_SERVICE_PROGRAMMES_H

/* Inside this folder only: programme files, from a folder or from those on record. */
#include <limits.h>

#include "policy/programme.h"
#include "service.h"

/* All zero is an empty list; it owns its programmes, which are in the order of their ids and versions. */
struct programmes {
    struct suan_programme **all;
    size_t count;
};

void programmes_done(struct programmes *programmes);
/* As the functions of policy want them. */
const struct suan_programme *const *programmes_list(const struct programmes *programmes);
/* The highest version of the programme with this id; NULL if there is none. */
const struct suan_programme *programmes_find(const struct programmes *programmes, struct suan_span id);
/* Puts `programme` in, in the place of one with the same id if there is one. Takes it over, also on failure. */
SUAN_MUST_USE enum suan_status programmes_put(struct programmes *programmes, struct suan_programme *programme,
                                              struct suan_error *error);

/* The folder that comes with this program: share/suan/programmes, or data/programmes of a build. NOT_FOUND
 * "programme.folder". */
SUAN_MUST_USE enum suan_status programmes_folder(const char *given, char out[PATH_MAX],
                                                 struct suan_error *error);
/*
 * Every suan.programme/1 file of the folder (NULL: the one that comes with this program); or, if the service
 * has a registry open and no folder is named, every version on record. Errors: a file that cannot be read as a
 * programme is named; CONFLICT "programme.twice"; EXHAUSTED "programme.count".
 */
SUAN_MUST_USE enum suan_status programmes_load(struct suan_service *service, const char *folder,
                                               struct programmes *out, struct suan_error *error);
/* One file, with the digest of its bytes. */
SUAN_MUST_USE enum suan_status programme_read(const char *path, struct suan_programme **out,
                                              struct suan_error *error);

/* True if the text says of itself that it has this schema ("suan.programme/1"); it may be anything. */
bool programmes_schema_is(struct suan_span text, const char *schema);

/* {id, version, sha256}: which rules decided. */
void programmes_name(const struct suan_programme *programme, struct suan_json *out);

#endif
