/* Texts of a file that stores them as UTF-16: SQLite makes some other letter of the half of one. */

#include "values.h"

#include <stdlib.h>
#include <string.h>

int sqldrv_utf16_order(sqlite3 *db, enum sqldrv_order *ret_order)
{
    char *encoding = NULL;
    int rc = sqldrv_query_text(db, &encoding, "PRAGMA encoding");
    if (rc == SQLITE_OK) {
        *ret_order = encoding == NULL                    ? SQLDRV_ORDER_NONE
                     : strcmp(encoding, "UTF-16le") == 0 ? SQLDRV_ORDER_LITTLE
                     : strcmp(encoding, "UTF-16be") == 0 ? SQLDRV_ORDER_BIG
                                                         : SQLDRV_ORDER_NONE;
    }
    free(encoding);
    return rc;
}

/* The order of calls matters: neither turns the text into UTF-8. */
const unsigned char *sqldrv_utf16_bytes(sqlite3_value *value, size_t *ret_size)
{
    int size = sqlite3_value_bytes16(value);
    const void *data = sqlite3_value_blob(value);
    *ret_size = size > 0 && data != NULL ? (size_t)size : 0;
    return data;
}

bool sqldrv_utf16_is_whole(const unsigned char *text, size_t size, enum sqldrv_order order)
{
    size_t high = order == SQLDRV_ORDER_BIG ? 0 : 1; /* of two bytes */
    bool half = false;
    for (size_t at = high; at < size; at += 2) {
        bool leads = (text[at] & 0xfc) == 0xd8;
        bool follows = (text[at] & 0xfc) == 0xdc;
        if (half != follows) {
            return false;
        }
        half = leads;
    }
    return !half && size % 2 == 0;
}
