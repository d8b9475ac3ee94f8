/* No table of widths: characters of three bytes and more may be as wide as two letters, so they
 * count as if they were. */

#include "base/width.h"

/* The length of the character at `text`, and its columns. */
static size_t step(const char *text, size_t *ret_columns)
{
    size_t length = 1;
    *ret_columns = (unsigned char)text[0] >= 0xE0 ? 2 : 1;
    while (((unsigned char)text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

size_t ferry_width_of(const char *text)
{
    size_t columns = 0, width = 0;
    for (; *text != '\0'; columns += width)
        text += step(text, &width);
    return columns;
}

size_t ferry_width_fit(const char *text, size_t columns)
{
    size_t length = 0, width = 0;
    while (text[length] != '\0') {
        size_t size = step(text + length, &width);
        if (width > columns)
            break;
        columns -= width;
        length += size;
    }
    return length;
}
