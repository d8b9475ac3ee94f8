/* Whether a text is UTF-8: every cell of every text passes here, so it is done 16 bytes at a time
 * where the processor can (the lookups of Keiser and Lemire, "Validating UTF-8 in less than one
 * instruction per byte"), and by letters elsewhere and to find the place of a flaw. */

#include "base/utf8.h"

#if defined __x86_64__
#include <immintrin.h>
#endif

#define BLOCK ((size_t)16)

/* ---- By letters ---- */

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The size of the character that begins at `at`, of which `room` bytes may be read; 0: none. */
static size_t char_size(const unsigned char *at, size_t room)
{
    unsigned char first = at[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || room < 2 || !is_tail(at[1]))
        return 0;
    if (first < 0xe0)
        return 2;
    if (room < 3 || !is_tail(at[2]))
        return 0;
    if (first < 0xf0) /* not in a longer form, not a surrogate */
        return (first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ? 0 : 3;
    if (first > 0xf4 || room < 4 || !is_tail(at[3]))
        return 0;
    return (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f) ? 0 : 4;
}

size_t ferry_utf8_length_by_letters(const char *text, size_t length)
{
    const unsigned char *begin = (const unsigned char *)text;
    size_t at = 0;
    while (at < length) {
        size_t size = char_size(begin + at, length - at);
        if (size == 0)
            return at;
        at += size;
    }
    return length;
}

/* ---- By blocks ---- */

#if defined __x86_64__

/* What may be wrong with two bytes beside each other; all lookups must agree on one of these. */
#define TOO_SHORT 0x01  /* a lead without its tail */
#define TOO_LONG 0x02   /* ASCII, and then a tail */
#define OVERLONG_3 0x04 /* E0 and less than A0 */
#define TOO_LARGE 0x08  /* beyond F4 8F */
#define SURROGATE 0x10  /* ED and more than 9F */
#define OVERLONG_2 0x20 /* C0, C1 */
#define OVERLONG_4 0x40 /* F0 and less than 90; beyond F4 the same second byte is too large */
#define TWO_TAILS 0x80  /* right only as third or fourth byte */
#define ANY_LOW (TOO_SHORT | TOO_LONG | TWO_TAILS)
#define LARGE_LOW (ANY_LOW | TOO_LARGE | OVERLONG_4)

static const unsigned char first_high[BLOCK] = {
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TOO_LONG,
    TWO_TAILS,
    TWO_TAILS,
    TWO_TAILS,
    TWO_TAILS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | OVERLONG_4,
};
static const unsigned char first_low[BLOCK] = {
    ANY_LOW | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
    ANY_LOW | OVERLONG_2,
    ANY_LOW,
    ANY_LOW,
    ANY_LOW | TOO_LARGE,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW,
    LARGE_LOW | SURROGATE,
    LARGE_LOW,
    LARGE_LOW,
};
static const unsigned char second_high[BLOCK] = {
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_LONG | OVERLONG_2 | TWO_TAILS | OVERLONG_3 | OVERLONG_4,
    TOO_LONG | OVERLONG_2 | TWO_TAILS | OVERLONG_3 | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | TWO_TAILS | SURROGATE | TOO_LARGE,
    TOO_LONG | OVERLONG_2 | TWO_TAILS | SURROGATE | TOO_LARGE,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
    TOO_SHORT,
};

#define LOAD(bytes) _mm_loadu_si128((const __m128i *)(const void *)(bytes))

/* Not 0 where a byte of `now` is wrong behind those before it. */
__attribute__((target("ssse3"))) static inline __m128i block_flaws(__m128i now, __m128i before)
{
    const __m128i low_bits = _mm_set1_epi8(0x0f);
    __m128i one = _mm_alignr_epi8(now, before, 15);
    __m128i two = _mm_alignr_epi8(now, before, 14);
    __m128i three = _mm_alignr_epi8(now, before, 13);
    __m128i high = _mm_and_si128(_mm_srli_epi16(one, 4), low_bits);
    __m128i low = _mm_and_si128(one, low_bits);
    __m128i second = _mm_and_si128(_mm_srli_epi16(now, 4), low_bits);
    __m128i wrong = _mm_and_si128(_mm_and_si128(_mm_shuffle_epi8(LOAD(first_high), high),
                                                _mm_shuffle_epi8(LOAD(first_low), low)),
                                  _mm_shuffle_epi8(LOAD(second_high), second));
    /* The third byte of three or four, and the fourth: two tails are right there, and needed. */
    __m128i needed = _mm_or_si128(_mm_subs_epu8(two, _mm_set1_epi8((char)(0xe0 - 0x80))),
                                  _mm_subs_epu8(three, _mm_set1_epi8((char)(0xf0 - 0x80))));
    return _mm_xor_si128(wrong, _mm_and_si128(needed, _mm_set1_epi8((char)0x80)));
}

/* A text of whole blocks does not end in the middle of a letter. */
static bool is_complete(const unsigned char *end)
{
    return end[-1] < 0xc0 && end[-2] < 0xe0 && end[-3] < 0xf0;
}

/* Indices that move the last bytes of a block to its beginning, with zeros behind them. */
static const unsigned char to_front[2 * BLOCK] = {
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
};

/* Of half a block or more, but less than one: its bytes, and zeros. */
static __m128i load_short(const char *text, size_t length)
{
    uint64_t first = 0;
    uint64_t last = 0;
    memcpy(&first, text, sizeof first);
    memcpy(&last, text + length - sizeof last, sizeof last);
    size_t twice = 2 * sizeof last - length; /* bytes that are in both */
    last = twice == sizeof last ? 0 : last >> (8 * twice);
    return _mm_set_epi64x((int64_t)last, (int64_t)first);
}

/* Of half a block or more. */
__attribute__((target("ssse3"))) static bool is_valid_by_blocks(const char *text, size_t length)
{
    const char *end = text + length;
    const char *at = text;
    __m128i before = _mm_setzero_si128();
    __m128i flaws = _mm_setzero_si128();
    if (length < BLOCK) {
        flaws = block_flaws(load_short(text, length), before);
        return _mm_movemask_epi8(_mm_cmpeq_epi8(flaws, _mm_setzero_si128())) == 0xffff;
    }
    for (; (size_t)(end - at) >= BLOCK; at += BLOCK) {
        __m128i now = LOAD(at);
        flaws = _mm_or_si128(flaws, block_flaws(now, before));
        before = now;
    }
    if (at < end) {
        __m128i rest =
            _mm_shuffle_epi8(LOAD(end - BLOCK), LOAD(to_front + BLOCK - (size_t)(end - at)));
        flaws = _mm_or_si128(flaws, block_flaws(rest, before));
    }
    return _mm_movemask_epi8(_mm_cmpeq_epi8(flaws, _mm_setzero_si128())) == 0xffff &&
           (at < end || is_complete((const unsigned char *)end));
}

static bool has_blocks(void)
{
    return __builtin_cpu_supports("ssse3") != 0;
}

#else

static bool is_valid_by_blocks(const char *text, size_t length)
{
    return ferry_utf8_length_by_letters(text, length) == length;
}

static bool has_blocks(void)
{
    return false;
}

#endif

size_t ferry_utf8_length(const char *text, size_t length)
{
    if (length >= BLOCK / 2 && has_blocks() && is_valid_by_blocks(text, length))
        return length;
    return ferry_utf8_length_by_letters(text, length);
}
