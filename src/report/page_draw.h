/* What is drawn in the charts: a number of each run, as bars or as a line. */

#ifndef FERRY_PAGE_DRAW_H
#define FERRY_PAGE_DRAW_H

#include "report/page_axis.h"
#include "report/page_chart.h"

#define FERRY_CHART_HEIGHT 120 /* a pixel each; along, a run is one wide */
#define FERRY_CHART_BAR_LEFT 0.15
#define FERRY_CHART_BAR_WIDTH 0.7

/* Below 0: the run has no such number. */
typedef double ferry_chart_value(const struct ferry_report *run);
double ferry_chart_duration(const struct ferry_report *run); /* milliseconds */
double ferry_chart_rows(const struct ferry_report *run);
double ferry_chart_changes(const struct ferry_report *run);

/* Appends paths, from the top at 0 to the foot. */
typedef void ferry_chart_draw(struct ferry_strbuf *html, const struct ferry_timeline *timeline,
                              const struct ferry_axis *axis);
ferry_chart_draw ferry_draw_durations; /* bars in the colours of what the runs came to */
ferry_chart_draw ferry_draw_rows;      /* a line, broken where there are none or was a pause */
ferry_chart_draw ferry_draw_changes;   /* bars of the three kinds, one upon the other */

#endif
