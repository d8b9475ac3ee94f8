/* Each check knows one promise; to break it is a bug of the driver, which the message names. */

#include "driver/contract.h"

#include <math.h>

#include "base/utf8.h"
#include "driver/type.h"

#define UUID_LENGTH 36
#define VECTOR_ELEMENT 4
#define GEOMETRY_LEAST 9 /* SRID, byte order, type */
/* Columns are checked one by one, but over no more rows than the processor's nearest cache holds.
 */
#define CHECK_ROWS ((size_t)64)

ferry_status ferry_contract_check_call(const struct ferry_driver_handle *driver,
                                       const char *callback, ferry_status status,
                                       bool result_written, struct ferry_error *error)
{
    const char *broken = NULL;
    if (!ferry_error_status_is_known(status))
        broken = "returned a number that is no status";
    else if (status == FERRY_OK && error->status != FERRY_OK)
        broken = "reported an error and then success";
    else if (status != FERRY_OK && error->status == FERRY_OK)
        broken = "failed without a message";
    else if (status != error->status)
        broken = "returned another status than it reported";
    else if (status == FERRY_OK && !result_written)
        broken = "succeeded without a result";
    if (broken == NULL)
        return status;
    ferry_error_clear(error);
    return ferry_fail(error, FERRY_ERR_INTERNAL,
                      "driver '%s' broke its contract: %s %s; report this to its author",
                      driver->driver.name, callback, broken);
}

/* The integers of a column, signed or not, modulo 2^64. */
struct range {
    uint64_t least;
    uint64_t span;
};

static struct range range_of(const struct ferry_column *column)
{
    bool is_unsigned = column->type == FERRY_TYPE_BOOL || ferry_type_is_unsigned(column);
    uint32_t bits = column->type == FERRY_TYPE_BOOL ? 1 : column->bits;
    if (bits < 1 || bits > 64)
        return (struct range){.least = 0, .span = UINT64_MAX};
    return (struct range){.least = is_unsigned ? 0 : UINT64_MAX << (bits - 1),
                          .span = UINT64_MAX >> (64 - bits)};
}

static inline bool is_within(const struct range *range, const struct ferry_cell *cell)
{
    return cell->v.u - range->least <= range->span;
}

static const char *int_flaw(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if (column->type == FERRY_TYPE_YEAR)
        return cell->v.i != 0 && (cell->v.i < 1901 || cell->v.i > 2155) ? "a year out of range"
                                                                        : NULL;
    const struct range range = range_of(column);
    return is_within(&range, cell) ? NULL : "an integer wider than its column";
}

static const char *float_flaw(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if (isnan(cell->v.f))
        return (column->flags & FERRY_COLUMN_NO_NAN) != 0 ? "NaN in a column that has none" : NULL;
    return isinf(cell->v.f) && (column->flags & FERRY_COLUMN_NO_INFINITY) != 0
               ? "an infinite number in a column that has none"
               : NULL;
}

/* What a value of fixed size or form cannot be; nothing here looks at more than its length. */
static const char *bytes_flaw(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if (cell->v.p == NULL)
        return "a NULL pointer";
    switch (column->type) {
    case FERRY_TYPE_UUID:
        return cell->len != UUID_LENGTH ? "a UUID that has not 36 characters" : NULL;
    case FERRY_TYPE_VECTOR:
        return cell->len % VECTOR_ELEMENT != 0 ? "a vector of no whole number of elements" : NULL;
    case FERRY_TYPE_GEOMETRY:
        return cell->len < GEOMETRY_LEAST ? "a geometry without SRID and WKB" : NULL;
    default:
        return NULL;
    }
}

static const char *cell_flaw(const struct ferry_column *column, enum ferry_value value,
                             const struct ferry_cell *cell)
{
    if (cell->null == 1)
        return (column->flags & FERRY_COLUMN_NOT_NULL) != 0 ? "NULL in a column that has none"
                                                            : NULL;
    if (cell->null != 0)
        return "a null mark that is not 1";
    if ((column->flags & FERRY_COLUMN_ONLY_NULL) != 0)
        return "a value in a column that is NULL by nature";
    if (value != FERRY_VALUE_KIND && cell->kind != FERRY_KIND_TYPED) {
        if ((column->flags & FERRY_COLUMN_LOOSE) == 0)
            return "a kind where the column has a type";
        value = FERRY_VALUE_KIND;
    }
    switch (value) {
    case FERRY_VALUE_INT:
        return int_flaw(column, cell);
    case FERRY_VALUE_DECIMAL:
    case FERRY_VALUE_TEXT:
    case FERRY_VALUE_BYTES:
        return bytes_flaw(column, cell);
    case FERRY_VALUE_KIND:
        if (cell->kind == FERRY_KIND_TYPED || cell->kind > FERRY_KIND_BYTES)
            return "no kind";
        if (cell->kind >= FERRY_KIND_TEXT && cell->v.p == NULL)
            return "a NULL pointer";
        return NULL;
    case FERRY_VALUE_FLOAT:
        return float_flaw(column, cell);
    case FERRY_VALUE_NONE:
        return NULL;
    }
    return NULL;
}

/* Whether the cell is a text; `letters` where one without a kind of its own is. */
static bool is_text(const struct ferry_cell *cell, bool letters)
{
    return cell->null == 0 &&
           (cell->kind == FERRY_KIND_TYPED ? letters : cell->kind == FERRY_KIND_TEXT);
}

/* No contract is broken where a database holds such a text: it is a value that is refused. */
static ferry_status refuse_text(const struct ferry_batch *batch, size_t row, size_t column,
                                size_t valid, struct ferry_error *error)
{
    const char *name = ferry_batch_schema(batch)->columns[column].name;
    return ferry_fail_cell(error, FERRY_ERR_DATA, batch, row, column,
                           "the text is not valid UTF-8 from its byte %zu on; mend it at the "
                           "source, or carry the bytes: columns = ( { name = \"%s\"; text = "
                           "\"bytes\"; } ), with copy -o job.columns.%s.text=bytes",
                           valid + 1, name, name);
}

/* Whether the values of this type are made of letters. */
static bool is_letters(const struct ferry_column *column, enum ferry_value value)
{
    return (value == FERRY_VALUE_TEXT || value == FERRY_VALUE_DECIMAL) &&
           (column->flags & FERRY_COLUMN_RAW) == 0;
}

/* What most cells of a column are, told at a glance; what is not goes through cell_flaw(). */
struct glance {
    enum { GLANCE_NONE, GLANCE_TEXT, GLANCE_INT, GLANCE_FLOAT } is;
    struct range range; /* of integers */
};

static struct glance glance_of(const struct ferry_column *column, enum ferry_value value,
                               bool letters)
{
    struct glance glance = {.is = GLANCE_NONE, .range = range_of(column)};
    if ((column->flags & FERRY_COLUMN_ONLY_NULL) != 0)
        return glance;
    if (letters && column->type != FERRY_TYPE_UUID)
        glance.is = GLANCE_TEXT;
    else if (value == FERRY_VALUE_FLOAT)
        glance.is = GLANCE_FLOAT;
    else if (value == FERRY_VALUE_INT && column->type != FERRY_TYPE_YEAR)
        glance.is = GLANCE_INT;
    return glance;
}

static inline bool is_sound(const struct glance *glance, const struct ferry_cell *cell)
{
    if (cell->null != 0 || cell->kind != FERRY_KIND_TYPED)
        return false;
    switch (glance->is) {
    case GLANCE_TEXT:
        return cell->v.p != NULL && ferry_utf8_is_valid(cell->v.p, cell->len);
    case GLANCE_INT:
        return is_within(&glance->range, cell);
    case GLANCE_FLOAT:
        return isfinite(cell->v.f) != 0;
    case GLANCE_NONE:
        break;
    }
    return false;
}

/* `driver` NULL: of stored rows, which somebody else may have changed. */
static ferry_status fail_flaw(const struct ferry_driver_handle *driver,
                              const struct ferry_batch *batch, size_t row, size_t column,
                              const char *flaw, struct ferry_error *error)
{
    if (driver == NULL)
        return ferry_fail_cell(error, FERRY_ERR_DATA, batch, row, column,
                               "the table holds %s, which was not stored there by a run; look who "
                               "else writes to it, then run again",
                               flaw);
    return ferry_fail_cell(error, FERRY_ERR_INTERNAL, batch, row, column,
                           "driver '%s' broke its contract: it gave %s; report this to its author",
                           driver->driver.name, flaw);
}

/* Of the rows from `first` to before `end`. */
static ferry_status check_column(const struct ferry_driver_handle *driver,
                                 const struct ferry_batch *batch, size_t c, size_t first,
                                 size_t end, struct ferry_error *error)
{
    const struct ferry_schema *schema = ferry_batch_schema(batch);
    const struct ferry_column *column = &schema->columns[c];
    enum ferry_value value = ferry_type_value(column->type);
    bool letters = is_letters(column, value);
    const struct glance glance = glance_of(column, value, letters);
    const struct ferry_cell *cell = ferry_batch_cells(batch, first) + c;
    for (size_t row = first; row < end; row++, cell += schema->count) {
        if (is_sound(&glance, cell))
            continue;
        const char *flaw = cell_flaw(column, value, cell);
        if (flaw != NULL)
            return fail_flaw(driver, batch, row, c, flaw, error);
        size_t valid = is_text(cell, letters) ? ferry_utf8_length(cell->v.p, cell->len) : cell->len;
        if (cell->null == 0 && valid != cell->len)
            return driver == NULL
                       ? fail_flaw(driver, batch, row, c, "a text that is not UTF-8", error)
                       : refuse_text(batch, row, c, valid, error);
    }
    return FERRY_OK;
}

static ferry_status check_batch(const struct ferry_driver_handle *driver,
                                const struct ferry_batch *batch, struct ferry_error *error)
{
    const struct ferry_schema *schema = ferry_batch_schema(batch);
    size_t rows = ferry_batch_count(batch);
    ferry_status status = FERRY_OK;
    for (size_t first = 0; first < rows; first += CHECK_ROWS) {
        size_t end = rows - first < CHECK_ROWS ? rows : first + CHECK_ROWS;
        for (size_t c = 0; c < schema->count && status == FERRY_OK; c++)
            status = check_column(driver, batch, c, first, end, error);
    }
    return status;
}

ferry_status ferry_contract_check_batch(const struct ferry_driver_handle *driver,
                                        const struct ferry_batch *batch, struct ferry_error *error)
{
    return check_batch(driver, batch, error);
}

/* Whether who compares the cell may look at it. */
static bool is_safe(enum ferry_value value, const struct ferry_cell *cell)
{
    if (cell->null != 0)
        return cell->null == 1;
    if (cell->kind != FERRY_KIND_TYPED)
        return cell->kind <= FERRY_KIND_BYTES &&
               (cell->kind < FERRY_KIND_TEXT || cell->v.p != NULL);
    return value == FERRY_VALUE_INT || value == FERRY_VALUE_FLOAT ||
           (value != FERRY_VALUE_KIND && cell->v.p != NULL);
}

static ferry_status check_safe(const struct ferry_batch *batch, struct ferry_error *error)
{
    const struct ferry_schema *schema = ferry_batch_schema(batch);
    for (size_t c = 0; c < schema->count; c++) {
        enum ferry_value value = ferry_type_value(schema->columns[c].type);
        for (size_t row = 0; row < ferry_batch_count(batch); row++)
            if (!is_safe(value, &ferry_batch_cells(batch, row)[c]))
                return fail_flaw(NULL, batch, row, c, "a value without an address or kind", error);
    }
    return FERRY_OK;
}

ferry_status ferry_contract_check_stored(const struct ferry_batch *batch, bool anything,
                                         struct ferry_error *error)
{
    return anything ? check_safe(batch, error) : check_batch(NULL, batch, error);
}
