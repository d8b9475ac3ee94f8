/* The progress line of a run, on a terminal. */

#ifndef FERRY_PROGRESS_H
#define FERRY_PROGRESS_H

#include <stdbool.h>

#include "pump.h"

struct ferry_progress {
    const char *job;
    const char *fallback; /* that is read; NULL: none */
    const struct ferry_pump *pump;
    int64_t started_ms;
};

/* Whether progress may be drawn at all: stderr is a terminal and nobody asked for quiet. */
void ferry_progress_enable(bool enabled);
bool ferry_progress_is_enabled(void);

/* Draws the line anew, over the last one.  Any thread. */
void ferry_progress_draw(const struct ferry_progress *progress);
/* The same with a few words in the place of the numbers. */
void ferry_progress_draw_state(const char *job, const char *state);
/* Wipes the line, so that another can be written in its place. */
void ferry_progress_clear(void);

#endif
