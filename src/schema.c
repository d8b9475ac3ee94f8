/* The columns of a result, in order. */

#include "schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "strbuf.h"
#include "type.h"

/* More than any database allows (MySQL 4096, SQLite 32767); a bound for hostile servers. */
#define COLUMN_LIMIT ((size_t)65536)

static void column_done(struct ferry_column *column)
{
    free((void *)column->name);
    free((void *)column->native);
    free((void *)column->charset);
    free((void *)column->collation);
}

void ferry_schema_done(struct ferry_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        column_done(&schema->columns[i]);
    free(schema->columns);
    *schema = (struct ferry_schema){0};
}

/* Copies a string that may be NULL; false only if out of memory. */
static bool copy_text(const char **place, const char *text)
{
    *place = text == NULL ? NULL : strdup(text);
    return text == NULL || *place != NULL;
}

static ferry_status schema_reserve(struct ferry_schema *schema, struct ferry_error *error)
{
    if (schema->count < schema->capacity)
        return FERRY_OK;
    if (schema->count >= COLUMN_LIMIT)
        return ferry_fail(error, FERRY_ERR_SCHEMA, "more than %zu columns", COLUMN_LIMIT);
    size_t capacity = schema->capacity == 0 ? 16 : schema->capacity * 2;
    struct ferry_column *columns = reallocarray(schema->columns, capacity, sizeof *columns);
    if (columns == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for %zu columns", capacity);
    schema->columns = columns;
    schema->capacity = capacity;
    return FERRY_OK;
}

ferry_status ferry_schema_add(struct ferry_schema *schema, const struct ferry_column *column,
                              size_t size, struct ferry_error *err)
{
    if (size != sizeof *column)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "a column of another size (%zu bytes)", size);
    if (column->name == NULL || column->name[0] == '\0')
        return ferry_fail(err, FERRY_ERR_INTERNAL, "column %zu has no name", schema->count + 1);
    const char *contradiction = ferry_type_contradiction(column);
    if (contradiction != NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "column '%s': %s", column->name, contradiction);
    ferry_status status = schema_reserve(schema, err);
    if (status != FERRY_OK)
        return status;
    struct ferry_column copy = *column;
    copy.name = copy.native = copy.charset = copy.collation = NULL;
    if (!copy_text(&copy.name, column->name) || !copy_text(&copy.native, column->native) ||
        !copy_text(&copy.charset, column->charset) ||
        !copy_text(&copy.collation, column->collation)) {
        column_done(&copy);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a column");
    }
    schema->columns[schema->count++] = copy;
    return FERRY_OK;
}

size_t ferry_schema_count(const struct ferry_schema *schema)
{
    return schema->count;
}

const struct ferry_column *ferry_schema_column(const struct ferry_schema *schema, size_t i)
{
    return &schema->columns[i];
}

static int compare_names(const void *a, const void *b)
{
    const struct ferry_column *const *left = a;
    const struct ferry_column *const *right = b;
    int order = strcasecmp((*left)->name, (*right)->name);
    return order != 0 ? order : (*left > *right) - (*left < *right);
}

ferry_status ferry_schema_check_names(const struct ferry_schema *schema, struct ferry_error *error)
{
    if (schema->count < 2)
        return FERRY_OK;
    const struct ferry_column **sorted = calloc(schema->count, sizeof *sorted);
    if (sorted == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for column names");
    for (size_t i = 0; i < schema->count; i++)
        sorted[i] = &schema->columns[i];
    qsort(sorted, schema->count, sizeof *sorted, compare_names);
    ferry_status status = FERRY_OK;
    for (size_t i = 1; i < schema->count && status == FERRY_OK; i++) {
        const char *first = sorted[i - 1]->name;
        const char *second = sorted[i]->name;
        if (strcasecmp(first, second) == 0)
            status = ferry_fail(error, FERRY_ERR_SCHEMA,
                                "columns %td and %td are both named '%s'%s; give one an alias in "
                                "the view or query, for example %s AS %s_2",
                                sorted[i - 1] - schema->columns + 1,
                                sorted[i] - schema->columns + 1, first,
                                strcmp(first, second) == 0 ? "" : " but for case", second, second);
    }
    free(sorted);
    return status;
}

ferry_status ferry_schema_hash(const struct ferry_schema *schema, char ret_hash[17],
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    for (size_t i = 0; i < schema->count; i++) {
        const struct ferry_column *column = &schema->columns[i];
        ferry_strbuf_append(&text, column->name, strlen(column->name) + 1);
        ferry_type_add_descriptor(&text, column);
        ferry_strbuf_add(&text, (column->flags & FERRY_COLUMN_NOT_NULL) != 0 ? "!" : "?");
    }
    if (text.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the schema's hash");
    XXH64_hash_t hash = XXH3_64bits(ferry_strbuf_text(&text), text.length);
    (void)snprintf(ret_hash, 17, "%016" PRIx64, (uint64_t)hash);
    return FERRY_OK;
}
