#ifndef SUAN_TEST_REACH_H
#define SUAN_TEST_REACH_H

/*
 * For tests that go on as another account: lets every account reach a folder, though a parent of it is closed to
 * others, as /root is. Only this process and its children see that: in a mount namespace of their own, an empty
 * folder lies over the closed parent, and in it the folder alone. For root; changes nothing if no parent is
 * closed. Returns 0, or the errno of what failed.
 */
int test_reach(const char *folder);

#endif
