/* TODO: check the size */
int size;
