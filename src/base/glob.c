/* fnmatch(3), in a locale whose characters are those of UTF-8 wherever the program runs. */

#include "base/glob.h"

#include <fnmatch.h>
#include <locale.h>

bool ferry_glob_fits(const char *pattern, const char *name)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 == (locale_t)0 ? (locale_t)0 : uselocale(utf8);
    bool fits = fnmatch(pattern, name, 0) == 0;
    if (utf8 != (locale_t)0) { /* else `?` is a byte */
        (void)uselocale(before);
        freelocale(utf8);
    }
    return fits;
}
