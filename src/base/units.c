/* Two tables of units, and whole numbers alone: nothing is rounded that is read. */

#include "base/units.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

struct unit {
    const char *suffix;
    int64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},
    {"K", INT64_C(1) << 10},
    {"M", INT64_C(1) << 20},
    {"G", INT64_C(1) << 30},
    {"T", INT64_C(1) << 40},
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

/* Reads digits of `base` at *text and moves it behind them; false if there are none or too many.
 * `sign` is 1 or -1: the least integer has no positive twin. */
static bool parse_signed(const char **text, int base, int sign, int64_t *ret_value)
{
    int64_t value = 0;
    const char *at = *text;
    while (*at >= '0' && *at < '0' + base) {
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, sign * (*at - '0'), &value))
            return false;
        at++;
    }
    if (at == *text)
        return false;
    *text = at;
    *ret_value = value;
    return true;
}

static bool parse_digits(const char **text, int base, int64_t *ret_value)
{
    return parse_signed(text, base, 1, ret_value);
}

static bool parse_with_unit(const char *text, const struct unit *units, size_t count, int64_t *ret)
{
    int64_t value;
    if (!parse_digits(&text, 10, &value))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, units[i].suffix) == 0)
            return !__builtin_mul_overflow(value, units[i].factor, ret);
    return false;
}

bool ferry_units_parse_int(const char *text, int64_t *ret_value)
{
    bool negative = *text == '-';
    int64_t value;
    if (negative)
        text++;
    if (!parse_signed(&text, 10, negative ? -1 : 1, &value) || *text != '\0')
        return false;
    *ret_value = value;
    return true;
}

bool ferry_units_parse_size(const char *text, int64_t *ret_bytes)
{
    int64_t value;
    if (!parse_with_unit(text, size_units, sizeof size_units / sizeof size_units[0], &value))
        return false;
    *ret_bytes = value;
    return true;
}

bool ferry_units_parse_duration(const char *text, int64_t *ret_ms)
{
    int64_t value;
    size_t count = sizeof duration_units / sizeof duration_units[0];
    if (!parse_with_unit(text, duration_units, count, &value))
        return false;
    *ret_ms = value;
    return true;
}

bool ferry_units_parse_mode(const char *text, int64_t *ret_mode)
{
    int64_t value;
    if (!parse_digits(&text, 8, &value) || *text != '\0' || value > 0777)
        return false;
    *ret_mode = value;
    return true;
}

bool ferry_units_parse_bool(const char *text, int64_t *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0) {
            *ret_value = (int64_t)(i % 2);
            return true;
        }
    return false;
}

void ferry_units_add_count(struct ferry_strbuf *buffer, uint64_t count)
{
    if (count >= 1000) {
        ferry_units_add_count(buffer, count / 1000);
        ferry_strbuf_addf(buffer, ",%03" PRIu64, count % 1000);
    } else {
        ferry_strbuf_addf(buffer, "%" PRIu64, count);
    }
}

void ferry_units_add_bytes(struct ferry_strbuf *buffer, uint64_t bytes)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1023.95 && unit + 1 < sizeof names / sizeof names[0]) {
        value /= 1024;
        unit++;
    }
    ferry_strbuf_addf(buffer, unit == 0 ? "%.0f %s" : "%.1f %s", value, names[unit]);
}

void ferry_units_add_rate(struct ferry_strbuf *buffer, uint64_t rows, int64_t ms)
{
    double rate = (double)rows * 1000 / (double)(ms > 0 ? ms : 1);
    if (rate >= 999500)
        ferry_strbuf_addf(buffer, "%.2f M rows/s", rate / 1e6);
    else if (rate >= 999.5)
        ferry_strbuf_addf(buffer, "%.1f k rows/s", rate / 1e3);
    else
        ferry_strbuf_addf(buffer, "%.0f rows/s", rate);
}

void ferry_units_add_changes(struct ferry_strbuf *buffer, uint64_t inserted, uint64_t updated,
                             uint64_t deleted)
{
    ferry_units_add_count(buffer, inserted);
    ferry_strbuf_add(buffer, " inserted, ");
    ferry_units_add_count(buffer, updated);
    ferry_strbuf_add(buffer, " updated, ");
    ferry_units_add_count(buffer, deleted);
    ferry_strbuf_add(buffer, " deleted");
}

void ferry_units_add_age(struct ferry_strbuf *buffer, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};
    size_t i = 0;
    ms = ms > 0 ? ms : 0;
    while (i < 3 && ms < 2 * units[i].ms) /* "90 min" says more than "1 h" */
        i++;
    ferry_strbuf_addf(buffer, "%" PRId64 " %s", ms / units[i].ms, units[i].name);
}

void ferry_units_add_duration(struct ferry_strbuf *buffer, int64_t ms)
{
    int64_t seconds = ms / 1000;
    if (ms < 1000)
        ferry_strbuf_addf(buffer, "%" PRId64 " ms", ms);
    else if (seconds < 60)
        ferry_strbuf_addf(buffer, "%" PRId64 ".%" PRId64 " s", seconds, ms % 1000 / 100);
    else if (seconds < 3600)
        ferry_strbuf_addf(buffer, "%" PRId64 " min %02" PRId64 " s", seconds / 60, seconds % 60);
    else if (seconds < INT64_C(48) * 3600)
        ferry_strbuf_addf(buffer, "%" PRId64 " h %02" PRId64 " min", seconds / 3600,
                          seconds % 3600 / 60);
    else
        ferry_strbuf_addf(buffer, "%" PRId64 " d %02" PRId64 " h", seconds / 86400,
                          seconds % 86400 / 3600);
}
