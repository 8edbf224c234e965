#ifndef SUAN_STATUS_DEFINED
#define SUAN_STATUS_DEFINED
enum suan_status {
    SUAN_E_NOT_FOUND = -64,
    SUAN_E_CONFLICT = -65,
};
#endif
#ifndef SUAN_ERROR_DEFINED
#define SUAN_ERROR_DEFINED
struct suan_error {
    int status;
};
#endif
