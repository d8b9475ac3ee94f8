/* Columns written as text: "id int64 not null, kind enum('a','b') ignores_case, primary (id)". */

#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

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

static ferry_status out_of_memory(const struct reader *reader)
{
    return ferry_fail(reader->err, FERRY_ERR_SYSTEM, "out of memory");
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

static bool skip_word(struct reader *reader, const char *word)
{
    skip_space(reader);
    if (strspn(reader->at, LETTERS) != strlen(word) || strncmp(reader->at, word, strlen(word)) != 0)
        return false;
    reader->at += strlen(word);
    return true;
}

/* Anything between two `quote`s, where two of them stand for one. */
static ferry_status read_quoted(struct reader *reader, char quote, const char **ret_text)
{
    char *text = calloc(1, strlen(reader->at));
    size_t size = 0;
    if (text == NULL)
        return out_of_memory(reader);
    for (reader->at++; *reader->at != '\0'; reader->at++) {
        if (*reader->at == quote && reader->at[1] != quote)
            break;
        if (*reader->at == quote)
            reader->at++;
        text[size++] = *reader->at;
    }
    if (*reader->at != quote) {
        free(text);
        return reader_fail(reader, "what is quoted has no end");
    }
    reader->at++;
    *ret_text = text;
    return FERRY_OK;
}

static ferry_status read_word(struct reader *reader, const char **ret_word)
{
    skip_space(reader);
    size_t length = strspn(reader->at, LETTERS);
    if (length == 0)
        return reader_fail(reader, "a name is missing");
    char *word = strndup(reader->at, length);
    if (word == NULL)
        return out_of_memory(reader);
    reader->at += length;
    free((char *)(uintptr_t)*ret_word);
    *ret_word = word;
    return FERRY_OK;
}

/* A bare word, or anything but nothing between backticks. */
static ferry_status read_name(struct reader *reader, const char **ret_name)
{
    skip_space(reader);
    if (*reader->at != '`')
        return read_word(reader, ret_name);
    if (reader->at[1] == '`' && reader->at[2] != '`')
        return reader_fail(reader, "a name is empty");
    return read_quoted(reader, '`', ret_name);
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

static ferry_status read_small_number(struct reader *reader, uint32_t limit, uint32_t *ret_number)
{
    uint64_t number = 0;
    ferry_status status = read_number(reader, limit, &number);
    if (status == FERRY_OK)
        *ret_number = (uint32_t)number;
    return status;
}

/* ---- Types ---- */

/* 'a','it''s' up to the bracket, kept as it is written. */
static ferry_status read_members(struct reader *reader, struct ferry_column *column)
{
    const char *start = (skip_space(reader), reader->at);
    do {
        const char *ignored = NULL;
        skip_space(reader);
        if (*reader->at != '\'')
            return reader_fail(reader, "a member in quotes is missing");
        ferry_status status = read_quoted(reader, '\'', &ignored);
        free((char *)(uintptr_t)ignored);
        if (status != FERRY_OK)
            return status;
    } while (*reader->at == ',' && reader->at++ != NULL);
    column->members = strndup(start, (size_t)(reader->at - start));
    return column->members == NULL ? out_of_memory(reader) : FERRY_OK;
}

static ferry_status read_subtype(struct reader *reader, struct ferry_column *column)
{
    ferry_status status = read_word(reader, &column->subtype);
    if (status == FERRY_OK && strcmp(column->subtype, "point") != 0 &&
        strcmp(column->subtype, "linestring") != 0)
        status = reader_fail(reader, "no point and no linestring");
    return status;
}

static ferry_status read_arguments(struct reader *reader, enum memory_arguments arguments,
                                   struct ferry_column *column)
{
    ferry_status status = FERRY_OK;
    bool needed = arguments == MEMORY_ARGUMENTS_DECIMAL || arguments == MEMORY_ARGUMENTS_BITS ||
                  arguments == MEMORY_ARGUMENTS_MEMBERS;
    if (arguments == MEMORY_ARGUMENTS_NONE || !skip_char(reader, '('))
        return needed ? reader_fail(reader, "what stands in brackets is missing") : FERRY_OK;
    switch (arguments) {
    case MEMORY_ARGUMENTS_DECIMAL:
        status = read_small_number(reader, 1000, &column->precision);
        if (status == FERRY_OK)
            status = skip_char(reader, ',')
                         ? read_small_number(reader, column->precision, &column->scale)
                         : reader_fail(reader, "a comma is missing");
        break;
    case MEMORY_ARGUMENTS_SCALE:
        status = read_small_number(reader, 1000, &column->scale);
        break;
    case MEMORY_ARGUMENTS_BITS:
        status = read_small_number(reader, 64, &column->bits);
        break;
    case MEMORY_ARGUMENTS_LENGTH:
        status = read_number(reader, INT64_MAX, &column->length);
        break;
    case MEMORY_ARGUMENTS_MEMBERS:
        status = read_members(reader, column);
        break;
    case MEMORY_ARGUMENTS_SUBTYPE:
        status = read_subtype(reader, column);
        break;
    case MEMORY_ARGUMENTS_NONE:
        break;
    }
    if (status == FERRY_OK && !skip_char(reader, ')'))
        status = reader_fail(reader, "a bracket is missing");
    return status;
}

static ferry_status read_default(struct reader *reader, struct ferry_column *column)
{
    skip_space(reader);
    if (*reader->at != '\'' || column->default_value != NULL)
        return reader_fail(reader, "one default in quotes is needed");
    return read_quoted(reader, '\'', &column->default_value);
}

/* One word behind the type; `*ret_more` is false where there is none. */
static ferry_status read_attribute(struct reader *reader, uint32_t key_position,
                                   struct ferry_column *column, bool *ret_more)
{
    *ret_more = true;
    for (size_t i = 0; i < memory_flag_count; i++)
        if (skip_word(reader, memory_flags[i].name)) {
            column->flags |= memory_flags[i].flag;
            return FERRY_OK;
        }
    if (skip_word(reader, "key")) {
        column->key_position = key_position;
        return FERRY_OK;
    }
    if (skip_word(reader, "not")) {
        column->flags |= FERRY_COLUMN_NOT_NULL;
        return skip_word(reader, "null") ? FERRY_OK : reader_fail(reader, "'null' is missing");
    }
    if (skip_word(reader, "default"))
        return read_default(reader, column);
    if (skip_word(reader, "charset"))
        return read_word(reader, &column->charset);
    if (skip_word(reader, "collate"))
        return read_word(reader, &column->collation);
    if (skip_word(reader, "srid")) {
        column->flags |= FERRY_COLUMN_SRID;
        return read_small_number(reader, INT32_MAX, &column->srid);
    }
    *ret_more = false;
    return FERRY_OK;
}

static ferry_status read_type(struct reader *reader, uint32_t key_position,
                              struct ferry_column *column)
{
    const struct memory_type *found = NULL;
    for (size_t i = 0; i < memory_type_count && found == NULL; i++)
        if (skip_word(reader, memory_types[i].name))
            found = &memory_types[i];
    if (found == NULL)
        return reader_fail(reader, "an unknown type");
    column->type = found->type;
    column->bits = found->bits;
    ferry_status status = read_arguments(reader, found->arguments, column);
    for (bool more = true; status == FERRY_OK && more;)
        status = read_attribute(reader, key_position, column, &more);
    return status;
}

static ferry_status read_column(struct reader *reader, uint32_t *keys,
                                struct memory_columns *columns)
{
    struct ferry_column column = {0};
    ferry_status status = read_name(reader, &column.name);
    if (status == FERRY_OK)
        status = read_type(reader, *keys + 1, &column);
    if (status == FERRY_OK)
        column.native = memory_columns_native(&column);
    if (status != FERRY_OK) {
        memory_column_done(&column);
        return status;
    }
    *keys += column.key_position > 0;
    return memory_columns_add(columns, &column) ? FERRY_OK : out_of_memory(reader);
}

/* ---- Indexes ---- */

static ferry_status read_index_columns(struct reader *reader, struct ferry_index *index)
{
    ferry_status status;
    do {
        const char **names = reallocarray((char **)(uintptr_t)index->columns,
                                          index->column_count + 1, sizeof *names);
        if (names == NULL)
            return out_of_memory(reader);
        index->columns = names;
        names[index->column_count] = NULL;
        status = read_name(reader, &names[index->column_count]);
        index->column_count += status == FERRY_OK;
    } while (status == FERRY_OK && skip_char(reader, ','));
    if (status == FERRY_OK && !skip_char(reader, ')'))
        status = reader_fail(reader, "a bracket is missing");
    return status;
}

/* The columns of the primary key are counted. */
static ferry_status mark_key(const struct reader *reader, const struct ferry_index *index,
                             struct memory_columns *columns)
{
    for (size_t i = 0; i < index->column_count; i++) {
        size_t k = 0;
        while (k < columns->count && strcmp(columns->list[k].name, index->columns[i]) != 0)
            k++;
        if (k == columns->count)
            return reader_fail(reader, "an index on a column that does not stand before it");
        if (index->primary != 0)
            columns->list[k].key_position = (uint32_t)i + 1;
    }
    return FERRY_OK;
}

/* index (a, b), unique (a) as name, primary (a): `*ret_read` is false where none of them stands. */
static ferry_status read_index(struct reader *reader, struct memory_columns *columns,
                               bool *ret_read)
{
    static const struct {
        const char *word;
        uint32_t unique, primary;
    } kinds[] = {{"index", 0, 0}, {"unique", 1, 0}, {"primary", 1, 1}};
    const char *start = reader->at;
    struct ferry_index index = {0};
    *ret_read = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !*ret_read; i++) {
        *ret_read = skip_word(reader, kinds[i].word) && skip_char(reader, '(');
        index.unique = kinds[i].unique;
        index.primary = kinds[i].primary;
        if (!*ret_read)
            reader->at = start;
    }
    if (!*ret_read)
        return FERRY_OK;
    ferry_status status = read_index_columns(reader, &index);
    if (status == FERRY_OK && skip_word(reader, "as"))
        status = read_name(reader, &index.name);
    if (status == FERRY_OK)
        status = mark_key(reader, &index, columns);
    if (status == FERRY_OK && !memory_columns_add_index(columns, &index))
        status = out_of_memory(reader);
    memory_index_done(&index);
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
        bool is_index = false;
        status = read_index(&reader, &columns, &is_index);
        if (status == FERRY_OK && !is_index)
            status = read_column(&reader, &keys, &columns);
    } while (status == FERRY_OK && skip_char(&reader, ','));
    if (status == FERRY_OK && *reader.at != '\0')
        status = reader_fail(&reader, "something that is not understood");
    if (status == FERRY_OK && columns.count == 0)
        status = reader_fail(&reader, "a column is missing");
    if (status != FERRY_OK)
        memory_columns_done(&columns);
    else
        *ret_columns = columns;
    return status;
}

ferry_status memory_columns_retype(struct ferry_column *column, const char *native,
                                   struct ferry_error *err)
{
    struct reader reader = {.text = native, .at = native, .err = err};
    struct ferry_column typed = {0};
    ferry_status status = read_type(&reader, 0, &typed);
    if (status == FERRY_OK && *reader.at != '\0')
        status = reader_fail(&reader, "something that is not understood");
    char *own = status == FERRY_OK ? memory_columns_native(&typed) : NULL;
    char *name = status == FERRY_OK ? strdup(column->name) : NULL;
    if (status == FERRY_OK && (own == NULL || name == NULL))
        status = out_of_memory(&reader);
    if (status != FERRY_OK) {
        free(own);
        free(name);
        memory_column_done(&typed);
        return status;
    }
    typed.native = own;
    typed.name = name;
    typed.flags |= column->flags & FERRY_COLUMN_NOT_NULL;
    typed.key_position = column->key_position;
    memory_column_done(column);
    *column = typed;
    return FERRY_OK;
}
