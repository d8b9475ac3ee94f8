/* The list that a driver fills, each value above the one before. */

#include "driver/cuts.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* What the driver did wrong; NULL: nothing. */
static const char *flaw_of(const struct ferry_cuts *cuts, const struct ferry_cell *cell)
{
    const struct ferry_cell_form form = ferry_cell_form(cuts->column);
    if (cell->null != 0 || cell->kind != FERRY_KIND_TYPED)
        return "is no value of the column";
    if (ferry_cell_has_bytes(&form, cell) && (cell->v.p == NULL || cell->len == 0))
        return "is no value of the column";
    if (cuts->count >= cuts->most)
        return "is one more than was asked for";
    if (cuts->count > 0 && ferry_cell_order(&form, &cuts->list[cuts->count - 1].cell, cell) >= 0)
        return "does not lie above the one before";
    return NULL;
}

ferry_status ferry_cuts_add(struct ferry_cuts *cuts, const struct ferry_cell *cell,
                            struct ferry_error *err)
{
    const struct ferry_cell_form form = ferry_cell_form(cuts->column);
    const char *flaw = flaw_of(cuts, cell);
    struct ferry_cut cut = {.cell = *cell};
    if (flaw != NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "a value that is to part the rows by '%s' %s; report this to the "
                          "driver's author",
                          cuts->column->name, flaw);
    struct ferry_cut *list = reallocarray(cuts->list, cuts->count + 1, sizeof *list);
    if (list != NULL)
        cuts->list = list;
    if (ferry_cell_has_bytes(&form, cell)) {
        cut.text = strndup(cell->v.p, cell->len);
        cut.cell.v.p = cut.text;
    }
    if (list == NULL || (ferry_cell_has_bytes(&form, cell) && cut.text == NULL)) {
        free(cut.text);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for the parts of a table");
    }
    list[cuts->count++] = cut;
    return FERRY_OK;
}

void ferry_cuts_done(struct ferry_cuts *cuts)
{
    for (size_t i = 0; i < cuts->count; i++)
        free(cuts->list[i].text);
    free(cuts->list);
    *cuts = (struct ferry_cuts){0};
}
