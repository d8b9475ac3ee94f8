/* What a source tells of where its rows come from. */

#ifndef FERRY_ORIGINS_H
#define FERRY_ORIGINS_H

#include <stdbool.h>

#include "base/error.h"

struct ferry_origins {
    char **tables;
    size_t count;
    int64_t changed_ms; /* meaningful if `changed_known` */
    bool changed_known;
    bool included; /* the table that was asked about is one, or may be */
};

void ferry_origins_done(struct ferry_origins *origins);

#endif
