/* What is round depends on what is counted: tens for numbers, the clock's and the calendar's own
 * parts for times. */

#include "report/page_axis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#define STEPS_MOST 4
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* ---- Upwards ---- */

/* From here on, 1, 2, 5, 10, ... days. */
static const int64_t duration_steps[] = {
    1,           2,        5,          10,         20,          50,          100,
    200,         500,      SECOND,     2 * SECOND, 5 * SECOND,  10 * SECOND, 15 * SECOND,
    30 * SECOND, MINUTE,   2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR,        2 * HOUR, 3 * HOUR,   6 * HOUR,   12 * HOUR,   DAY,
};
#define DURATION_STEPS (sizeof duration_steps / sizeof duration_steps[0])

/* The least of 1, 2, 5, 10, 20, ... times `unit` that is enough. */
static double decimal_step(double most, double unit)
{
    static const double factors[] = {2, 2.5, 2};
    double step = unit;
    for (size_t i = 0; most > STEPS_MOST * step; i++)
        step *= factors[i % 3];
    return step;
}

static double duration_step(double most)
{
    for (size_t i = 0; i < DURATION_STEPS; i++)
        if (most <= STEPS_MOST * (double)duration_steps[i])
            return (double)duration_steps[i];
    return decimal_step(most, (double)DAY);
}

void ferry_axis_choose(double most, bool is_duration, struct ferry_axis *ret_axis)
{
    double step = is_duration ? duration_step(most) : decimal_step(most, 1);
    int steps = 1;
    while (steps < STEPS_MOST && steps * step < most)
        steps++;
    *ret_axis = (struct ferry_axis){.step = step, .steps = steps, .is_duration = is_duration};
}

double ferry_axis_top(const struct ferry_axis *axis)
{
    return axis->step * axis->steps;
}

struct unit {
    double size;
    const char *suffix;
};

/* By the top, so that all labels have one unit. */
static const struct unit *unit_of(const struct ferry_axis *axis)
{
    static const struct unit durations[] = {{(double)(2 * DAY), " d"},
                                            {(double)(2 * HOUR), " h"},
                                            {(double)(2 * MINUTE), " min"},
                                            {(double)SECOND, " s"},
                                            {0, " ms"}};
    static const struct unit counts[] = {{1e15, " P"}, {1e12, " T"}, {1e9, " G"},
                                         {1e6, " M"},  {1e4, " k"},  {0, ""}};
    const struct unit *unit = axis->is_duration ? durations : counts;
    while (ferry_axis_top(axis) < unit->size)
        unit++;
    return unit;
}

/* What one of a unit is: those above begin where two of them are. */
static double size_of(const struct unit *unit, bool is_duration)
{
    if (is_duration)
        return unit->size > (double)SECOND ? unit->size / 2 : unit->size > 0 ? unit->size : 1;
    return unit->size >= 1e6 ? unit->size : unit->size > 0 ? 1e3 : 1;
}

void ferry_axis_add_label(struct ferry_strbuf *text, const struct ferry_axis *axis, int step)
{
    const struct unit *unit = unit_of(axis);
    double value = axis->step * step / size_of(unit, axis->is_duration);
    if (step == 0)
        ferry_strbuf_add(text, "0");
    else
        ferry_strbuf_addf(text, "%.6g%s", value, unit->suffix);
}

/* ---- Along ---- */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Of fewer than three pauses none is long. */
static bool longest_pause(const int64_t *moments, size_t count, int64_t expect_every_ms,
                          int64_t *ret_longest)
{
    *ret_longest = INT64_MAX;
    if (expect_every_ms > 0 && expect_every_ms < INT64_MAX / 2)
        *ret_longest = 2 * expect_every_ms;
    if (expect_every_ms > 0 || count < 4)
        return true;
    FERRY_AUTO_FREE int64_t *pauses = calloc(count - 1, sizeof *pauses);
    if (pauses == NULL)
        return false;
    for (size_t i = 0; i + 1 < count; i++)
        pauses[i] = moments[i + 1] - moments[i];
    qsort(pauses, count - 1, sizeof *pauses, compare);
    int64_t middle = pauses[(count - 1) / 2];
    if (middle > 0 && middle < INT64_MAX / 3)
        *ret_longest = 3 * middle;
    return true;
}

bool ferry_axis_place(const int64_t *moments, size_t count, int64_t expect_every_ms,
                      size_t *ret_places)
{
    int64_t longest;
    size_t place = 0;
    if (!longest_pause(moments, count, expect_every_ms, &longest))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            place += moments[i] - moments[i - 1] > longest ? 2 : 1;
        ret_places[i] = place;
    }
    return true;
}

/* A part of the calendar: so many milliseconds, or months. */
struct part {
    int64_t ms;
    int months;
};

static const struct part parts[] = {
    {MINUTE, 0},   {5 * MINUTE, 0}, {15 * MINUTE, 0}, {30 * MINUTE, 0}, {HOUR, 0},
    {3 * HOUR, 0}, {6 * HOUR, 0},   {12 * HOUR, 0},   {DAY, 0},         {2 * DAY, 0},
    {7 * DAY, 0},  {0, 1},          {0, 3},           {0, 12},          {0, 120},
};
#define PART_COUNT (sizeof parts / sizeof parts[0])
#define FIRST_MONDAY (4 * DAY) /* weeks begin on it */

/* The number of the part in which a moment lies. */
static int64_t number_of(const struct part *part, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    if (part->months == 0)
        return (part->ms > DAY ? ms - FIRST_MONDAY : ms) / part->ms;
    (void)gmtime_r(&seconds, &tm);
    return ((int64_t)tm.tm_year * 12 + tm.tm_mon) / part->months;
}

static size_t count_changes(const struct part *part, const int64_t *moments, size_t count)
{
    size_t changes = 0;
    for (size_t i = 1; i < count; i++)
        changes += number_of(part, moments[i]) != number_of(part, moments[i - 1]);
    return changes;
}

/* What began then.  A new day says more than 00:00. */
static void label(const struct part *part, int64_t ms, char ret_label[FERRY_AXIS_LABEL])
{
    int64_t began = ms;
    if (part->months == 0)
        began = number_of(part, ms) * part->ms + (part->ms > DAY ? FIRST_MONDAY : 0);
    time_t seconds = (time_t)(began / 1000);
    struct tm tm = {0};
    size_t length = 0;
    (void)gmtime_r(&seconds, &tm);
    if (part->months >= 12)
        length = strftime(ret_label, FERRY_AXIS_LABEL, "%Y", &tm);
    else if (part->months > 0)
        length = strftime(ret_label, FERRY_AXIS_LABEL, "%b %Y", &tm);
    else if (began % DAY == 0)
        length = strftime(ret_label, FERRY_AXIS_LABEL, "%e %b", &tm);
    else
        length = strftime(ret_label, FERRY_AXIS_LABEL, "%H:%M", &tm);
    if (length == 0)
        ret_label[0] = '\0';
    else if (ret_label[0] == ' ') /* of a day below 10 */
        memmove(ret_label, ret_label + 1, length);
}

/* Where nothing begins, the first run itself is told: "28 Nov 09:00". */
static size_t mark_first(int64_t moment, size_t place, struct ferry_axis_mark *ret_mark)
{
    time_t seconds = (time_t)(moment / 1000);
    struct tm tm = {0};
    (void)gmtime_r(&seconds, &tm);
    ret_mark->place = place;
    return strftime(ret_mark->label, FERRY_AXIS_LABEL, "%d %b %H:%M", &tm) > 0 ? 1 : 0;
}

size_t ferry_axis_mark_moments(const int64_t *moments, const size_t *places, size_t count,
                               size_t width, struct ferry_axis_mark ret_marks[FERRY_AXIS_MARKS])
{
    const struct part *part = parts;
    size_t found = 0;
    while (part + 1 < parts + PART_COUNT && count_changes(part, moments, count) > FERRY_AXIS_MARKS)
        part++;
    for (size_t i = 1; i < count && found < FERRY_AXIS_MARKS; i++) {
        bool begins = number_of(part, moments[i]) != number_of(part, moments[i - 1]);
        bool is_near =
            found > 0 && (places[i] - ret_marks[found - 1].place) * FERRY_AXIS_MARKS < width;
        bool is_at_end = places[i] * 10 < width || places[i] * 10 > width * 9;
        if (!begins || is_near || is_at_end)
            continue;
        ret_marks[found].place = places[i];
        label(part, moments[i], ret_marks[found].label);
        found++;
    }
    return found > 0 || count == 0 ? found : mark_first(moments[0], places[0], ret_marks);
}
