/* Not a double. */
const char *text = "double";
long double_entry;
