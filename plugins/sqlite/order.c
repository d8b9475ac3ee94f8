/* SQLite's order of values and the core's: NULL, numbers by value, texts, bytes, the last two byte
 * by byte where they are compared as BINARY.  So what matters is how the cells of a column are
 * stored.
 */

#include "scan.h"

/* Of the types that databases agree on: the core makes no key of others. */
static const bool order_types[] = {
    [FERRY_TYPE_BOOL] = true, [FERRY_TYPE_INT] = true,   [FERRY_TYPE_DECIMAL] = true,
    [FERRY_TYPE_TEXT] = true, [FERRY_TYPE_BYTES] = true, [FERRY_TYPE_DATE] = true,
    [FERRY_TYPE_YEAR] = true, [FERRY_TYPE_ANY] = true,   [FERRY_TYPE_DATETIME] = true,
    [FERRY_TYPE_BIT] = true,  [FERRY_TYPE_ENUM] = true,  [FERRY_TYPE_SET] = true,
    [FERRY_TYPE_UUID] = true, [FERRY_TYPE_INET4] = true, [FERRY_TYPE_INET6] = true,
};

enum order_of {
    ORDER_NONE,   /* another than that of the cells */
    ORDER_VALUES, /* of numbers or bytes */
    ORDER_TEXTS,  /* of texts, as far as the file stores them as UTF-8 */
};

static const enum order_of order_converts[] = {
    [SQLDRV_CONVERT_INT] = ORDER_VALUES,
    [SQLDRV_CONVERT_INT_TEXT] = ORDER_NONE,
    [SQLDRV_CONVERT_INT_REAL] = ORDER_VALUES,
    [SQLDRV_CONVERT_UNSIGNED] = ORDER_VALUES,
    [SQLDRV_CONVERT_UNSIGNED_TEXT] = ORDER_NONE,
    [SQLDRV_CONVERT_UNSIGNED_REAL] = ORDER_NONE, /* no parameter holds each bound of it */
    [SQLDRV_CONVERT_FLOAT] = ORDER_NONE,
    [SQLDRV_CONVERT_DECIMAL] = ORDER_VALUES, /* each double stands for one decimal alone */
    [SQLDRV_CONVERT_DECIMAL_CHECKED] = ORDER_VALUES,
    [SQLDRV_CONVERT_TEXT] = ORDER_TEXTS,
    [SQLDRV_CONVERT_TEXT_BLOB] = ORDER_VALUES,
    [SQLDRV_CONVERT_BYTES] = ORDER_VALUES,
    [SQLDRV_CONVERT_BYTES_TEXT] = ORDER_TEXTS,
    [SQLDRV_CONVERT_ANY] = ORDER_TEXTS,
    [SQLDRV_CONVERT_DECIMAL_NUMBER] = ORDER_VALUES,
    [SQLDRV_CONVERT_TEXT_NO_NUMBER] = ORDER_TEXTS,
};

/* Nothing but ASCII, by the form to which each value is held: its order in UTF-16 is the same. */
static bool order_is_ascii(uint32_t type)
{
    return type == FERRY_TYPE_DATE || type == FERRY_TYPE_DATETIME || type == FERRY_TYPE_UUID;
}

bool sqldrv_order_is_ours(const struct ferry_column *column, enum sqldrv_convert convert,
                          bool loose, bool utf16)
{
    enum order_of order = order_converts[convert];
    if (column->type >= sizeof order_types / sizeof *order_types || !order_types[column->type] ||
        order == ORDER_NONE) {
        return false;
    }
    if (column->type == FERRY_TYPE_DECIMAL && order == ORDER_TEXTS) {
        return false; /* its digits are text */
    }
    return !utf16 || (order == ORDER_VALUES && !loose) || order_is_ascii(column->type);
}

ferry_status sqldrv_order_map(const struct sqldrv_conn *conn, const struct ferry_column *column,
                              enum sqldrv_convert convert, bool loose,
                              struct ferry_mapping *mapping, struct ferry_error *err)
{
    return sqldrv_order_is_ours(column, convert, loose, conn != NULL && conn->utf16)
               ? ferry_mapping_set_ordered(mapping, err)
               : FERRY_OK;
}

bool sqldrv_order_has_texts(enum sqldrv_convert convert, bool loose)
{
    return loose || order_converts[convert] == ORDER_TEXTS;
}

/* Where a column has an affinity for numbers, SQLite stores each in one way. */
bool sqldrv_order_has_ties(enum sqldrv_convert convert, bool loose, enum sqldrv_affinity affinity)
{
    return (loose || convert == SQLDRV_CONVERT_ANY) && affinity == SQLDRV_AFFINITY_NONE;
}
