SUAN_MUST_USE enum suan_status suan_store_keep(int *out);
struct rule {
    enum suan_status (*check)(void);
    enum suan_status status;
};
const char *suan_status_text(enum suan_status status);
