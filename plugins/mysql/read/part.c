/* Where a table is cut into parts of about equal weight.
 *
 * By an index the server tells at once about how many rows lie in a range (EXPLAIN), from a look
 * into the index at both of its ends; of a large range it says little.  So the whole is cut into
 * small ranges, and those that are heavy into smaller ones, until none weighs much: where keys
 * crowd there are many of them, and none where there is nothing.  Without an index all rows are
 * looked at, and put in order.
 */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define PART_FIRST 16   /* ranges to begin with */
#define PART_SPLIT 8    /* ... that a heavy one is cut into */
#define PART_FINE 4     /* a part is made of so many at least */
#define PART_LIGHT 10   /* rows that are no weight */
#define PART_AT_ONCE 64 /* ranges that one statement asks about */
#define PART_ROUNDS 42  /* enough to get from 2^127 values to one */

#define PART_NO_INDEX 1176 /* the index is not there, or is hidden */
#define PART_MARIADB_WINDOWS 100200
#define PART_MYSQL_WINDOWS 80000

static const char part_doing[] = "ask where to cut the table into parts";

struct part_range {
    mydrv_axis from, to; /* without the latter */
    uint64_t rows;
    bool known;
};

struct part {
    struct mydrv_conn *conn;
    const struct ferry_read *read;
    const struct ferry_schema *schema;
    size_t column;
    const struct ferry_column *is; /* that one */
    uint32_t count;
    const char *index;
    struct part_range *ranges;
    size_t range_count;
    bool lost_index; /* it cannot be used */
};

static ferry_status part_query(const struct part *part, const struct part_text *sql,
                               MYSQL_RES **ret_rows, struct ferry_error *err)
{
    if (sql->failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(part->conn->native, sql->data, sql->length) != 0)
        return mydrv_fail_conn(part->conn, MYDRV_ASKING, part_doing, err);
    *ret_rows = mysql_store_result(part->conn->native);
    return *ret_rows == NULL ? mydrv_fail_conn(part->conn, MYDRV_ASKING, part_doing, err)
                             : FERRY_OK;
}

/* ---- Weights ---- */

static ferry_status part_write_range(const struct part *part, const struct part_range *range,
                                     struct part_text *sql, struct ferry_error *err)
{
    char rooms[2][MYDRV_AXIS_ROOM];
    struct ferry_cell cells[2];
    mydrv_axis_write(part->is, range->from, rooms[0], &cells[0]);
    mydrv_axis_write(part->is, range->to - 1, rooms[1], &cells[1]); /* the type may end there */
    const struct ferry_bound bounds[] = {
        {.column = part->column, .cell = &cells[0], .kind = FERRY_BOUND_AT_LEAST},
        {.column = part->column, .cell = &cells[1], .kind = FERRY_BOUND_AT_MOST},
    };
    const struct ferry_bound *const list[] = {&bounds[0], &bounds[1]};
    const struct ferry_scan scan = {.bounds = list, .bound_count = 2};
    part_text_add(sql, "SELECT 1");
    mydrv_scan_write_from(part->conn, part->read, sql);
    part_text_add(sql, " FORCE INDEX (");
    mydrv_text_add_name(sql, part->index);
    part_text_add(sql, ")");
    return mydrv_scan_write(part->conn, &scan, part->schema, NULL, sql, err);
}

/* The column of a plan that says how many rows there are; the servers have it at different places.
 */
static unsigned part_find_rows(MYSQL_RES *plan)
{
    unsigned count = mysql_num_fields(plan);
    const MYSQL_FIELD *fields = mysql_fetch_fields(plan);
    unsigned at = 0;
    while (at < count && strcasecmp(fields[at].name, "rows") != 0)
        at++;
    return at;
}

/* The plan has a row for each of them, in their order, and may have one for the union. */
static ferry_status part_take_plan(const struct part *part, struct part_range *const *asked,
                                   size_t count, MYSQL_RES *plan, struct ferry_error *err)
{
    unsigned at = part_find_rows(plan);
    if (at == mysql_num_fields(plan) || mysql_num_rows(plan) < count)
        return mydrv_fail(part->conn, MYDRV_ASKING, 0, "the plan has another form", part_doing,
                          err);
    for (size_t i = 0; i < count; i++) {
        MYSQL_ROW row = mysql_fetch_row(plan);
        asked[i]->rows =
            row == NULL || row[at] == NULL ? 0 : (uint64_t)strtoumax(row[at], NULL, 10);
        asked[i]->known = true;
    }
    return FERRY_OK;
}

static ferry_status part_weigh_some(struct part *part, struct part_range *const *asked,
                                    size_t count, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *plan = NULL;
    ferry_status status = FERRY_OK;
    part_text_add(&sql, "EXPLAIN FORMAT=TRADITIONAL ");
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        part_text_add(&sql, i > 0 ? " UNION ALL " : "");
        status = part_write_range(part, asked[i], &sql, err);
    }
    if (status != FERRY_OK || sql.failed)
        return sql.failed ? mydrv_fail_memory(err) : status;
    bool asks = mysql_real_query(part->conn->native, sql.data, sql.length) == 0;
    part->lost_index = !asks && mysql_errno(part->conn->native) == PART_NO_INDEX;
    if (part->lost_index)
        return FERRY_OK;
    plan = asks ? mysql_store_result(part->conn->native) : NULL;
    return plan == NULL ? mydrv_fail_conn(part->conn, MYDRV_ASKING, part_doing, err)
                        : part_take_plan(part, asked, count, plan, err);
}

static ferry_status part_weigh(struct part *part, struct ferry_error *err)
{
    struct part_range *asked[PART_AT_ONCE];
    size_t count = 0;
    ferry_status status = mydrv_conn_check(part->conn, err);
    for (size_t i = 0; i <= part->range_count && status == FERRY_OK && !part->lost_index; i++) {
        if (count == PART_AT_ONCE || (i == part->range_count && count > 0)) {
            status = part_weigh_some(part, asked, count, err);
            count = 0;
        }
        if (i < part->range_count && !part->ranges[i].known)
            asked[count++] = &part->ranges[i];
    }
    return status;
}

/* ---- Ranges ---- */

static uint64_t part_total(const struct part *part)
{
    uint64_t total = 0;
    for (size_t i = 0; i < part->range_count; i++)
        total += part->ranges[i].rows;
    return total;
}

static bool part_is_heavy(const struct part_range *range, uint64_t most)
{
    return range->rows > most && range->to - range->from > 1;
}

/* Appends the pieces of a range, all of one length but for the last. */
static void part_cut(const struct part_range *range, unsigned pieces, struct part_range *to,
                     size_t *count)
{
    mydrv_axis step = (range->to - range->from + pieces - 1) / pieces;
    for (mydrv_axis at = range->from; at < range->to; at += step)
        to[(*count)++] =
            (struct part_range){.from = at, .to = range->to - at > step ? at + step : range->to};
}

/* `*ret_more`: there were heavy ones. */
static ferry_status part_split(struct part *part, bool *ret_more, struct ferry_error *err)
{
    uint64_t most = part_total(part) / ((uint64_t)part->count * PART_FINE);
    size_t heavy = 0;
    size_t count = 0;
    most = most < PART_LIGHT ? PART_LIGHT : most;
    for (size_t i = 0; i < part->range_count; i++)
        heavy += part_is_heavy(&part->ranges[i], most) ? 1 : 0;
    *ret_more = heavy > 0;
    if (heavy == 0)
        return FERRY_OK;
    struct part_range *ranges = calloc(part->range_count + heavy * PART_SPLIT, sizeof *ranges);
    if (ranges == NULL)
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < part->range_count; i++)
        if (part_is_heavy(&part->ranges[i], most))
            part_cut(&part->ranges[i], PART_SPLIT, ranges, &count);
        else
            ranges[count++] = part->ranges[i];
    free(part->ranges);
    part->ranges = ranges;
    part->range_count = count;
    return FERRY_OK;
}

/* From the least value to the greatest, where there are any; `*ret_found` false: one of them is no
 * day of the calendar. */
static ferry_status part_begin(struct part *part, bool *ret_found, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    struct part_range whole = {0};
    part_text_add(&sql, "SELECT MIN(");
    mydrv_scan_write_name(part->is->name, &sql);
    part_text_add(&sql, "), MAX(");
    mydrv_scan_write_name(part->is->name, &sql);
    part_text_add(&sql, ")");
    mydrv_scan_write_from(part->conn, part->read, &sql);
    ferry_status status = part_query(part, &sql, &rows, err);
    MYSQL_ROW row =
        status == FERRY_OK && mysql_num_fields(rows) == 2 ? mysql_fetch_row(rows) : NULL;
    bool is_empty = row != NULL && (row[0] == NULL || row[1] == NULL);
    *ret_found = is_empty || (row != NULL && mydrv_axis_read(part->is, row[0], &whole.from) &&
                              mydrv_axis_read(part->is, row[1], &whole.to));
    if (is_empty || !*ret_found)
        return status;
    whole.to++;
    part->ranges = calloc(PART_FIRST + 1, sizeof *part->ranges);
    if (part->ranges == NULL)
        return mydrv_fail_memory(err);
    part_cut(&whole, PART_FIRST, part->ranges, &part->range_count);
    return FERRY_OK;
}

/* ---- Cuts ---- */

/* At the end of the range in which each share of the rows is full, but for the last of all. */
static ferry_status part_add_cuts(const struct part *part, struct ferry_cuts *cuts,
                                  struct ferry_error *err)
{
    char room[MYDRV_AXIS_ROOM];
    struct ferry_cell cell;
    ferry_status status = FERRY_OK;
    uint64_t total = part_total(part);
    uint64_t sum = 0;
    uint32_t share = 1;
    for (size_t i = 0; i + 1 < part->range_count && status == FERRY_OK; i++) {
        sum += part->ranges[i].rows;
        if (total == 0 || share == part->count ||
            (unsigned __int128)sum * part->count < (unsigned __int128)total * share)
            continue;
        mydrv_axis_write(part->is, part->ranges[i].to, room, &cell);
        status = ferry_cuts_add(cuts, &cell, err);
        share = (uint32_t)((unsigned __int128)sum * part->count / total) + 1;
        share = share > part->count ? part->count : share;
    }
    return status;
}

/* `*ret_done` false: the index is of no use after all. */
static ferry_status part_by_index(struct part *part, struct ferry_cuts *cuts, bool *ret_done,
                                  struct ferry_error *err)
{
    bool more = false;
    ferry_status status = part_begin(part, ret_done, err);
    if (status != FERRY_OK || !*ret_done)
        return status;
    status = part_weigh(part, err);
    for (int round = 0; round < PART_ROUNDS && status == FERRY_OK && !part->lost_index; round++) {
        status = part_split(part, &more, err);
        if (status != FERRY_OK || !more)
            break;
        status = part_weigh(part, err);
    }
    *ret_done = !part->lost_index;
    return status == FERRY_OK && *ret_done ? part_add_cuts(part, cuts, err) : status;
}

/* ---- Without an index ---- */

static void part_write_all(const struct part *part, struct part_text *sql)
{
    part_text_add(sql, "SELECT MIN(q.v) FROM (SELECT ");
    mydrv_scan_write_name(part->is->name, sql);
    part_text_addf(sql, " AS v, NTILE(%" PRIu32 ") OVER (ORDER BY ", part->count);
    mydrv_scan_write_name(part->is->name, sql);
    part_text_add(sql, ") AS n");
    mydrv_scan_write_from(part->conn, part->read, sql);
    part_text_add(sql, " WHERE ");
    mydrv_scan_write_name(part->is->name, sql);
    part_text_add(sql, " IS NOT NULL) AS q GROUP BY q.n HAVING q.n > 1 ORDER BY q.n");
}

static ferry_status part_add_text(const struct part *part, const char *text, mydrv_axis *last,
                                  struct ferry_cuts *cuts, struct ferry_error *err)
{
    char room[MYDRV_AXIS_ROOM];
    struct ferry_cell cell;
    mydrv_axis at = 0;
    if (text == NULL || !mydrv_axis_read(part->is, text, &at) || *last >= at)
        return FERRY_OK;
    *last = at;
    mydrv_axis_write(part->is, at, room, &cell);
    return ferry_cuts_add(cuts, &cell, err);
}

static ferry_status part_by_all(const struct part *part, struct ferry_cuts *cuts,
                                struct ferry_error *err)
{
    const struct mydrv_conn *conn = part->conn;
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    MYSQL_ROW row = NULL;
    mydrv_axis last = (mydrv_axis)1 << 126;
    last = -last;
    if (conn->version < (conn->mariadb ? PART_MARIADB_WINDOWS : PART_MYSQL_WINDOWS))
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: without an index that begins with column '%s', the server cannot "
                          "tell where to cut; make one, or leave out partitions",
                          conn->label, part->is->name);
    ferry_log(
        FERRY_LOG_WARNING,
        "%s: %s column '%s' of what is read: all its rows are looked at and sorted once more, "
        "to find where to cut it",
        conn->label,
        part->index == NULL || part->lost_index ? "no index begins with"
                                                : "days that no calendar has stand in",
        part->is->name);
    part_write_all(part, &sql);
    ferry_status status = part_query(part, &sql, &rows, err);
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL)
        status = part_add_text(part, row[0], &last, cuts, err);
    return status;
}

/* ---- The whole ---- */

/* One that begins with the column; the primary key where it does. */
static const char *part_find_index(const struct ferry_schema *schema, const char *column)
{
    for (size_t i = 0; i < ferry_schema_index_count(schema); i++) {
        const struct ferry_index *index = ferry_schema_index(schema, i);
        if (strcmp(index->columns[0], column) == 0)
            return index->primary != 0 ? "PRIMARY" : index->name;
    }
    return NULL;
}

ferry_status mydrv_part(void *conn, const struct ferry_read *read,
                        const struct ferry_schema *schema, size_t column, uint32_t count,
                        struct ferry_cuts *cuts, struct ferry_error *err)
{
    bool done = false;
    struct part part = {.conn = conn,
                        .read = read,
                        .schema = schema,
                        .column = column,
                        .is = ferry_schema_column(schema, column),
                        .count = count};
    if (!mydrv_axis_has(part.is))
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column '%s' has too many digits to part a table by it; name another "
                          "one with partition_by",
                          part.is->name);
    part.index = part_find_index(schema, part.is->name);
    ferry_status status = mydrv_conn_check(part.conn, err);
    if (status == FERRY_OK)
        status = mydrv_list_let_go(conn, err);
    if (status == FERRY_OK && part.index != NULL)
        status = part_by_index(&part, cuts, &done, err);
    if (status == FERRY_OK && !done)
        status = part_by_all(&part, cuts, err);
    free(part.ranges);
    return status;
}
