#include <libsuan/suan.h>
#include <stdio.h>

int main(void)
{
    double sky[3][2] = {{10.685, 41.269}, {83.822, -5.391}, {201.365, -43.019}}, seen[2] = {83.823, -5.391},
           radius = 5, apart;
    int64_t which;
    struct suan_tensor in[] = {SUAN_VIEW2(SUAN_F64, sky, 3, 2), SUAN_VIEW2(SUAN_F64, seen, 1, 2),
                               SUAN_VIEW0(SUAN_F64, &radius)};
    struct suan_tensor out[] = {SUAN_VIEW1(SUAN_I64, &which, 1), SUAN_VIEW1(SUAN_F64, &apart, 1)};
    struct suan_load_options catalogue = {.struct_size = sizeof catalogue, .prepared = in, .n_prepared = 1};
    struct suan_library *library = NULL;
    struct suan_solver *solver = NULL;
    struct suan_error error = {0};
    if (suan_open(NULL, &library, &error) ||
        suan_load(library, "astro.crossmatch/1", &catalogue, &solver, &error) ||
        suan_call(solver, in, 3, out, 2, 0, &error))
        return fprintf(stderr, "%s\n%s\n", error.message, error.hint), 1;
    printf("object %lld, %.2f arcseconds away\n", (long long)which, apart);
    suan_unload(solver);
    suan_close(library);
    return 0;
}
