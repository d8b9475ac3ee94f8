/* In which order a server puts the values of a column, and which expression has the one that is the
 * same everywhere: texts by the bytes of their UTF-8.
 */

#include "types/native.h"
#include "types/types.h"

#include <string.h>

/* The one collation by which texts of variable length are compared byte by byte, so that an index
 * on the column is in that order.  (utf8mb4_bin pads: a tab comes before the end.  MariaDB's
 * utf8mb4_nopad_bin does not; but a sort by it takes a NUL at the end for nothing.) */
static bool order_is_of_bytes(const char *collation)
{
    return collation != NULL && strcmp(collation, "utf8mb4_0900_bin") == 0;
}

static bool order_is_utf8(const char *charset)
{
    return charset != NULL && (strncmp(charset, "utf8", 4) == 0 || strcmp(charset, "ascii") == 0);
}

static enum mydrv_order order_of_text(const struct ferry_column *column)
{
    bool varies = (column->flags & FERRY_COLUMN_FIXED) == 0;
    if (varies && column->type == FERRY_TYPE_TEXT && order_is_of_bytes(column->collation))
        return MYDRV_ORDER_ITSELF;
    return (column->flags & FERRY_COLUMN_RAW) != 0 || order_is_utf8(column->charset)
               ? MYDRV_ORDER_BYTES
               : MYDRV_ORDER_TEXT;
}

enum mydrv_order mydrv_order_of(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
    case FERRY_TYPE_DECIMAL:
    case FERRY_TYPE_YEAR:
    case FERRY_TYPE_BIT:
    case FERRY_TYPE_DATE:
    case FERRY_TYPE_DATETIME:
        return MYDRV_ORDER_ITSELF;
    case FERRY_TYPE_BYTES:
        return (column->flags & FERRY_COLUMN_RAW) != 0 ? MYDRV_ORDER_BYTES : MYDRV_ORDER_ITSELF;
    case FERRY_TYPE_TEXT:
    case FERRY_TYPE_ENUM:
    case FERRY_TYPE_SET:
        return order_of_text(column);
    case FERRY_TYPE_UUID: /* MariaDB sorts some by their time */
    case FERRY_TYPE_INET4:
    case FERRY_TYPE_INET6:
        return MYDRV_ORDER_TEXT;
    default:
        return MYDRV_ORDER_NONE;
    }
}

bool mydrv_order_has_fixed_zone(const struct mydrv_conn *conn)
{
    return conn->utc ||
           (conn->time_zone != NULL && (*conn->time_zone == '+' || *conn->time_zone == '-'));
}

/* A TIMESTAMP is sorted as an instant and read as a local time, of which some come twice where
 * clocks are set back. */
uint32_t mydrv_order_flags(const struct mydrv_conn *conn, const struct ferry_column *column)
{
    enum mydrv_order order = mydrv_order_of(column);
    bool instant = column->type == FERRY_TYPE_DATETIME && column->native != NULL &&
                   strncmp(column->native, "timestamp", 9) == 0;
    if (order == MYDRV_ORDER_NONE || (instant && !mydrv_order_has_fixed_zone(conn)))
        return 0;
    return order == MYDRV_ORDER_ITSELF ? FERRY_COLUMN_ORDERED | FERRY_COLUMN_INDEX_ORDERED
                                       : FERRY_COLUMN_ORDERED;
}

/* ---- What is stored ---- */

static bool order_is_text(enum mydrv_kind kind)
{
    return kind == MYDRV_KIND_CHAR || kind == MYDRV_KIND_TEXT || kind == MYDRV_KIND_ENUM ||
           kind == MYDRV_KIND_SET || kind == MYDRV_KIND_UUID || kind == MYDRV_KIND_INET4 ||
           kind == MYDRV_KIND_INET6;
}

/* Where a column is stored as one of another kind, since the job wishes it so, its values are
 * sorted in another way than those of the source. */
enum mydrv_order mydrv_order_stored(const struct mydrv_type *type,
                                    const struct ferry_column *source)
{
    bool alike = false;
    switch (source->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
    case FERRY_TYPE_YEAR:
    case FERRY_TYPE_BIT:
        alike = type->kind == MYDRV_KIND_INT || type->kind == MYDRV_KIND_YEAR ||
                type->kind == MYDRV_KIND_BIT;
        break;
    case FERRY_TYPE_DECIMAL:
        alike = type->kind == MYDRV_KIND_DECIMAL;
        break;
    case FERRY_TYPE_DATE:
        alike = type->kind == MYDRV_KIND_DATE;
        break;
    case FERRY_TYPE_DATETIME:
        alike = type->kind == MYDRV_KIND_DATETIME || type->kind == MYDRV_KIND_TIMESTAMP;
        break;
    case FERRY_TYPE_BYTES:
        alike = type->kind == MYDRV_KIND_BINARY || type->kind == MYDRV_KIND_BYTES;
        break;
    case FERRY_TYPE_TEXT:
    case FERRY_TYPE_ENUM:
    case FERRY_TYPE_SET:
    case FERRY_TYPE_UUID:
    case FERRY_TYPE_INET4:
    case FERRY_TYPE_INET6:
        if (!order_is_text(type->kind))
            return MYDRV_ORDER_NONE;
        return (source->flags & FERRY_COLUMN_RAW) != 0 ? MYDRV_ORDER_BYTES : MYDRV_ORDER_TEXT;
    default:
        break;
    }
    return alike ? MYDRV_ORDER_ITSELF : MYDRV_ORDER_NONE;
}
