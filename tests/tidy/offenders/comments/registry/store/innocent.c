/* suan_store_write and the other suan_store_… functions, as in open(2); SUAN_OK is 0; see remember(). */
int suan_store_write;
int remember(void);
enum { SUAN_OK };
