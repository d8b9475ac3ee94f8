/* Whether a text is UTF-8. */

#ifndef FERRY_UTF8_H
#define FERRY_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined __SSE2__
#include <emmintrin.h>
#endif

/* How many bytes of the text, from its beginning, are UTF-8: all `length` of them, or those before
 * the first that begins no character.  Surrogates, longer forms than need be and what lies beyond
 * U+10FFFF are no characters. */
size_t ferry_utf8_length(const char *text, size_t length);
/* The same, on every processor. */
size_t ferry_utf8_length_by_letters(const char *text, size_t length);

/* Whether no byte of it has the highest bit: so are most texts.  Here, since every cell of every
 * text comes here and a call would cost more; the ends are read twice rather than byte by byte. */
static inline bool ferry_utf8_is_ascii(const char *text, size_t length)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t all = 0;
    uint64_t word = 0;
    size_t at = 0;
    if (length < sizeof word) {
        for (size_t i = 0; i < length; i++)
            all |= (unsigned char)text[i];
        return (all & high_bits) == 0;
    }
#if defined __SSE2__
    __m128i blocks = _mm_setzero_si128();
    for (; length - at >= sizeof blocks; at += sizeof blocks)
        blocks = _mm_or_si128(blocks, _mm_loadu_si128((const __m128i *)(const void *)(text + at)));
    if (_mm_movemask_epi8(blocks) != 0)
        return false;
#endif
    for (; length - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        all |= word;
    }
    memcpy(&word, text + length - sizeof word, sizeof word);
    return ((all | word) & high_bits) == 0;
}

static inline bool ferry_utf8_is_valid(const char *text, size_t length)
{
    return ferry_utf8_is_ascii(text, length) || ferry_utf8_length(text, length) == length;
}

#endif
