/* Columns and their types: how they are named, kept, and copied. */

#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct memory_type memory_types[] = {
    {"bool", FERRY_TYPE_BOOL, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int8", FERRY_TYPE_INT, 8, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int16", FERRY_TYPE_INT, 16, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int24", FERRY_TYPE_INT, 24, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int32", FERRY_TYPE_INT, 32, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int64", FERRY_TYPE_INT, 64, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"float32", FERRY_TYPE_FLOAT, 32, MEMORY_ARGUMENTS_NONE, FERRY_KIND_FLOAT},
    {"float64", FERRY_TYPE_FLOAT, 64, MEMORY_ARGUMENTS_NONE, FERRY_KIND_FLOAT},
    {"decimal", FERRY_TYPE_DECIMAL, 0, MEMORY_ARGUMENTS_DECIMAL, FERRY_KIND_BYTES},
    {"text", FERRY_TYPE_TEXT, 0, MEMORY_ARGUMENTS_LENGTH, FERRY_KIND_BYTES},
    {"bytes", FERRY_TYPE_BYTES, 0, MEMORY_ARGUMENTS_LENGTH, FERRY_KIND_BYTES},
    {"date", FERRY_TYPE_DATE, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_BYTES},
    {"time", FERRY_TYPE_TIME, 0, MEMORY_ARGUMENTS_SCALE, FERRY_KIND_BYTES},
    {"datetime", FERRY_TYPE_DATETIME, 0, MEMORY_ARGUMENTS_SCALE, FERRY_KIND_BYTES},
    {"year", FERRY_TYPE_YEAR, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_INT},
    {"any", FERRY_TYPE_ANY, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_TYPED},
    {"bit", FERRY_TYPE_BIT, 0, MEMORY_ARGUMENTS_BITS, FERRY_KIND_INT},
    {"json", FERRY_TYPE_JSON, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_BYTES},
    {"enum", FERRY_TYPE_ENUM, 0, MEMORY_ARGUMENTS_MEMBERS, FERRY_KIND_BYTES},
    {"set", FERRY_TYPE_SET, 0, MEMORY_ARGUMENTS_MEMBERS, FERRY_KIND_BYTES},
    {"uuid", FERRY_TYPE_UUID, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_BYTES},
    {"inet4", FERRY_TYPE_INET4, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_BYTES},
    {"inet6", FERRY_TYPE_INET6, 0, MEMORY_ARGUMENTS_NONE, FERRY_KIND_BYTES},
    {"geometry", FERRY_TYPE_GEOMETRY, 0, MEMORY_ARGUMENTS_SUBTYPE, FERRY_KIND_BYTES},
    {"vector", FERRY_TYPE_VECTOR, 0, MEMORY_ARGUMENTS_LENGTH, FERRY_KIND_BYTES},
};
const size_t memory_type_count = sizeof memory_types / sizeof memory_types[0];

const struct memory_flag memory_flags[] = {
    {"unsigned", FERRY_COLUMN_UNSIGNED, true},
    {"utc", FERRY_COLUMN_UTC, true},
    {"loose", FERRY_COLUMN_LOOSE, true},
    {"only_null", FERRY_COLUMN_ONLY_NULL, true},
    {"no_nan", FERRY_COLUMN_NO_NAN, true},
    {"no_infinity", FERRY_COLUMN_NO_INFINITY, true},
    {"fixed", FERRY_COLUMN_FIXED, true},
    {"long", FERRY_COLUMN_LONG, true},
    {"zerofill", FERRY_COLUMN_ZEROFILL, true},
    {"auto_number", FERRY_COLUMN_AUTO_NUMBER, false},
    {"generated", FERRY_COLUMN_GENERATED, false},
    {"default_now", FERRY_COLUMN_DEFAULT_NOW, false},
    {"ignores_case", FERRY_COLUMN_IGNORES_CASE, false},
    {"ignores_accents", FERRY_COLUMN_IGNORES_ACCENTS, false},
    {"ignores_trailing_space", FERRY_COLUMN_IGNORES_TRAILING_SPACE, false},
    {"compares_unknown", FERRY_COLUMN_COMPARES_UNKNOWN, false},
};
const size_t memory_flag_count = sizeof memory_flags / sizeof memory_flags[0];

static const struct memory_type *type_of(const struct ferry_column *column)
{
    for (size_t i = 0; i < memory_type_count; i++) {
        const struct memory_type *type = &memory_types[i];
        bool sized = type->arguments == MEMORY_ARGUMENTS_BITS || type->bits == column->bits;
        if (type->type == column->type && sized)
            return type;
    }
    return NULL;
}

uint16_t memory_cell_kind(const struct ferry_column *column, const struct ferry_cell *cell)
{
    const struct memory_type *known = type_of(column);
    return cell->kind != FERRY_KIND_TYPED || known == NULL ? cell->kind : known->kind;
}

bool memory_cell_points(const struct ferry_column *column, const struct ferry_cell *cell)
{
    uint16_t kind = memory_cell_kind(column, cell);
    return !cell->null && kind != FERRY_KIND_INT && kind != FERRY_KIND_FLOAT;
}

uint16_t memory_columns_kind(const struct ferry_column *column)
{
    const struct ferry_cell typed = {0};
    return memory_cell_kind(column, &typed);
}

bool memory_columns_are_unsigned(const struct ferry_column *column)
{
    return (column->flags & FERRY_COLUMN_UNSIGNED) != 0 || column->type == FERRY_TYPE_BIT;
}

/* ---- Definitions ---- */

static void put_arguments(FILE *out, const struct ferry_column *column,
                          enum memory_arguments arguments)
{
    switch (arguments) {
    case MEMORY_ARGUMENTS_NONE:
        break;
    case MEMORY_ARGUMENTS_DECIMAL:
        (void)fprintf(out, "(%" PRIu32 ",%" PRIu32 ")", column->precision, column->scale);
        break;
    case MEMORY_ARGUMENTS_SCALE:
        if (column->scale > 0)
            (void)fprintf(out, "(%" PRIu32 ")", column->scale);
        break;
    case MEMORY_ARGUMENTS_LENGTH:
        if (column->length > 0)
            (void)fprintf(out, "(%" PRIu64 ")", column->length);
        break;
    case MEMORY_ARGUMENTS_BITS:
        (void)fprintf(out, "(%" PRIu32 ")", column->bits);
        break;
    case MEMORY_ARGUMENTS_MEMBERS:
        (void)fprintf(out, "(%s)", column->members == NULL ? "" : column->members);
        break;
    case MEMORY_ARGUMENTS_SUBTYPE:
        if (column->subtype != NULL)
            (void)fprintf(out, "(%s)", column->subtype);
        break;
    }
}

static void put_native(FILE *out, const struct ferry_column *column)
{
    const struct memory_type *known = type_of(column);
    (void)fputs(known == NULL ? "?" : known->name, out);
    if (known != NULL)
        put_arguments(out, column, known->arguments);
    for (size_t i = 0; i < memory_flag_count; i++)
        if (memory_flags[i].of_type && (column->flags & memory_flags[i].flag) != 0)
            (void)fprintf(out, " %s", memory_flags[i].name);
    if ((column->flags & FERRY_COLUMN_SRID) != 0)
        (void)fprintf(out, " srid %" PRIu32, column->srid);
}

static void put_clauses(FILE *out, const struct ferry_column *column)
{
    const char *space = "";
    if ((column->flags & FERRY_COLUMN_NOT_NULL) != 0) {
        (void)fputs("not null", out);
        space = " ";
    }
    if (column->key_position > 0) {
        (void)fprintf(out, "%skey", space);
        space = " ";
    }
    for (size_t i = 0; i < memory_flag_count; i++)
        if (!memory_flags[i].of_type && (column->flags & memory_flags[i].flag) != 0) {
            (void)fprintf(out, "%s%s", space, memory_flags[i].name);
            space = " ";
        }
    if (column->default_value == NULL)
        return;
    (void)fprintf(out, "%sdefault '", space);
    for (const char *at = column->default_value; *at != '\0'; at++)
        (void)fprintf(out, *at == '\'' ? "''" : "%c", *at);
    (void)fputs("'", out);
}

static char *put_to_text(void (*put)(FILE *, const struct ferry_column *),
                         const struct ferry_column *column)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    put(out, column);
    bool written = ferror(out) == 0;
    if (fclose(out) == 0 && written)
        return text;
    free(text);
    return NULL;
}

char *memory_columns_native(const struct ferry_column *column)
{
    return put_to_text(put_native, column);
}

char *memory_columns_clauses(const struct ferry_column *column)
{
    return put_to_text(put_clauses, column);
}

/* ---- Lists of them ---- */

static const size_t texts[] = {
    offsetof(struct ferry_column, name),          offsetof(struct ferry_column, native),
    offsetof(struct ferry_column, charset),       offsetof(struct ferry_column, collation),
    offsetof(struct ferry_column, members),       offsetof(struct ferry_column, subtype),
    offsetof(struct ferry_column, default_value),
};
#define TEXTS (sizeof texts / sizeof texts[0])

static const char **column_text(struct ferry_column *column, size_t i)
{
    return (const char **)(void *)((char *)column + texts[i]);
}

void memory_column_done(struct ferry_column *column)
{
    for (size_t i = 0; i < TEXTS; i++)
        free((char *)(uintptr_t)*column_text(column, i));
    *column = (struct ferry_column){0};
}

void memory_columns_done(struct memory_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        memory_column_done(&columns->list[i]);
    for (size_t i = 0; i < columns->index_count; i++)
        memory_index_done(&columns->indexes[i]);
    free(columns->list);
    free(columns->indexes);
    *columns = (struct memory_columns){0};
}

void memory_index_done(struct ferry_index *index)
{
    for (size_t i = 0; i < index->column_count; i++)
        free((char *)(uintptr_t)index->columns[i]);
    free((char **)(uintptr_t)index->columns);
    free((char *)(uintptr_t)index->name);
    *index = (struct ferry_index){0};
}

bool memory_columns_add(struct memory_columns *columns, struct ferry_column *column)
{
    struct ferry_column *list =
        reallocarray(columns->list, columns->count + 1, sizeof *columns->list);
    if (list != NULL)
        columns->list = list;
    if (list == NULL || column->name == NULL || column->native == NULL) {
        memory_column_done(column);
        return false;
    }
    list[columns->count++] = *column;
    return true;
}

static bool index_copy(struct ferry_index *copy, const struct ferry_index *index)
{
    const char **columns = calloc(index->column_count, sizeof *columns);
    FERRY_COPY(ferry_index, copy, index);
    copy->columns = columns;
    copy->name = index->name == NULL ? NULL : strdup(index->name);
    bool complete = columns != NULL && (index->name == NULL || copy->name != NULL);
    for (size_t i = 0; complete && i < index->column_count; i++) {
        columns[i] = strdup(index->columns[i]);
        complete = columns[i] != NULL;
    }
    if (columns == NULL)
        copy->column_count = 0;
    if (!complete)
        memory_index_done(copy);
    return complete;
}

bool memory_columns_add_index(struct memory_columns *columns, const struct ferry_index *index)
{
    struct ferry_index *indexes =
        reallocarray(columns->indexes, columns->index_count + 1, sizeof *indexes);
    if (indexes == NULL)
        return false;
    columns->indexes = indexes;
    if (!index_copy(&indexes[columns->index_count], index))
        return false;
    columns->index_count++;
    return true;
}

/* False if out of memory, and then the column is empty. */
static bool copy_column(struct ferry_column *copy, const struct ferry_column *column)
{
    bool complete = true;
    FERRY_COPY(ferry_column, copy, column);
    copy->flags &= ~(FERRY_COLUMN_SOLE_KEY | /* the core says it, each time anew */
                     FERRY_COLUMN_ORDERED | FERRY_COLUMN_INDEX_ORDERED); /* so does describe */
    copy->native = NULL;
    for (size_t i = 0; i < TEXTS; i++) {
        const char **text = column_text(copy, i);
        const char *own = *text == NULL || !complete ? NULL : strdup(*text);
        complete = complete && (*text == NULL || own != NULL);
        *text = own;
    }
    if (complete)
        copy->native = memory_columns_native(copy);
    if (complete && copy->native != NULL)
        return true;
    memory_column_done(copy);
    return false;
}

ferry_status memory_columns_copy(const struct ferry_schema *schema,
                                 struct memory_columns *ret_columns, struct ferry_error *err)
{
    struct memory_columns columns = {0};
    for (size_t i = 0; i < ferry_schema_count(schema); i++) {
        struct ferry_column column;
        if (!copy_column(&column, ferry_schema_column(schema, i)) ||
            !memory_columns_add(&columns, &column)) {
            memory_columns_done(&columns);
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        }
    }
    *ret_columns = columns;
    return FERRY_OK;
}

bool memory_columns_clone(const struct memory_columns *columns, struct memory_columns *ret_columns)
{
    struct memory_columns clone = {0};
    bool complete = true;
    for (size_t i = 0; complete && i < columns->count; i++) {
        struct ferry_column column;
        complete = copy_column(&column, &columns->list[i]) && memory_columns_add(&clone, &column);
    }
    for (size_t i = 0; complete && i < columns->index_count; i++)
        complete = memory_columns_add_index(&clone, &columns->indexes[i]);
    if (complete)
        *ret_columns = clone;
    else
        memory_columns_done(&clone);
    return complete;
}

bool memory_column_is_ordered(const struct memory_conn *conn, const struct ferry_column *column)
{
    const char *unordered = conn->unordered == NULL ? "" : conn->unordered;
    return conn->scans && memory_column_has_order(column) && strcmp(unordered, "*") != 0 &&
           strcmp(unordered, column->name) != 0;
}

ferry_status memory_columns_describe(const struct memory_conn *conn,
                                     const struct memory_columns *columns,
                                     struct ferry_schema *schema, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < columns->count; i++) {
        struct ferry_column column = columns->list[i];
        if (memory_column_is_ordered(conn, &column))
            column.flags |= FERRY_COLUMN_ORDERED | (conn->indexed ? FERRY_COLUMN_INDEX_ORDERED : 0);
        status = ferry_schema_add(schema, &column, sizeof column, err);
    }
    for (size_t i = 0; status == FERRY_OK && i < columns->index_count; i++)
        status =
            ferry_schema_add_index(schema, &columns->indexes[i], sizeof *columns->indexes, err);
    return status;
}
