/* The stage: a table beside the live one, in which the new rows wait; how it is made and marked,
 * and its end.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

#define STAGE_COMMENT_BYTES 2048 /* of a table: so many characters, and at least as many bytes */

/* ---- Making it ---- */

static bool stage_is_own(const struct mydrv_stage *stage)
{
    return !stage->like || (stage->live->own && stage->spec->keep_definition != 0);
}

static void stage_write_hash(const char *definition, char ret_hash[MYDRV_OWN_HASH_SIZE])
{
    (void)snprintf(ret_hash, MYDRV_OWN_HASH_SIZE, "%016" PRIx64,
                   mydrv_table_hash(definition == NULL ? "" : definition));
}

/* A stage that becomes what the live table is bears the last mark from the beginning: another
 * comment is another ALTER TABLE, for which a server writes the definition to the disk. */
static void stage_write_mark(const struct mydrv_stage *stage, struct part_text *sql)
{
    PART_AUTO_TEXT struct part_text mark = {0};
    char hash[MYDRV_OWN_HASH_SIZE];
    bool same = stage->spec->action == FERRY_TABLE_KEEP && stage->live->own;
    if (same)
        stage_write_hash(stage->live->definition, hash);
    mydrv_table_mark(&mark, "", stage->unit->spec->run_id, same ? hash : NULL);
    part_text_add(sql, " COMMENT=");
    mydrv_text_add_quoted(sql, mark.data == NULL ? "" : mark.data, mark.length);
    sql->failed = sql->failed || mark.failed;
}

static void stage_write_create(const struct mydrv_stage *stage, struct part_text *sql)
{
    const struct ferry_layout *layout = stage->spec->layout;
    part_text_add(sql, "CREATE TABLE ");
    mydrv_text_add_name(sql, stage->name);
    if (stage->like) {
        part_text_add(sql, " LIKE ");
        mydrv_text_add_name(sql, layout->table);
        return;
    }
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        part_text_add(sql, i > 0 ? ", " : " (");
        mydrv_text_add_name(sql, ferry_schema_column(layout->schema, i)->name);
        part_text_addf(sql, " %s%s%s", layout->natives[i], layout->clauses[i][0] == '\0' ? "" : " ",
                       layout->clauses[i]);
    }
    mydrv_indexes_write_primary(stage->spec, sql);
    part_text_add(sql, ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4");
    stage_write_mark(stage, sql);
}

static ferry_status stage_set_comment(const struct mydrv_stage *stage,
                                      const struct part_text *comment, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "ALTER TABLE ");
    mydrv_text_add_name(&sql, stage->name);
    part_text_add(&sql, " COMMENT=");
    mydrv_text_add_quoted(&sql, comment->data == NULL ? "" : comment->data, comment->length);
    sql.failed = sql.failed || comment->failed;
    return mydrv_run(stage->unit->conn, &sql, "mark the stage table", err);
}

/* The commit's RENAME needs the right ALTER: it shows while the stage is still empty, also where
 * nothing is to be altered. */
static ferry_status stage_check_alter(const struct mydrv_stage *stage, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (stage->like) {
        mydrv_table_mark(&sql, "", stage->unit->spec->run_id, NULL);
        return stage_set_comment(stage, &sql, err);
    }
    part_text_add(&sql, "ALTER TABLE ");
    mydrv_text_add_name(&sql, stage->name);
    return mydrv_run(stage->unit->conn, &sql, "mark the stage table", err);
}

ferry_status mydrv_stage_create(struct mydrv_stage *stage, struct ferry_error *err)
{
    struct mydrv_unit *unit = stage->unit;
    const struct ferry_load_spec *spec = stage->spec;
    PART_AUTO_TEXT struct part_text sql = {0};
    stage->like = spec->action == FERRY_TABLE_KEEP &&
                  (!stage->live->own || unit->in_place || spec->keep_definition != 0);
    stage_write_create(stage, &sql);
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(unit->conn->native, sql.data, sql.length) != 0)
        return mydrv_wait_fail(unit, spec->layout->table, "create the stage table", err);
    stage->there = true;
    return stage_check_alter(stage, err);
}

/* ---- Finishing it ---- */

static bool stage_bears_mark(const struct mydrv_stage *stage, const struct mydrv_table *made)
{
    return made->own && stage_is_own(stage) && *made->comment == '\0' && made->run_id != NULL &&
           strcmp(made->run_id, stage->unit->spec->run_id) == 0;
}

/* The run id goes where the commit will carry it: into the comment of the table. */
static ferry_status stage_mark(const struct mydrv_stage *stage, const struct mydrv_table *made,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text mark = {0};
    const struct mydrv_table *live = stage->live;
    bool own = stage_is_own(stage);
    char hash[MYDRV_OWN_HASH_SIZE];
    stage_write_hash(made->definition, hash);
    mydrv_table_mark(&mark, own ? "" : live->comment, stage->unit->spec->run_id, own ? hash : NULL);
    if (mark.length > STAGE_COMMENT_BYTES) { /* somebody's long comment goes before */
        ferry_log(FERRY_LOG_INFO, "%s: the comment of table '%s' has no room for the run id",
                  stage->unit->conn->label, stage->spec->layout->table);
        mark.length = 0;
        part_text_add(&mark, live->comment);
    }
    return stage_set_comment(stage, &mark, err);
}

ferry_status mydrv_stage_mark(const struct mydrv_stage *stage, struct ferry_error *err)
{
    struct mydrv_table made = {0};
    ferry_status status = mydrv_table_load(stage->unit->conn, stage->name, &made, err);
    if (status == FERRY_OK && !stage_bears_mark(stage, &made))
        status = stage_mark(stage, &made, err);
    mydrv_table_clear(&made);
    return status;
}

/* One that gets foreign keys is marked with them. */
ferry_status mydrv_stage_finish(struct mydrv_stage *stage, struct ferry_error *err)
{
    ferry_status status = mydrv_indexes_add(stage->unit->conn, stage->name, stage->spec, err);
    return status == FERRY_OK && stage->spec->foreign_key_count == 0 ? mydrv_stage_mark(stage, err)
                                                                     : status;
}

/* ---- Its end ---- */

/* Nothing but other stages refers to it. */
static bool stage_try_drop(const struct mydrv_stage *stage)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (stage->unit->keyed) {
        part_text_add(&sql, "SET SESSION foreign_key_checks = 0");
        (void)mydrv_try(stage->unit->conn, &sql);
    }
    part_text_add(&sql, "DROP TABLE ");
    mydrv_text_add_name(&sql, stage->name);
    return mydrv_try(stage->unit->conn, &sql);
}

void mydrv_stage_drop(struct mydrv_stage *stage)
{
    if (!stage->there)
        return;
    if (!stage_try_drop(stage) && mydrv_conn_is_lost(stage->unit->conn) &&
        mydrv_second_take_over(stage->unit))
        (void)stage_try_drop(stage);
    stage->there = false;
}
