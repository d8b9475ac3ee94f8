/* Dates and times: texts of one form, with as many digits behind the second as the column has. */

#include "parts/printed.h"

#include <string.h>

#define FLAW_DATE                                                                                  \
    "the value is no date of the years 0000 to 9999 (an infinite one, or one before Christ?)"
#define FLAW_TIME "the value is no time up to 838:59:59"
#define FLAW_FRACTION "the value has more digits behind the second than its column tells of"

#define HOURS_MOST 838

/* Whether the text begins with this form, in which '0' stands for a digit. */
static bool moment_fits(const char *data, size_t size, const char *form)
{
    size_t length = strlen(form);
    if (size < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool digit = data[i] >= '0' && data[i] <= '9';
        bool blank = form[i] == ' ' && data[i] == 'T';
        if (form[i] == '0' ? !digit : data[i] != form[i] && !blank)
            return false;
    }
    return true;
}

/* Behind the hours of [-]HH:MM:SS, with at least two digits; 0 where there are none. */
static size_t moment_hours(const char *data, size_t size)
{
    size_t at = size > 0 && data[0] == '-', hours = 0, first = at;
    for (; at < size && data[at] >= '0' && data[at] <= '9'; at++) {
        hours = hours * 10 + (size_t)(data[at] - '0');
        if (hours > HOURS_MOST)
            return 0;
    }
    return at - first >= 2 ? at : 0;
}

/* What stands before a fraction; 0 where the text has not the form of its type. */
static size_t moment_whole(enum part_moment moment, const char *data, size_t size)
{
    static const char date[] = "0000-00-00", datetime[] = "0000-00-00 00:00:00", rest[] = ":00:00";
    size_t hours;
    switch (moment) {
    case PART_DATE:
        return moment_fits(data, size, date) ? sizeof date - 1 : 0;
    case PART_DATETIME:
        return moment_fits(data, size, datetime) ? sizeof datetime - 1 : 0;
    default:
        hours = moment_hours(data, size);
        return hours > 0 && moment_fits(data + hours, size - hours, rest) ? hours + sizeof rest - 1
                                                                          : 0;
    }
}

const char *part_printed_moment(enum part_moment moment, uint32_t scale, const char *data,
                                size_t size, struct ferry_batch *batch, struct ferry_cell *cell)
{
    const char *flaw = moment == PART_TIME ? FLAW_TIME : FLAW_DATE;
    size_t whole = moment_whole(moment, data, size);
    if (whole == 0 || (whole < size && (data[whole] != '.' || moment == PART_DATE)))
        return flaw;
    const char *fraction = data + whole + (whole < size);
    size_t digits = (size_t)(data + size - fraction);
    while (digits > scale && fraction[digits - 1] == '0')
        digits--;
    for (size_t i = 0; i < digits; i++)
        if (fraction[i] < '0' || fraction[i] > '9')
            return flaw;
    if (digits > scale)
        return FLAW_FRACTION;
    char *text = ferry_batch_bytes(batch, whole + scale + 1);
    if (text == NULL)
        return part_no_memory;
    char *at = mempcpy(text, data, whole);
    if (moment == PART_DATETIME)
        text[10] = ' ';
    at = part_printed_put_fraction(at, fraction, digits, scale);
    cell->v.p = text;
    cell->len = (uint32_t)(at - text);
    return NULL;
}
