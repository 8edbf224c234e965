/* At most SUAN_STORE_LIMIT. */
int limit;
