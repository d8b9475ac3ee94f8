/* A value is kept as its cell, and recorded as the text of it. */

#include "engine/bookmark.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/type.h"
#include "engine/lag.h"
#include "engine/named_column.h"

/* ---- Which column ---- */

static bool is_number(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DECIMAL;
}

static bool is_moment(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_DATE || column->type == FERRY_TYPE_DATETIME;
}

static ferry_status check_column(const struct ferry_column *column, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf type = {0};
    const char *flaw = NULL;
    if (!is_number(column) && !is_moment(column))
        flaw = "a cursor is an integer, a decimal, a date or a datetime";
    else if ((column->flags & FERRY_COLUMN_LOOSE) != 0 &&
             (column->flags & FERRY_COLUMN_ORDERED) == 0)
        flaw = "it may hold values of any kind";
    else if ((column->flags & FERRY_COLUMN_ORDERED) == 0)
        flaw = "the source cannot compare its values as numbers or moments";
    if (flaw == NULL)
        return FERRY_OK;
    ferry_type_add_descriptor(&type, column);
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "column '%s' (%s) cannot be the cursor: %s; choose another column, or "
                      "strategy = \"merge\"",
                      column->name, ferry_strbuf_text(&type), flaw);
}

static ferry_status check_lag(const struct ferry_column *column, const struct ferry_lag *lag,
                              struct ferry_error *error)
{
    if (lag->text == NULL || lag->is_time == is_moment(column))
        return FERRY_OK;
    return ferry_fail(
        error, FERRY_ERR_CONFIG,
        is_moment(column)
            ? "cursor_lag = \"%s\" is a number, and the cursor '%s' is a moment; give "
              "a time, such as \"10m\""
            : "cursor_lag = \"%s\" is a time, and the cursor '%s' is a number; give "
              "a number of units, such as \"1000\"",
        lag->text, column->name);
}

ferry_status ferry_bookmark_begin(struct ferry_bookmark *bookmark,
                                  const struct ferry_change_rules *rules,
                                  const struct ferry_schema *schema, struct ferry_error *error)
{
    size_t at = 0;
    ferry_status status =
        ferry_named_column_find(schema, rules->cursor, "the job's cursor is", &at, error);
    if (status == FERRY_OK)
        status = check_column(&schema->columns[at], error);
    if (status == FERRY_OK)
        status = check_lag(&schema->columns[at], &rules->lag, error);
    if (status != FERRY_OK)
        return status;
    bookmark->column = &schema->columns[at];
    bookmark->at = at;
    bookmark->read_nulls = rules->read_nulls;
    bookmark->form = ferry_cell_form(bookmark->column);
    return FERRY_OK;
}

void ferry_bookmark_done(struct ferry_bookmark *bookmark)
{
    ferry_strbuf_done(&bookmark->recorded.text);
    ferry_strbuf_done(&bookmark->from.text);
    ferry_strbuf_done(&bookmark->highest.text);
    *bookmark = (struct ferry_bookmark){0};
}

/* ---- Values ---- */

static bool is_unsigned(const struct ferry_bookmark *bookmark)
{
    return (bookmark->column->flags & FERRY_COLUMN_UNSIGNED) != 0;
}

/* False if out of memory. */
static bool set_text(struct ferry_bookmark_value *value, const char *text, size_t length)
{
    ferry_strbuf_reset(&value->text);
    ferry_strbuf_append(&value->text, text, length);
    value->cell = (struct ferry_cell){.v.p = ferry_strbuf_text(&value->text),
                                      .len = (uint32_t)value->text.length};
    value->known = !value->text.failed;
    return value->known;
}

static bool read_integer(const struct ferry_bookmark *bookmark, const char *text,
                         struct ferry_bookmark_value *value)
{
    char *end = NULL;
    size_t sign = text[0] == '-' && !is_unsigned(bookmark) ? 1 : 0;
    if (text[sign] == '\0' || text[sign + strspn(text + sign, "0123456789")] != '\0')
        return false;
    errno = 0;
    if (is_unsigned(bookmark))
        value->cell.v.u = strtoumax(text, &end, 10);
    else
        value->cell.v.i = strtoimax(text, &end, 10);
    value->known = errno == 0 && *end == '\0';
    return value->known;
}

/* Whether a recorded text has the form of the column's values; somebody may have written there. */
static bool has_form(const struct ferry_column *column, const char *text)
{
    static const char moment[] = "0000-00-00 00:00:00";
    size_t length = column->type == FERRY_TYPE_DATE ? 10 : sizeof moment - 1, i = 0;
    if (column->type == FERRY_TYPE_DECIMAL)
        return ferry_lag_is_decimal(text, column->scale);
    for (; i < length; i++)
        if (moment[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != moment[i])
            return false;
    if (column->type == FERRY_TYPE_DATETIME && column->scale > 0)
        return text[i] == '.' && strspn(text + i + 1, "0123456789") == column->scale &&
               text[i + 1 + column->scale] == '\0';
    return text[i] == '\0';
}

bool ferry_bookmark_read_value(const struct ferry_bookmark *bookmark, const char *text,
                               struct ferry_bookmark_value *value)
{
    if (bookmark->column->type == FERRY_TYPE_INT)
        return read_integer(bookmark, text, value);
    return has_form(bookmark->column, text) && set_text(value, text, strlen(text));
}

static bool copy_value(const struct ferry_bookmark *bookmark, const struct ferry_cell *cell,
                       struct ferry_bookmark_value *value)
{
    if (bookmark->column->type != FERRY_TYPE_INT)
        return set_text(value, cell->v.p, cell->len);
    value->cell = *cell;
    value->known = true;
    return true;
}

/* ---- Where the read begins ---- */

static void step_back_integer(const struct ferry_bookmark *bookmark, uint64_t units,
                              struct ferry_cell *cell)
{
    if (is_unsigned(bookmark))
        cell->v.u = cell->v.u > units ? cell->v.u - units : 0;
    else if ((uint64_t)cell->v.i - (uint64_t)INT64_MIN > units)
        cell->v.i = (int64_t)((uint64_t)cell->v.i - units);
    else
        cell->v.i = INT64_MIN;
}

static bool step_back(struct ferry_bookmark *bookmark, const struct ferry_lag *lag)
{
    struct ferry_bookmark_value *from = &bookmark->from;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    if (!copy_value(bookmark, &bookmark->recorded.cell, from))
        return false;
    if (lag->text == NULL)
        return true;
    if (bookmark->column->type == FERRY_TYPE_INT) {
        step_back_integer(bookmark, lag->units, &from->cell);
        return true;
    }
    if (is_moment(bookmark->column))
        ferry_lag_add_moment(&text, ferry_strbuf_text(&from->text), lag->ms);
    else
        ferry_lag_add_decimal(&text, ferry_strbuf_text(&from->text), lag->units);
    return !text.failed && set_text(from, ferry_strbuf_text(&text), text.length);
}

bool ferry_bookmark_recall(struct ferry_bookmark *bookmark, const char *text,
                           const struct ferry_lag *lag)
{
    return ferry_bookmark_read_value(bookmark, text, &bookmark->recorded) &&
           step_back(bookmark, lag);
}

/* ---- What has passed ---- */

ferry_status ferry_bookmark_take(struct ferry_bookmark *bookmark, const struct ferry_batch *batch,
                                 struct ferry_error *error)
{
    struct ferry_bookmark_value *highest = &bookmark->highest;
    for (size_t row = 0; row < ferry_batch_count(batch); row++) {
        const struct ferry_cell *cell = &ferry_batch_cells(batch, row)[bookmark->at];
        if (cell->null != 0 && bookmark->read_nulls)
            continue;
        if (cell->null != 0)
            return ferry_fail_cell(error, FERRY_ERR_DATA, batch, row, bookmark->at,
                                   "a row without a cursor, which a later run would not find; give "
                                   "it a value, or set cursor_nulls = \"read\"");
        if (cell->kind != FERRY_KIND_TYPED)
            return ferry_fail_cell(error, FERRY_ERR_DATA, batch, row, bookmark->at,
                                   "the cursor has a value of another kind than its column's; mend "
                                   "it, or choose another cursor");
        if (highest->known && ferry_cell_order(&bookmark->form, cell, &highest->cell) <= 0)
            continue;
        if (!copy_value(bookmark, cell, highest))
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the cursor");
    }
    return FERRY_OK;
}

bool ferry_bookmark_went_back(const struct ferry_bookmark *bookmark)
{
    return bookmark->recorded.known &&
           (!bookmark->highest.known || ferry_cell_order(&bookmark->form, &bookmark->highest.cell,
                                                         &bookmark->recorded.cell) < 0);
}

void ferry_bookmark_add_value(const struct ferry_bookmark *bookmark,
                              const struct ferry_bookmark_value *value, struct ferry_strbuf *text)
{
    if (!value->known)
        return;
    if (bookmark->column->type != FERRY_TYPE_INT)
        ferry_strbuf_append(text, value->cell.v.p, value->cell.len);
    else if (is_unsigned(bookmark))
        ferry_strbuf_addf(text, "%" PRIu64, value->cell.v.u);
    else
        ferry_strbuf_addf(text, "%" PRId64, value->cell.v.i);
}

/* By rows above the cursor alone it never goes back: what is below it was read. */
void ferry_bookmark_add_next(const struct ferry_bookmark *bookmark, bool is_whole,
                             struct ferry_strbuf *text)
{
    bool stays = !is_whole && ferry_bookmark_went_back(bookmark);
    ferry_bookmark_add_value(bookmark, stays ? &bookmark->recorded : &bookmark->highest, text);
}
