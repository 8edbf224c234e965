/* Workers in waiting. A spare belongs to one guest, hence to one release and tenant, and is never given to another. */
#include "guest_state.h"

/* Exchanges worker and spare: each goes on with its own request and reply. The reaper looks at these under the lock. */
static void exchange(struct suan_guest *guest, struct spare *spare)
{
    struct resident *resident = guest->resident;
    uint32_t log_seen = guest->log_seen;
    pthread_mutex_lock(&guest->engine->lock);
    region_swap(&guest->region, &spare->region);
    guest->resident = spare->resident;
    spare->resident = resident;
    if (guest->resident != NULL)
        guest->resident->region = &guest->region;
    if (spare->resident != NULL)
        spare->resident->region = &spare->region;
    pthread_mutex_unlock(&guest->engine->lock);
    guest->log_seen = spare->log_seen;
    spare->log_seen = log_seen;
    guest->is_written = false;
}

static void drop(struct spare *spare)
{
    resident_end(spare->resident);
    spare->resident = NULL;
    if (spare->region.request != NULL)
        region_return(&spare->region);
}

void spare_drop_all(struct suan_guest *guest)
{
    for (uint32_t i = 0; i < SUAN_GUEST_SPARES_MAX; i++)
        drop(&guest->spares[i]);
}

bool spare_take_over(struct suan_guest *guest)
{
    for (uint32_t i = 0; i < guest->spares_wanted; i++) {
        struct spare *spare = &guest->spares[i];
        if (spare->resident == NULL)
            continue;
        if (atomic_load(&spare->resident->dead) != 0) {
            drop(spare);
            continue;
        }
        exchange(guest, spare);
        guest->level = guest->resident->report.level;
        return true;
    }
    return false;
}

/* A spare is made as the worker itself is, with its own pages in place for that while. */
static enum suan_status make(struct suan_guest *guest, struct spare *spare, struct suan_error *error)
{
    enum suan_status status = SUAN_OK;
    if (spare->region.request == NULL)
        status = region_borrow(&guest->region, &spare->region, error);
    if (status != SUAN_OK)
        return status;
    exchange(guest, spare);
    status = guest_make_worker(guest, error);
    exchange(guest, spare);
    return status;
}

enum suan_status suan_guest_refill(struct suan_guest *guest, struct suan_error *error)
{
    enum suan_status status = guest_ready(guest, error);
    if (guest->home == SUAN_GUEST_INPROCESS)
        return status;
    for (uint32_t i = 0; status == SUAN_OK && i < guest->spares_wanted; i++) {
        if (guest->spares[i].resident != NULL && atomic_load(&guest->spares[i].resident->dead) != 0)
            drop(&guest->spares[i]);
        if (guest->spares[i].resident == NULL)
            status = make(guest, &guest->spares[i], error);
    }
    return status;
}
