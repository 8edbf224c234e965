#ifndef SUAN_TESTS_STORE_SAMPLE_H
#define SUAN_TESTS_STORE_SAMPLE_H

/* A store with something in it, and whether it still gives the right answers. */
#include "support.h"

enum { SAMPLE_ROWS = 1500, SAMPLE_LEAVES = 300 };

/* Fills the fixture's store with rows of several tables, two logs and a checkpoint, and closes it. */
void sample_fill(struct fixture *fixture);

/* RIGHT: every row and leaf is as it was put. REPORTED: refused at opening, or an INTEGRITY status on
   reading. WRONG: an answer that is neither, with what in `where`. */
enum sample_answer { SAMPLE_RIGHT, SAMPLE_REPORTED, SAMPLE_WRONG };
enum sample_answer sample_ask(const char *folder, char where[256]);
/* The same by LMDB alone, without examination and row checks. May kill the calling process. */
enum sample_answer sample_ask_bare(const char *file);

#endif
