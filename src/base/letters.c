/* The C library's own locale of UTF-8, which is made when it is first asked for. */

#include "base/letters.h"

#include <pthread.h>

static locale_t letters; /* (locale_t)0: the system has none */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void)
{
    letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

locale_t ferry_letters_enter(void)
{
    (void)pthread_once(&once, make);
    return uselocale(letters); /* 0 changes nothing */
}

void ferry_letters_leave(locale_t before)
{
    (void)uselocale(before);
}
