#ifndef SUAN_WORKER_OPERATION_H
#define SUAN_WORKER_OPERATION_H

/* One request carried out: descriptors to tensors, the plugin's function, its results back to descriptors. */
#include "loader/services.h"
#include "worker.h"

/* What is loaded and created in this worker. */
struct seat {
    const struct worker_order *order;
    const struct worker_memory *memory;
    struct suan_services *services;
    const struct suan_plugin *plugin;
    struct seat_instance {
        const struct suan_algorithm *algorithm; /* or */
        const struct suan_task *task;
        struct suan_instance *instance;
    } instances[SUAN_MAX_INSTANCES];
    uint32_t log_seq;
};

/* The status to answer with; results are in the reply region. */
int32_t operation_run(struct seat *seat, struct suan_ctx *ctx);

/* The task's own description, for the start of D. False if a text or a count does not fit. */
bool operation_describe_task(const struct suan_task_info *info, struct suan_wire_task *out);

#endif
