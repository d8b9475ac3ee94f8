/* Characters are compared by their small letters, as Unicode has them. */

#include "dbferry/driver.h"

#include <limits.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/letters.h"

#define BEYOND_CHARACTERS 0x110000U

/* The character at `*at`, as a small letter, and goes on behind it; 0 at the end. */
static wint_t next(const char **at)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t size = mbrtowc(&character, *at, strnlen(*at, MB_LEN_MAX) + 1, &state);
    if (size <= MB_LEN_MAX) {
        *at += size;
        return towlower((wint_t)character);
    }
    return BEYOND_CHARACTERS + (unsigned char)*(*at)++;
}

int ferry_fold_compare(const char *one, const char *other)
{
    wint_t left, right;
    locale_t before = ferry_letters_enter();
    do {
        left = next(&one);
        right = next(&other);
    } while (left == right && left != 0);
    ferry_letters_leave(before);
    return (left > right) - (left < right);
}
