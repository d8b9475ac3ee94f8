/* Savepoints, in the words of each dialect. */

#include "write/target.h"

static ferry_status save_run(struct dbidrv_conn *conn, const char *template, const char *name,
                             const char *doing, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (template == NULL)
        return FERRY_OK;
    part_text_add_template(&sql, template, name);
    return sql.failed ? dbidrv_fail_memory(err)
                      : dbidrv_run(conn, sql.data, DBIDRV_LOADING, doing, NULL, err);
}

ferry_status dbidrv_save(struct dbidrv_conn *conn, const char *name, const char *doing,
                         struct ferry_error *err)
{
    return save_run(conn, conn->dialect->writing->save, name, doing, err);
}

ferry_status dbidrv_save_restore(struct dbidrv_conn *conn, const char *name, const char *doing,
                                 struct ferry_error *err)
{
    return save_run(conn, conn->dialect->writing->restore, name, doing, err);
}

ferry_status dbidrv_save_release(struct dbidrv_conn *conn, const char *name, const char *doing,
                                 struct ferry_error *err)
{
    return save_run(conn, conn->dialect->writing->release, name, doing, err);
}
