/* How many columns of a terminal a text takes. */

#ifndef FERRY_WIDTH_H
#define FERRY_WIDTH_H

#include <stddef.h>

/* At most so many.  Texts are escaped UTF-8 without control characters. */
size_t ferry_width_of(const char *text);
/* How many bytes of the text fit into so many columns, in whole characters. */
size_t ferry_width_fit(const char *text, size_t columns);

#endif
