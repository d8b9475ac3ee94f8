/* Before the target is asked, the wish; after it, the character sets of both sides. */

#include "engine/text_bytes.h"

#include <stdlib.h>
#include <string.h>

/* A character has at most so many bytes, in any character set. */
#define CHAR_BYTES 4

#define COMPARES                                                                                   \
    (FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS |                                    \
     FERRY_COLUMN_IGNORES_TRAILING_SPACE | FERRY_COLUMN_COMPARES_UNKNOWN)

static bool holds_texts(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_JSON ||
           column->type == FERRY_TYPE_ENUM || column->type == FERRY_TYPE_SET ||
           column->type == FERRY_TYPE_ANY;
}

static void drop_text(const char **text)
{
    free((void *)*text);
    *text = NULL;
}

/* A column of type ANY stays one: its cells of kind TEXT become such of kind BYTES. */
static void make_bytes(struct ferry_column *column)
{
    column->flags |= FERRY_COLUMN_RAW;
    if (column->type == FERRY_TYPE_ANY)
        return;
    column->length = column->type == FERRY_TYPE_TEXT ? column->length * CHAR_BYTES : 0;
    column->type = FERRY_TYPE_BYTES;
    column->flags &= ~(COMPARES | FERRY_COLUMN_PARTIAL_TEXT | FERRY_COLUMN_FIXED);
    drop_text(&column->charset);
    drop_text(&column->collation);
    drop_text(&column->members);
    drop_text(&column->default_value);
}

ferry_status ferry_text_bytes_prepare(struct ferry_plan *plan, struct ferry_error *error)
{
    for (size_t i = 0; i < plan->schema.count; i++) {
        if (plan->wishes[i].text != FERRY_TEXT_BYTES)
            continue;
        if (!holds_texts(&plan->schema.columns[i]))
            return ferry_fail(
                error, FERRY_ERR_CONFIG,
                "columns: '%s' has type %s and no texts that could be carried as "
                "bytes; take text = \"bytes\" away",
                plan->schema.columns[i].name,
                plan->schema.columns[i].native == NULL ? "?" : plan->schema.columns[i].native);
        make_bytes(&plan->schema.columns[i]);
        make_bytes(&plan->described.columns[i]);
    }
    return FERRY_OK;
}

/* The character set in which the target will store the column; NULL: not known. */
static const char *stored_charset(const struct ferry_plan *plan, size_t i,
                                  const struct ferry_schema *existing)
{
    if (plan->action != FERRY_TABLE_KEEP)
        return plan->mappings[i].charset;
    ptrdiff_t at = ferry_schema_find(existing, plan->schema.columns[i].name);
    return at < 0 ? NULL : existing->columns[at].charset;
}

static ferry_status note_partial(struct ferry_mapping *mapping, const char *charset,
                                 struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf note = {0};
    if (mapping->fit < FERRY_FIT_CHECKED)
        mapping->fit = FERRY_FIT_CHECKED;
    ferry_strbuf_addf(&note, "a text in %s that UTF-8 cannot bring back ends the load",
                      charset == NULL ? "its character set" : charset);
    if (note.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a note");
    return ferry_mapping_join_note(mapping, ferry_strbuf_text(&note), mapping->note, error);
}

ferry_status ferry_text_bytes_choose(struct ferry_plan *plan, const struct ferry_schema *existing,
                                     struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < plan->schema.count && status == FERRY_OK; i++) {
        struct ferry_column *column = &plan->schema.columns[i];
        if ((column->flags & FERRY_COLUMN_PARTIAL_TEXT) == 0)
            continue;
        const char *stored = stored_charset(plan, i, existing);
        bool same = column->type == FERRY_TYPE_TEXT && stored != NULL && column->charset != NULL &&
                    strcmp(stored, column->charset) == 0;
        if (same && plan->described.count == plan->schema.count) {
            column->flags |= FERRY_COLUMN_RAW;
            plan->described.columns[i].flags |= FERRY_COLUMN_RAW;
        } else {
            status = note_partial(&plan->mappings[i], column->charset, error);
        }
    }
    return status;
}
