/* Writes what a table holds to a file that tests can compare: a line per row, values in hex. */

#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_hex(FILE *out, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        (void)fprintf(out, "%02X", (unsigned)(unsigned char)data[i]);
}

/* NULL, i:-5, f:0.10000000000000001, t:C3A9 (text in a column of type ANY or LOOSE), x:C3A9 */
static void put_cell(FILE *out, const struct ferry_column *column, const struct ferry_cell *cell)
{
    uint16_t kind = memory_cell_kind(column, cell);
    bool is_unsigned = cell->kind == FERRY_KIND_TYPED && memory_columns_are_unsigned(column);
    if (cell->null)
        (void)fputs("NULL", out);
    else if (kind == FERRY_KIND_INT && is_unsigned)
        (void)fprintf(out, "i:%" PRIu64, cell->v.u);
    else if (kind == FERRY_KIND_INT)
        (void)fprintf(out, "i:%" PRId64, cell->v.i);
    else if (kind == FERRY_KIND_FLOAT)
        (void)fprintf(out, "f:%.17g", cell->v.f);
    else {
        (void)fputs(kind == FERRY_KIND_TEXT ? "t:" : "x:", out);
        put_hex(out, cell->v.p, cell->len);
    }
}

static void put_index(FILE *out, const struct ferry_index *index)
{
    (void)fprintf(out, "\t%s",
                  index->primary != 0  ? "primary"
                  : index->unique != 0 ? "unique"
                                       : "index");
    for (size_t i = 0; i < index->column_count; i++)
        (void)fprintf(out, "%c%s", i == 0 ? '(' : ',', index->columns[i]);
    (void)fprintf(out, ")%s%s", index->name == NULL ? "" : " as ",
                  index->name == NULL ? "" : index->name);
}

/* The first line: each column's name in hex and its type, then the indexes. */
static void put_table(FILE *out, const struct memory_table *table)
{
    const struct memory_columns *columns = &table->columns;
    for (size_t i = 0; i < columns->count; i++) {
        put_hex(out, columns->list[i].name, strlen(columns->list[i].name));
        (void)fprintf(out, " %s%s", columns->list[i].native, i + 1 < columns->count ? "\t" : "");
    }
    for (size_t i = 0; i < columns->index_count; i++)
        put_index(out, &columns->indexes[i]);
    (void)fputc('\n', out);
    for (size_t row = 0; row < table->count; row++)
        for (size_t i = 0; i < columns->count; i++) {
            put_cell(out, &columns->list[i], &table->rows[row][i]);
            (void)fputc(i + 1 < columns->count ? '\t' : '\n', out);
        }
}

ferry_status memory_dump(const struct memory_table *table, const char *path,
                         struct ferry_error *err)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.new", path) < 0)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    ferry_status status = FERRY_OK;
    FILE *out = fopen(temporary, "we");
    if (out == NULL) {
        status = ferry_fail(err, FERRY_ERR_TARGET_OPEN, "cannot create '%s': %s", temporary,
                            strerror(errno));
    } else {
        put_table(out, table);
        bool written = ferror(out) == 0;
        if (fclose(out) != 0 || !written || rename(temporary, path) != 0) {
            status = ferry_fail(err, FERRY_ERR_TARGET_IO, "cannot write '%s': %s", path,
                                strerror(errno));
            (void)unlink(temporary);
        }
    }
    free(temporary);
    return status;
}
