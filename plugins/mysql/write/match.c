/* Changes and the rows that they are of: found by an index, and told apart by the exact value of
 * the key.
 *
 * A collation that takes 'A' for 'a', or 'a ' for 'a', finds too much and never too little.  So an
 * index serves although its order is another, and the bytes decide.
 */

#include "read/read.h"
#include "write/target.h"

#include <string.h>
#include <strings.h>

void mydrv_match_write_change(const char *column, struct part_text *sql)
{
    part_text_add(sql, MYDRV_MATCH_CHANGES ".");
    mydrv_text_add_name(sql, column);
}

bool mydrv_match_is_key(const struct mydrv_load *load, size_t i)
{
    for (size_t k = 0; k < load->spec->key_count; k++)
        if (load->spec->key[k] == i)
            return true;
    return false;
}

/* ---- The index ---- */

struct match_index { /* one of the table, as it is told column by column */
    const char *name;
    size_t columns;
    size_t leading; /* of them that are the key's, up to the first that is not */
    bool unique, usable;
};

static bool match_has_key(const struct mydrv_load *load, const char *column)
{
    for (size_t k = 0; column != NULL && k < load->spec->key_count; k++) {
        size_t i = load->spec->key[k];
        if (strcasecmp(ferry_schema_column(load->layout->schema, i)->name, column) == 0)
            return true;
    }
    return false;
}

/* One that finds a row, or few: it has all columns of the key, or is unique by some of them. */
static bool match_serves(const struct mydrv_load *load, const struct match_index *index)
{
    return index->usable && index->leading > 0 &&
           (index->leading == load->spec->key_count ||
            (index->unique && index->leading == index->columns));
}

static void match_take(struct mydrv_load *load, const struct match_index *index, bool *have_unique,
                       struct part_text *chosen)
{
    if (!match_serves(load, index))
        return;
    bool unique = index->unique && index->leading == index->columns;
    if (chosen->length > 0 && (*have_unique || !unique))
        return;
    *have_unique = unique;
    chosen->length = 0;
    part_text_add(chosen, index->name);
}

/* The columns of SHOW INDEX that are asked for; those of one server alone are -1 on the other. */
struct match_fields {
    int name, unique, column, type, visible, ignored;
};

static int match_field(MYSQL_RES *rows, const char *name)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(rows);
    for (unsigned i = 0; i < mysql_num_fields(rows); i++)
        if (strcasecmp(fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

static const char *match_value(MYSQL_ROW row, int field)
{
    return field < 0 || row[field] == NULL ? "" : row[field];
}

static void match_add_column(const struct mydrv_load *load, MYSQL_ROW row,
                             const struct match_fields *at, struct match_index *index)
{
    const char *name = match_value(row, at->name);
    if (index->name == NULL || strcmp(index->name, name) != 0)
        *index = (struct match_index){.name = name, .usable = true};
    index->unique = strcmp(match_value(row, at->unique), "0") == 0;
    if (strcmp(match_value(row, at->type), "BTREE") != 0 ||
        strcasecmp(match_value(row, at->visible), "NO") == 0 ||
        strcasecmp(match_value(row, at->ignored), "YES") == 0)
        index->usable = false;
    if (index->leading == index->columns && match_has_key(load, match_value(row, at->column)))
        index->leading++;
    index->columns++;
}

ferry_status mydrv_match_choose(struct mydrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PART_AUTO_TEXT struct part_text chosen = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    struct match_index index = {0};
    bool have_unique = false;
    MYSQL_ROW row;
    part_text_add(&sql, "SHOW INDEX FROM ");
    mydrv_text_add_name(&sql, load->layout->table);
    static const char doing[] = "look at the table's indexes";
    ferry_status status = mydrv_ask(load->unit->conn, &sql, 1, doing, &rows, err);
    if (status != FERRY_OK)
        return status;
    const struct match_fields at = {
        .name = match_field(rows, "Key_name"),
        .unique = match_field(rows, "Non_unique"),
        .column = match_field(rows, "Column_name"),
        .type = match_field(rows, "Index_type"),
        .visible = match_field(rows, "Visible"),
        .ignored = match_field(rows, "Ignored"),
    };
    while ((row = mysql_fetch_row(rows)) != NULL) {
        if (index.name != NULL && strcmp(index.name, match_value(row, at.name)) != 0)
            match_take(load, &index, &have_unique, &chosen);
        match_add_column(load, row, &at, &index);
    }
    match_take(load, &index, &have_unique, &chosen);
    if (chosen.length == 0 && !chosen.failed)
        return FERRY_OK;
    load->changes->index = chosen.failed ? NULL : strdup(chosen.data);
    return load->changes->index == NULL ? mydrv_fail_memory(err) : FERRY_OK;
}

/* ---- The join ---- */

static bool match_is_text(const struct mydrv_load *load, size_t i)
{
    enum mydrv_kind kind = load->lane.forms[i].type.kind;
    return kind == MYDRV_KIND_CHAR || kind == MYDRV_KIND_TEXT || kind == MYDRV_KIND_ENUM ||
           kind == MYDRV_KIND_SET;
}

/* Both sides, each inside of `before` and `after`. */
static void match_write_pair(const struct mydrv_load *load, size_t i, const char *before,
                             const char *sign, const char *after, struct part_text *sql)
{
    const char *name = ferry_schema_column(load->layout->schema, i)->name;
    part_text_add(sql, before);
    mydrv_scan_write_name(name, sql);
    part_text_addf(sql, "%s %s %s", after, sign, before);
    mydrv_match_write_change(name, sql);
    part_text_add(sql, after);
}

static void match_write_condition(const struct mydrv_load *load, struct part_text *sql)
{
    for (size_t k = 0; k < load->spec->key_count; k++) {
        size_t i = load->spec->key[k];
        part_text_add(sql, k > 0 ? " AND " : "");
        match_write_pair(load, i, "", "=", "", sql);
        if (!match_is_text(load, i))
            continue;
        part_text_add(sql, " AND ");
        match_write_pair(load, i, "CAST(", "=", " AS BINARY)", sql);
    }
}

static void match_write_changes(const struct mydrv_load *load, struct part_text *sql)
{
    mydrv_text_add_name(sql, load->names.stage);
    part_text_add(sql, " AS " MYDRV_MATCH_CHANGES);
}

/* Where an index of the table serves, each change looks for its row; where none does, the table is
 * read once, and each of its rows looks for its change. */
void mydrv_match_write(const struct mydrv_load *load, struct part_text *sql)
{
    const char *index = load->changes->index;
    if (index != NULL) {
        match_write_changes(load, sql);
        part_text_add(sql, " STRAIGHT_JOIN ");
    }
    mydrv_text_add_name(sql, load->layout->table);
    part_text_add(sql, " AS " MYDRV_SCAN_ALIAS);
    if (index == NULL) {
        part_text_add(sql, " STRAIGHT_JOIN ");
        match_write_changes(load, sql);
    }
    part_text_add(sql, " FORCE INDEX (");
    mydrv_text_add_name(sql, index != NULL ? index : "dbferry_key");
    part_text_add(sql, ") ON ");
    match_write_condition(load, sql);
}

void mydrv_match_write_touched(const struct mydrv_load *load, struct part_text *sql)
{
    mydrv_match_write(load, sql);
    part_text_add(sql, " WHERE ");
    mydrv_match_write_change(load->changes->tag, sql);
    part_text_addf(sql, " <> %d", FERRY_OP_DELETE);
}

/* 0.0 and -0.0 are the same to the core, as they are to servers. */
void mydrv_match_write_same(const struct mydrv_load *load, size_t i, struct part_text *sql)
{
    switch (load->lane.forms[i].type.kind) {
    case MYDRV_KIND_CHAR:
    case MYDRV_KIND_TEXT:
    case MYDRV_KIND_ENUM:
    case MYDRV_KIND_SET:
    case MYDRV_KIND_VECTOR:
        match_write_pair(load, i, "CAST(", "<=>", " AS BINARY)", sql);
        break;
    case MYDRV_KIND_JSON:
        match_write_pair(load, i, "CAST(CAST(", "<=>", " AS CHAR) AS BINARY)", sql);
        break;
    case MYDRV_KIND_GEOMETRY:
        match_write_pair(load, i, "HEX(", "<=>", ")", sql);
        break;
    default:
        match_write_pair(load, i, "", "<=>", "", sql);
        break;
    }
}
