#ifndef BAD_INCOMPLETE_H
#define BAD_INCOMPLETE_H

uint32_t count(void);

#endif
