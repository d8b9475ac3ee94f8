/* A key is made for one schema: how the cells of its columns are read is found out once. */

#include "engine/key.h"

#include <stdlib.h>

ferry_status ferry_key_begin(struct ferry_key *key, const struct ferry_schema *schema,
                             const size_t *columns, size_t count, struct ferry_error *error)
{
    *key = (struct ferry_key){.schema = schema, .columns = columns, .count = count};
    key->forms = calloc(schema->count, sizeof *key->forms);
    if (key->forms == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a key");
    for (size_t i = 0; i < schema->count; i++)
        key->forms[i] = ferry_cell_form(&schema->columns[i]);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        const struct ferry_column *column = &schema->columns[columns[i]];
        status = ferry_schema_add(&key->alone, column, sizeof *column, error);
    }
    return status;
}

void ferry_key_done(struct ferry_key *key)
{
    free(key->forms);
    ferry_schema_done(&key->alone);
    *key = (struct ferry_key){0};
}

int ferry_key_order(const struct ferry_key *key, const struct ferry_cell *a,
                    const struct ferry_cell *b)
{
    int order = 0;
    for (size_t i = 0; i < key->count && order == 0; i++) {
        size_t column = key->columns[i];
        order = ferry_cell_order(&key->forms[column], &a[column], &b[column]);
    }
    return order;
}

int ferry_key_order_alone(const struct ferry_key *key, const struct ferry_cell *a,
                          const struct ferry_cell *b)
{
    int order = 0;
    for (size_t i = 0; i < key->count && order == 0; i++)
        order = ferry_cell_order(&key->forms[key->columns[i]], &a[i], &b[key->columns[i]]);
    return order;
}

static bool copy_cell(const struct ferry_cell_form *form, const struct ferry_cell *cell,
                      struct ferry_batch *batch, struct ferry_cell *copy)
{
    *copy = *cell;
    return !ferry_cell_has_bytes(form, cell) ||
           ferry_batch_text(batch, copy, cell->v.p, cell->len) != 0;
}

bool ferry_key_copy_row(const struct ferry_key *key, const struct ferry_cell *cells, bool only_key,
                        struct ferry_batch *to)
{
    struct ferry_cell *row = ferry_batch_row(to);
    size_t count = only_key ? key->count : key->schema->count;
    bool copied = row != NULL;
    for (size_t i = 0; i < count && copied; i++) {
        size_t column = only_key ? key->columns[i] : i;
        copied = copy_cell(&key->forms[column], &cells[column], to, &row[i]);
    }
    return copied;
}
