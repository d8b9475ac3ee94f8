/* Whether the server takes a foreign key between two tables that are planned. */

#include "write/target.h"

#include <string.h>
#include <strings.h>

/* ---- The columns ---- */

static const char *judge_find_native(const struct ferry_layout *layout, const char *column,
                                     const char **ret_clauses)
{
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++)
        if (strcasecmp(ferry_schema_column(layout->schema, i)->name, column) == 0) {
            *ret_clauses = layout->clauses[i];
            return layout->natives[i];
        }
    return NULL;
}

static bool judge_is_short_text(const struct mydrv_type *type)
{
    return type->kind == MYDRV_KIND_CHAR || strcmp(type->name, "varchar") == 0;
}

static bool judge_is_short_bytes(const struct mydrv_type *type)
{
    return type->kind == MYDRV_KIND_BINARY || strcmp(type->name, "varbinary") == 0;
}

/* By their numbers, which the server compares. */
static bool judge_have_members(const struct mydrv_type *one, const struct mydrv_type *other)
{
    return one->members_size == other->members_size &&
           (one->members_size == 0 || memcmp(one->members, other->members, one->members_size) == 0);
}

/* Texts may differ in length (the manuals of both servers); all else is to be the same. */
static bool judge_are_alike(const struct mydrv_type *one, const struct mydrv_type *other)
{
    if (judge_is_short_text(one) || judge_is_short_bytes(one))
        return (judge_is_short_text(one) && judge_is_short_text(other)) ||
               (judge_is_short_bytes(one) && judge_is_short_bytes(other));
    return one->kind == other->kind && one->bits == other->bits &&
           one->is_unsigned == other->is_unsigned && judge_have_members(one, other) &&
           (one->kind == MYDRV_KIND_INT ||
            (one->numbers[0] == other->numbers[0] && one->numbers[1] == other->numbers[1]));
}

/* "CHARACTER SET x COLLATE y", with which the clauses of a text begin; else nothing. */
static size_t judge_collation_length(const char *clauses)
{
    const char *collate = strstr(clauses, " COLLATE ");
    if (strncmp(clauses, "CHARACTER SET ", 14) != 0 || collate == NULL)
        return 0;
    const char *word = collate + 9;
    return (size_t)(word - clauses) + strcspn(word, " ");
}

static bool judge_compare_alike(const char *one, const char *other)
{
    size_t length = judge_collation_length(one);
    return length == judge_collation_length(other) && strncmp(one, other, length) == 0;
}

/* Not in a name, nor in a default or a comment, which may be any text. */
static bool judge_says(const char *definition, const char *words)
{
    const char *at = definition;
    while (*at != '\0' && strncmp(at, words, strlen(words)) != 0)
        at = *at == '\'' || *at == '`' ? mydrv_text_skip_quoted(at) : at + 1;
    return *at != '\0';
}

/* Of the table that is referred to, as it will be: one of somebody's own stays as it is (`stays`,
 * else NULL). */
static const char *judge_find_referred(const struct ferry_load_spec *referred,
                                       const struct mydrv_table *stays, const char *column,
                                       const char **ret_clauses)
{
    if (stays == NULL)
        return judge_find_native(referred->layout, column, ret_clauses);
    const struct mydrv_live_column *live = mydrv_table_find(stays, column);
    if (live != NULL)
        *ret_clauses = live->clauses;
    return live == NULL ? NULL : live->native;
}

static ferry_status judge_columns(const struct ferry_load_spec *spec,
                                  const struct ferry_foreign_key *key,
                                  const struct ferry_load_spec *referred,
                                  const struct mydrv_table *stays, struct ferry_notes *against,
                                  struct ferry_error *err)
{
    for (size_t i = 0; i < key->column_count; i++) {
        const char *clauses = "", *others = "";
        struct mydrv_type type, other;
        const char *native = judge_find_native(spec->layout, key->columns[i], &clauses);
        const char *to = judge_find_referred(referred, stays, key->referred[i], &others);
        if (native == NULL || to == NULL || !mydrv_type_parse(native, &type) ||
            !mydrv_type_parse(to, &other) || !judge_are_alike(&type, &other))
            return ferry_note(against, err,
                              "this server wants columns of one type, and '%s' (%s) refers to '%s' "
                              "(%s)",
                              key->columns[i], native == NULL ? "?" : native, key->referred[i],
                              to == NULL ? "?" : to);
        if (!judge_compare_alike(clauses, others))
            return ferry_note(against, err,
                              "this server wants texts of one collation, and '%s' has another than "
                              "'%s'",
                              key->columns[i], key->referred[i]);
        bool sets_null =
            key->on_delete == FERRY_ACTION_SET_NULL || key->on_update == FERRY_ACTION_SET_NULL;
        if (sets_null && judge_says(clauses, "NOT NULL"))
            return ferry_note(against, err, "it would set '%s' to NULL, which is NOT NULL",
                              key->columns[i]);
    }
    return FERRY_OK;
}

/* ---- The index by which the server finds rows of the other table ---- */

/* Of the plan. */
static const struct ferry_index *judge_find_index(const struct ferry_foreign_key *key,
                                                  const struct ferry_load_spec *referred)
{
    for (size_t i = 0; i < referred->index_count; i++) {
        const struct ferry_index *index = referred->indexes[i];
        bool same = index->unique != 0 && index->column_count == key->column_count;
        for (size_t k = 0; k < key->column_count && same; k++)
            same = strcasecmp(index->columns[k], key->referred[k]) == 0;
        if (same && mydrv_indexes_are_whole(referred, index))
            return index;
    }
    return NULL;
}

/* A table that stays gets no primary key; the other indexes of the plan are made. */
static bool judge_has_key(const struct mydrv_table *stays, const struct ferry_foreign_key *key)
{
    PART_AUTO_TEXT struct part_text columns = {0};
    part_text_add(&columns, " (");
    for (size_t i = 0; i < key->column_count; i++) {
        part_text_add(&columns, i > 0 ? "," : "");
        mydrv_text_add_name(&columns, key->referred[i]);
    }
    part_text_add(&columns, ")");
    for (const char *at = stays->definition; !columns.failed && (at = strchr(at, '\n')) != NULL;) {
        at++;
        const char *end = strncmp(at, "  PRIMARY KEY", 13) == 0 ? at + 13 : NULL;
        if (strncmp(at, "  UNIQUE KEY `", 14) == 0)
            end = mydrv_text_skip_quoted(at + 13);
        if (end != NULL && strncasecmp(end, columns.data, columns.length) == 0)
            return true;
    }
    return false;
}

/* ---- A table of somebody's own ---- */

/* Why no key can refer to it by that index, or NULL.  Without its checks the server would write a
 * key down that it can never look up. */
static const char *judge_find_flaw(const struct ferry_foreign_key *key,
                                   const struct ferry_index *index, const struct mydrv_table *stays)
{
    if (strcasecmp(stays->engine, "InnoDB") != 0)
        return "has another engine than InnoDB";
    if (judge_says(stays->definition, " PARTITION BY "))
        return "has partitions";
    if (index->primary != 0 && !judge_has_key(stays, key))
        return "has no unique key of just these columns, in this order";
    return NULL;
}

/* ---- The tables that keys refer to ---- */

/* Each is looked at once for all keys that refer to it. */
struct mydrv_judged {
    char *name;
    struct mydrv_table table;
    struct mydrv_judged *next;
};

static void judge_free(struct mydrv_judged *judged)
{
    mydrv_table_clear(&judged->table);
    free(judged->name);
    free(judged);
}

void mydrv_judge_forget(struct mydrv_conn *conn, const char *table)
{
    for (struct mydrv_judged **at = &conn->judged; *at != NULL;) {
        struct mydrv_judged *judged = *at;
        if (table != NULL && strcmp(judged->name, table) != 0) {
            at = &judged->next;
            continue;
        }
        *at = judged->next;
        judge_free(judged);
    }
}

static ferry_status judge_look(struct mydrv_conn *conn, const char *table,
                               struct mydrv_judged **ret_judged, struct ferry_error *err)
{
    for (struct mydrv_judged *at = conn->judged; at != NULL; at = at->next)
        if (strcmp(at->name, table) == 0) {
            *ret_judged = at;
            return FERRY_OK;
        }
    struct mydrv_judged *judged = calloc(1, sizeof *judged);
    if (judged == NULL || (judged->name = strdup(table)) == NULL) {
        free(judged);
        return mydrv_fail_memory(err);
    }
    ferry_status status = mydrv_table_load(conn, table, &judged->table, err);
    if (status != FERRY_OK) {
        judge_free(judged);
        return status;
    }
    judged->next = conn->judged;
    conn->judged = *ret_judged = judged;
    return FERRY_OK;
}

ferry_status mydrv_judge_key(void *conn, const struct ferry_load_spec *spec,
                             const struct ferry_foreign_key *key,
                             const struct ferry_load_spec *referred, struct ferry_notes *against,
                             struct ferry_error *err)
{
    struct mydrv_judged *judged = NULL;
    const struct ferry_index *index = judge_find_index(key, referred);
    if (key->on_delete == FERRY_ACTION_SET_DEFAULT || key->on_update == FERRY_ACTION_SET_DEFAULT)
        return ferry_note(against, err, "InnoDB has no SET DEFAULT");
    if (index == NULL)
        return ferry_note(against, err,
                          "the columns that it refers to are too long for a unique index here");
    ferry_status status = judge_look(conn, referred->layout->table, &judged, err);
    if (status != FERRY_OK)
        return status;
    const struct mydrv_table *live = &judged->table;
    bool stays = live->definition != NULL && !live->own;
    const char *flaw = stays ? judge_find_flaw(key, index, live) : NULL;
    return flaw == NULL
               ? judge_columns(spec, key, referred, stays ? live : NULL, against, err)
               : ferry_note(against, err, "that table is one of somebody's own, which %s", flaw);
}
