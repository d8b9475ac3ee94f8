/* What earlier runs have left in the store: records of many tables, and tables that are dropped. */

#include "memory.h"

#include <stdlib.h>

ferry_status memory_records(void *conn, const char *prefix, struct ferry_records *records,
                            struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "records", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "records", &status, err))
        return status;
    return status == FERRY_OK ? memory_tables_records(c->store, prefix, records, err) : status;
}

static ferry_status fail_held(const struct memory_conn *c, const struct ferry_prune_spec *spec,
                              char *holder, struct ferry_error *err)
{
    ferry_status status =
        holder == NULL
            ? ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory")
            : ferry_fail(err, FERRY_ERR_BUSY, "store '%s': table '%s' is being loaded by job '%s'",
                         c->store, spec->table, holder);
    ferry_error_held_by_run(err); /* of BUSY */
    free(holder);
    return status;
}

ferry_status memory_prune(void *conn, const struct ferry_prune_spec *spec,
                          struct ferry_notes *obstacles, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    char *holder = NULL;
    (void)obstacles; /* nothing hangs on tables here */
    ferry_status status = memory_fault_hit(c, "prune", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "prune", &status, err))
        return status;
    if (status != FERRY_OK || spec->looks || memory_fault_skips(c, "prune"))
        return status;
    if (!memory_table_lock(c->store, spec->table, spec->job, spec->lock_wait_ms, &holder))
        return fail_held(c, spec, holder, err);
    if (!memory_table_drop(c->store, spec->table, ferry_record_follows(spec->record)))
        status = ferry_record_fail_overtaken(spec->record, c->store, err);
    memory_table_unlock(c->store, spec->table);
    return status;
}
