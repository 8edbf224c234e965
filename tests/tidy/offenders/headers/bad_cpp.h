#ifndef BAD_CPP_H
#define BAD_CPP_H

struct node {
    int class;
};

#endif
