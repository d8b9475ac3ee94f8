/* The foreign keys of a definition, as SHOW CREATE TABLE prints it.
 *
 * Each is a line: CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES `table` (`x`, `y`) ON DELETE
 * CASCADE ON UPDATE SET NULL; the table of another database has that before its name.
 */

#include "types/types.h"

#include "text.h"

#include <string.h>

#define REFERENCE_COLUMNS 64 /* no server has keys of more */

struct reference {
    struct part_text name, table;
    struct part_text columns[REFERENCE_COLUMNS], referred[REFERENCE_COLUMNS];
    size_t count, referred_count;
    uint32_t on_delete, on_update;
};

static void reference_clear(struct reference *reference)
{
    part_text_clear(&reference->name);
    part_text_clear(&reference->table);
    for (size_t i = 0; i < REFERENCE_COLUMNS; i++) {
        part_text_clear(&reference->columns[i]);
        part_text_clear(&reference->referred[i]);
    }
}

/* ---- Its parts: each returns where the next begins, or NULL where this one is not there ---- */

static const char *reference_word(const char *at, const char *word)
{
    size_t length = strlen(word);
    return at != NULL && strncmp(at, word, length) == 0 ? at + length : NULL;
}

static const char *reference_name(const char *at, struct part_text *name)
{
    if (at == NULL || *at != '`')
        return NULL;
    return mydrv_text_take_name(at, name) ? mydrv_text_skip_quoted(at) : NULL;
}

static const char *reference_columns(const char *at, struct part_text *columns, size_t *ret_count)
{
    size_t count = 0;
    at = reference_word(at, "(");
    while (at != NULL && count < REFERENCE_COLUMNS) {
        at = reference_name(at, &columns[count++]);
        if (at != NULL && *at == ')') {
            *ret_count = count;
            return at + 1;
        }
        at = reference_word(at, ",");
        at = at == NULL ? NULL : at + strspn(at, " ");
    }
    return NULL;
}

/* `table`, or `database`.`table`, which becomes "database.table" */
static const char *reference_table(const char *at, struct part_text *table)
{
    struct part_text behind = {0};
    at = reference_name(at, table);
    if (at == NULL || *at != '.')
        return at;
    at = reference_name(at + 1, &behind);
    part_text_add(table, ".");
    part_text_add(table, behind.data == NULL ? "" : behind.data);
    table->failed = table->failed || behind.failed;
    part_text_clear(&behind);
    return at;
}

static uint32_t reference_action(const char *at, const char *event)
{
    static const struct {
        const char *word;
        uint32_t action;
    } actions[] = {{" RESTRICT", FERRY_ACTION_RESTRICT},
                   {" CASCADE", FERRY_ACTION_CASCADE},
                   {" SET NULL", FERRY_ACTION_SET_NULL},
                   {" SET DEFAULT", FERRY_ACTION_SET_DEFAULT}};
    const char *end = at + strcspn(at, "\n");
    const char *found = strstr(at, event);
    if (found == NULL || found >= end)
        return FERRY_ACTION_NONE;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (reference_word(found + strlen(event), actions[i].word) != NULL)
            return actions[i].action;
    return FERRY_ACTION_NONE;
}

/* What begins at the word CONSTRAINT. */
static bool reference_read(const char *at, struct reference *reference)
{
    at = reference_word(at, "CONSTRAINT ");
    at = reference_name(at, &reference->name);
    at = reference_word(at, " FOREIGN KEY ");
    at = reference_columns(at, reference->columns, &reference->count);
    at = reference_word(at, " REFERENCES ");
    at = reference_table(at, &reference->table);
    at = reference_word(at, " ");
    at = reference_columns(at, reference->referred, &reference->referred_count);
    if (at == NULL)
        return false;
    reference->on_delete = reference_action(at, " ON DELETE");
    reference->on_update = reference_action(at, " ON UPDATE");
    return reference->count == reference->referred_count;
}

/* ---- All of them ---- */

static bool reference_has_failed(const struct reference *reference)
{
    bool failed = reference->name.failed || reference->table.failed;
    for (size_t i = 0; i < reference->count; i++)
        failed = failed || reference->columns[i].failed || reference->referred[i].failed;
    return failed;
}

static ferry_status reference_add(const struct reference *reference, struct ferry_schema *schema,
                                  struct ferry_error *err)
{
    const char *columns[REFERENCE_COLUMNS];
    const char *referred[REFERENCE_COLUMNS];
    if (reference_has_failed(reference))
        return mydrv_fail_memory(err);
    for (size_t i = 0; i < reference->count; i++) {
        columns[i] = reference->columns[i].data;
        referred[i] = reference->referred[i].data;
    }
    const struct ferry_foreign_key key = {
        .name = reference->name.data,
        .columns = columns,
        .column_count = reference->count,
        .table = reference->table.data,
        .referred = referred,
        .on_delete = reference->on_delete,
        .on_update = reference->on_update,
    };
    return ferry_schema_add_foreign_key(schema, &key, sizeof key, err);
}

ferry_status mydrv_references_add(const char *definition, struct ferry_schema *schema,
                                  struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    const char *at = definition;
    while (*at != '\0' && status == FERRY_OK) {
        if (reference_word(at, "CONSTRAINT `") != NULL) {
            struct reference reference = {0};
            if (reference_read(at, &reference))
                status = reference_add(&reference, schema, err);
            else if (reference_has_failed(&reference))
                status = mydrv_fail_memory(err);
            reference_clear(&reference);
        }
        at = *at == '\'' || *at == '`' || *at == '"' ? mydrv_text_skip_quoted(at) : at + 1;
    }
    return status;
}
