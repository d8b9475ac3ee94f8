/* What is a character, and which are letters: those of UTF-8 wherever the program runs. */

#ifndef FERRY_LETTERS_H
#define FERRY_LETTERS_H

#include <locale.h>

/* From now on the library's functions take the texts of this thread for UTF-8; on a system without
 * such a locale, for ASCII and bytes.  Returns what goes to ferry_letters_leave(). */
locale_t ferry_letters_enter(void);
void ferry_letters_leave(locale_t before);

#endif
