/* Rows of changes, and rows as lines of text that can be compared. */

#include "change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/type.h"

/* ---- Rows ---- */

bool change_rows_add(struct change_rows *rows, const struct change_row *row)
{
    struct change_row *list = reallocarray(rows->list, rows->count + 1, sizeof *list);
    if (list == NULL)
        return false;
    rows->list = list;
    list[rows->count++] = *row;
    return true;
}

void change_rows_done(struct change_rows *rows)
{
    free(rows->list);
    *rows = (struct change_rows){0};
}

static uint32_t operation_of(char letter)
{
    static const char letters[] = {[FERRY_OP_INSERT] = 'I',
                                   [FERRY_OP_UPDATE] = 'U',
                                   [FERRY_OP_DELETE] = 'D',
                                   [FERRY_OP_UPSERT] = 'S',
                                   [FERRY_OP_ADD] = 'A'};
    uint32_t operation = FERRY_OP_INSERT;
    while (operation < FERRY_OP_ADD && letters[operation] != letter)
        operation++;
    return operation;
}

bool change_rows_parse(const char *text, bool are_steps, struct change_rows *rows)
{
    bool parsed = true;
    *rows = (struct change_rows){0};
    while (*text != '\0' && parsed) {
        struct change_row row = {.operation = FERRY_OP_INSERT};
        const char *end = text + strcspn(text, ";");
        if (are_steps) {
            row.operation = operation_of(text[0]);
            text += 2; /* the letter and a space */
        }
        for (size_t i = 0; i < CHANGE_COLUMNS && text <= end; i++) {
            size_t size = strcspn(text, "|;");
            if (size != 2 || memcmp(text, "\\N", 2) != 0)
                row.cells[i] = (struct scan_value){.bytes = text, .size = size};
            text += size + 1;
        }
        text = end + (*end == ';');
        parsed = change_rows_add(rows, &row);
    }
    return parsed;
}

/* ---- Cells ---- */

static const char any_kinds[] = {[FERRY_KIND_INT] = 'i',
                                 [FERRY_KIND_FLOAT] = 'f',
                                 [FERRY_KIND_TEXT] = 't',
                                 [FERRY_KIND_BYTES] = 'x'};

static void make_any(const struct scan_value *value, struct ferry_cell *cell)
{
    const struct scan_value bare = {.bytes = value->bytes + 2, .size = value->size - 2};
    struct ferry_column column = {.type = FERRY_TYPE_BYTES};
    uint16_t kind = FERRY_KIND_INT;
    while (kind < FERRY_KIND_BYTES && any_kinds[kind] != value->bytes[0])
        kind++;
    if (kind == FERRY_KIND_INT)
        column.type = FERRY_TYPE_INT;
    else if (kind == FERRY_KIND_FLOAT)
        column.type = FERRY_TYPE_FLOAT;
    (void)scan_make_cell(&column, &bare, cell);
    cell->kind = kind;
}

void change_make_cell(const struct ferry_column *column, const struct scan_value *value,
                      struct ferry_cell *cell)
{
    if (value->bytes == NULL)
        cell->null = 1;
    else if (column->type == FERRY_TYPE_ANY)
        make_any(value, cell);
    else
        (void)scan_make_cell(column, value, cell);
}

/* ---- Rows as texts ---- */

static void spell_value(struct ferry_strbuf *out, const char *bytes, size_t size)
{
    if (bytes == NULL)
        ferry_strbuf_add(out, "\\N");
    for (size_t i = 0; bytes != NULL && i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= ' ' && byte < 0x7F && byte != '|' && byte != '\\')
            ferry_strbuf_append(out, &bytes[i], 1);
        else
            ferry_strbuf_addf(out, "\\x%02X", byte);
    }
    ferry_strbuf_add(out, "|");
}

static void spell_cell(struct ferry_strbuf *out, const struct ferry_column *column,
                       const struct ferry_cell *cell)
{
    char digits[40];
    bool is_any = column->type == FERRY_TYPE_ANY && cell->null == 0;
    if (is_any)
        ferry_strbuf_addf(out, "%c:", cell->kind <= FERRY_KIND_BYTES ? any_kinds[cell->kind] : '?');
    bool is_whole =
        is_any ? cell->kind == FERRY_KIND_INT : ferry_type_value(column->type) == FERRY_VALUE_INT;
    bool is_real = is_any && cell->kind == FERRY_KIND_FLOAT;
    if (cell->null != 0 || (!is_whole && !is_real)) {
        spell_value(out, cell->null != 0 ? NULL : cell->v.p, cell->len);
        return;
    }
    int length = is_real ? snprintf(digits, sizeof digits, "%.17g", cell->v.f)
                 : ferry_type_is_unsigned(column)
                     ? snprintf(digits, sizeof digits, "%" PRIu64, cell->v.u)
                     : snprintf(digits, sizeof digits, "%" PRId64, cell->v.i);
    spell_value(out, digits, (size_t)length);
}

void change_lines_done(struct change_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->list[i]);
    free(lines->list);
    *lines = (struct change_lines){0};
}

static void lines_add(struct change_lines *lines, char *line)
{
    char **list = reallocarray(lines->list, lines->count + 1, sizeof(char *));
    if (list == NULL || line == NULL)
        abort();
    lines->list = list;
    list[lines->count++] = line;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void change_lines_sort(struct change_lines *lines)
{
    if (lines->count > 0)
        qsort(lines->list, lines->count, sizeof(char *), compare_lines);
}

void change_lines_expect(const struct change_rows *rows, size_t columns, bool only_touched,
                         struct change_lines *lines)
{
    for (size_t row = 0; row < rows->count; row++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        if (only_touched && rows->list[row].operation == FERRY_OP_DELETE)
            continue;
        for (size_t i = 0; i < columns; i++)
            spell_value(&text, rows->list[row].cells[i].bytes, rows->list[row].cells[i].size);
        lines_add(lines, ferry_strbuf_steal(&text));
    }
    change_lines_sort(lines);
}

void change_lines_add_batch(const struct ferry_batch *batch, struct change_lines *lines)
{
    const struct ferry_schema *schema = ferry_batch_schema(batch);
    for (size_t row = 0; row < ferry_batch_count(batch); row++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        for (size_t i = 0; i < schema->count; i++)
            spell_cell(&text, &schema->columns[i], &ferry_batch_cells(batch, row)[i]);
        lines_add(lines, ferry_strbuf_steal(&text));
    }
}

bool change_lines_are_same(const struct change_lines *found, const struct change_lines *expected,
                           const char *what)
{
    bool same = found->count == expected->count;
    size_t i = 0;
    while (i < found->count && i < expected->count &&
           strcmp(found->list[i], expected->list[i]) == 0)
        i++;
    same = same && i == found->count;
    if (!same)
        tap_note("%s: %zu rows, not %zu; row %zu is %s and should be %s", what, found->count,
                 expected->count, i + 1, i < found->count ? found->list[i] : "not there",
                 i < expected->count ? expected->list[i] : "not there");
    return same;
}
