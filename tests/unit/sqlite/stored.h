/* The sqlite driver's stored.c, which is a part of its tests, and values whose cells are known. */

#ifndef FERRY_UNIT_SQLITE_STORED_H
#define FERRY_UNIT_SQLITE_STORED_H

#include "unit.h"

/* What stored.c is built upon; each has tests of its own. */
#include "../../../plugins/sqlite/affinity.c"
#include "../../../plugins/sqlite/clauses.c"
#include "../../../plugins/sqlite/decimal.c"
#include "../../../plugins/sqlite/hold.c"
#include "../../../plugins/sqlite/order.c"
#include "../../../plugins/sqlite/stored.c"
#include "../../../plugins/sqlite/types.c"

#define DECIMAL(p, s)                                                                              \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_DECIMAL, .precision = (p), .scale = (s)                    \
    }
#define OF(t)                                                                                      \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t                                                        \
    }
#define INT(b)                                                                                     \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_INT, .bits = (b)                                           \
    }
#define UINT(b)                                                                                    \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_INT, .bits = (b), .flags = FERRY_COLUMN_UNSIGNED           \
    }
#define SCALED(t, s)                                                                               \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t, .scale = (s)                                          \
    }
#define LOOSE(t, b)                                                                                \
    {                                                                                              \
        .name = "c", .type = FERRY_TYPE_##t, .bits = (b), .flags = FERRY_COLUMN_LOOSE              \
    }

/* `cell` is what a cell holds, as `describe_cell` prints it, or why it is refused. */
struct stored_case {
    struct ferry_column column;
    const char *wish;
    const char *sql; /* of the value */
    const char *cell;
};

static inline void describe_cell(const struct ferry_column *column, const struct ferry_cell *cell,
                                 char *text, size_t size)
{
    bool integer = column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_BOOL ||
                   column->type == FERRY_TYPE_YEAR;
    static const char *const kinds[] = {"", "int ", "float ", "text ", "bytes "};
    const char *kind = kinds[cell->kind];
    if (cell->null)
        (void)snprintf(text, size, "null");
    else if (cell->kind == FERRY_KIND_INT || (cell->kind == FERRY_KIND_TYPED && integer &&
                                              (column->flags & FERRY_COLUMN_UNSIGNED) == 0))
        (void)snprintf(text, size, "%s%lld", kind, (long long)cell->v.i);
    else if (cell->kind == FERRY_KIND_TYPED && (integer || column->type == FERRY_TYPE_BIT))
        (void)snprintf(text, size, "%llu", (unsigned long long)cell->v.u);
    else if (cell->kind == FERRY_KIND_FLOAT ||
             (cell->kind == FERRY_KIND_TYPED && column->type == FERRY_TYPE_FLOAT))
        (void)snprintf(text, size, "%s%.17g", kind, cell->v.f);
    else
        (void)snprintf(text, size, "%s%.*s", kind, (int)cell->len, cell->v.p);
}

static inline void run_case(sqlite3 *db, const struct stored_case *test)
{
    const struct ferry_wish wish = {.type = test->wish};
    struct sqldrv_stored stored;
    struct ferry_cell cell = {0};
    char room[SQLDRV_STORED_ROOM];
    char found[512];
    char sql[256];
    const char *why = NULL;
    sqlite3_stmt *stmt = NULL;
    assert_true(sqldrv_stored_prepare(&test->column, &wish, &stored));
    (void)snprintf(sql, sizeof sql, "SELECT %s", test->sql);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int rc = sqldrv_stored_cell(&stored, sqlite3_column_value(stmt, 0), room, &cell, &why);
    if (rc == SQLITE_OK) {
        assert_true(cell.null <= 1);
        assert_true(cell.kind != FERRY_KIND_INT || cell.len == 0);
        if (cell.null == 0 &&
            (test->column.type == FERRY_TYPE_BYTES || cell.kind == FERRY_KIND_BYTES))
            assert_non_null(cell.v.p); /* of no bytes, too */
        describe_cell(&test->column, &cell, found, sizeof found);
    } else
        (void)snprintf(found, sizeof found, "refused: %s", why);
    if (strncmp(found, test->cell, strlen(test->cell)) != 0 ||
        (rc == SQLITE_OK) != (strncmp(test->cell, "refused: ", 9) != 0) ||
        (rc == SQLITE_OK && strlen(found) != strlen(test->cell)))
        fail_msg("%s of type %u became '%s', not '%s'", test->sql, test->column.type, found,
                 test->cell);
    sqlite3_finalize(stmt);
}

/* Whatever the encoding of the file is, a cell is the same. */
static inline void run_cases(const struct stored_case *tests, size_t count)
{
    static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    for (size_t k = 0; k < COUNT(encodings); k++) {
        sqlite3 *db = NULL;
        char sql[64];
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        (void)snprintf(sql, sizeof sql, "PRAGMA encoding = '%s'", encodings[k]);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        for (size_t i = 0; i < count; i++)
            run_case(db, &tests[i]);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

#endif
