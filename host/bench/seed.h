#ifndef SUAN_BENCH_SEED_H
#define SUAN_BENCH_SEED_H

/*
 * Where everything random in a session comes from. A secret is committed to in the plan before the log root
 * is known that completes the seed, so neither the measurer nor the plugin's author can choose inputs. Pure.
 */
#include "trust/digest.h"

enum { SUAN_SECRET_SIZE = 32 };

/* SHA-256("suan-seed-v1" | secret | tar_sha256): the plan's `commit`. */
struct suan_digest suan_seed_commit(const uint8_t secret[SUAN_SECRET_SIZE], const struct suan_digest *tar);

/* SHA-256("suan-master-v1" | secret | tar | baseline tar | task contract | log root); an unlogged session's
   root is all zero. */
struct suan_digest suan_seed_master(const uint8_t secret[SUAN_SECRET_SIZE], const struct suan_digest *tar,
                                    const struct suan_digest *baseline_tar,
                                    const struct suan_digest *contract, const struct suan_digest *log_root);

/* HMAC-SHA-256(master, label | indices as big-endian u32). At most 8 indices. */
struct suan_digest suan_seed_derive(const struct suan_digest *master, const char *label,
                                    const uint32_t *indices, size_t count);

/* Names one job of a session. `series` keeps A/A, warm-up, warm and cold inputs apart. */
struct suan_job_name {
    uint32_t series, block, group, pair, call;
};

/* The job's seed: bytes 0 to 15 are the load part, the same for all jobs of a series and block, since it
   alone fixes the inputs that are prepared once; bytes 16 to 31 are the job part. */
struct suan_digest suan_seed_job(const struct suan_digest *master, const struct suan_job_name *job);

/* Bytes to leave free before the job's inputs: a multiple of 64 below `limit` (a positive multiple of 64). */
uint64_t suan_seed_offset(const struct suan_digest *master, const struct suan_job_name *job, uint64_t limit);

/* The poison that outputs hold before `side` computes the job. */
struct suan_digest suan_seed_poison(const struct suan_digest *master, const struct suan_job_name *job,
                                    uint32_t side);

/* The order of a block: `groups` in random sequence; bit `pair` of plugin_first[group] says that this pair
   runs the plugin first. `pairs` is at most 32. */
void suan_seed_order(const struct suan_digest *master, uint32_t series, uint32_t block, uint32_t count,
                     uint32_t pairs, uint32_t *groups, uint32_t *plugin_first);

#endif
