/* Texts of a character set <-> UTF-8, character by character: what is no character, or would not
 * come back as it was, is told by its place. */

#include "types/codes.h"

#include <endian.h>
#include <string.h>

#define TRANSLATE_NONE UINT32_MAX

#define TRANSLATE_HIGH_BITS UINT64_C(0x8080808080808080)

bool mydrv_translate_is_ascii(const unsigned char *text, size_t size)
{
    size_t at = 0;
    uint64_t all = 0;
    uint64_t word = 0;
    if (size < sizeof word) {
        for (; at < size; at++)
            all |= text[at];
        return (all & TRANSLATE_HIGH_BITS) == 0;
    }
    for (; size - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        all |= word;
    }
    memcpy(&word, text + size - sizeof word, sizeof word);
    return ((all | word) & TRANSLATE_HIGH_BITS) == 0;
}

static char *translate_put(char *room, uint32_t letter)
{
    if (letter < 0x80) {
        *room++ = (char)letter;
        return room;
    }
    if (letter < 0x800) {
        *room++ = (char)(0xc0 | letter >> 6);
    } else if (letter < 0x10000) {
        *room++ = (char)(0xe0 | letter >> 12);
        *room++ = (char)(0x80 | (letter >> 6 & 0x3f));
    } else {
        *room++ = (char)(0xf0 | letter >> 18);
        *room++ = (char)(0x80 | (letter >> 12 & 0x3f));
        *room++ = (char)(0x80 | (letter >> 6 & 0x3f));
    }
    *room++ = (char)(0x80 | (letter & 0x3f));
    return room;
}

/* ---- One character: its letter, and its size in bytes ---- */

/* The bytes 0x80 to 0x9f of latin1; 0: the letter of the same number. */
static const uint16_t translate_windows[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static uint32_t translate_byte(enum mydrv_charset_kind kind, unsigned char byte)
{
    if (byte < 0x80)
        return byte;
    if (kind == MYDRV_CHARSET_ASCII)
        return TRANSLATE_NONE;
    return byte < 0xa0 && translate_windows[byte - 0x80] != 0 ? translate_windows[byte - 0x80]
                                                              : byte;
}

static uint32_t translate_unit(const unsigned char *at, bool little)
{
    return little ? (uint32_t)at[1] << 8 | at[0] : (uint32_t)at[0] << 8 | at[1];
}

static uint32_t translate_utf16(const unsigned char *at, size_t left, enum mydrv_charset_kind kind,
                                size_t *ret_size)
{
    bool little = kind == MYDRV_CHARSET_UTF16LE;
    *ret_size = 2;
    if (left < 2)
        return TRANSLATE_NONE;
    uint32_t first = translate_unit(at, little);
    if ((first & 0xf800) != 0xd800)
        return first;
    uint32_t second = left < 4 ? 0 : translate_unit(at + 2, little);
    if (kind == MYDRV_CHARSET_UCS2 || first >= 0xdc00 || (second & 0xfc00) != 0xdc00)
        return TRANSLATE_NONE;
    *ret_size = 4;
    return 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
}

static uint32_t translate_utf32(const unsigned char *at, size_t left)
{
    if (left < 4)
        return TRANSLATE_NONE;
    uint32_t letter =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
    return letter > 0x10ffff || (letter & 0xfffff800) == 0xd800 ? TRANSLATE_NONE : letter;
}

static bool translate_is_digit(unsigned char byte)
{
    return byte >= 0x30 && byte <= 0x39;
}

/* Four bytes of gb18030: those from 0x90 on are all letters beyond U+FFFF in a row. */
static uint32_t translate_four(const struct mydrv_codes *codes, const unsigned char *at,
                               size_t left)
{
    if (left < 4 || !translate_is_digit(at[3]) || at[2] < 0x81 || at[2] > 0xfe)
        return TRANSLATE_NONE;
    if (at[0] >= 0x81 && at[0] <= 0x84)
        return codes->four[mydrv_codes_linear(at, 0x81)] - 1;
    uint32_t letter = at[0] < 0x90 ? TRANSLATE_NONE : 0x10000 + mydrv_codes_linear(at, 0x90);
    return letter <= 0x10ffff ? letter : TRANSLATE_NONE;
}

/* 0 - 1 of a table is TRANSLATE_NONE. */
static uint32_t translate_code(const struct mydrv_codes *codes, const unsigned char *at,
                               size_t left, size_t *ret_size)
{
    *ret_size = 1;
    if (codes->one[at[0]] != 0 || codes->two == NULL || left < 2)
        return codes->one[at[0]] - 1;
    if (codes->four != NULL && translate_is_digit(at[1])) {
        *ret_size = 4;
        return translate_four(codes, at, left);
    }
    if (codes->three != NULL && at[0] == 0x8f) {
        *ret_size = 3;
        return left < 3 ? TRANSLATE_NONE : codes->three[at[1] << 8 | at[2]] - 1;
    }
    *ret_size = 2;
    return codes->two[at[0] << 8 | at[1]] - 1;
}

static uint32_t translate_next(const struct mydrv_charset *set, const struct mydrv_codes *codes,
                               const unsigned char *at, size_t left, size_t *ret_size)
{
    switch (set->kind) {
    case MYDRV_CHARSET_CODES:
        return translate_code(codes, at, left, ret_size);
    case MYDRV_CHARSET_UCS2:
    case MYDRV_CHARSET_UTF16:
    case MYDRV_CHARSET_UTF16LE:
        return translate_utf16(at, left, set->kind, ret_size);
    case MYDRV_CHARSET_UTF32:
        *ret_size = 4;
        return translate_utf32(at, left);
    case MYDRV_CHARSET_UTF8: /* needs no translation */
    case MYDRV_CHARSET_ASCII:
    case MYDRV_CHARSET_LATIN1:
        break;
    }
    *ret_size = 1;
    return translate_byte(set->kind, *at);
}

/* ---- Texts ---- */

/* latin1 is common and has a letter for each byte: without a decision for most of them. */
static char *translate_latin1_byte(unsigned char byte, char *out)
{
    if (byte >= 0x80 && byte < 0xa0)
        return translate_put(out, translate_byte(MYDRV_CHARSET_LATIN1, byte));
    out[0] = (char)(byte < 0x80 ? byte : 0xc0 | byte >> 6);
    out[1] = (char)(0x80 | (byte & 0x3f)); /* overwritten where the first was all */
    return out + 1 + (byte >> 7);
}

/* Eight bytes at `text`, or those that are left and zeros; of a text that has eight. */
static uint64_t translate_load(const unsigned char *text, const unsigned char *end)
{
    uint64_t word = 0;
    size_t left = (size_t)(end - text);
    memcpy(&word, left >= sizeof word ? text : end - sizeof word, sizeof word);
    word = le64toh(word);
    return left >= sizeof word ? word : word >> (8 * (sizeof word - left));
}

/* Up to eight bytes at once, as far as they are ASCII, and then the one that is not. */
static size_t translate_latin1_text(const unsigned char *text, size_t size, char *room)
{
    const unsigned char *end = text + size;
    char *out = room;
    while (size >= sizeof(uint64_t) && text < end) {
        uint64_t word = translate_load(text, end);
        uint64_t written = htole64(word);
        size_t ascii = (size_t)(end - text) < sizeof word ? (size_t)(end - text) : sizeof word;
        memcpy(out, &written, sizeof written);
        word &= TRANSLATE_HIGH_BITS;
        if (word != 0)
            ascii = (size_t)__builtin_ctzll(word) / 8;
        text += ascii;
        out += ascii;
        if (word != 0)
            out = translate_latin1_byte(*text++, out);
    }
    while (text < end)
        out = translate_latin1_byte(*text++, out);
    return (size_t)(out - room);
}

bool mydrv_translate(const struct mydrv_charset *set, const struct mydrv_codes *codes,
                     const unsigned char *text, size_t size, char *room, size_t *ret_length)
{
    char *out = room;
    if (set->kind == MYDRV_CHARSET_LATIN1) {
        *ret_length = translate_latin1_text(text, size, room);
        return true;
    }
    for (size_t at = 0, step = 1; at < size; at += step) {
        uint32_t letter = translate_next(set, codes, text + at, size - at, &step);
        if (letter == TRANSLATE_NONE) {
            *ret_length = at;
            return false;
        }
        out = translate_put(out, letter);
    }
    *ret_length = (size_t)(out - room);
    return true;
}

/* A letter of valid UTF-8. */
static uint32_t translate_get(const unsigned char **at)
{
    const unsigned char *text = *at;
    uint32_t letter = *text;
    size_t size = letter < 0x80 ? 1 : letter < 0xe0 ? 2 : letter < 0xf0 ? 3 : 4;
    if (size > 1)
        letter &= 0xffu >> (size + 1);
    for (size_t i = 1; i < size; i++)
        letter = letter << 6 | (text[i] & 0x3fu);
    *at = text + size;
    return letter;
}

/* The code of a letter, as a number; TRANSLATE_NONE: the set has none.  No code is as large. */
static uint32_t translate_find(const struct mydrv_codes *codes, uint32_t letter)
{
    if (letter < 0x10000)
        return codes->back[letter] - 1;
    if (codes->four == NULL)
        return TRANSLATE_NONE;
    uint32_t linear = letter - 0x10000;
    return (0x90 + linear / 12600) << 24 | (0x30 + linear / 1260 % 10) << 16 |
           (0x81 + linear / 10 % 126) << 8 | (0x30 + linear % 10);
}

bool mydrv_translate_back(const struct mydrv_codes *codes, const char *text, size_t size,
                          char *room, size_t *ret_length)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    char *out = room;
    while (at < end) {
        uint32_t code = translate_find(codes, translate_get(&at));
        if (code == TRANSLATE_NONE)
            return false;
        for (unsigned shift = code < 0x100       ? 0
                              : code < 0x10000   ? 8
                              : code < 0x1000000 ? 16
                                                 : 24;
             ; shift -= 8) {
            *out++ = (char)(code >> shift & 0xff);
            if (shift == 0)
                break;
        }
    }
    *ret_length = (size_t)(out - room);
    return true;
}
