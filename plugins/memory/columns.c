/* Columns written as text: "id int64 not null key, name text(40)". */

#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum arguments {
    ARGUMENTS_NONE,
    ARGUMENTS_LENGTH,  /* (n), may be absent */
    ARGUMENTS_SCALE,   /* (f), may be absent */
    ARGUMENTS_DECIMAL, /* (p,s) */
};

static const struct type_name {
    const char *name;
    uint32_t type;
    uint32_t bits;
    enum arguments arguments;
    uint16_t kind;
} type_names[] = {
    {"bool", FERRY_TYPE_BOOL, 0, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int8", FERRY_TYPE_INT, 8, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int16", FERRY_TYPE_INT, 16, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int24", FERRY_TYPE_INT, 24, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int32", FERRY_TYPE_INT, 32, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"int64", FERRY_TYPE_INT, 64, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"float32", FERRY_TYPE_FLOAT, 32, ARGUMENTS_NONE, FERRY_KIND_FLOAT},
    {"float64", FERRY_TYPE_FLOAT, 64, ARGUMENTS_NONE, FERRY_KIND_FLOAT},
    {"decimal", FERRY_TYPE_DECIMAL, 0, ARGUMENTS_DECIMAL, FERRY_KIND_BYTES},
    {"text", FERRY_TYPE_TEXT, 0, ARGUMENTS_LENGTH, FERRY_KIND_BYTES},
    {"bytes", FERRY_TYPE_BYTES, 0, ARGUMENTS_LENGTH, FERRY_KIND_BYTES},
    {"date", FERRY_TYPE_DATE, 0, ARGUMENTS_NONE, FERRY_KIND_BYTES},
    {"time", FERRY_TYPE_TIME, 0, ARGUMENTS_SCALE, FERRY_KIND_BYTES},
    {"datetime", FERRY_TYPE_DATETIME, 0, ARGUMENTS_SCALE, FERRY_KIND_BYTES},
    {"year", FERRY_TYPE_YEAR, 0, ARGUMENTS_NONE, FERRY_KIND_INT},
    {"any", FERRY_TYPE_ANY, 0, ARGUMENTS_NONE, FERRY_KIND_TYPED},
};
#define TYPE_NAMES (sizeof type_names / sizeof type_names[0])

static const struct type_name *type_name_of(const struct ferry_column *column)
{
    for (size_t i = 0; i < TYPE_NAMES; i++)
        if (type_names[i].type == column->type && type_names[i].bits == column->bits)
            return &type_names[i];
    return NULL;
}

uint16_t memory_columns_kind(const struct ferry_column *column)
{
    const struct type_name *known = type_name_of(column);
    return known == NULL ? FERRY_KIND_TYPED : known->kind;
}

char *memory_columns_native(const struct ferry_column *column)
{
    const struct type_name *known = type_name_of(column);
    char arguments[64] = "", *native = NULL;
    if (known != NULL && known->arguments == ARGUMENTS_DECIMAL)
        (void)snprintf(arguments, sizeof arguments, "(%" PRIu32 ",%" PRIu32 ")", column->precision,
                       column->scale);
    else if (known != NULL && known->arguments == ARGUMENTS_SCALE && column->scale > 0)
        (void)snprintf(arguments, sizeof arguments, "(%" PRIu32 ")", column->scale);
    else if (known != NULL && known->arguments == ARGUMENTS_LENGTH && column->length > 0)
        (void)snprintf(arguments, sizeof arguments, "(%" PRIu64 ")", column->length);
    if (asprintf(&native, "%s%s%s%s", known == NULL ? "?" : known->name, arguments,
                 column->flags & FERRY_COLUMN_UNSIGNED ? " unsigned" : "",
                 column->flags & FERRY_COLUMN_UTC ? " utc" : "") < 0)
        return NULL;
    return native;
}

void memory_columns_done(struct memory_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        free((char *)(uintptr_t)columns->list[i].name);
        free((char *)(uintptr_t)columns->list[i].native);
    }
    free(columns->list);
    *columns = (struct memory_columns){0};
}

/* Takes over the strings of `column`, also where it fails. */
static bool columns_add(struct memory_columns *columns, const struct ferry_column *column)
{
    struct ferry_column *list =
        reallocarray(columns->list, columns->count + 1, sizeof *columns->list);
    if (list != NULL)
        columns->list = list;
    if (list == NULL || column->name == NULL || column->native == NULL) {
        free((char *)(uintptr_t)column->name);
        free((char *)(uintptr_t)column->native);
        return false;
    }
    list[columns->count++] = *column;
    return true;
}

ferry_status memory_columns_copy(const struct ferry_schema *schema,
                                 struct memory_columns *ret_columns, struct ferry_error *err)
{
    struct memory_columns columns = {0};
    for (size_t i = 0; i < ferry_schema_count(schema); i++) {
        struct ferry_column column = *ferry_schema_column(schema, i);
        column.native = memory_columns_native(&column);
        column.name = strdup(column.name);
        column.charset = column.collation = NULL;
        if (!columns_add(&columns, &column)) {
            memory_columns_done(&columns);
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        }
    }
    *ret_columns = columns;
    return FERRY_OK;
}

/* ---- Reading ---- */

struct reader {
    const char *text;
    const char *at;
    struct ferry_error *err;
};

static ferry_status reader_fail(const struct reader *reader, const char *what)
{
    return ferry_fail(reader->err, FERRY_ERR_CONFIG, "columns: %s at character %td, near '%.20s'",
                      what, reader->at - reader->text + 1, reader->at);
}

static void skip_space(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\n");
}

static bool skip_char(struct reader *reader, char c)
{
    skip_space(reader);
    if (*reader->at != c)
        return false;
    reader->at++;
    return true;
}

static size_t word_length(const struct reader *reader)
{
    return strspn(reader->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static bool skip_word(struct reader *reader, const char *word)
{
    skip_space(reader);
    if (word_length(reader) != strlen(word) || strncmp(reader->at, word, strlen(word)) != 0)
        return false;
    reader->at += strlen(word);
    return true;
}

/* A bare word, or anything between backticks, where `` stands for one. */
static ferry_status read_name(struct reader *reader, const char **ret_name)
{
    skip_space(reader);
    if (*reader->at != '`') {
        size_t length = word_length(reader);
        if (length == 0)
            return reader_fail(reader, "a name is missing");
        char *word = strndup(reader->at, length);
        if (word == NULL)
            return ferry_fail(reader->err, FERRY_ERR_SYSTEM, "out of memory");
        reader->at += length;
        *ret_name = word;
        return FERRY_OK;
    }
    char *name = calloc(1, strlen(reader->at));
    if (name == NULL)
        return ferry_fail(reader->err, FERRY_ERR_SYSTEM, "out of memory");
    size_t size = 0;
    for (reader->at++; *reader->at != '\0'; reader->at++) {
        if (*reader->at == '`' && reader->at[1] != '`')
            break;
        if (*reader->at == '`')
            reader->at++;
        name[size++] = *reader->at;
    }
    if (*reader->at != '`' || size == 0) {
        free(name);
        return reader_fail(reader, "a name is empty or has no end");
    }
    reader->at++;
    *ret_name = name;
    return FERRY_OK;
}

static ferry_status read_number(struct reader *reader, uint64_t limit, uint64_t *ret_number)
{
    uint64_t number = 0;
    skip_space(reader);
    if (*reader->at < '0' || *reader->at > '9')
        return reader_fail(reader, "a number is missing");
    for (; *reader->at >= '0' && *reader->at <= '9'; reader->at++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*reader->at - '0'), &number) ||
            number > limit)
            return reader_fail(reader, "a number is too large");
    *ret_number = number;
    return FERRY_OK;
}

static ferry_status read_arguments(struct reader *reader, enum arguments arguments,
                                   struct ferry_column *column)
{
    uint64_t first = 0, second = 0;
    if (arguments == ARGUMENTS_NONE || !skip_char(reader, '('))
        return arguments == ARGUMENTS_DECIMAL ? reader_fail(reader, "(precision,scale) is missing")
                                              : FERRY_OK;
    ferry_status status =
        read_number(reader, arguments == ARGUMENTS_LENGTH ? INT64_MAX : 1000, &first);
    if (status == FERRY_OK && arguments == ARGUMENTS_DECIMAL)
        status = skip_char(reader, ',') ? read_number(reader, first, &second)
                                        : reader_fail(reader, "a comma is missing");
    if (status == FERRY_OK && !skip_char(reader, ')'))
        status = reader_fail(reader, "a bracket is missing");
    if (arguments == ARGUMENTS_LENGTH)
        column->length = first;
    else if (arguments == ARGUMENTS_SCALE)
        column->scale = (uint32_t)first;
    else {
        column->precision = (uint32_t)first;
        column->scale = (uint32_t)second;
    }
    return status;
}

static ferry_status read_type(struct reader *reader, uint32_t key_position,
                              struct ferry_column *column)
{
    const struct type_name *found = NULL;
    for (size_t i = 0; i < TYPE_NAMES && found == NULL; i++)
        if (skip_word(reader, type_names[i].name))
            found = &type_names[i];
    if (found == NULL)
        return reader_fail(reader, "an unknown type");
    column->type = found->type;
    column->bits = found->bits;
    ferry_status status = read_arguments(reader, found->arguments, column);
    while (status == FERRY_OK) {
        if (skip_word(reader, "unsigned"))
            column->flags |= FERRY_COLUMN_UNSIGNED;
        else if (skip_word(reader, "utc"))
            column->flags |= FERRY_COLUMN_UTC;
        else if (skip_word(reader, "key"))
            column->key_position = key_position;
        else if (skip_word(reader, "not") && skip_word(reader, "null"))
            column->flags |= FERRY_COLUMN_NOT_NULL;
        else
            break;
    }
    return status;
}

ferry_status memory_columns_parse(const char *text, struct memory_columns *ret_columns,
                                  struct ferry_error *err)
{
    struct memory_columns columns = {0};
    struct reader reader = {.text = text, .at = text, .err = err};
    uint32_t keys = 0;
    ferry_status status;
    do {
        struct ferry_column column = {0};
        status = read_name(&reader, &column.name);
        if (status != FERRY_OK)
            break;
        status = read_type(&reader, keys + 1, &column);
        keys += column.key_position > 0;
        if (status == FERRY_OK)
            column.native = memory_columns_native(&column);
        if (status != FERRY_OK)
            free((char *)(uintptr_t)column.name);
        else if (!columns_add(&columns, &column))
            status = ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    } while (status == FERRY_OK && skip_char(&reader, ','));
    if (status == FERRY_OK && *reader.at != '\0')
        status = reader_fail(&reader, "something that is not understood");
    if (status != FERRY_OK)
        memory_columns_done(&columns);
    else
        *ret_columns = columns;
    return status;
}
