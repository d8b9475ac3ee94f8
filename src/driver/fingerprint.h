/* What a source tells of its state, to be compared with what it told before. */

#ifndef FERRY_FINGERPRINT_H
#define FERRY_FINGERPRINT_H

#include "base/error.h"

struct ferry_fingerprint {
    char *text; /* NULL: it cannot tell */
};

void ferry_fingerprint_done(struct ferry_fingerprint *fingerprint);

#endif
