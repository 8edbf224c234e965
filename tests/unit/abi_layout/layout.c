/* Compiling this file is the test: the layout and numbers of abi.h, and the type of every function slot, as a C compiler
   sees them. Offsets alone would miss a changed signature. */
#include <stddef.h>

#include <suan/abi.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, field, bytes) _Static_assert(offsetof(type, field) == (bytes), "offset of " #field)
#define VALUE(name, value) _Static_assert((name) == (value), "value of " #name)
#include "layout.inc"

#define SLOT(type, slot, ...)                                                                                \
    _Static_assert(_Generic(&((type *)0)->slot, __VA_ARGS__ : 1, default : 0), "signature of " #slot)

typedef const struct suan_host *host_ptr;
typedef struct suan_ctx *ctx_ptr;
typedef struct suan_instance *instance_ptr;
typedef const struct suan_tensor *inputs_ptr;

SLOT(struct suan_host, get_interface, const void *(**)(host_ptr, const char *));
SLOT(struct suan_host, log, void (**)(ctx_ptr, int32_t, const char *));
SLOT(struct suan_host, set_error, void (**)(ctx_ptr, int32_t, const char *));
SLOT(struct suan_host, cancelled, int32_t (**)(ctx_ptr));
SLOT(struct suan_host, progress, void (**)(ctx_ptr, uint32_t));
SLOT(struct suan_host, parallel_for,
     int32_t (**)(ctx_ptr, uint64_t, uint64_t, void (*)(void *, uint64_t, uint64_t, uint32_t), void *));

SLOT(struct suan_algorithm, create,
     int32_t (**)(host_ptr, ctx_ptr, const struct suan_config *, struct suan_instance **));
SLOT(struct suan_algorithm, prepare, int32_t (**)(instance_ptr, ctx_ptr, inputs_ptr, uint32_t));
SLOT(struct suan_algorithm, infer,
     int32_t (**)(instance_ptr, ctx_ptr, inputs_ptr, uint32_t, struct suan_tensor *, uint32_t));
SLOT(struct suan_algorithm, workspace,
     int32_t (**)(instance_ptr, ctx_ptr, inputs_ptr, uint32_t, uint64_t *, uint64_t *));
SLOT(struct suan_algorithm, run, int32_t (**)(instance_ptr, const struct suan_run *));
SLOT(struct suan_algorithm, destroy, void (**)(instance_ptr));

SLOT(struct suan_task, create,
     int32_t (**)(host_ptr, ctx_ptr, const struct suan_config *, struct suan_instance **));
SLOT(struct suan_task, plan,
     int32_t (**)(instance_ptr, const struct suan_job *, struct suan_tensor *, uint32_t));
SLOT(struct suan_task, generate, int32_t (**)(instance_ptr, const struct suan_job *));
SLOT(struct suan_task, check, int32_t (**)(instance_ptr, const struct suan_job *, struct suan_verdict *));
SLOT(struct suan_task, destroy, void (**)(instance_ptr));

SLOT(struct suan_plugin, get_interface, const void *(**)(const char *));
_Static_assert(_Generic(&suan_plugin_v1, const struct suan_plugin *(*)(host_ptr) : 1, default : 0),
               "the entry");
