/* One value, decoded as a database gives it. */

#ifndef FERRY_UNIT_DBI_DECODED_H
#define FERRY_UNIT_DBI_DECODED_H

#include <string.h>

#include "unit.h"

#include "driver/batch.h"
#include "driver/schema.h"
#include "read/read.h"

struct decoded {
    struct ferry_schema schema;
    struct ferry_batch *batch; /* what the cell points to is its */
    struct ferry_cell cell;
    const char *flaw; /* NULL: the cell is good */
};

static void decoded_take(struct decoded *decoded, const struct dbidrv_column *column,
                         const char *data)
{
    const struct dbidrv_value value = {.data = data, .size = strlen(data)};
    struct ferry_error error = {0};
    *decoded = (struct decoded){0};
    assert_int_equal(
        ferry_schema_add(&decoded->schema, &column->column, sizeof column->column, &error),
        FERRY_OK);
    decoded->batch = ferry_batch_new(&decoded->schema, &ferry_batch_default_limits);
    assert_non_null(decoded->batch);
    ferry_batch_reset(decoded->batch, 1);
    decoded->flaw = dbidrv_decode(column, &value, decoded->batch, &decoded->cell);
}

static void decoded_done(struct decoded *decoded)
{
    ferry_batch_free(decoded->batch);
    ferry_schema_done(&decoded->schema);
}

#endif
