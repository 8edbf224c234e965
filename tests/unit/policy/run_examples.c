/* usage: run_examples FOLDER… EXAMPLES.json… : runs files of worked examples under the programmes of the
 * folders. */
#include <stdio.h>
#include <sys/stat.h>

#include "library.h"
#include "policy/examples.h"

static void report(void *context, const struct suan_example_report *one)
{
    size_t *passed = context;
    *passed += one->passed;
    if (one->passed)
        return;
    printf("FAILED %.*s %.*s\n  %.*s\n%.*s", SUAN_SPAN_PRINTF(one->id), SUAN_SPAN_PRINTF(one->title),
           SUAN_SPAN_PRINTF(one->difference), SUAN_SPAN_PRINTF(one->trace));
}

static size_t run_file(const struct library *library, const char *path)
{
    struct suan_error error = {0};
    struct suan_buffer text = {0};
    struct suan_examples *examples = NULL;
    size_t failed = 1, passed = 0;
    library_read_file(path, &text);
    if (suan_examples_parse(suan_buffer_span(&text), path, &examples, &error) != SUAN_OK ||
        suan_examples_run(examples, library_list(library), library->count, report, &passed, &failed,
                          &error) != SUAN_OK)
        printf("%s\n", error.message);
    printf("%s: %zu passed, %zu failed\n", path, passed, failed);
    suan_examples_free(examples);
    suan_buffer_done(&text);
    return failed + (passed == 0);
}

int main(int argc, char **argv)
{
    struct library library = {.count = 0};
    size_t failed = argc < 3;
    bool ran = false;
    for (int i = 1; i < argc; i++) {
        struct stat about;
        bool is_folder = stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode);
        if (is_folder && ran)
            library_done(&library);
        if (is_folder)
            library_add(&library, argv[i]);
        else
            failed += run_file(&library, argv[i]);
        ran = !is_folder;
    }
    library_done(&library);
    return failed != 0;
}
