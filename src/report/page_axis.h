/* The axes of a chart: round numbers upwards; runs, and the pauses between them, along. */

#ifndef FERRY_PAGE_AXIS_H
#define FERRY_PAGE_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* ---- Upwards ---- */

/* From 0 to `top` in up to four steps. */
struct ferry_axis {
    double step;
    int steps;
    bool is_duration; /* in milliseconds; else a count */
};

/* The least axis of round numbers that `most` has room on. */
void ferry_axis_choose(double most, bool is_duration, struct ferry_axis *ret_axis);
double ferry_axis_top(const struct ferry_axis *axis);
/* The label of a step: "20 k", "1.5 s", "2 min". */
void ferry_axis_add_label(struct ferry_strbuf *text, const struct ferry_axis *axis, int step);

/* ---- Along ---- */

/* Where each of `count` runs stands, in widths of a run from the left: one after another, with an
 * empty place where there was a pause of more than twice `expect_every_ms`; or, where that is 0, of
 * more than three times the middle one.  `moments` ascend, but for a clock that was set.  False:
 * out of memory. */
bool ferry_axis_place(const int64_t *moments, size_t count, int64_t expect_every_ms,
                      size_t *ret_places);

#define FERRY_AXIS_MARKS 5
#define FERRY_AXIS_LABEL 32
/* Where a new hour, day, month or the like begins; or else where the first run is. */
struct ferry_axis_mark {
    size_t place;
    char label[FERRY_AXIS_LABEL]; /* "06:00", "28 Nov", "Nov 2026" */
};
/* Returns how many there are; they are at least a fifth of `width` apart, and but for the first run
 * a tenth from its ends, so that there is room for their labels. */
size_t ferry_axis_mark_moments(const int64_t *moments, const size_t *places, size_t count,
                               size_t width, struct ferry_axis_mark ret_marks[FERRY_AXIS_MARKS]);

#endif
