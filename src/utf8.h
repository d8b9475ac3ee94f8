/* Whether a text is UTF-8. */

#ifndef FERRY_UTF8_H
#define FERRY_UTF8_H

#include <stddef.h>

/* How many bytes of the text, from its beginning, are UTF-8: all `length` of them, or those before
 * the first that begins no character.  Surrogates, longer forms than need be and what lies beyond
 * U+10FFFF are no characters. */
size_t ferry_utf8_length(const char *text, size_t length);
/* The same, on every processor. */
size_t ferry_utf8_length_by_letters(const char *text, size_t length);

#endif
