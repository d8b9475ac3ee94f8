/* What came long ago counts less and less, so that the time left follows the pace and does not jump
 * with each batch. */

#include "command/pace.h"

#include "dbferry/driver.h"

/* After this time, and that part of the run, rows count for half about. */
#define MEMORY_MS 10000
#define MEMORY_PART 8
/* A pace of less is chance. */
#define FIRST_MS 2000
#define LEAST_LEFT_MS 1000
/* More is no forecast. */
#define MOST_LEFT_MS (INT64_C(100) * 86400000)

void ferry_pace_take(struct ferry_pace *pace, int64_t now_ms, uint64_t rows)
{
    if (!pace->began) {
        *pace =
            (struct ferry_pace){.began = true, .began_ms = now_ms, .at_ms = now_ms, .rows = rows};
        return;
    }
    if (now_ms <= pace->at_ms) /* the rows are the next look's */
        return;
    double passed = (double)(now_ms - pace->at_ms);
    double memory = MEMORY_MS + (double)(now_ms - pace->began_ms) / MEMORY_PART;
    double kept = memory / (memory + passed);
    pace->came = pace->came * kept + (double)(rows - pace->rows);
    pace->took = pace->took * kept + passed;
    pace->at_ms = now_ms;
    pace->rows = rows;
}

struct ferry_forecast ferry_pace_forecast(const struct ferry_pace *pace, uint64_t expected)
{
    struct ferry_forecast forecast = {0};
    if (expected == FERRY_ROWS_UNKNOWN || expected == 0 || pace->rows > expected ||
        pace->at_ms - pace->began_ms < FIRST_MS)
        return forecast;
    double share = (double)pace->rows * 100 / (double)expected;
    forecast.has_percent = true;
    forecast.percent = share > 99 ? 99 : (unsigned)share;
    if (pace->came < 1) /* hardly a row, lately */
        return forecast;
    double left = (double)(expected - pace->rows) * pace->took / pace->came;
    forecast.has_left = left > LEAST_LEFT_MS && left < (double)MOST_LEFT_MS;
    forecast.left_ms = forecast.has_left ? (int64_t)left : 0;
    return forecast;
}
