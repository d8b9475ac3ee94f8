/* Makes text from outside harmless. */

#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t ferry_escape_utf8_length(const char *data, size_t size)
{
    const unsigned char *byte = (const unsigned char *)data;
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] >= 0xC2 && byte[0] <= 0xDF)
        return size >= 2 && is_continuation(byte[1]) ? 2 : 0;
    if ((byte[0] & 0xF0) == 0xE0) {
        if (size < 3 || !is_continuation(byte[1]) || !is_continuation(byte[2]))
            return 0;
        bool overlong = byte[0] == 0xE0 && byte[1] < 0xA0;
        bool surrogate = byte[0] == 0xED && byte[1] >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (byte[0] >= 0xF0 && byte[0] <= 0xF4) {
        if (size < 4 || !is_continuation(byte[1]) || !is_continuation(byte[2]) ||
            !is_continuation(byte[3]))
            return 0;
        bool overlong = byte[0] == 0xF0 && byte[1] < 0x90;
        bool beyond = byte[0] == 0xF4 && byte[1] >= 0x90;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

/* Whether a terminal or a reader of a log could be misled by this character. */
static bool is_harmful(const char *data, size_t length)
{
    const unsigned char *byte = (const unsigned char *)data;
    if (length == 1)
        return byte[0] < 0x20 || byte[0] == 0x7F;
    if (length == 2)
        return byte[0] == 0xC2 && byte[1] < 0xA0; /* C1 */
    if (length != 3 || byte[0] != 0xE2)
        return false;
    bool separator_or_bidi = byte[1] == 0x80 && byte[2] >= 0xA8 && byte[2] <= 0xAE;
    bool isolate = byte[1] == 0x81 && byte[2] >= 0xA6 && byte[2] <= 0xA9;
    return separator_or_bidi || isolate;
}

static void escape_byte(struct ferry_strbuf *buffer, unsigned char byte)
{
    switch (byte) {
    case '\n':
        ferry_strbuf_add(buffer, "\\n");
        break;
    case '\r':
        ferry_strbuf_add(buffer, "\\r");
        break;
    case '\t':
        ferry_strbuf_add(buffer, "\\t");
        break;
    default:
        ferry_strbuf_addf(buffer, "\\x%02X", byte);
    }
}

void ferry_escape_text(struct ferry_strbuf *buffer, const char *data, size_t size, size_t limit)
{
    size_t at = 0;
    while (at < size) {
        size_t length = ferry_escape_utf8_length(data + at, size - at);
        size_t step = length == 0 ? 1 : length;
        if (at + step > limit) {
            ferry_strbuf_add(buffer, "...");
            return;
        }
        if (length == 0 || is_harmful(data + at, length)) {
            for (size_t i = 0; i < step; i++)
                escape_byte(buffer, (unsigned char)data[at + i]);
        } else {
            ferry_strbuf_append(buffer, data + at, length);
        }
        at += step;
    }
}

void ferry_escape_json(struct ferry_strbuf *buffer, const char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = ferry_escape_utf8_length(data + at, size - at);
        if (length == 0) {
            ferry_strbuf_add(buffer, "\xEF\xBF\xBD");
            at++;
            continue;
        }
        unsigned char byte = (unsigned char)data[at];
        if (length == 1 && (byte == '"' || byte == '\\'))
            ferry_strbuf_addf(buffer, "\\%c", byte);
        else if (length == 1 && (byte < 0x20 || byte == 0x7F))
            ferry_strbuf_addf(buffer, "\\u%04x", byte);
        else
            ferry_strbuf_append(buffer, data + at, length);
        at += length;
    }
}
