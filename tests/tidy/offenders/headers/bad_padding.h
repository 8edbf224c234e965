#ifndef BAD_PADDING_H
#define BAD_PADDING_H

struct row {
    char letter;
    int number;
};

#endif
