#include "toy_session.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

static void read_plugin(const char *name, struct suan_buffer *out)
{
    char path[512];
    struct suan_error error = {0};
    snprintf(path, sizeof path, "%s/toy_%s.so", TOY_FOLDER, name);
    cr_assert_eq(suan_file_read(path, 1u << 24, out, &error), SUAN_OK, "%s", error.message);
}

static void party(struct suan_session_party *out, const struct suan_buffer *plugin, const char *id,
                  const char *role)
{
    snprintf(out->party.id, sizeof out->party.id, "%s", id);
    snprintf(out->party.version, sizeof out->party.version, "1.0.0");
    snprintf(out->party.variant, sizeof out->party.variant, "x86-64-v2");
    snprintf(out->party.role, sizeof out->party.role, "%s", role);
    out->party.tar = suan_sha256(suan_buffer_span(plugin));
    out->load.plugin = suan_buffer_span(plugin);
}

void toy_open(struct toy *toy, const char *algorithm)
{
    struct suan_error error = {0};
    struct suan_engine_options options = {.worker = TOY_WORKER};
    memset(toy, 0, sizeof *toy);
    snprintf(toy->folder, sizeof toy->folder, "/tmp/suan-bench-XXXXXX");
    cr_assert_not_null(mkdtemp(toy->folder));
    snprintf(toy->sessions, sizeof toy->sessions, "%s/sessions.jsonl", toy->folder);
    cr_assert_eq(suan_engine_open(&options, &toy->engine, &error), SUAN_OK, "%s", error.message);
    read_plugin("task", &toy->task);
    read_plugin(algorithm, &toy->algorithm);
    struct suan_session_request *request = &toy->request;
    request->engine = toy->engine;
    party(&request->task, &toy->task, "toy-sums", "");
    party(&request->baseline, &toy->task, "toy-sums", "incumbent");
    request->baseline.load.role = SUAN_GUEST_INCUMBENT;
    party(&request->release, &toy->algorithm, "toy", "");
    request->task_id = "toy.sums/1";
    request->contract = request->task.party.tar;
    request->attempt = 1;
    request->sizes = 2;
    request->pairs = 2;
    request->blocks = request->aa_blocks = 3;
    request->on_noise = SUAN_SESSION_NOISE_GO_ON;
    request->seed.logged = true;
    request->seed.plan_index = 3;
    suan_random(request->seed.secret, sizeof request->seed.secret);
    request->sessions = toy->sessions;
    request->host_version = "suan test";
}

void toy_close(struct toy *toy)
{
    char command[128];
    suan_engine_close(toy->engine);
    suan_buffer_done(&toy->task);
    suan_buffer_done(&toy->algorithm);
    snprintf(command, sizeof command, "rm -r %s", toy->folder);
    cr_assert_eq(system(command), 0);
}

struct suan_measurement *toy_run(struct toy *toy, struct suan_rows *out_rows)
{
    struct suan_measurement *measurement = NULL;
    struct suan_error error = {0};
    cr_assert_eq(suan_session_run(&toy->request, &measurement, out_rows, &error), SUAN_OK, "%s: %s",
                 error.code, error.message);
    return measurement;
}

unsigned toy_processes(void)
{
    char path[64];
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry = readdir(tasks); entry != NULL; entry = readdir(tasks)) {
        int pid;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%.20s/children", entry->d_name);
        FILE *file = fopen(path, "re");
        while (file != NULL && fscanf(file, "%d", &pid) == 1)
            count++;
        if (file != NULL)
            (void)fclose(file);
    }
    (void)closedir(tasks);
    return count;
}
