/* Days are counted in the proleptic Gregorian calendar, as databases do; digits of a decimal are
 * subtracted as on paper, since it may have 65 of them. */

#include "engine/lag.h"

#include <inttypes.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define DATE_LENGTH 10
#define MOMENT_LENGTH 19 /* without a fraction */

/* ---- Moments ---- */

/* Days since 0000-02-29; a year that begins in March has its odd day at its end. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t leap_days = shifted >= 0 ? shifted / 4 - shifted / 100 + shifted / 400 : -1;
    return shifted * 365 + leap_days + (153 * from_march + 2) / 5 + day;
}

/* The day before is tried until it fits: a year is at most one off. */
static void date_of(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
    int64_t year = days / 365, month = 12;
    while (days_of(year, 1, 1) > days)
        year--;
    while (days_of(year + 1, 1, 1) <= days)
        year++;
    while (days_of(year, month, 1) > days)
        month--;
    *ret_year = year;
    *ret_month = month;
    *ret_day = days - days_of(year, month, 1) + 1;
}

static int64_t digits(const char *text, size_t length)
{
    int64_t value = 0;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

static bool is_day(int64_t year, int64_t month, int64_t day)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1] &&
           (month != 2 || day < 29 || leap);
}

/* Of a fraction, thousandths are counted anew, and what is behind them stays. */
static void add_time(struct ferry_strbuf *out, int64_t ms_of_day, const char *fraction)
{
    int64_t seconds = ms_of_day / 1000;
    ferry_strbuf_addf(out, " %02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
                      seconds / 60 % 60, seconds % 60);
    if (fraction[0] == '\0')
        return;
    int64_t part = ms_of_day % 1000;
    const char thousandths[] = {(char)('0' + part / 100), (char)('0' + part / 10 % 10),
                                (char)('0' + part % 10)};
    for (size_t i = 1; fraction[i] != '\0'; i++)
        ferry_strbuf_addf(out, "%s%c", i == 1 ? "." : "",
                          i <= 3 ? thousandths[i - 1] : fraction[i]);
}

/* The first three digits of a fraction. */
static int64_t fraction_ms(const char *fraction)
{
    int64_t ms = 0;
    for (size_t i = 1; i <= 3; i++)
        ms = ms * 10 + (strlen(fraction) > i ? fraction[i] - '0' : 0);
    return ms;
}

static void add_earliest(struct ferry_strbuf *out, const char *text)
{
    for (; *text != '\0'; text++)
        ferry_strbuf_addf(out, "%c", *text >= '0' && *text <= '9' ? '0' : *text);
}

void ferry_lag_add_moment(struct ferry_strbuf *out, const char *text, int64_t ms)
{
    int64_t year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    bool is_date = strlen(text) == DATE_LENGTH;
    const char *fraction = is_date ? "" : text + MOMENT_LENGTH;
    if (!is_day(year, month, day)) {
        add_earliest(out, text);
        return;
    }
    int64_t days = days_of(year, month, day), of_day = 0;
    if (is_date) {
        days -= ms / DAY_MS + (ms % DAY_MS != 0);
    } else {
        of_day = digits(text + 11, 2) * 3600000 + digits(text + 14, 2) * 60000 +
                 digits(text + 17, 2) * 1000 + fraction_ms(fraction) - ms % DAY_MS;
        days -= ms / DAY_MS + (of_day < 0);
        of_day += of_day < 0 ? DAY_MS : 0;
    }
    if (days < days_of(0, 1, 1)) {
        add_earliest(out, text);
        return;
    }
    date_of(days, &year, &month, &day);
    ferry_strbuf_addf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
    if (!is_date)
        add_time(out, of_day, fraction);
}

/* ---- Decimals ---- */

bool ferry_lag_is_decimal(const char *text, uint32_t scale)
{
    const char *at = text + (text[0] == '-' ? 1 : 0);
    size_t whole = strspn(at, "0123456789");
    if (whole == 0 || scale == 0)
        return whole > 0 && at[whole] == '\0';
    return at[whole] == '.' && strspn(at + whole + 1, "0123456789") == scale &&
           at[whole + 1 + scale] == '\0';
}

/* The digits of both, without point and sign, one below the other. */
struct paper {
    struct ferry_strbuf a, b;
};

static void write_down(struct paper *paper, const char *number, uint64_t units)
{
    size_t whole = strspn(number, "0123456789");
    size_t scale = number[whole] == '.' ? strlen(number) - whole - 1 : 0;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(&text, "%" PRIu64, units);
    for (size_t i = text.length; i < whole; i++)
        ferry_strbuf_add(&paper->b, "0");
    for (size_t i = whole; i < text.length; i++)
        ferry_strbuf_add(&paper->a, "0");
    ferry_strbuf_append(&paper->a, number, whole);
    ferry_strbuf_add(&paper->b, ferry_strbuf_text(&text));
    if (scale > 0)
        ferry_strbuf_append(&paper->a, number + whole + 1, scale);
    for (size_t i = 0; i < scale; i++)
        ferry_strbuf_add(&paper->b, "0");
    paper->a.failed = paper->a.failed || paper->b.failed || text.failed;
}

/* a becomes a + b or, where it is not less, a - b; returns what is carried out of it. */
static int count_up(struct paper *paper, bool add)
{
    int carry = 0;
    for (size_t i = paper->a.length; i-- > 0;) {
        int digit = paper->a.data[i] - '0' +
                    (add ? paper->b.data[i] - '0' + carry : '0' - paper->b.data[i] - carry);
        carry = digit < 0 || digit > 9;
        paper->a.data[i] = (char)('0' + (digit + 10) % 10);
    }
    return carry;
}

static void add_digits(struct ferry_strbuf *out, const struct ferry_strbuf *all, size_t scale)
{
    size_t whole = all->length - scale, zeros = 0;
    while (zeros + 1 < whole && all->data[zeros] == '0')
        zeros++;
    ferry_strbuf_append(out, all->data + zeros, whole - zeros);
    if (scale > 0)
        ferry_strbuf_addf(out, ".%s", all->data + whole);
}

void ferry_lag_add_decimal(struct ferry_strbuf *out, const char *text, uint64_t units)
{
    bool negative = text[0] == '-';
    const char *number = text + (negative ? 1 : 0);
    const char *point = strchr(number, '.');
    size_t scale = point == NULL ? 0 : strlen(point) - 1;
    struct paper paper = {0};
    write_down(&paper, number, units);
    if (paper.a.failed) {
        out->failed = true;
    } else {
        bool below = memcmp(paper.a.data, paper.b.data, paper.a.length) < 0;
        if (below) { /* a difference is negative, the other way round; a sum is the same */
            struct ferry_strbuf swapped = paper.a;
            paper.a = paper.b;
            paper.b = swapped;
        }
        int carry = count_up(&paper, negative);
        ferry_strbuf_addf(out, "%s%s", negative || below ? "-" : "", carry != 0 ? "1" : "");
        if (carry != 0) {
            ferry_strbuf_append(out, paper.a.data, paper.a.length - scale);
            ferry_strbuf_addf(out, "%s%s", scale > 0 ? "." : "",
                              paper.a.data + paper.a.length - scale);
        } else {
            add_digits(out, &paper.a, scale);
        }
    }
    ferry_strbuf_done(&paper.a);
    ferry_strbuf_done(&paper.b);
}
