/* fnmatch(3), with the characters of UTF-8. */

#include "base/glob.h"

#include <fnmatch.h>

#include "base/letters.h"

bool ferry_glob_fits(const char *pattern, const char *name)
{
    locale_t before = ferry_letters_enter();
    bool fits = fnmatch(pattern, name, 0) == 0;
    ferry_letters_leave(before);
    return fits;
}
