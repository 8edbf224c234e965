#ifndef SUAN_TEST_STAND_H
#define SUAN_TEST_STAND_H

/* One engine, one guest of the fixture `trouble`, and its tensors: x = 1, 2, 3 …, factor 2. */
#include <criterion/criterion.h>

#include "base/buffer.h"
#include "engine/guest.h"
#include "trouble.h"

enum { STAND_N = 1000 };

struct stand {
    struct suan_engine *engine;
    struct suan_guest *guest, *sibling;
    struct suan_error error;
    double factor[1], x[STAND_N], y[STAND_N];
    int64_t mode, shape[4][8], strides[4][8];
    struct suan_tensor in[3], out[1];
};

/* NULL-ended switches make it suan-worker-open. Fails the test if anything fails. */
void stand_open(struct stand *stand, const char *const *switches);
void stand_close(struct stand *stand);
/* Opens another plugin; its status. `adjust` (may be NULL) changes the options first. */
enum suan_status stand_load(struct stand *stand, const char *fixture,
                            void (*adjust)(struct suan_guest_options *options),
                            struct suan_guest **out_guest);
void stand_read(const char *fixture, struct suan_buffer *out);
/* Runs one call in this mode on the guest, or the sibling. */
enum suan_status stand_run(struct stand *stand, struct suan_guest *guest, int64_t mode, uint64_t deadline_ms);
/* y = 2 x after an honest call on a guest that has been prepared. */
void stand_expect_honest(struct stand *stand, struct suan_guest *guest);
/* x is as stand_open made it. */
void stand_expect_inputs_intact(const struct stand *stand);

/* What a process must not lose: its descriptors, threads and children. */
struct census {
    int descriptors, threads, children;
};
struct census stand_count(void);

#endif
