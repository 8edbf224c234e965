/* Counts across calls: two hosts in one process would disturb each other. */
int suan_offender_next(void);

int suan_offender_next(void)
{
    static int count;
    return ++count;
}
