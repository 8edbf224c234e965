/* Exported, though no header of <libsuan/…> declares it. */
__attribute__((visibility("default"))) int suan_offender_stray(void);

int suan_offender_stray(void)
{
    return 1;
}
