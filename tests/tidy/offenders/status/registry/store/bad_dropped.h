enum suan_status suan_store_forget(void);
