/* What those who join the state of a connection are given. */

#ifndef FERRY_SHARE_H
#define FERRY_SHARE_H

#include "base/error.h"

/* Start as {0}. */
struct ferry_share {
    char *text; /* NULL: nothing was set */
};

void ferry_share_done(struct ferry_share *share);

#endif
