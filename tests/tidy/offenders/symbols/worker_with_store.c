/* A worker that brings the store along. */
int suan_store_open(void);

int suan_store_open(void)
{
    return 0;
}

int main(void)
{
    return suan_store_open();
}
