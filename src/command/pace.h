/* How fast rows come lately, and so how long the rest of them will take. */

#ifndef FERRY_PACE_H
#define FERRY_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Start as {0}. */
struct ferry_pace {
    bool began;
    int64_t began_ms;
    int64_t at_ms; /* the last look ... */
    uint64_t rows; /* ... and what had come by then */
    double came;   /* rows, of which those count less that are longer ago ... */
    double took;   /* ... and the milliseconds in which they came, counted alike */
};

/* One more look at the rows that have come so far, which never get fewer. */
void ferry_pace_take(struct ferry_pace *pace, int64_t now_ms, uint64_t rows);

struct ferry_forecast {
    bool has_percent;
    unsigned percent; /* never above 99 */
    bool has_left;
    int64_t left_ms;
};

/* What may be told where about `expected` rows are to come (FERRY_ROWS_UNKNOWN: nothing).  Nothing
 * in the first two seconds, nor once there are more rows than that; and no time that is as good as
 * over, or where no row has come. */
struct ferry_forecast ferry_pace_forecast(const struct ferry_pace *pace, uint64_t expected);

#endif
