/* Undone by suan_store_unwrite when the scope ends. */
int suan_store_write;
