/* Pieces of HTML: text from outside, numbers and moments.  Out of memory shows in the buffer. */

#ifndef FERRY_PAGE_HTML_H
#define FERRY_PAGE_HTML_H

#include <stdint.h>

#include "base/strbuf.h"

#define FERRY_HTML_NONE "\xE2\x80\x93" /* stands for a number that there is not */

/* A text from outside, for an element or for an attribute in quotes: no character of it means
 * anything to a browser, nor is one that HTML forbids left.  Cut after `limit` bytes. */
void ferry_html_add_text(struct ferry_strbuf *html, const char *text, size_t limit);

/* "2026-01-31 23:59:59", in UTC; FERRY_HTML_NONE of a moment that is none. */
void ferry_html_add_moment(struct ferry_strbuf *html, int64_t ms);
/* The same for programs, too: <time datetime="...">2026-01-31 23:59:59</time>. */
void ferry_html_add_time(struct ferry_strbuf *html, int64_t ms);
/* "1,234,567", "1.8 s", "3.4 KiB"; FERRY_HTML_NONE of a negative one. */
void ferry_html_add_count(struct ferry_strbuf *html, int64_t count);
void ferry_html_add_duration(struct ferry_strbuf *html, int64_t ms);
void ferry_html_add_bytes(struct ferry_strbuf *html, int64_t bytes);

#endif
