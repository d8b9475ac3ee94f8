/* A value of a SQLite file, whatever somebody has put there, as a cell of the column that it was
 * made of: refused with a reason, or a cell that keeps the contract and says what is stored.
 *
 * Input: the type, its width or scale, the wish, the storage class, then the value.
 */

#include "fuzz.h"

#include "../../plugins/sqlite/values.h"

#include "driver/batch.h"
#include "driver/contract.h"
#include "driver/schema.h"

static struct ferry_driver_handle handle = {.driver = {.name = "sqlite"}};

static const struct ferry_column types[] = {
    {.name = "c", .type = FERRY_TYPE_BOOL},
    {.name = "c", .type = FERRY_TYPE_INT, .bits = 8},
    {.name = "c", .type = FERRY_TYPE_INT, .bits = 24, .flags = FERRY_COLUMN_UNSIGNED},
    {.name = "c", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "c", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED},
    {.name = "c", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
    {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32},
    {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64, .flags = FERRY_COLUMN_LOOSE},
    {.name = "c", .type = FERRY_TYPE_DECIMAL, .precision = 12},
    {.name = "c", .type = FERRY_TYPE_DECIMAL, .precision = 65},
    {.name = "c", .type = FERRY_TYPE_TEXT, .length = 10},
    {.name = "c", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_LOOSE},
    {.name = "c", .type = FERRY_TYPE_BYTES, .length = 10},
    {.name = "c", .type = FERRY_TYPE_DATE},
    {.name = "c", .type = FERRY_TYPE_TIME},
    {.name = "c", .type = FERRY_TYPE_DATETIME, .flags = FERRY_COLUMN_NOT_NULL},
    {.name = "c", .type = FERRY_TYPE_YEAR},
    {.name = "c", .type = FERRY_TYPE_ANY},
    {.name = "c", .type = FERRY_TYPE_BIT, .bits = 13},
    {.name = "c", .type = FERRY_TYPE_BIT, .bits = 64},
    {.name = "c", .type = FERRY_TYPE_JSON},
    {.name = "c", .type = FERRY_TYPE_ENUM, .members = "'a','b'"},
    {.name = "c", .type = FERRY_TYPE_SET, .members = "'a','b'"},
    {.name = "c", .type = FERRY_TYPE_UUID},
    {.name = "c", .type = FERRY_TYPE_INET4},
    {.name = "c", .type = FERRY_TYPE_INET6},
    {.name = "c", .type = FERRY_TYPE_GEOMETRY},
    {.name = "c", .type = FERRY_TYPE_VECTOR, .length = 3},
};

static const char *const wishes[] = {NULL, NULL, "INTEGER", "REAL", "TEXT", "BLOB"};

/* One connection and statement for the whole process. */
static sqlite3_stmt *statement(void)
{
    static sqlite3 *db;
    static sqlite3_stmt *stmt;
    if (stmt == NULL) {
        MUST(sqlite3_open(":memory:", &db) == SQLITE_OK);
        MUST(sqlite3_prepare_v2(db, "SELECT ?1", -1, &stmt, NULL) == SQLITE_OK);
    }
    MUST(sqlite3_reset(stmt) == SQLITE_OK);
    return stmt;
}

static void bind(sqlite3_stmt *stmt, uint8_t storage, const char *text, size_t size)
{
    uint64_t bits = 0;
    double real;
    memcpy(&bits, text, size < sizeof bits ? size : sizeof bits);
    memcpy(&real, &bits, sizeof real);
    int rc = SQLITE_OK;
    switch (storage % 6) {
    case 0:
        rc = sqlite3_bind_int64(stmt, 1, (sqlite3_int64)bits);
        break;
    case 1:
        rc = sqlite3_bind_double(stmt, 1, real);
        break;
    case 2:
        rc = sqlite3_bind_double(stmt, 1, strtod(text, NULL));
        break;
    case 3:
        rc = sqlite3_bind_blob(stmt, 1, text, (int)size, SQLITE_STATIC);
        break;
    case 4:
        rc = sqlite3_bind_null(stmt, 1);
        break;
    default:
        rc = sqlite3_bind_text(stmt, 1, text, (int)size, SQLITE_STATIC);
        break;
    }
    MUST(rc == SQLITE_OK);
}

static void check_number(const struct sqldrv_stored *stored, const struct ferry_cell *cell,
                         const char *text, size_t size)
{
    char printed[32];
    if (stored->convert == SQLDRV_CONVERT_INT_TEXT)
        (void)snprintf(printed, sizeof printed, "%lld", (long long)cell->v.i);
    else
        (void)snprintf(printed, sizeof printed, "%llu", (unsigned long long)cell->v.u);
    MUST(strlen(printed) == size && memcmp(printed, text, size) == 0);
}

/* What was taken is what is stored. */
static void check_cell(const struct sqldrv_stored *stored, sqlite3_value *value,
                       const struct ferry_cell *cell)
{
    int storage = sqlite3_value_type(value);
    if (storage == SQLITE_NULL) {
        MUST(cell->null == 1);
        return;
    }
    if (storage == SQLITE_TEXT || storage == SQLITE_BLOB) {
        const char *text = sqlite3_value_blob(value);
        size_t size = (size_t)sqlite3_value_bytes(value);
        if (stored->convert == SQLDRV_CONVERT_INT_TEXT ||
            stored->convert == SQLDRV_CONVERT_UNSIGNED_TEXT)
            check_number(stored, cell, text, size);
        else
            MUST(cell->len == size && (size == 0 || memcmp(cell->v.p, text, size) == 0));
        return;
    }
    /* More digits than the column has may be read back; they are those of the stored number. */
    if (stored->convert == SQLDRV_CONVERT_DECIMAL ||
        stored->convert == SQLDRV_CONVERT_DECIMAL_CHECKED) {
        char *text = fuzz_text((const uint8_t *)cell->v.p, cell->len);
        MUST(strtod(text, NULL) == sqlite3_value_double(value));
        free(text);
    } else if (stored->convert == SQLDRV_CONVERT_INT) {
        MUST(storage != SQLITE_INTEGER || cell->v.i == sqlite3_value_int64(value));
    }
}

static void check_contract(const struct ferry_column *column, const struct ferry_cell *cell)
{
    struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    MUST(ferry_schema_add(&schema, column, sizeof *column, &error) == FERRY_OK);
    struct ferry_batch *batch = ferry_batch_new(&schema, &ferry_batch_default_limits);
    MUST(batch != NULL);
    *ferry_batch_row(batch) = *cell;
    ferry_status status = ferry_contract_check_batch(&handle, batch, &error);
    if (status != FERRY_OK && status != FERRY_ERR_DATA) { /* DATA: a text that is no UTF-8 */
        (void)fprintf(stderr, "%s\n", error.message);
        abort();
    }
    ferry_error_clear(&error);
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ferry_column column = types[fuzz_byte(&data, &size) % (sizeof types / sizeof *types)];
    uint8_t scale = fuzz_byte(&data, &size);
    const struct ferry_wish wish = {
        .type = wishes[fuzz_byte(&data, &size) % (sizeof wishes / sizeof *wishes)]};
    uint8_t storage = fuzz_byte(&data, &size);
    struct sqldrv_stored stored;
    char room[SQLDRV_STORED_ROOM];
    const char *why = NULL;
    struct ferry_cell cell = {0};
    column.scale = scale % 7;
    if (!sqldrv_stored_prepare(&column, &wish, &stored))
        return 0;
    char *text = fuzz_text(data, size);
    char *padded = realloc(text, size + sizeof(uint64_t));
    MUST(padded != NULL);
    sqlite3_stmt *stmt = statement();
    bind(stmt, storage, padded, size);
    MUST(sqlite3_step(stmt) == SQLITE_ROW);
    sqlite3_value *value = sqlite3_column_value(stmt, 0);
    int rc = sqldrv_stored_cell(&stored, value, room, &cell, &why);
    MUST(rc == SQLITE_OK || (rc == SQLITE_MISMATCH && why != NULL && why[0] != '\0'));
    if (rc == SQLITE_OK) {
        check_contract(&column, &cell);
        check_cell(&stored, value, &cell);
    }
    MUST(sqlite3_reset(stmt) == SQLITE_OK);
    free(padded);
    return 0;
}
