/* Characters are compared by their small letters, as Unicode has them. */

#include "base/fold.h"

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

#include "base/utf8.h"

/* Without it (a system that lacks the locale) only the letters of ASCII are folded. */
static locale_t letters;

__attribute__((constructor)) static void load_letters(void)
{
    letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static size_t size_of_character(unsigned char first)
{
    return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static wint_t fold(uint32_t character)
{
    bool is_ascii = character < 0x80;
    if (letters != (locale_t)0)
        return towlower_l((wint_t)character, letters);
    return is_ascii && character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
}

/* The character at `*at`, folded, and goes on behind it; 0 at the end. */
static wint_t next(const char **at)
{
    const char *text = *at;
    unsigned char first = (unsigned char)*text;
    size_t size = size_of_character(first);
    if (first == '\0')
        return 0;
    if (strnlen(text, size) < size || ferry_utf8_length(text, size) < size) {
        *at = text + 1;
        return UINT32_C(0x110000) + first; /* beyond all characters */
    }
    uint32_t character = size == 1 ? first : first & (0x7FU >> size);
    for (size_t i = 1; i < size; i++)
        character = character << 6 | ((unsigned char)text[i] & 0x3FU);
    *at = text + size;
    return fold(character);
}

int ferry_fold_compare(const char *one, const char *other)
{
    wint_t left, right;
    do {
        left = next(&one);
        right = next(&other);
    } while (left == right && left != 0);
    return (left > right) - (left < right);
}
