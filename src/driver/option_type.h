/* The types of options: how each is written, parsed and kept. */

#ifndef FERRY_OPTION_TYPE_H
#define FERRY_OPTION_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/option.h"

/* Where a value is kept in struct ferry_option_value.  LIST: in the one of its lists that the type
 * names. */
enum ferry_option_store { FERRY_STORE_TEXT, FERRY_STORE_NUMBER, FERRY_STORE_LIST };

struct ferry_option_type {
    uint32_t type;
    const char *name;
    enum ferry_option_store storage;
    bool (*parse)(const char *text, int64_t *ret_value); /* of a text, for numbers */
    bool bare_in_file;   /* stands in the file without quotes, as the parser's own type */
    const char *example; /* of a value, as it stands in the file */
    const char *expected;
};

/* The row of a FERRY_OPTION_ number, or NULL. */
const struct ferry_option_type *ferry_option_type(uint32_t type);
/* The place of `text` in "a|b|c", from 0; -1 if it is none of them. */
ptrdiff_t ferry_option_choice_place(const char *choices, const char *text);
bool ferry_option_choice_is_known(const char *choices, const char *text);

#endif
