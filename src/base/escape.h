/* Makes text from outside harmless: control characters, terminal sequences and invalid UTF-8 become
 * visible escapes, and nothing grows without limit. */

#ifndef FERRY_ESCAPE_H
#define FERRY_ESCAPE_H

#include <stddef.h>

#include "base/strbuf.h"

/* Appends `size` bytes for a console or log line: \n \r \t \\xNN for what is not printable UTF-8
 * (C0, DEL, C1, U+2028/2029, bidirectional overrides, malformed bytes).  Cut after `limit` bytes of
 * input at a character's border, with "..." then. */
void ferry_escape_text(struct ferry_strbuf *buffer, const char *data, size_t size, size_t limit);

/* Appends `size` bytes as the inside of a JSON string; malformed UTF-8 becomes U+FFFD. */
void ferry_escape_json(struct ferry_strbuf *buffer, const char *data, size_t size);

/* The length of the well-formed UTF-8 character at `data` (1..4), or 0.  `size` is at least 1. */
size_t ferry_escape_utf8_length(const char *data, size_t size);

#endif
