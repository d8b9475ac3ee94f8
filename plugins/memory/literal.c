/* Rows written out in an option: cells end at '|', rows at ';'. */

#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One cell while it is read: unescaped, with a NUL behind it. */
struct word {
    char *data;
    size_t size;
    bool null;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads up to the next bare '|' or ';' or the end into `word`, which has room; returns where it
 * stopped, or NULL for an escape that is none. */
static const char *read_word(const char *at, struct word *word)
{
    word->size = 0;
    word->null = false;
    for (; *at != '\0' && *at != '|' && *at != ';'; at++) {
        char c = *at;
        if (c == '\\') {
            c = *++at;
            if (c == 'N') {
                word->null = true;
                continue;
            }
            if (c == 'x') {
                int high = hex_digit(at[1]), low = high < 0 ? -1 : hex_digit(at[2]);
                if (low < 0)
                    return NULL;
                c = (char)(high * 16 + low);
                at += 2;
            } else if (c == 'n') {
                c = '\n';
            } else if (c == '\0') {
                return NULL;
            }
        }
        word->data[word->size++] = c;
    }
    word->data[word->size] = '\0';
    return at;
}

static bool parse_int(const struct word *word, bool is_unsigned, struct ferry_cell *cell)
{
    char *end = NULL;
    errno = 0;
    if (is_unsigned)
        cell->v.u = strtoull(word->data, &end, 10);
    else
        cell->v.i = strtoll(word->data, &end, 10);
    return errno == 0 && word->size > 0 && end == word->data + word->size &&
           !(is_unsigned && word->data[0] == '-');
}

/* In a loose column "i:", "f:", "t:" and "b:" say that the cell has this kind. */
static uint16_t take_kind(const struct ferry_column *column, struct word *word)
{
    static const char letters[] = "iftb"; /* in the order of FERRY_KIND_ */
    const char *found = word->size < 2 || word->data[1] != ':'
                            ? NULL
                            : memchr(letters, word->data[0], sizeof letters - 1);
    if ((column->flags & FERRY_COLUMN_LOOSE) == 0 || found == NULL)
        return FERRY_KIND_TYPED;
    word->data += 2;
    word->size -= 2;
    return (uint16_t)(FERRY_KIND_INT + (found - letters));
}

/* Points into `word`: the caller copies.  ANY is int, float or text, by what it looks like, and
 * bytes with "b:" before it. */
static bool parse_cell(const struct ferry_column *column, struct word *word,
                       struct ferry_cell *cell)
{
    char *end = NULL;
    if (word->null) {
        cell->null = 1;
        return true;
    }
    cell->kind = take_kind(column, word);
    uint16_t kind = memory_cell_kind(column, cell);
    if (kind == FERRY_KIND_INT)
        return parse_int(
            word, cell->kind == FERRY_KIND_TYPED && memory_columns_are_unsigned(column), cell);
    double number = strtod(word->data, &end);
    bool is_number = word->size > 0 && end == word->data + word->size;
    if (kind == FERRY_KIND_FLOAT) {
        cell->v.f = number;
        return is_number;
    }
    if (kind == FERRY_KIND_TYPED && parse_int(word, false, cell)) {
        cell->kind = FERRY_KIND_INT;
        return true;
    }
    if (kind == FERRY_KIND_TYPED && is_number) {
        cell->kind = FERRY_KIND_FLOAT;
        cell->v.f = number;
        return true;
    }
    bool bytes = kind == FERRY_KIND_TYPED && strncmp(word->data, "b:", 2) == 0;
    if (kind == FERRY_KIND_TYPED)
        cell->kind = bytes ? FERRY_KIND_BYTES : FERRY_KIND_TEXT;
    cell->v.p = word->data + (bytes ? 2 : 0);
    cell->len = (uint32_t)(word->size - (bytes ? 2 : 0));
    return true;
}

static ferry_status parse_row(const char **at, struct memory_table *table, size_t count,
                              struct word *words, struct ferry_cell *cells, struct ferry_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *end = read_word(*at, &words[i]);
        cells[i] = (struct ferry_cell){0};
        if (end == NULL || (*end == '|') != (i + 1 < count))
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "literal: row %zu has a bad escape or not %zu cells",
                              table->count + 1, count);
        struct word word = words[i]; /* what is read next starts where this one did */
        if (!parse_cell(&table->columns.list[i], &word, &cells[i]))
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "literal: row %zu, column '%s': '%s' is not a value of that type",
                              table->count + 1, table->columns.list[i].name, words[i].data);
        *at = end + (*end != '\0');
    }
    if (!memory_table_add(table, cells))
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_OK;
}

/* With room for every cell: `words`, `cells` and `space`, none of them NULL. */
static ferry_status parse_rows(const char *text, struct memory_table *table, struct word *words,
                               struct ferry_cell *cells, char *space, struct ferry_error *err)
{
    const size_t room = strlen(text) + 1;
    const size_t count = table->columns.count;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < count; i++)
        words[i].data = space + i * room;
    while (status == FERRY_OK && *text != '\0')
        status = parse_row(&text, table, count, words, cells, err);
    return status;
}

ferry_status memory_literal_parse(const char *text, struct memory_table *table,
                                  struct ferry_error *err)
{
    size_t count = table->columns.count;
    struct word *words = calloc(count, sizeof *words);
    struct ferry_cell *cells = calloc(count, sizeof *cells);
    char *space = calloc(count, strlen(text) + 1);
    ferry_status status = words != NULL && cells != NULL && space != NULL
                              ? parse_rows(text, table, words, cells, space, err)
                              : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    free(space);
    free(cells);
    free(words);
    return status;
}
