/* Arrays that grow, of copies: what was added may go. */

#include "driver/schema.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "base/strbuf.h"
#include "driver/sized.h"
#include "driver/type.h"

/* More than any database allows (MySQL 4096, SQLite 32767); a bound for hostile servers. */
#define COLUMN_LIMIT ((size_t)65536)

/* The strings of a column, which the schema owns. */
static const size_t column_texts[] = {
    offsetof(struct ferry_column, name),          offsetof(struct ferry_column, native),
    offsetof(struct ferry_column, charset),       offsetof(struct ferry_column, collation),
    offsetof(struct ferry_column, members),       offsetof(struct ferry_column, subtype),
    offsetof(struct ferry_column, default_value), offsetof(struct ferry_column, clauses),
};
#define COLUMN_TEXTS (sizeof column_texts / sizeof column_texts[0])

static const char **column_text(struct ferry_column *column, size_t i)
{
    return (const char **)(void *)((char *)column + column_texts[i]);
}

static void column_done(struct ferry_column *column)
{
    for (size_t i = 0; i < COLUMN_TEXTS; i++)
        free((void *)*column_text(column, i));
}

/* A list of names; NULL allowed. */
static void names_free(const char *const *names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        free((void *)names[i]);
    free((void *)names);
}

static void index_done(struct ferry_index *index)
{
    names_free(index->columns, index->column_count);
    free((void *)index->name);
}

static void foreign_key_done(struct ferry_foreign_key *key)
{
    names_free(key->columns, key->column_count);
    names_free(key->referred, key->column_count);
    free((void *)key->name);
    free((void *)key->table);
}

void ferry_schema_done(struct ferry_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        column_done(&schema->columns[i]);
    free(schema->columns);
    for (size_t i = 0; i < schema->index_count; i++)
        index_done(&schema->indexes[i]);
    free(schema->indexes);
    for (size_t i = 0; i < schema->foreign_key_count; i++)
        foreign_key_done(&schema->foreign_keys[i]);
    free(schema->foreign_keys);
    for (size_t i = 0; i < schema->note_count; i++)
        free(schema->notes[i].text);
    free(schema->notes);
    *schema = (struct ferry_schema){0};
}

/* Puts copies in the place of the strings that the caller owns; false if out of memory, and then
 * the copies that were made are there and the rest is NULL. */
static bool column_own_texts(struct ferry_column *column)
{
    bool complete = true;
    for (size_t i = 0; i < COLUMN_TEXTS; i++) {
        const char **text = column_text(column, i);
        const char *copy = *text == NULL || !complete ? NULL : strdup(*text);
        complete = complete && (*text == NULL || copy != NULL);
        *text = copy;
    }
    return complete;
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
    struct ferry_column copy;
    if (!ferry_sized_copy(&copy, sizeof copy, FERRY_FIRST_SIZE(ferry_column, clauses), column,
                          size))
        return ferry_fail(err, FERRY_ERR_INTERNAL, "a column of another size (%zu bytes)", size);
    if (copy.name == NULL || copy.name[0] == '\0')
        return ferry_fail(err, FERRY_ERR_INTERNAL, "column %zu has no name", schema->count + 1);
    const char *contradiction = ferry_type_contradiction(&copy);
    if (contradiction != NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "column '%s': %s", copy.name, contradiction);
    ferry_status status = schema_reserve(schema, err);
    if (status != FERRY_OK)
        return status;
    if (!column_own_texts(&copy)) {
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

ptrdiff_t ferry_schema_find(const struct ferry_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

ptrdiff_t ferry_schema_find_name(const struct ferry_schema *schema, const char *name)
{
    ptrdiff_t at = ferry_schema_find(schema, name);
    for (size_t i = 0; at < 0 && i < schema->count; i++)
        if (strcasecmp(schema->columns[i].name, name) == 0)
            at = (ptrdiff_t)i;
    return at;
}

/* ---- Indexes, foreign keys and notes ---- */

/* NULL of NULL, and where memory is out. */
static char *copy_or_null(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

/* The same. */
static const char *const *names_copy(const char *const *names, size_t count)
{
    if (names == NULL)
        return NULL;
    const char **copy = calloc(count, sizeof *copy);
    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        copy[i] = strdup(names[i]);
        if (copy[i] == NULL) {
            names_free(copy, count);
            return NULL;
        }
    }
    return copy;
}

static bool index_copy(struct ferry_index *copy, const struct ferry_index *index)
{
    *copy = *index;
    copy->name = copy_or_null(index->name);
    copy->columns = names_copy(index->columns, index->column_count);
    return copy->columns != NULL && (index->name == NULL || copy->name != NULL);
}

ferry_status ferry_schema_add_index(struct ferry_schema *schema, const struct ferry_index *index,
                                    size_t size, struct ferry_error *err)
{
    struct ferry_index known;
    if (!ferry_sized_copy(&known, sizeof known, FERRY_FIRST_SIZE(ferry_index, copied), index,
                          size) ||
        known.column_count == 0)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "an index of another size or without columns");
    for (size_t i = 0; i < known.column_count; i++)
        if (ferry_schema_find(schema, known.columns[i]) < 0)
            return ferry_fail(err, FERRY_ERR_INTERNAL, "an index on '%s', which is no column",
                              known.columns[i]);
    struct ferry_index *indexes =
        reallocarray(schema->indexes, schema->index_count + 1, sizeof *indexes);
    if (indexes != NULL)
        schema->indexes = indexes;
    struct ferry_index copy = {0};
    if (indexes == NULL || !index_copy(&copy, &known)) {
        index_done(&copy);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for an index");
    }
    indexes[schema->index_count++] = copy;
    return FERRY_OK;
}

size_t ferry_schema_index_count(const struct ferry_schema *schema)
{
    return schema->index_count;
}

const struct ferry_index *ferry_schema_index(const struct ferry_schema *schema, size_t i)
{
    return &schema->indexes[i];
}

static bool foreign_key_copy(struct ferry_foreign_key *copy, const struct ferry_foreign_key *key)
{
    *copy = *key;
    copy->name = copy_or_null(key->name);
    copy->table = copy_or_null(key->table);
    copy->columns = names_copy(key->columns, key->column_count);
    copy->referred = names_copy(key->referred, key->column_count);
    return copy->table != NULL && copy->columns != NULL &&
           (key->name == NULL || copy->name != NULL) &&
           (key->referred == NULL || copy->referred != NULL);
}

ferry_status ferry_schema_add_foreign_key(struct ferry_schema *schema,
                                          const struct ferry_foreign_key *key, size_t size,
                                          struct ferry_error *err)
{
    struct ferry_foreign_key known;
    if (!ferry_sized_copy(&known, sizeof known, FERRY_FIRST_SIZE(ferry_foreign_key, on_update), key,
                          size) ||
        known.column_count == 0 || known.columns == NULL || known.table == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "a foreign key of another size, without columns or without a table");
    if (known.on_delete > FERRY_ACTION_SET_DEFAULT || known.on_update > FERRY_ACTION_SET_DEFAULT)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "a foreign key with an unknown action");
    struct ferry_foreign_key *keys =
        reallocarray(schema->foreign_keys, schema->foreign_key_count + 1, sizeof *keys);
    if (keys != NULL)
        schema->foreign_keys = keys;
    struct ferry_foreign_key copy = {0};
    if (keys == NULL || !foreign_key_copy(&copy, &known)) {
        foreign_key_done(&copy);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a foreign key");
    }
    keys[schema->foreign_key_count++] = copy;
    return FERRY_OK;
}

FERRY_PRINTF(3, 0)
static ferry_status add_note(struct ferry_schema *schema, bool warns, const char *format,
                             va_list arguments, struct ferry_error *err)
{
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    struct ferry_schema_note *notes =
        length < 0 ? NULL : reallocarray(schema->notes, schema->note_count + 1, sizeof *notes);
    if (notes == NULL) {
        if (length >= 0)
            free(text);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a note");
    }
    schema->notes = notes;
    notes[schema->note_count++] = (struct ferry_schema_note){.text = text, .warns = warns};
    return FERRY_OK;
}

ferry_status ferry_schema_note(struct ferry_schema *schema, struct ferry_error *err,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_status status = add_note(schema, false, format, arguments, err);
    va_end(arguments);
    return status;
}

ferry_status ferry_schema_warn(struct ferry_schema *schema, struct ferry_error *err,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_status status = add_note(schema, true, format, arguments, err);
    va_end(arguments);
    return status;
}

ferry_status ferry_schema_unknown(struct ferry_schema *schema, struct ferry_error *err,
                                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_status status = add_note(schema, true, format, arguments, err);
    va_end(arguments);
    schema->unknown = true;
    return status;
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

/* What a descriptor does not show of the values and of how they compare.  Nothing is added where
 * nothing is special, so that the hashes of old records stay right. */
static void add_meaning(struct ferry_strbuf *text, const struct ferry_column *column)
{
    const uint32_t flags =
        column->flags & (FERRY_COLUMN_LOOSE | FERRY_COLUMN_SRID | FERRY_COLUMN_IGNORES_CASE |
                         FERRY_COLUMN_IGNORES_ACCENTS | FERRY_COLUMN_IGNORES_TRAILING_SPACE |
                         FERRY_COLUMN_COMPARES_UNKNOWN);
    const char *const words[] = {column->members, column->subtype, column->collation};
    if (flags != 0)
        ferry_strbuf_addf(text, " %" PRIx32, flags);
    if ((flags & FERRY_COLUMN_SRID) != 0)
        ferry_strbuf_addf(text, " %" PRIu32, column->srid);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i] != NULL)
            ferry_strbuf_addf(text, " %zu:%zu:%s", i, strlen(words[i]), words[i]);
}

ferry_status ferry_schema_hash(const struct ferry_schema *schema, char ret_hash[17],
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    for (size_t i = 0; i < schema->count; i++) {
        const struct ferry_column *column = &schema->columns[i];
        ferry_strbuf_append(&text, column->name, strlen(column->name) + 1);
        ferry_type_add_descriptor(&text, column);
        add_meaning(&text, column);
        ferry_strbuf_add(&text, (column->flags & FERRY_COLUMN_NOT_NULL) != 0 ? "!" : "?");
    }
    if (text.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the schema's hash");
    XXH64_hash_t hash = XXH3_64bits(ferry_strbuf_text(&text), text.length);
    (void)snprintf(ret_hash, 17, "%016" PRIx64, (uint64_t)hash);
    return FERRY_OK;
}
