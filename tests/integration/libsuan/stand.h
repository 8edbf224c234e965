#ifndef LIBSUAN_STAND_H
#define LIBSUAN_STAND_H

/* What the tests of the embedding library share: a temporary folder, and the library opened on the world. */
#include <libsuan/suan.h>
#include <limits.h>
#include <stdbool.h>

#include "service/verb.h"
#include "voucher/receipt.h"

#define TASK "toy.sums/1"
enum { TABLE_SIZE = 16, DATA_MAX = 4096 };

struct stand {
    char folder[64]; /* temporary; removed at the end */
    char registry[PATH_MAX], trust[PATH_MAX], journal[PATH_MAX], receipt[PATH_MAX];
    struct suan_library *library;
    struct suan_error error; /* of the last call made through the stand */
};

/* The world's registry and trust file, a journal of the test's own; nothing is open yet. */
void stand_new(struct stand *stand);
void stand_done(struct stand *stand); /* closes the library, too */
/* Works on a copy of the registry, which may be changed. */
void stand_copy_registry(struct stand *stand, const char *name);
/* Uses a trust file of its own: the world's with the first `from` replaced. */
void stand_change_trust(struct stand *stand, const char *from, const char *to);
int32_t stand_open(struct stand *stand, uint64_t flags);
/* Must succeed; with SUAN_OPEN_INPROCESS. */
void stand_must_open(struct stand *stand);

/* Loads with the test's table; `seed` says how the plugin misbehaves (0: not at all). */
int32_t stand_load(struct stand *stand, const char *what, int32_t level, uint64_t seed,
                   struct suan_solver **out);
struct suan_solver *stand_must_load(struct stand *stand, const char *what, int32_t level, uint64_t seed);

/* One job of that many numbers, 0, 1, 2 …: true if the answer is right. */
int32_t stand_call(struct stand *stand, struct suan_solver *solver, int64_t n, uint64_t deadline_ms);
void stand_must_call(struct stand *stand, struct suan_solver *solver, int64_t n, int times);
/* Right sums for those numbers. */
bool stand_is_right(const int64_t *sums, int64_t n);
const int64_t *stand_table(void);

/* suan_receipt by the firm; the document that was signed. Free it. */
int32_t stand_receipt(struct stand *stand, struct suan_solver *solver);
struct suan_receipt *stand_must_receipt(struct stand *stand, struct suan_solver *solver);
struct suan_receipt *stand_read_receipt(const char *path);
int64_t stand_jobs(const struct suan_receipt *receipt);

/* A change of the stand's (copied) registry by one signer of the world. */
enum suan_status stand_change(struct stand *stand, const char *noun, const char *verb, const char *as,
                              const char *option, const char *value, const char *option2, const char *value2);
const char *stand_key(const char *ident);

#endif
