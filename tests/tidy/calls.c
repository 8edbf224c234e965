/* Words that may not stand in code: prints and exits in libraries, goto, floating-point money, signals by
 * number. */
#include <stdio.h>
#include <string.h>

#include "tidy.h"

static const char *const libraries[] = {"registry",           "host/wire",    "host/engine",
                                        "host/bench",         "host/service", "host/worker/sandbox",
                                        "host/worker/loader", "sdk/include",  NULL};
static const char *const production[] = {"registry", "host", "sdk/include", NULL};
static const char *const money[] = {"registry/ledger", "registry/policy", "registry/voucher",
                                    "registry/supervise", NULL};
static const char *const signalling[] = {"registry", "host", "tests", NULL};

static const char hostile[] = "tests/hostile"; /* attacks have to attack */

static bool is_among(const char *path, const char *const *folders)
{
    for (; *folders != NULL; folders++) {
        if (is_under(path, *folders))
            return true;
    }
    return false;
}

enum form { AS_WORD, AS_CALL };

static void forbid(const struct tree *tree, struct report *report, const char *const *folders,
                   const char *word, enum form form, const char *why)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct source *source = &tree->files[i];
        if (source->kind == KIND_OTHER || !is_among(source->path, folders) || is_under(source->path, hostile))
            continue;
        for (size_t at = 0; (at = find_word(source->code, at, word)) != SIZE_MAX; at++) {
            const char *after = source->code + at + strlen(word);
            if (form == AS_WORD || after[strspn(after, " \n")] == '(')
                offend(report, tree, source, at, "%s: %s", word, why);
        }
    }
}

static void forbid_all(const struct tree *tree, struct report *report, const char *const *folders,
                       const char *const *words, enum form form, const char *why)
{
    for (; *words != NULL; words++)
        forbid(tree, report, folders, *words, form, why);
}

void rule_calls(const struct tree *tree, struct report *report)
{
    static const char *const prints[] = {"printf", "vprintf", "puts", "putchar", "perror",
                                         "syslog", "err",     "warn", NULL};
    static const char *const streams[] = {"stdout", "stderr", NULL};
    static const char *const ends[] = {"exit", "abort", "quick_exit", "_Exit", "errx", NULL};
    static const char *const unsafe[] = {"gets",  "sprintf", "vsprintf", "strtok", "alloca",  "system",
                                         "popen", "tmpnam",  "mktemp",   "setjmp", "longjmp", NULL};
    static const char *const jump[] = {"goto", NULL};
    forbid_all(tree, report, libraries, prints, AS_CALL, "a library does not print");
    forbid_all(tree, report, libraries, streams, AS_WORD, "a library does not print");
    forbid_all(tree, report, libraries, ends, AS_CALL, "a library does not end the program");
    forbid_all(tree, report, production, unsafe, AS_CALL, "no safe use");
    forbid_all(tree, report, production, jump, AS_WORD, "release by scope (base/cleanup.h)");
}

void rule_money(const struct tree *tree, struct report *report)
{
    static const char *const reals[] = {"double", "float", "_Complex", "strtod", "atof", NULL};
    forbid_all(tree, report, money, reals, AS_WORD, "money is counted in integers");
}

/* A number that means "everybody" ends the machine; a pidfd cannot. */
void rule_signals(const struct tree *tree, struct report *report)
{
    static const char *const calls[] = {"kill", "killpg", "tkill", "tgkill", NULL};
    static const char *const numbers[] = {"SYS_kill", "SYS_tkill", "SYS_tgkill", "__NR_kill",
                                          "pkill",    "killall",   NULL};
    forbid_all(tree, report, signalling, calls, AS_CALL, "send signals by pidfd");
    forbid_all(tree, report, signalling, numbers, AS_WORD, "send signals by pidfd");
}

/* --- prototypes --------------------------------------------------------------------------------------- */

/* The beginning of the declaration that the offset lies in. */
static size_t declaration_start(const char *code, size_t at)
{
    while (at > 0 && code[at - 1] != ';' && code[at - 1] != '}' && code[at - 1] != '{')
        at--;
    return at;
}

static bool must_be_used(const char *code, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        if (strncmp(code + at, "MUST_USE", 8) == 0 || strncmp(code + at, "warn_unused_result", 18) == 0)
            return true;
    }
    return false;
}

/* A function declared in a header that returns a status and lets it be dropped; not a member that points to
 * one. */
void rule_status(const struct tree *tree, struct report *report)
{
    static const char returned[] = "enum suan_status";
    for (size_t i = 0; i < tree->count; i++) {
        const struct source *source = &tree->files[i];
        if (source->kind != KIND_HEADER || !is_among(source->path, production))
            continue;
        for (size_t at = 0; (at = find_word(source->code, at, returned)) != SIZE_MAX; at++) {
            char name[64] = "", bracket = 0;
            if (sscanf(source->code + at + sizeof returned - 1, " %63[A-Za-z0-9_] %c", name, &bracket) != 2 ||
                bracket != '(')
                continue;
            if (!must_be_used(source->code, declaration_start(source->code, at), at))
                offend(report, tree, source, at, "%s: its status may be ignored; write SUAN_MUST_USE", name);
        }
    }
}
