/* What a scan asks for, as the end of a SELECT: bounds and order. */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define SCAN_KEY_MOST UINT64_C(65536) /* bytes of one value that a sort is given room for ... */
#define SCAN_KEY_MOST_FILLED UINT64_C(16384) /* ... by servers that fill each up to that */
#define SCAN_SORT_LONG (UINT64_C(32) << 20)  /* bytes of memory for rows that may be long */
#define SCAN_MARIADB_PACKS 100502            /* versions since which keys take what they need */
#define SCAN_MYSQL_PACKS 80000
#define SCAN_LITERAL_MOST 96
#define SCAN_UTF8_BYTES 4 /* of a character, at most */

void mydrv_scan_write_name(const char *name, struct part_text *sql)
{
    part_text_add(sql, MYDRV_SCAN_ALIAS ".");
    mydrv_text_add_name(sql, name);
}

/* ---- Bounds ---- */

/* Letters that no literal needs do not get into a statement. */
static bool scan_is_made_of(const struct ferry_cell *cell, const char *letters)
{
    for (uint32_t i = 0; i < cell->len; i++)
        if (cell->v.p[i] == '\0' || strchr(letters, cell->v.p[i]) == NULL)
            return false;
    return cell->len > 0 && cell->len <= SCAN_LITERAL_MOST;
}

static bool scan_write_quoted(const char *type, const struct ferry_cell *cell,
                              struct part_text *sql)
{
    if (!scan_is_made_of(cell, "0123456789-: ."))
        return false;
    part_text_addf(sql, "%s'%.*s'", type, (int)cell->len, cell->v.p);
    return true;
}

/* A literal that has its type in itself, so that no setting of the session changes what it means.
 */
static bool scan_write_literal(const struct ferry_column *column, const struct ferry_cell *cell,
                               struct part_text *sql)
{
    switch (column->type) {
    case FERRY_TYPE_BOOL:
    case FERRY_TYPE_INT:
        if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0)
            part_text_addf(sql, "%" PRIu64, cell->v.u);
        else
            part_text_addf(sql, "%" PRId64, cell->v.i);
        return true;
    case FERRY_TYPE_DECIMAL:
        if (!scan_is_made_of(cell, "0123456789-."))
            return false;
        part_text_append(sql, cell->v.p, cell->len);
        return true;
    case FERRY_TYPE_DATE:
        return scan_write_quoted("DATE", cell, sql);
    case FERRY_TYPE_DATETIME:
        return scan_write_quoted("TIMESTAMP", cell, sql);
    default:
        return false;
    }
}

static bool scan_write_bound(const struct ferry_column *column, const struct ferry_bound *bound,
                             struct part_text *sql)
{
    static const char *const signs[] = {
        [FERRY_BOUND_AT_LEAST] = " >= ",
        [FERRY_BOUND_ABOVE] = " > ",
        [FERRY_BOUND_AT_MOST] = " <= ",
        [FERRY_BOUND_BELOW] = " < ",
    };
    if (bound->kind >= sizeof signs / sizeof *signs || signs[bound->kind] == NULL)
        return false;
    part_text_add(sql, "(");
    mydrv_scan_write_name(column->name, sql);
    part_text_add(sql, signs[bound->kind]);
    if (!scan_write_literal(column, bound->cell, sql))
        return false;
    if (bound->or_null != 0) {
        part_text_add(sql, " OR ");
        mydrv_scan_write_name(column->name, sql);
        part_text_add(sql, " IS NULL");
    }
    part_text_add(sql, ")");
    return true;
}

/* ---- Order ---- */

static void scan_write_order(const char *name, enum mydrv_order order, struct part_text *sql)
{
    static const char *const parts[][2] = {
        [MYDRV_ORDER_NONE] = {"", ""},
        [MYDRV_ORDER_ITSELF] = {"", ""},
        [MYDRV_ORDER_NUMBER] = {"CAST(", " AS UNSIGNED)"},
        [MYDRV_ORDER_BYTES] = {"CAST(", " AS BINARY)"},
        [MYDRV_ORDER_TEXT] = {"CAST(CONVERT(", " USING utf8mb4) AS BINARY)"},
    };
    part_text_add(sql, parts[order][0]);
    mydrv_scan_write_name(name, sql);
    part_text_add(sql, parts[order][1]);
}

static ferry_status scan_fail(const struct mydrv_conn *conn, const struct ferry_column *column,
                              const char *what, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: column '%s' cannot be %s", conn->label,
                      column->name, what);
}

ferry_status mydrv_scan_write(const struct mydrv_conn *conn, const struct ferry_scan *scan,
                              const struct ferry_schema *schema, const enum mydrv_order *orders,
                              struct part_text *sql, struct ferry_error *err)
{
    for (size_t i = 0; i < scan->bound_count; i++) {
        const struct ferry_column *column = ferry_schema_column(schema, scan->bounds[i]->column);
        part_text_add(sql, i == 0 ? " WHERE " : " AND ");
        if (!scan_write_bound(column, scan->bounds[i], sql))
            return scan_fail(conn, column, "held against such a bound", err);
    }
    for (size_t i = 0; i < scan->order_count; i++) {
        const struct ferry_column *column = ferry_schema_column(schema, scan->order[i]);
        if (orders[scan->order[i]] == MYDRV_ORDER_NONE)
            return scan_fail(conn, column, "put in order", err);
        part_text_add(sql, i == 0 ? " ORDER BY " : ", ");
        scan_write_order(column->name, orders[scan->order[i]], sql);
    }
    return sql->failed ? mydrv_fail_memory(err) : FERRY_OK;
}

/* ---- Room for a sort ---- */

/* The bytes that values of the column may have, as they are sorted; 0: they have none, or too
 * many. */
static uint64_t scan_key_bytes(const struct mydrv_conn *conn, const struct ferry_column *column)
{
    bool packs = conn->version >= (conn->mariadb ? SCAN_MARIADB_PACKS : SCAN_MYSQL_PACKS);
    uint64_t most = column->length;
    if (column->type != FERRY_TYPE_TEXT && column->type != FERRY_TYPE_BYTES &&
        column->type != FERRY_TYPE_ENUM && column->type != FERRY_TYPE_SET)
        return 0;
    if (column->type != FERRY_TYPE_BYTES && most <= SCAN_KEY_MOST)
        most *= SCAN_UTF8_BYTES;
    if (packs)
        return most == 0 || most > SCAN_KEY_MOST ? SCAN_KEY_MOST : most;
    return most > SCAN_KEY_MOST_FILLED ? 0 : most;
}

/* A server compares no more than max_sort_length bytes of a text and leaves those in any order
 * that are the same up to there.  The core finds that out by the rows; here it is kept from
 * happening, as far as it costs little: memory for a few dozens of such keys and, of servers that
 * fill each of them up, room in the files of a sort. */
ferry_status mydrv_scan_make_room(struct mydrv_conn *conn, const struct ferry_scan *scan,
                                  const struct ferry_schema *schema, struct ferry_error *err)
{
    enum { USUAL = 1024, ROWS = 64 };
    uint64_t most = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < scan->order_count; i++) {
        uint64_t bytes = scan_key_bytes(conn, ferry_schema_column(schema, scan->order[i]));
        most = bytes > most ? bytes : most;
        sum += bytes;
    }
    if (most <= USUAL)
        return FERRY_OK;
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t memory = most < SCAN_KEY_MOST ? (sum + 64) * ROWS : SCAN_SORT_LONG;
    part_text_addf(&sql,
                   "SET SESSION max_sort_length = CAST(GREATEST(@@SESSION.max_sort_length, "
                   "%" PRIu64 ") AS UNSIGNED), sort_buffer_size = "
                   "CAST(GREATEST(@@SESSION.sort_buffer_size, %" PRIu64 ") AS UNSIGNED)",
                   most + 8, memory);
    if (sql.failed)
        return mydrv_fail_memory(err);
    return mysql_real_query(conn->native, sql.data, sql.length) == 0
               ? FERRY_OK
               : mydrv_fail_conn(conn, MYDRV_DESCRIBING, "make room for long keys", err);
}
