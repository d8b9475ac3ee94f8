/* Each row is held against the one before it; of that nothing is kept but the key. */

#include "engine/ascent.h"

#include <inttypes.h>

#include "base/strbuf.h"

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the key of a row");
}

ferry_status ferry_ascent_begin(struct ferry_ascent *ascent, const char *name,
                                const struct ferry_key *key, struct ferry_error *error)
{
    static const struct ferry_batch_limits one_row = {.rows = 1, .bytes = 1};
    *ascent = (struct ferry_ascent){
        .name = name, .key = key, .kept = ferry_batch_new(&key->alone, &one_row)};
    if (ascent->kept == NULL)
        return fail_memory(error);
    ferry_batch_reset(ascent->kept, 1);
    return FERRY_OK;
}

void ferry_ascent_done(struct ferry_ascent *ascent)
{
    ferry_batch_free(ascent->kept);
    *ascent = (struct ferry_ascent){0};
}

static void add_key_names(const struct ferry_key *key, struct ferry_strbuf *text)
{
    for (size_t i = 0; i < key->count; i++)
        ferry_strbuf_addf(text, "%s%s", i > 0 ? ", " : "",
                          key->schema->columns[key->columns[i]].name);
}

static ferry_status fail_order(const struct ferry_ascent *ascent, int order,
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf key = {0};
    add_key_names(ascent->key, &key);
    if (order == 0)
        return ferry_fail(error, FERRY_ERR_DATA,
                          "rows %" PRIu64 " and %" PRIu64
                          " of the %s, in the order of the key (%s), have the same key; choose "
                          "another with key, or strategy = \"replace\"",
                          ascent->row - 1, ascent->row, ascent->name, ferry_strbuf_text(&key));
    return ferry_fail(error, FERRY_ERR_DATA,
                      "the %s gives row %" PRIu64
                      " before rows that it belongs behind, by the key (%s): it sorts otherwise "
                      "than byte by byte and number by number; choose another key, or strategy = "
                      "\"replace\"",
                      ascent->name, ascent->row - 1, ferry_strbuf_text(&key));
}

static ferry_status fail_null(const struct ferry_ascent *ascent, size_t column,
                              struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_DATA,
                      "row %" PRIu64 " of the %s, in the order of the key, is NULL in its column "
                      "'%s'; choose another with key, or strategy = \"replace\"",
                      ascent->row, ascent->name, ascent->key->schema->columns[column].name);
}

/* How the row before this one stands to it; below 0 at the beginning. */
static int compare_with_before(const struct ferry_ascent *ascent, const struct ferry_cell *cells)
{
    if (ascent->before != NULL)
        return ferry_key_order(ascent->key, ascent->before, cells);
    return ferry_batch_count(ascent->kept) == 0
               ? -1
               : ferry_key_order_alone(ascent->key, ferry_batch_cells(ascent->kept, 0), cells);
}

ferry_status ferry_ascent_step(struct ferry_ascent *ascent, const struct ferry_cell *cells,
                               struct ferry_error *error)
{
    const struct ferry_key *key = ascent->key;
    ascent->row++;
    for (size_t i = 0; i < key->count; i++)
        if (cells[key->columns[i]].null != 0)
            return fail_null(ascent, key->columns[i], error);
    int order = compare_with_before(ascent, cells);
    if (order >= 0)
        return fail_order(ascent, order, error);
    ascent->before = cells;
    return FERRY_OK;
}

ferry_status ferry_ascent_keep(struct ferry_ascent *ascent, struct ferry_error *error)
{
    const struct ferry_cell *before = ascent->before;
    if (before == NULL)
        return FERRY_OK;
    ascent->before = NULL;
    ferry_batch_reset(ascent->kept, 1);
    return ferry_key_copy_row(ascent->key, before, true, ascent->kept) ? FERRY_OK
                                                                       : fail_memory(error);
}
