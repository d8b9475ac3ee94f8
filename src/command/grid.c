/* Two passes over the rows, so that no more than one of them is in memory. */

#include "command/grid.h"

/* Characters, not bytes: names may be in any script. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void widen(int *widths, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int width = width_of(cells[i]);
        widths[i] = width > widths[i] ? width : widths[i];
    }
}

/* Without blanks at its end. */
static void print_cells(const struct ferry_grid *grid, const int *widths, const char *const *cells)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    for (size_t i = 0; i < grid->column_count; i++) {
        int space = widths[i] - width_of(cells[i]);
        bool is_number = (grid->numbers >> i & 1U) != 0;
        ferry_strbuf_addf(&text, "%s%*s%s%*s", i == 0 ? grid->indent : "  ", is_number ? space : 0,
                          "", cells[i], is_number ? 0 : space, "");
    }
    size_t length = text.length;
    while (length > 0 && text.data[length - 1] == ' ')
        length--;
    (void)fprintf(grid->to, "%.*s\n", (int)length, ferry_strbuf_text(&text));
}

static void take_row(const struct ferry_grid *grid, size_t row, int *widths, bool prints)
{
    struct ferry_strbuf filled[FERRY_GRID_COLUMNS] = {0};
    const char *cells[FERRY_GRID_COLUMNS];
    grid->fill(grid->data, row, filled);
    for (size_t i = 0; i < grid->column_count; i++)
        cells[i] = ferry_strbuf_text(&filled[i]);
    if (prints)
        print_cells(grid, widths, cells);
    else
        widen(widths, cells, grid->column_count);
    for (size_t i = 0; i < grid->column_count; i++)
        ferry_strbuf_done(&filled[i]);
}

static void measure(const struct ferry_grid *grid, int *widths)
{
    widen(widths, grid->headings, grid->column_count);
    for (size_t i = 0; i < grid->row_count; i++)
        take_row(grid, i, widths, false);
}

int ferry_grid_width(const struct ferry_grid *grid)
{
    int widths[FERRY_GRID_COLUMNS] = {0};
    int all = width_of(grid->indent) - 2;
    measure(grid, widths);
    for (size_t i = 0; i < grid->column_count; i++)
        all += 2 + widths[i];
    return all;
}

void ferry_grid_print(const struct ferry_grid *grid)
{
    int widths[FERRY_GRID_COLUMNS] = {0};
    measure(grid, widths);
    print_cells(grid, widths, grid->headings);
    for (size_t i = 0; i < grid->row_count; i++)
        take_row(grid, i, widths, true);
}
