/* A row's cells -> a line for LOAD DATA or a list of literals for INSERT. */

#include "write/rows.h"

#include <inttypes.h>
#include <string.h>

#define ROW_CELL_OVERHEAD 9 /* a value's length in the protocol, at most */

/* ---- One value ---- */

typedef void (*row_write)(const struct mydrv_form *form, struct part_text *out, const char *data,
                          size_t size);

static void row_write_field(const struct mydrv_form *form, struct part_text *out, const char *data,
                            size_t size)
{
    (void)form;
    if (data == NULL)
        part_text_append(out, "\\N", 2);
    else
        mydrv_text_add_field(out, data, size);
}

static bool row_is_bytes(const struct mydrv_form *form)
{
    return form->type.kind == MYDRV_KIND_BIT || form->type.kind == MYDRV_KIND_BINARY ||
           form->type.kind == MYDRV_KIND_BYTES || form->type.kind == MYDRV_KIND_GEOMETRY ||
           form->type.kind == MYDRV_KIND_VECTOR || form->raw || form->codes != NULL;
}

/* MySQL keeps documents, not their text: a document that it would print in another way is turned
 * into one that it refuses. */
void mydrv_row_write_json_check(struct part_text *out, const char *value)
{
    part_text_addf(out,
                   "CASE WHEN %s IS NULL OR CAST(CAST(CAST(%s AS JSON) AS CHAR) AS BINARY) = "
                   "CAST(%s AS BINARY) THEN %s ELSE '' END",
                   value, value, value, value);
}

static void row_write_literal(const struct mydrv_form *form, struct part_text *out,
                              const char *data, size_t size)
{
    if (data == NULL) {
        part_text_add(out, "NULL");
    } else if (form->type.kind == MYDRV_KIND_JSON) {
        PART_AUTO_TEXT struct part_text value = {0};
        mydrv_text_add_quoted(&value, data, size);
        if (value.failed)
            out->failed = true;
        else
            mydrv_row_write_json_check(out, value.data);
    } else {
        if (row_is_bytes(form))
            part_text_add(out, "_binary");
        mydrv_text_add_quoted(out, data, size);
    }
}

/* ---- The row ---- */

ferry_status mydrv_row_fail_size(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                 size_t row, uint64_t size, struct ferry_error *err)
{
    return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, 0,
                           "(and the rest of the row) %" PRIu64
                           " bytes in all, and the server's max_allowed_packet is %" PRIu64
                           "; raise it there, or leave the row out",
                           size, lane->packet + 1);
}

/* Append the row; `write` adds one value, NULL data for NULL. */
static ferry_status row_encode(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                               size_t row, const char *separator, row_write write,
                               struct mydrv_parcel *out, struct ferry_error *err)
{
    const struct ferry_cell *cells = ferry_batch_cells(batch, row);
    size_t columns = ferry_schema_count(lane->schema);
    uint64_t raw = 0;
    if (lane->tag_name != NULL)
        part_text_addf(&out->text, "%" PRIu32, lane->tag);
    for (size_t i = 0; i < columns; i++) {
        const struct mydrv_form *form = &lane->forms[i];
        const size_t place = lane->places == NULL ? i : lane->places[i];
        const struct ferry_cell *cell = place == MYDRV_LANE_NOWHERE ? NULL : &cells[place];
        char room[MYDRV_VALUE_ROOM];
        const char *data = NULL;
        size_t size = 0;
        const char *flaw = NULL;
        if (i > 0 || lane->tag_name != NULL)
            part_text_append(&out->text, separator, 1);
        if (cell != NULL && cell->null == 0)
            flaw = mydrv_encode(form, cell, room, &data, &size);
        else if (cell != NULL && form->not_null)
            flaw = "is NULL where the column takes none";
        if (flaw != NULL)
            return ferry_fail_cell(err, FERRY_ERR_DATA, batch, row, place, "the value %s (type %s)",
                                   flaw, form->native);
        raw += size + ROW_CELL_OVERHEAD;
        if (raw <= lane->packet)
            write(form, &out->text, data, size);
    }
    out->bytes += raw;
    out->rows++;
    if (out->text.failed)
        return mydrv_fail_memory(err);
    return raw > lane->packet ? mydrv_row_fail_size(lane, batch, row, raw, err) : FERRY_OK;
}

ferry_status mydrv_row_add_line(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                size_t row, struct mydrv_parcel *out, struct ferry_error *err)
{
    ferry_status status = row_encode(lane, batch, row, "\t", row_write_field, out, err);
    part_text_append(&out->text, "\n", 1);
    return status;
}

ferry_status mydrv_row_add_literals(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                    size_t row, struct mydrv_parcel *out, struct ferry_error *err)
{
    part_text_append(&out->text, "(", 1);
    ferry_status status = row_encode(lane, batch, row, ",", row_write_literal, out, err);
    part_text_append(&out->text, ")", 1);
    return status;
}
