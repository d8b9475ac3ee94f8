/* How long a run has been in each of its phases. */

#ifndef FERRY_PHASES_H
#define FERRY_PHASES_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

#define FERRY_PHASES_MOST 24 /* different ones; what goes beyond is not counted */

/* Start as {0}. */
struct ferry_phases {
    struct ferry_phase {
        char *name;
        int64_t ms;
    } list[FERRY_PHASES_MOST];
    size_t count;
    struct ferry_phase *current; /* in the list; NULL: none that is counted */
    int64_t since_ms;
};

/* A phase begins at `now_ms` (ferry_clock_ms()), and the one before ends; NULL: none begins.  The
 * name is copied. */
void ferry_phases_enter(struct ferry_phases *phases, const char *name, int64_t now_ms);
void ferry_phases_done(struct ferry_phases *phases);

/* {"source":0.012,"load":1.250}: a JSON object with the seconds of each, in the order in which they
 * came. */
void ferry_phases_add_json(struct ferry_strbuf *text, const struct ferry_phases *phases);

#endif
