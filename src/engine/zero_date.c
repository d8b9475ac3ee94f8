/* Rows are looked at as they pass, in those columns alone whose policy is not to keep such days. */

#include "engine/zero_date.h"

#include <stdlib.h>
#include <string.h>

#include "engine/negotiate.h"

/* YYYY-MM-DD */
#define DAY_LENGTH ((size_t)10)

bool ferry_zero_date_is_one(const char *text, size_t length)
{
    return length >= DAY_LENGTH &&
           (memcmp(text, "0000", 4) == 0 || memcmp(text + 5, "00", 2) == 0 ||
            memcmp(text + 8, "00", 2) == 0);
}

static bool has_days(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_DATE || column->type == FERRY_TYPE_DATETIME;
}

void ferry_zero_date_prepare(struct ferry_plan *plan)
{
    bool all_kept = true;
    for (size_t i = 0; i < plan->schema.count; i++) {
        struct ferry_column *column = &plan->schema.columns[i];
        enum ferry_zero_date *policy = &plan->zero_dates[i];
        if (!has_days(column))
            *policy = FERRY_ZERO_DATE_KEEP;
        if (*policy == FERRY_ZERO_DATE_NULL && column->key_position > 0)
            *policy = FERRY_ZERO_DATE_REFUSE;
        if (*policy == FERRY_ZERO_DATE_NULL)
            column->flags &= ~FERRY_COLUMN_NOT_NULL;
        all_kept = all_kept && *policy == FERRY_ZERO_DATE_KEEP;
    }
    if (all_kept) { /* so that nobody looks at the rows */
        free(plan->zero_dates);
        plan->zero_dates = NULL;
    }
}

ferry_status ferry_zero_date_note(struct ferry_plan *plan, struct ferry_error *error)
{
    static const char *const sentences[] = {
        [FERRY_ZERO_DATE_NULL] = "zero dates become NULL",
        [FERRY_ZERO_DATE_REFUSE] = "a zero date ends the load",
    };
    ferry_status status = FERRY_OK;
    for (size_t i = 0; plan->zero_dates != NULL && i < plan->schema.count; i++) {
        struct ferry_mapping *mapping = &plan->mappings[i];
        const char *sentence = sentences[plan->zero_dates[i]];
        if (sentence != NULL && status == FERRY_OK)
            status = ferry_mapping_join_note(mapping, mapping->note, sentence, error);
    }
    return status;
}

static ferry_status refuse(const struct ferry_batch *batch, size_t row, size_t column,
                           struct ferry_error *error)
{
    return ferry_fail_cell(error, FERRY_ERR_DATA, batch, row, column,
                           "a date without year, month or day; mend it in the source, or choose "
                           "zero_date = \"keep\", or \"null\" where it is no primary key");
}

static ferry_status apply_to_column(enum ferry_zero_date policy, struct ferry_batch *batch,
                                    size_t column, struct ferry_error *error)
{
    size_t rows = ferry_batch_count(batch), columns = ferry_batch_schema(batch)->count;
    struct ferry_cell *cell = ferry_batch_cells_to_change(batch) + column;
    for (size_t row = 0; row < rows; row++, cell += columns) {
        if (cell->null != 0 || cell->kind != FERRY_KIND_TYPED ||
            !ferry_zero_date_is_one(cell->v.p, cell->len))
            continue;
        if (policy == FERRY_ZERO_DATE_REFUSE)
            return refuse(batch, row, column, error);
        *cell = (struct ferry_cell){.null = 1};
    }
    return FERRY_OK;
}

ferry_status ferry_zero_date_apply(const enum ferry_zero_date *policies, struct ferry_batch *batch,
                                   struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    size_t columns = policies == NULL ? 0 : ferry_batch_schema(batch)->count;
    for (size_t i = 0; i < columns && status == FERRY_OK; i++)
        if (policies[i] != FERRY_ZERO_DATE_KEEP)
            status = apply_to_column(policies[i], batch, i, error);
    return status;
}
