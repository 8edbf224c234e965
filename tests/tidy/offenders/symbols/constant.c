/* Constants, pointers among them, are no state. */
extern const char *const suan_offender_names[2];
const char *const suan_offender_names[2] = {"a", "b"};
