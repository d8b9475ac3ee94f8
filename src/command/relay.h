/* What several processes print, passed on as one stream: lines stay whole, in the order in which
 * they were ended. */

#ifndef FERRY_RELAY_H
#define FERRY_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Where it goes.  Start as {.to = FD}. */
struct ferry_relay {
    int to;
    struct ferry_strbuf waiting; /* whole lines */
    size_t written;              /* of those */
    uint64_t taken, passed;      /* bytes of all lines that came, and of those that are out */
    bool in_line;                /* one is out in part */
    bool broken;                 /* it takes no more; what comes is dropped */
    bool whole_alone;            /* a line without its end is no line, and is dropped */
};

/* Where it comes from: a pipe that does not block.  Start as {.fd = FD}; -1: there is none. */
struct ferry_relay_source {
    int fd;
    struct ferry_strbuf begun; /* a line without its end */
};

/* Reads what is there, at most some 64 KiB; false at its end. */
bool ferry_relay_read(struct ferry_relay *relay, struct ferry_relay_source *source);
/* Closes the source, and ends the line that it has begun. */
void ferry_relay_close(struct ferry_relay *relay, struct ferry_relay_source *source);
/* One that is ours, with its end. */
void ferry_relay_add_line(struct ferry_relay *relay, const char *line, size_t length);

/* Whether something waits to be written; and whether so much that no more should be read. */
bool ferry_relay_has_lines(const struct ferry_relay *relay);
bool ferry_relay_is_full(const struct ferry_relay *relay);
/* Whether something else can be written there now, and be a line. */
bool ferry_relay_is_between_lines(const struct ferry_relay *relay);
/* Whether so much of what was taken is out, or was dropped. */
bool ferry_relay_has_written(const struct ferry_relay *relay, uint64_t taken);
/* Writes some of it, no more than `to` takes at once where poll() says that it takes any. */
void ferry_relay_write(struct ferry_relay *relay);

void ferry_relay_done(struct ferry_relay *relay);

#endif
