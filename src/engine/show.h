/* What a run shows of itself while it works.  Who draws it, and whether, is not the engine's
 * affair: the command line hands over what is to be called. */

#ifndef FERRY_SHOW_H
#define FERRY_SHOW_H

#include "engine/pump.h"

struct ferry_progress {
    const char *job;
    size_t place, place_count; /* of the table, among those of its job; 0: it is alone */
    const char *fallback;      /* that is read; NULL: none */
    const struct ferry_pump *pump;
    uint64_t expected; /* rows, about; FERRY_ROWS_UNKNOWN: nobody knows */
    const char *doing; /* once they were read: "committing"; NULL: they are on their way */
    int64_t started_ms;
};

/* Any thread may call these; nobody calls two at once. */
struct ferry_show {
    void (*draw)(const struct ferry_progress *progress);
    void (*draw_state)(const char *job, const char *state);
    void (*draw_phase)(const char *job); /* which one, the log knows; or NULL */
    void (*clear)(void);                 /* or NULL */
};

/* From now on runs are shown to a person by `show`, which must stay; NULL: nobody looks, as at the
 * beginning.  Before the first run. */
void ferry_show_by(const struct ferry_show *show);
const struct ferry_show *ferry_show(void);
/* And so to the service manager. */
void ferry_show_service_by(const struct ferry_show *show);

/* What follows is of the calling thread's run (context.h).  The first run that draws is the one
 * that is shown, until it clears what it has drawn; of others at that time nothing is. */

/* Some five times a second while rows pass, and while something is done with them that may take
 * long. */
void ferry_show_progress(const struct ferry_progress *progress);
/* A few words instead: what is waited for. */
void ferry_show_state(const char *job, const char *state);
/* Some five times a second while none do. */
void ferry_show_phase(const char *job);
/* The run draws no more, at least for now. */
void ferry_show_clear(void);

#endif
