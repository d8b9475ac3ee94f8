/* Texts from the manager's wide characters, which are UTF-16 in the byte order of the machine. */

#include "read/decode.h"

#include <string.h>

_Static_assert(sizeof(SQLWCHAR) == 2, "the manager is built with characters of two bytes");

#define HIGH_FIRST 0xd800u
#define LOW_FIRST 0xdc00u
#define LOW_LAST 0xdfffu

static inline uint32_t utf16_unit(const char *data, size_t i)
{
    uint16_t unit;
    memcpy(&unit, data + 2 * i, sizeof unit);
    return unit;
}

static inline bool utf16_is_pair(const char *data, size_t i, size_t units)
{
    uint32_t unit = utf16_unit(data, i);
    return unit >= HIGH_FIRST && unit < LOW_FIRST && i + 1 < units &&
           utf16_unit(data, i + 1) >= LOW_FIRST && utf16_unit(data, i + 1) <= LOW_LAST;
}

const char *odrv_utf16_measure(const char *data, size_t size, size_t *ret_size)
{
    size_t units = size / 2, bytes = 0;
    if (size % 2 != 0)
        return "the text ends within a letter";
    for (size_t i = 0; i < units; i++) {
        uint32_t unit = utf16_unit(data, i);
        if (unit < 0x80) {
            bytes++;
        } else if (unit < 0x800) {
            bytes += 2;
        } else if (unit < HIGH_FIRST || unit > LOW_LAST) {
            bytes += 3;
        } else if (utf16_is_pair(data, i, units)) {
            bytes += 4;
            i++;
        } else {
            return "the text has half a letter (a surrogate alone), which UTF-8 cannot hold";
        }
    }
    *ret_size = bytes;
    return NULL;
}

void odrv_utf16_convert(const char *data, size_t size, char *text)
{
    size_t units = size / 2;
    unsigned char *at = (unsigned char *)text;
    for (size_t i = 0; i < units; i++) {
        uint32_t code = utf16_unit(data, i);
        if (code < 0x80) {
            *at++ = (unsigned char)code;
            continue;
        }
        if (code < 0x800) {
            *at++ = (unsigned char)(0xc0 | code >> 6);
            *at++ = (unsigned char)(0x80 | (code & 0x3f));
            continue;
        }
        if (code >= HIGH_FIRST && code <= LOW_LAST) {
            code = 0x10000 + ((code - HIGH_FIRST) << 10) + (utf16_unit(data, ++i) - LOW_FIRST);
            *at++ = (unsigned char)(0xf0 | code >> 18);
            *at++ = (unsigned char)(0x80 | (code >> 12 & 0x3f));
        } else {
            *at++ = (unsigned char)(0xe0 | code >> 12);
        }
        *at++ = (unsigned char)(0x80 | (code >> 6 & 0x3f));
        *at++ = (unsigned char)(0x80 | (code & 0x3f));
    }
}
