/* A result of the binary protocol, as a hostile server may describe and send it: each column is
 * refused or keeps the contract, so does each value, and dates and times print what their bytes
 * say.  Nothing a server does may look like a bug of ours.
 *
 * Input: the number of columns, for each the type, length, decimals and flags that the server
 * describes and a byte that says NULL, then the row.
 */

#include "fuzz.h"

#include "../../plugins/mysql/read/read.h"

#include "base/utf8.h"
#include "driver/batch.h"
#include "driver/contract.h"

#define COLUMNS_MAX 8

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
    ferry_status status = ferry_contract_check_batch(&handle, cursor->batch, &error);
    MUST(status == FERRY_OK || status == FERRY_ERR_DATA); /* a text that is no UTF-8 */
    ferry_error_clear(&error);
    for (size_t i = 0; i < schema->count; i++) /* what was translated is */
        MUST(cursor->formats[i].set == NULL || cursor->cells[i].null != 0 ||
             ferry_utf8_length(cursor->cells[i].v.p, cursor->cells[i].len) == cursor->cells[i].len);
    for (size_t i = 0; i < schema->count; i++)
        if (cursor->cells[i].null == 0)
            check_moment(&schema->columns[i], &cursor->cells[i]);
}

/* A column as the server may describe it; false where the driver refuses it. */
static bool take_column(const uint8_t **data, size_t *size, char *name,
                        struct mydrv_cell_format *format, struct ferry_schema *schema,
                        struct ferry_error *error)
{
    static const unsigned long lengths[] = {0,  1,  4,   8,   9,     10,       12,        16,
                                            63, 64, 144, 255, 65535, 16777215, 4294967295};
    static const unsigned sets[] = {45, 8, 11, 35, 54, 56, 60};
    static const unsigned flags[] = {NOT_NULL_FLAG, UNSIGNED_FLAG, ZEROFILL_FLAG, ENUM_FLAG,
                                     SET_FLAG};
    MYSQL_FIELD field = {.name = name, .charsetnr = 63};
    field.type = (enum enum_field_types)fuzz_byte(data, size);
    field.length = lengths[fuzz_byte(data, size) % (sizeof lengths / sizeof *lengths)];
    field.decimals = fuzz_byte(data, size);
    unsigned chosen = fuzz_byte(data, size);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        field.flags |= (chosen >> i & 1) != 0 ? flags[i] : 0;
    /* Those whose table a server gives are left out. */
    field.charsetnr = chosen >= 128 ? sets[field.decimals % (sizeof sets / sizeof *sets)] : 63;
    struct mydrv_column column = {0};
    if (mydrv_column_describe(&field, 1, true, &column, error) != FERRY_OK) {
        MUST(error->status == FERRY_ERR_SCHEMA || error->status == FERRY_ERR_STREAM);
        return false;
    }
    *format = (struct mydrv_cell_format){
        .codec = column.codec,
        .scale = column.codec == MYDRV_CODEC_BIT ? column.column.bits : column.column.scale,
        .not_null = (column.column.flags & FERRY_COLUMN_NOT_NULL) != 0,
        .set = column.set == NULL || column.set->kind == MYDRV_CHARSET_UTF8 ? NULL : column.set};
    mydrv_possible_choose(&column.column, format);
    MUST(ferry_schema_add(schema, &column.column, sizeof column.column, error) == FERRY_OK);
    mydrv_column_clear(&column);
    return true;
}

/* The row that is left of the input. */
static void take_row(const uint8_t *data, size_t size, const bool *nulls,
                     struct mydrv_cell_format *formats, const struct ferry_schema *schema)
{
    struct ferry_error error = {0};
    MYSQL native = {0};
    struct mydrv_conn conn = {.native = &native};
    char *wire = fuzz_text(data, size);
    native.net.buff_end = (unsigned char *)wire + size;
    char name[] = "c";
    struct mydrv_column columns[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        columns[i].name = name;
    struct mydrv_cursor cursor = {.conn = &conn,
                                  .statement = {.columns = columns},
                                  .formats = formats,
                                  .column_count = schema->count,
                                  .batch = ferry_batch_new(schema, &ferry_batch_default_limits),
                                  .err = &error};
    MUST(cursor.batch != NULL);
    unsigned char *at = (unsigned char *)wire;
    for (unsigned i = 0; i < schema->count; i++) {
        mydrv_decode_cell(&cursor, i, nulls[i] ? NULL : &at);
        MUST(at <= native.net.buff_end);
    }
    if (cursor.failed == FERRY_OK)
        check_row(&cursor, schema);
    MUST((cursor.failed == FERRY_OK) == (error.message == NULL));
    MUST(cursor.failed == FERRY_OK || cursor.failed == FERRY_ERR_STREAM ||
         cursor.failed == FERRY_ERR_DATA); /* a text that UTF-8 cannot bring back */
    free(cursor.room);
    ferry_batch_free(cursor.batch);
    ferry_error_clear(&error);
    free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct mydrv_cell_format formats[COLUMNS_MAX] = {0};
    bool nulls[COLUMNS_MAX] = {0};
    size_t count = fuzz_byte(&data, &size) % COLUMNS_MAX + 1U;
    bool known = true;
    for (size_t i = 0; i < count && known; i++) {
        char name[] = {'c', (char)('0' + i), '\0'};
        known = take_column(&data, &size, name, &formats[i], &schema, &error);
        nulls[i] = fuzz_byte(&data, &size) % 8 == 7;
    }
    if (known)
        take_row(data, size, nulls, formats, &schema);
    ferry_schema_done(&schema);
    ferry_error_clear(&error);
    return 0;
}
