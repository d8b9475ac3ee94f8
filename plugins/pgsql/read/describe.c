/* All that is told of a source: its columns, what its definition adds to them, its keys. */

#include "connect/connect.h"
#include "read/read.h"
#include "text.h"

#include <string.h>

/* How the columns may be put in order. */
static void describe_set_order(const struct pgdrv_conn *conn, struct pgdrv_column *c)
{
    bool never_null = (c->column.flags & FERRY_COLUMN_NOT_NULL) != 0;
    bool bytewise = c->collation != NULL && pgdrv_collation_is_bytes(c->collation) &&
                    strcmp(conn->encoding, "UTF8") == 0 && c->codec == PGDRV_CODEC_TEXT &&
                    c->via == PGDRV_VIA_ITSELF;
    bool indexed = (c->order == PGDRV_ORDER_ITSELF && c->via == PGDRV_VIA_ITSELF) ||
                   (c->order == PGDRV_ORDER_TEXT && bytewise);
    if (c->order == PGDRV_ORDER_NONE)
        return;
    c->column.flags |= FERRY_COLUMN_ORDERED;
    if (indexed && never_null)
        c->column.flags |= FERRY_COLUMN_INDEX_ORDERED;
}

static ferry_status describe_add_columns(const struct pgdrv_conn *conn, struct pgdrv_result *result,
                                         struct ferry_schema *schema, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < result->count && status == FERRY_OK; i++) {
        struct pgdrv_column *c = &result->columns[i];
        describe_set_order(conn, c);
        status = ferry_schema_add(schema, &c->column, sizeof c->column, err);
    }
    return status;
}

/* One sentence for all columns of which `is` says so. */
static ferry_status describe_note(const struct pgdrv_result *result,
                                  bool (*is)(const struct pgdrv_column *column), const char *what,
                                  struct ferry_schema *schema, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text list = {0};
    size_t count = 0;
    for (size_t i = 0; i < result->count; i++)
        if (is(&result->columns[i]))
            part_text_addf(&list, "%s%s (%s)", count++ > 0 ? ", " : "", result->columns[i].name,
                           result->columns[i].native);
    if (list.failed)
        return pgdrv_fail_memory(err);
    return count == 0 ? FERRY_OK : ferry_schema_note(schema, err, "%s: %s", what, list.data);
}

static ferry_status describe_note_texts(const struct pgdrv_result *result,
                                        struct ferry_schema *schema, struct ferry_error *err)
{
    ferry_status status = describe_note(
        result, pgdrv_column_is_unlimited,
        "carried as text, since the definition does not say how many digits there are "
        "(numeric(20,4) would, ::numeric(20,4) in a query)",
        schema, err);
    return status == FERRY_OK
               ? describe_note(result, pgdrv_column_is_printed,
                               "carried as the text that the server prints", schema, err)
               : status;
}

/* Nobody has seen to it that its texts are UTF-8. */
static ferry_status describe_note_encoding(const struct pgdrv_conn *conn,
                                           struct ferry_schema *schema, struct ferry_error *err)
{
    if (strcmp(conn->encoding, "SQL_ASCII") != 0)
        return FERRY_OK;
    return ferry_schema_note(
        schema, err,
        "the database has no encoding (SQL_ASCII): a text that is not UTF-8 "
        "is refused; text = \"bytes\" carries such columns as they are stored");
}

ferry_status pgdrv_describe(void *argument, const struct ferry_read *read,
                            struct ferry_schema *schema, struct ferry_error *err)
{
    struct pgdrv_conn *conn = argument;
    struct pgdrv_result result = {0};
    struct pgdrv_nature nature = {0};
    PGDRV_AUTO_RESULT PGresult *keys = NULL;
    ferry_status status = pgdrv_snapshot_let_go(conn, err);
    if (status == FERRY_OK)
        status = pgdrv_result_open(conn, read, &result, err);
    if (status == FERRY_OK && read->kind != FERRY_READ_QUERY)
        status = pgdrv_catalog_apply(conn, read->text, &result, schema, &nature, err);
    if (status == FERRY_OK && nature.is_table)
        status = pgdrv_keys_read(conn, &nature, &result, schema, &keys, err);
    if (status == FERRY_OK)
        status = describe_add_columns(conn, &result, schema, err);
    if (status == FERRY_OK)
        status = describe_note_texts(&result, schema, err);
    if (status == FERRY_OK)
        status = describe_note_encoding(conn, schema, err);
    if (status == FERRY_OK && nature.is_table)
        status = pgdrv_keys_add(keys, schema, err);
    if (status == FERRY_OK && nature.is_table && read->foreign_keys != 0)
        status = pgdrv_foreign_keys_describe(conn, &nature, schema, err);
    pgdrv_result_clear(&result);
    return status;
}

const struct ferry_source pgdrv_source = {
    .describe = pgdrv_describe,
    .read_begin = pgdrv_read_begin,
    .read_batch = pgdrv_read_batch,
    .read_end = pgdrv_read_end,
    .snapshot_begin = pgdrv_snapshot_begin,
    .snapshot_end = pgdrv_snapshot_end,
    .origins = pgdrv_origins,
    .fingerprint = pgdrv_fingerprint,
    .abilities = FERRY_SCANS | FERRY_SHARES_OWN,
    .list = pgdrv_list,
    .estimate = pgdrv_estimate,
    .part = pgdrv_part,
    .share_begin = pgdrv_share_begin,
    .share_join = pgdrv_share_join,
    .share_end = pgdrv_share_end,
};
