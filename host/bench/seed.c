/* The chain from a secret to every random choice of a session. */
#include "seed.h"

#include <assert.h>
#include <stdio.h>

#include "trust/draw.h"

enum { INDICES_MAX = 8, LABEL_MAX = 32, PART = 16 };

static struct suan_span bytes_of(const struct suan_digest *digest)
{
    return suan_span(digest->bytes, sizeof digest->bytes);
}

struct suan_digest suan_seed_commit(const uint8_t secret[SUAN_SECRET_SIZE], const struct suan_digest *tar)
{
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, suan_span_text("suan-seed-v1"));
    suan_hasher_add(&hasher, suan_span(secret, SUAN_SECRET_SIZE));
    suan_hasher_add(&hasher, bytes_of(tar));
    struct suan_digest commit = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    return commit;
}

struct suan_digest suan_seed_master(const uint8_t secret[SUAN_SECRET_SIZE], const struct suan_digest *tar,
                                    const struct suan_digest *baseline_tar,
                                    const struct suan_digest *contract, const struct suan_digest *log_root)
{
    struct suan_hasher hasher;
    suan_hasher_init(&hasher);
    suan_hasher_add(&hasher, suan_span_text("suan-master-v1"));
    suan_hasher_add(&hasher, suan_span(secret, SUAN_SECRET_SIZE));
    suan_hasher_add(&hasher, bytes_of(tar));
    suan_hasher_add(&hasher, bytes_of(baseline_tar));
    suan_hasher_add(&hasher, bytes_of(contract));
    suan_hasher_add(&hasher, bytes_of(log_root));
    struct suan_digest master = suan_hasher_finish(&hasher);
    suan_hasher_done(&hasher);
    return master;
}

struct suan_digest suan_seed_derive(const struct suan_digest *master, const char *label,
                                    const uint32_t *indices, size_t count)
{
    uint8_t message[LABEL_MAX + 4 * INDICES_MAX];
    size_t length = strlen(label);
    assert(length <= LABEL_MAX && count <= INDICES_MAX);
    memcpy(message, label, length);
    for (size_t i = 0; i < count; i++)
        suan_put_be32(message + length + 4 * i, indices[i]);
    return suan_hmac_sha256(bytes_of(master), suan_span(message, length + 4 * count));
}

static struct suan_digest derive_job(const struct suan_digest *master, const char *label,
                                     const struct suan_job_name *job, uint32_t extra)
{
    const uint32_t indices[] = {job->series, job->block, job->group, job->pair, job->call, extra};
    return suan_seed_derive(master, label, indices, sizeof indices / sizeof indices[0]);
}

struct suan_digest suan_seed_job(const struct suan_digest *master, const struct suan_job_name *job)
{
    struct suan_digest load =
        suan_seed_derive(master, "load", (const uint32_t[]){job->series, job->block}, 2);
    struct suan_digest own = derive_job(master, "job", job, 0);
    memcpy(own.bytes + PART, own.bytes, PART);
    memcpy(own.bytes, load.bytes, PART);
    return own;
}

uint64_t suan_seed_offset(const struct suan_digest *master, const struct suan_job_name *job, uint64_t limit)
{
    struct suan_digest digest = derive_job(master, "offset", job, 0);
    return suan_be64(digest.bytes) % (limit / 64) * 64;
}

struct suan_digest suan_seed_poison(const struct suan_digest *master, const struct suan_job_name *job,
                                    uint32_t side)
{
    return derive_job(master, "poison", job, side);
}

void suan_seed_order(const struct suan_digest *master, uint32_t series, uint32_t block, uint32_t count,
                     uint32_t pairs, uint32_t *groups, uint32_t *plugin_first)
{
    struct suan_digest seed = suan_seed_derive(master, "order", (const uint32_t[]){series, block}, 2);
    struct suan_draw draw;
    suan_draw_init(&draw, bytes_of(&seed), "order");
    for (uint32_t i = 0; i < count; i++)
        groups[i] = i;
    suan_draw_shuffle(&draw, groups, count);
    for (uint32_t i = 0; i < count; i++)
        plugin_first[i] = suan_draw_u32(&draw) & (pairs < 32 ? (UINT32_C(1) << pairs) - 1 : UINT32_MAX);
}
