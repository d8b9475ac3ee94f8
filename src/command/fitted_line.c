/* The least is worth `least`: all parts below that are left out, and those are as few as will do.
 */

#include "command/fitted_line.h"

#include <limits.h>

#include "base/width.h"

#define BETWEEN "  "

struct ferry_strbuf *ferry_fitted_line_part(struct ferry_fitted_line *line, unsigned worth)
{
    size_t at = line->count < FERRY_FITTED_PARTS ? line->count++ : FERRY_FITTED_PARTS - 1;
    line->parts[at].worth = worth;
    return &line->parts[at].text;
}

static bool is_there(const struct ferry_fitted_line *line, size_t i, unsigned least)
{
    return line->parts[i].text.length > 0 && line->parts[i].worth >= least;
}

static size_t width_of(const struct ferry_fitted_line *line, unsigned least)
{
    size_t width = 0;
    for (size_t i = 0; i < line->count; i++)
        if (is_there(line, i, least))
            width += (width > 0 ? sizeof BETWEEN - 1 : 0) +
                     ferry_width_of(ferry_strbuf_text(&line->parts[i].text));
    return width;
}

/* The next higher worth of a part; `least` where that is the last. */
static unsigned next_worth(const struct ferry_fitted_line *line, unsigned least)
{
    unsigned next = UINT_MAX;
    for (size_t i = 0; i < line->count; i++)
        if (is_there(line, i, least) && line->parts[i].worth > least && line->parts[i].worth < next)
            next = line->parts[i].worth;
    return next == UINT_MAX ? least : next;
}

void ferry_fitted_line_write(const struct ferry_fitted_line *line, size_t columns,
                             struct ferry_strbuf *text)
{
    const char *between = "";
    unsigned least = 0;
    while (width_of(line, least) > columns && next_worth(line, least) > least)
        least = next_worth(line, least);
    for (size_t i = 0; i < line->count; i++)
        if (is_there(line, i, least)) {
            ferry_strbuf_add(text, between);
            ferry_strbuf_add(text, ferry_strbuf_text(&line->parts[i].text));
            between = BETWEEN;
        }
}

void ferry_fitted_line_done(struct ferry_fitted_line *line)
{
    for (size_t i = 0; i < line->count; i++)
        ferry_strbuf_done(&line->parts[i].text);
    line->count = 0;
}
