/* Text is made harmless for people first (base/escape), and then for browsers. */

#include "report/page_html.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/units.h"

/* What UTF-8 can spell but no text may have: U+FDD0 to U+FDEF, and the last two of each plane. */
static bool is_noncharacter(const char *data, size_t length)
{
    const unsigned char *byte = (const unsigned char *)data;
    if (length < 3)
        return false;
    if (length == 3 && byte[0] == 0xEF && byte[1] == 0xB7)
        return byte[2] >= 0x90 && byte[2] <= 0xAF;
    bool ends_plane = length == 3 ? byte[0] == 0xEF && byte[1] == 0xBF
                                  : (byte[1] & 0x0F) == 0x0F && byte[2] == 0xBF;
    return ends_plane && byte[length - 1] >= 0xBE;
}

static const char *entity_of(char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void ferry_html_add_text(struct ferry_strbuf *html, const char *text, size_t limit)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_escape_text(&safe, text, strlen(text), limit);
    const char *data = ferry_strbuf_text(&safe);
    size_t length = 0;
    html->failed = html->failed || safe.failed;
    for (size_t at = 0; at < safe.length; at += length) {
        const char *entity = entity_of(data[at]);
        length = ferry_escape_utf8_length(data + at, safe.length - at); /* never 0 of such a text */
        if (entity != NULL)
            ferry_strbuf_add(html, entity);
        else if (is_noncharacter(data + at, length))
            ferry_strbuf_add(html, "\xEF\xBF\xBD");
        else
            ferry_strbuf_append(html, data + at, length);
    }
}

static bool spell(int64_t ms, char ret_moment[FERRY_CLOCK_TEXT])
{
    ret_moment[0] = '\0';
    if (ms >= 0)
        ferry_clock_print(ms, ret_moment);
    return ret_moment[0] != '\0';
}

void ferry_html_add_moment(struct ferry_strbuf *html, int64_t ms)
{
    char moment[FERRY_CLOCK_TEXT];
    if (spell(ms, moment))
        ferry_strbuf_addf(html, "%.10s %.8s", moment, moment + 11);
    else
        ferry_strbuf_add(html, FERRY_HTML_NONE);
}

void ferry_html_add_time(struct ferry_strbuf *html, int64_t ms)
{
    char moment[FERRY_CLOCK_TEXT];
    if (spell(ms, moment))
        ferry_strbuf_addf(html, "<time datetime=\"%s\">%.10s %.8s</time>", moment, moment,
                          moment + 11);
    else
        ferry_strbuf_add(html, FERRY_HTML_NONE);
}

void ferry_html_add_count(struct ferry_strbuf *html, int64_t count)
{
    if (count < 0)
        ferry_strbuf_add(html, FERRY_HTML_NONE);
    else
        ferry_units_add_count(html, (uint64_t)count);
}

void ferry_html_add_duration(struct ferry_strbuf *html, int64_t ms)
{
    if (ms < 0)
        ferry_strbuf_add(html, FERRY_HTML_NONE);
    else
        ferry_units_add_duration(html, ms);
}

void ferry_html_add_bytes(struct ferry_strbuf *html, int64_t bytes)
{
    if (bytes < 0)
        ferry_strbuf_add(html, FERRY_HTML_NONE);
    else
        ferry_units_add_bytes(html, (uint64_t)bytes);
}
