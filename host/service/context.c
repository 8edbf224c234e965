/* Opening the registry for a verb, and the few things that every verb does with it. */
#include "context.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ledger/family.h"
#include "voucher/voucher.h"

/* The catalogue's own, in its order, then money. */
static const struct suan_family *const families[] = {
    &suan_family_registry, &suan_family_identity, &suan_family_key,     &suan_family_member,
    &suan_family_owner,    &suan_family_offer,    &suan_family_release, &suan_family_attestation,
    &suan_family_policy,   &suan_family_review,   &suan_family_ledger,  &suan_family_voucher,
};
_Static_assert(sizeof families / sizeof families[0] == SUAN_CATALOG_FAMILIES + 2, "a family is missing");

void service_registry_options(struct suan_registry_options *out)
{
    *out = (struct suan_registry_options){.families = families,
                                          .family_count = sizeof families / sizeof families[0]};
}

const char *suan_service_version(void)
{
    return "suan 0.1.0 (ABI 1.0 draft 1)";
}

enum { LOCK_STEP_MS = 250 };

static enum suan_status too_long(struct suan_error *error)
{
    return suan_error_set(error, SUAN_E_USAGE, "path.too-long", NULL, "the path is too long");
}

enum suan_status service_default_folder(const char *given, char out[PATH_MAX], struct suan_error *error)
{
    const char *named = given != NULL ? given : getenv("SUAN_REGISTRY");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int size;

    if (named != NULL && named[0] != '\0')
        size = snprintf(out, PATH_MAX, "%s", named);
    else if (data != NULL && data[0] == '/')
        size = snprintf(out, PATH_MAX, "%s/suan/registry", data);
    else if (home != NULL && home[0] == '/')
        size = snprintf(out, PATH_MAX, "%s/.local/share/suan/registry", home);
    else
        return suan_error_set(error, SUAN_E_USAGE, "registry.unnamed",
                              "say --registry DIR or set SUAN_REGISTRY",
                              "no registry named, and no home folder to look in");
    return size < PATH_MAX ? SUAN_OK : too_long(error);
}

/* The file that holds this code: libsuan in an embedding program, else the program itself. */
struct own_file {
    char path[PATH_MAX]; /* empty: the program */
};

static int find_own_file(struct dl_phdr_info *info, size_t size, void *context)
{
    struct own_file *own = context;
    uintptr_t here = (uintptr_t)&find_own_file;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type != PT_LOAD || here < start ||
            here - start >= info->dlpi_phdr[i].p_memsz)
            continue;
        if (info->dlpi_name[0] == '\0' || realpath(info->dlpi_name, own->path) == NULL)
            own->path[0] = '\0';
        return 1;
    }
    return 0;
}

static bool find_near(const char *file, char out[PATH_MAX])
{
    static const char *const places[] = {"suan-worker", "../bin/suan-worker", "../libexec/suan/suan-worker",
                                         "../../libexec/suan/suan-worker"};
    int folder = (int)(strrchr(file, '/') - file);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (snprintf(out, PATH_MAX, "%.*s/%s", folder, file, places[i]) < PATH_MAX && access(out, X_OK) == 0)
            return true;
    }
    return false;
}

enum suan_status service_find_worker(const char *given, char out[PATH_MAX], struct suan_error *error)
{
    struct own_file own = {""};
    char program[PATH_MAX];
    if (given != NULL)
        return snprintf(out, PATH_MAX, "%s", given) < PATH_MAX ? SUAN_OK : too_long(error);
    dl_iterate_phdr(find_own_file, &own);
    if (own.path[0] == '/' && find_near(own.path, out))
        return SUAN_OK;
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size <= 0)
        return suan_error_set(error, SUAN_E_IO, "worker.absent", "mount /proc",
                              "cannot tell where this program lies");
    program[size] = '\0';
    if (program[0] == '/' && find_near(program, out))
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_NOT_FOUND, "worker.absent", "install it, or name it when you open",
                          "no suan-worker program near %s", own.path[0] == '/' ? own.path : program);
}

/* The writer's lock is waited for in short steps, so that the user can stop waiting. */
static enum suan_status open_registry(struct suan_service *service, struct suan_error *error)
{
    struct suan_registry_options options;
    enum suan_store_mode mode = service->mode == SUAN_SERVICE_WRITE ? SUAN_STORE_WRITE : SUAN_STORE_READ;
    service_registry_options(&options);
    options.wait_ms = LOCK_STEP_MS;
    for (uint32_t waited_ms = 0;; waited_ms += LOCK_STEP_MS) {
        enum suan_status status =
            suan_registry_open(service->folder, mode, &options, &service->registry, error);
        if (status != SUAN_E_LOCKED || waited_ms + LOCK_STEP_MS >= SUAN_STORE_WAIT_MS)
            return status;
        if (waited_ms == 0)
            service_report(service, "waiting for another writer", 0, 0);
        status = service_check_interrupt(service, error);
        if (status != SUAN_OK)
            return status;
    }
}

enum suan_status suan_service_open(const struct suan_service_options *options, enum suan_service_mode mode,
                                   struct suan_service **out_service, struct suan_error *error)
{
    SUAN_CLEANUP(suan_service_closep) struct suan_service *service = calloc(1, sizeof *service);
    enum suan_status status = SUAN_OK;

    if (service == NULL)
        return suan_error_set(error, SUAN_E_MEMORY, "memory", NULL, "out of memory");
    service->options = *options;
    service->mode = mode;
    if (mode != SUAN_SERVICE_NONE) {
        status = service_default_folder(options->registry, service->folder, error);
        if (status == SUAN_OK)
            status = open_registry(service, error);
    }
    if (status == SUAN_OK)
        *out_service = suan_take(&service);
    return status;
}

void suan_service_close(struct suan_service *service)
{
    if (service == NULL)
        return;
    suan_registry_close(service->registry);
    free(service);
}

void suan_service_closep(struct suan_service **service)
{
    suan_service_close(*service);
}

void service_report(const struct suan_service *service, const char *phase, uint64_t done, uint64_t total)
{
    if (service->options.progress.report != NULL)
        service->options.progress.report(service->options.progress.context, phase, done, total);
}

enum suan_status service_check_interrupt(const struct suan_service *service, struct suan_error *error)
{
    if (service->options.interrupted == NULL || *service->options.interrupted == 0)
        return SUAN_OK;
    return suan_error_set(error, SUAN_E_INTERRUPTED, "interrupted", "nothing acknowledged was lost",
                          "stopped as you asked");
}

enum suan_status service_begin(struct suan_service *service, struct suan_txn **out_txn,
                               struct suan_error *error)
{
    return suan_store_begin(suan_registry_store(service->registry), out_txn, error);
}

enum suan_status service_set_ident(struct suan_txn *txn, struct suan_json *object, const char *key,
                                   const struct suan_id *id, struct suan_error *error)
{
    struct suan_identity identity;
    enum suan_status status = suan_identity_get(txn, id, &identity, error);
    if (status == SUAN_OK)
        suan_json_set_text(object, key, identity.ident);
    return status;
}

void service_mark_clock(struct suan_service *service, struct suan_json *result)
{
    if (service->registry != NULL && suan_registry_clock(service->registry) == SUAN_CLOCK_SIMULATED)
        suan_json_set_boolean(result, "simulated_time", true);
}
