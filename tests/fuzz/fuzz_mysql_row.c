/* A row of the binary protocol, as a hostile server may send it: each value is refused or becomes a
 * cell that keeps the contract, and dates and times print what their bytes say.
 *
 * Input: the number of columns, a byte for each column's codec and one for its scale, a byte for
 * each that says NULL, then the row.
 */

#include "fuzz.h"

#include "../../plugins/mysql/mysql_driver.h"

#include "batch.h"
#include "contract.h"

#define COLUMNS_MAX 8

static const struct {
    enum mydrv_codec codec;
    struct ferry_column column;
} kinds[] = {
    {MYDRV_CODEC_INT8, {.name = "c", .type = FERRY_TYPE_INT, .bits = 8}},
    {MYDRV_CODEC_UINT8,
     {.name = "c", .type = FERRY_TYPE_INT, .bits = 8, .flags = FERRY_COLUMN_UNSIGNED}},
    {MYDRV_CODEC_INT16, {.name = "c", .type = FERRY_TYPE_INT, .bits = 16}},
    {MYDRV_CODEC_UINT16,
     {.name = "c", .type = FERRY_TYPE_INT, .bits = 16, .flags = FERRY_COLUMN_UNSIGNED}},
    {MYDRV_CODEC_INT32, {.name = "c", .type = FERRY_TYPE_INT, .bits = 32}},
    {MYDRV_CODEC_UINT32,
     {.name = "c", .type = FERRY_TYPE_INT, .bits = 32, .flags = FERRY_COLUMN_UNSIGNED}},
    {MYDRV_CODEC_INT64, {.name = "c", .type = FERRY_TYPE_INT, .bits = 64}},
    {MYDRV_CODEC_FLOAT, {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 32}},
    {MYDRV_CODEC_DOUBLE, {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 64}},
    {MYDRV_CODEC_STRING, {.name = "c", .type = FERRY_TYPE_BYTES}},
    {MYDRV_CODEC_DATE, {.name = "c", .type = FERRY_TYPE_DATE}},
    {MYDRV_CODEC_TIME, {.name = "c", .type = FERRY_TYPE_TIME}},
    {MYDRV_CODEC_DATETIME, {.name = "c", .type = FERRY_TYPE_DATETIME}},
};

static struct ferry_driver_handle handle = {.driver = {.name = "mysql"}};

/* The digits of `text` must stand where `form` has a 0, and everything else must be the same. */
static bool has_form(const struct ferry_cell *cell, const char *form)
{
    if (cell->len != strlen(form))
        return false;
    for (size_t i = 0; i < cell->len; i++) {
        char c = cell->v.p[i];
        if (form[i] == '0' ? c < '0' || c > '9' : c != form[i])
            return false;
    }
    return true;
}

static void check_moment(const struct ferry_column *column, const struct ferry_cell *cell)
{
    static const char *const fractions[] = {"", ".0", ".00", ".000", ".0000", ".00000", ".000000"};
    char form[40];
    const char *sign = cell->len > 0 && cell->v.p[0] == '-' ? "-" : "";
    size_t colon = 0;
    while (colon < cell->len && cell->v.p[colon] != ':')
        colon++;
    switch (column->type) {
    case FERRY_TYPE_DATE:
        MUST(has_form(cell, "0000-00-00"));
        break;
    case FERRY_TYPE_DATETIME:
        (void)snprintf(form, sizeof form, "0000-00-00 00:00:00%s", fractions[column->scale]);
        MUST(has_form(cell, form));
        break;
    case FERRY_TYPE_TIME:
        (void)snprintf(form, sizeof form, "%s%s:00:00%s", sign,
                       colon - strlen(sign) == 3 ? "000" : "00", fractions[column->scale]);
        MUST(has_form(cell, form));
        break;
    default:
        break;
    }
}

static void check_row(const struct mydrv_cursor *cursor, const struct ferry_schema *schema)
{
    struct ferry_error error = {0};
    MUST(ferry_contract_check_batch(&handle, cursor->batch, &error) == FERRY_OK);
    for (size_t i = 0; i < schema->count; i++)
        if (cursor->cells[i].null == 0)
            check_moment(&schema->columns[i], &cursor->cells[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct mydrv_cell_format formats[COLUMNS_MAX] = {0};
    bool nulls[COLUMNS_MAX] = {0};
    MYSQL native = {0};
    struct mydrv_conn conn = {.native = &native};
    size_t count = fuzz_byte(&data, &size) % COLUMNS_MAX + 1U;
    for (size_t i = 0; i < count; i++) {
        size_t kind = fuzz_byte(&data, &size) % (sizeof kinds / sizeof *kinds);
        struct ferry_column column = kinds[kind].column;
        char name[] = {'c', (char)('0' + i), '\0'};
        column.name = name;
        column.scale = fuzz_byte(&data, &size) % 7;
        nulls[i] = fuzz_byte(&data, &size) % 8 == 7;
        formats[i] = (struct mydrv_cell_format){.codec = kinds[kind].codec, .scale = column.scale};
        MUST(ferry_schema_add(&schema, &column, sizeof column, &error) == FERRY_OK);
    }
    char *wire = fuzz_text(data, size);
    native.net.buff_end = (unsigned char *)wire + size;
    struct mydrv_cursor cursor = {.conn = &conn,
                                  .formats = formats,
                                  .column_count = count,
                                  .batch = ferry_batch_new(&schema, &ferry_batch_default_limits),
                                  .err = &error};
    MUST(cursor.batch != NULL);
    unsigned char *at = (unsigned char *)wire;
    for (unsigned i = 0; i < count; i++) {
        mydrv_decode_cell(&cursor, i, nulls[i] ? NULL : &at);
        MUST(at <= native.net.buff_end);
    }
    if (cursor.failed == FERRY_OK)
        check_row(&cursor, &schema);
    MUST((cursor.failed == FERRY_OK) == (error.message == NULL));
    ferry_batch_free(cursor.batch);
    ferry_schema_done(&schema);
    ferry_error_clear(&error);
    free(wire);
    return 0;
}
