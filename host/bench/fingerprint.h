#ifndef SUAN_BENCH_FINGERPRINT_H
#define SUAN_BENCH_FINGERPRINT_H

/*
 * What machine this is, and how fast three plain things run on it. The class is what measurements are
 * compared within: SHA-256 of vendor, family, model, ISA level, last-level cache rounded to a power of two,
 * virtual or not. What cannot be read is left out, never guessed.
 */
#include "base/json.h"
#include "trust/digest.h"

struct suan_scores {
    int64_t rate_mflops;  /* suan-cal/1: own portable FP64 DGEMM, n = 384, one thread, best rate in 0.4 s */
    int64_t memory_mib_s; /* copying 64 MiB */
    int64_t branches_per_us; /* unpredictable branches */
};
/* About half a second of one CPU. MEMORY on failure. */
SUAN_MUST_USE enum suan_status suan_scores_take(struct suan_scores *out, struct suan_error *error);

struct suan_machine_class {
    char vendor[33], family[17], model[17];
    uint32_t isa;
    uint64_t llc_bytes;
    bool is_virtual;
};
struct suan_digest suan_class_digest(const struct suan_machine_class *class);

/* `{"vendor","family",…,"class","rate_mflops","scores"}`, read from /proc and /sys; the caller's:
 * suan_json_release. */
SUAN_MUST_USE enum suan_status suan_fingerprint_read(uint32_t isa, const struct suan_scores *scores,
                                                     struct suan_machine_class *out_class,
                                                     struct suan_json **out, struct suan_error *error);

/* Time stolen from a CPU by the hypervisor since boot, ns in steps of 10 ms; 0 if it is not told. */
uint64_t suan_steal_ns(uint32_t cpu);

#endif
