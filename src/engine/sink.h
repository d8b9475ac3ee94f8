/* What is done with the rows that a pump brings. */

#ifndef FERRY_SINK_H
#define FERRY_SINK_H

#include "driver/connection.h"
#include "driver/digest.h"

struct ferry_merge;

/* A strategy has one of its own, or one of those below; `to` must stay until the pump has ended. */
struct ferry_sink {
    /* Takes every row of the batch or fails; in the thread that calls the pump. */
    ferry_status (*take)(void *to, const struct ferry_batch *batch, struct ferry_error *error);
    void *to;
    struct ferry_connection *connection; /* cancelled if the rows fail; NULL: there is none */
};

/* Each row is inserted. */
struct ferry_sink ferry_sink_load(struct ferry_load *load, struct ferry_connection *target);
/* Each row meets the stored ones. */
struct ferry_sink ferry_sink_merge(struct ferry_merge *merge, struct ferry_connection *target);
/* Each row is added up. */
struct ferry_sink ferry_sink_digest(struct ferry_digest *digest);

#endif
