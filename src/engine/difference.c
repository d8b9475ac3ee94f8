/* The same for people, as a line, and for whoever takes it apart. */

#include "engine/difference.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "driver/cell.h"
#include "driver/type.h"

#define VALUE_LIMIT ((size_t)60) /* bytes of a value */

const char *ferry_difference_kind(const struct ferry_difference *difference)
{
    return difference->stored == NULL   ? "missing"
           : difference->source == NULL ? "extra"
                                        : "changed";
}

const struct ferry_cell *ferry_difference_row(const struct ferry_difference *difference)
{
    return difference->source == NULL ? difference->stored : difference->source;
}

bool ferry_difference_is_in(const struct ferry_difference *difference, size_t column)
{
    return difference->source != NULL && difference->stored != NULL &&
           !ferry_cell_equal(&difference->forms[column], &difference->source[column],
                             &difference->stored[column]);
}

/* ---- Values ---- */

static void add_bytes(struct ferry_strbuf *text, const struct ferry_cell *cell)
{
    size_t shown = cell->len < VALUE_LIMIT / 2 ? cell->len : VALUE_LIMIT / 2;
    ferry_strbuf_add(text, "x'");
    for (size_t i = 0; i < shown; i++)
        ferry_strbuf_addf(text, "%02x", (unsigned)(unsigned char)cell->v.p[i]);
    ferry_strbuf_add(text, shown < cell->len ? "...'" : "'");
}

static void add_text(struct ferry_strbuf *text, const struct ferry_cell *cell)
{
    ferry_strbuf_add(text, "'");
    ferry_escape_text(text, cell->v.p, cell->len, VALUE_LIMIT);
    ferry_strbuf_add(text, "'");
}

/* What a cell says of itself goes before its column's type. */
static enum ferry_value value_of(const struct ferry_column *column, const struct ferry_cell *cell)
{
    static const enum ferry_value kinds[] = {
        [FERRY_KIND_TYPED] = FERRY_VALUE_NONE,  [FERRY_KIND_INT] = FERRY_VALUE_INT,
        [FERRY_KIND_FLOAT] = FERRY_VALUE_FLOAT, [FERRY_KIND_TEXT] = FERRY_VALUE_TEXT,
        [FERRY_KIND_BYTES] = FERRY_VALUE_BYTES,
    };
    return cell->kind != FERRY_KIND_TYPED ? kinds[cell->kind] : ferry_type_value(column->type);
}

void ferry_difference_add_value(struct ferry_strbuf *text, const struct ferry_column *column,
                                const struct ferry_cell *cell)
{
    if (cell->null != 0) {
        ferry_strbuf_add(text, "NULL");
        return;
    }
    switch (value_of(column, cell)) {
    case FERRY_VALUE_INT:
        if (cell->kind == FERRY_KIND_TYPED && ferry_type_is_unsigned(column))
            ferry_strbuf_addf(text, "%" PRIu64, cell->v.u);
        else
            ferry_strbuf_addf(text, "%" PRId64, cell->v.i);
        break;
    case FERRY_VALUE_FLOAT:
        ferry_strbuf_addf(text, "%.17g", cell->v.f);
        break;
    case FERRY_VALUE_DECIMAL:
        ferry_escape_text(text, cell->v.p, cell->len, VALUE_LIMIT);
        break;
    case FERRY_VALUE_TEXT:
        add_text(text, cell);
        break;
    case FERRY_VALUE_BYTES:
        add_bytes(text, cell);
        break;
    case FERRY_VALUE_KIND:
    case FERRY_VALUE_NONE:
        ferry_strbuf_add(text, "?");
        break;
    }
}

/* ---- Rows ---- */

static void add_name(struct ferry_strbuf *text, const struct ferry_column *column)
{
    ferry_escape_text(text, column->name, strlen(column->name), 2 * VALUE_LIMIT);
}

static void add_key(struct ferry_strbuf *text, const struct ferry_difference *difference)
{
    const struct ferry_plan *plan = difference->plan;
    const struct ferry_cell *cells = ferry_difference_row(difference);
    for (size_t i = 0; i < plan->key.count; i++) {
        size_t at = plan->key.columns[i];
        ferry_strbuf_add(text, i > 0 ? ", " : "");
        add_name(text, &plan->schema.columns[at]);
        ferry_strbuf_add(text, " = ");
        ferry_difference_add_value(text, &plan->schema.columns[at], &cells[at]);
    }
}

static void add_changed(struct ferry_strbuf *text, const struct ferry_difference *difference)
{
    const struct ferry_schema *schema = &difference->plan->schema;
    const char *comma = ": ";
    for (size_t i = 0; i < schema->count; i++) {
        if (!ferry_difference_is_in(difference, i))
            continue;
        ferry_strbuf_add(text, comma);
        add_name(text, &schema->columns[i]);
        comma = ", ";
        if (!difference->values)
            continue;
        ferry_strbuf_add(text, " ");
        ferry_difference_add_value(text, &schema->columns[i], &difference->stored[i]);
        ferry_strbuf_add(text, " is ");
        ferry_difference_add_value(text, &schema->columns[i], &difference->source[i]);
        ferry_strbuf_add(text, " at the source");
    }
}

void ferry_difference_add_line(struct ferry_strbuf *text, const struct ferry_difference *difference)
{
    ferry_strbuf_addf(text, "%s: ", ferry_difference_kind(difference));
    add_key(text, difference);
    add_changed(text, difference);
}
