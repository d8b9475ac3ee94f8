/* The target half, call by call.
 *
 * Two structs are the driver's to fill in.  One of a later header may assign the whole of its own,
 * longer one: so what it gets lies in a larger room.
 */

#include "driver/target.h"

#include <stdlib.h>

#include "driver/call.h"
#include "driver/change.h"
#include "driver/contract.h"

#define ROOM ((size_t)512)

ferry_status ferry_target_map_column(struct ferry_connection *target,
                                     const struct ferry_column *column,
                                     const struct ferry_wish *wish,
                                     struct ferry_mapping *ret_mapping, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.map_column(target->conn, column, wish, ret_mapping, error);
    return ferry_call_end(target, "map_column", status, ret_mapping->set, error);
}

ferry_status ferry_target_inspect(struct ferry_connection *target, const char *table,
                                  struct ferry_inspection *ret_inspection,
                                  struct ferry_error *error)
{
    union {
        struct ferry_inspection inspection;
        char room[ROOM];
    } found = {.inspection = *ret_inspection};
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.inspect(target->conn, table, &found.inspection, error);
    struct ferry_schema *schema = ret_inspection->schema;
    *ret_inspection = found.inspection;
    ret_inspection->schema = schema;
    bool written = ret_inspection->exists == 0 || ret_inspection->schema->count > 0;
    return ferry_call_end(target, "inspect", status, written, error);
}

bool ferry_target_holds_columns(const struct ferry_connection *target)
{
    return target->driver->target.hold_column != NULL;
}

ferry_status ferry_target_hold_column(struct ferry_connection *target,
                                      const struct ferry_column *existing,
                                      const struct ferry_column *column,
                                      const struct ferry_wish *wish,
                                      struct ferry_mapping *ret_mapping, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.hold_column(target->conn, existing, column, wish,
                                                             ret_mapping, error);
    return ferry_call_end(target, "hold_column", status, true, error);
}

ferry_status ferry_target_foresee(struct ferry_connection *target,
                                  const struct ferry_load_spec *spec, struct ferry_notes *losses,
                                  struct ferry_notes *stale, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.foresee(target->conn, spec, losses, stale, error);
    return ferry_call_end(target, "foresee", status, true, error);
}

ferry_status ferry_target_note_indexes(struct ferry_connection *target, struct ferry_schema *schema,
                                       const char *const *natives,
                                       const struct ferry_index *const *indexes, size_t index_count,
                                       struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.note_indexes(target->conn, schema, natives,
                                                              indexes, index_count, error);
    return ferry_call_end(target, "note_indexes", status, true, error);
}

bool ferry_target_carries_keys(const struct ferry_connection *target)
{
    return target->driver->target.judge_key != NULL;
}

ferry_status ferry_target_judge_key(struct ferry_connection *target,
                                    const struct ferry_load_spec *spec,
                                    const struct ferry_foreign_key *key,
                                    const struct ferry_load_spec *referred,
                                    struct ferry_notes *against, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.judge_key(target->conn, spec, key, referred, against, error);
    return ferry_call_end(target, "judge_key", status, true, error);
}

ferry_status ferry_target_records(struct ferry_connection *target, const char *prefix,
                                  struct ferry_records *ret_records, struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    struct ferry_records records = {0};
    ferry_status status = target->driver->target.records(target->conn, prefix, &records, error);
    status = ferry_call_end(target, "records", status, true, error);
    if (status != FERRY_OK) {
        ferry_records_done(&records);
        return status;
    }
    *ret_records = records;
    return FERRY_OK;
}

ferry_status ferry_target_prune(struct ferry_connection *target,
                                const struct ferry_prune_spec *spec, struct ferry_notes *obstacles,
                                struct ferry_error *error)
{
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.prune(target->conn, spec, obstacles, error);
    return ferry_call_end(target, "prune", status, true, error);
}

ferry_status ferry_target_change_begin(struct ferry_connection *target,
                                       const struct ferry_change_spec *spec,
                                       struct ferry_change **ret_change, struct ferry_error *error)
{
    struct ferry_change *change = calloc(1, sizeof *change);
    if (change == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a change");
    change->connection = target;
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.change_begin(target->conn, spec, &change->change, error);
    status = ferry_call_end(target, "change_begin", status, change->change != NULL, error);
    if (status != FERRY_OK) {
        free(change);
        return status;
    }
    *ret_change = change;
    return FERRY_OK;
}

ferry_status ferry_target_load_begin(struct ferry_change *change,
                                     const struct ferry_load_spec *spec,
                                     struct ferry_load **ret_load, struct ferry_error *error)
{
    struct ferry_connection *target = change->connection;
    struct ferry_load *load = calloc(1, sizeof *load);
    if (load == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a load");
    load->connection = target;
    DRIVER_SCOPE(target->driver);
    ferry_status status =
        target->driver->target.load_begin(change->change, spec, &load->load, error);
    status = ferry_call_end(target, "load_begin", status, load->load != NULL, error);
    if (status != FERRY_OK) {
        free(load);
        return status;
    }
    load->next = change->loads;
    change->loads = load;
    *ret_load = load;
    return FERRY_OK;
}

ferry_status ferry_target_load_batch(struct ferry_load *load, uint32_t operation,
                                     const struct ferry_batch *batch, struct ferry_error *error)
{
    struct ferry_driver_handle *driver = load->connection->driver;
    DRIVER_SCOPE(driver);
    ferry_status status = driver->target.load_batch(load->load, operation, batch, error);
    return ferry_call_end(load->connection, "load_batch", status, true, error);
}

ferry_status ferry_target_load_end(struct ferry_load *load, struct ferry_load_totals *ret_totals,
                                   struct ferry_error *error)
{
    struct ferry_driver_handle *driver = load->connection->driver;
    union {
        struct ferry_load_totals totals;
        char room[ROOM];
    } counted = {.totals = *ret_totals};
    DRIVER_SCOPE(driver);
    ferry_status status = driver->target.load_end(load->load, &counted.totals, error);
    if (status == FERRY_OK)
        *ret_totals = counted.totals;
    return ferry_call_end(load->connection, "load_end", status, true, error);
}

ferry_status ferry_target_load_take(struct ferry_load *load, const struct ferry_config *place,
                                    const struct ferry_layout *layout, uint64_t *ret_rows,
                                    struct ferry_error *error)
{
    struct ferry_driver_handle *driver = load->connection->driver;
    DRIVER_SCOPE(driver);
    uint64_t rows = 0;
    ferry_status status = driver->target.load_take(load->load, place, layout, &rows, error);
    if (status == FERRY_OK)
        *ret_rows = rows;
    return ferry_call_end(load->connection, "load_take", status, true, error);
}

bool ferry_target_tells_stored(const struct ferry_connection *target)
{
    return target->driver->tells_stored;
}

bool ferry_target_prunes(const struct ferry_connection *target)
{
    return target->driver->prunes;
}

bool ferry_target_scans(const struct ferry_connection *target)
{
    return (target->driver->target.abilities & FERRY_SCANS) != 0;
}

bool ferry_target_changes(const struct ferry_connection *target)
{
    return (target->driver->target.abilities & FERRY_CHANGES) != 0;
}

bool ferry_target_joins(const struct ferry_connection *target)
{
    return (target->driver->target.abilities & FERRY_TOGETHER) != 0;
}

bool ferry_target_joins_changes(const struct ferry_connection *target)
{
    return (target->driver->target.abilities & FERRY_TOGETHER_CHANGES) != 0;
}

bool ferry_target_joins_alike(const struct ferry_connection *target)
{
    return (target->driver->target.abilities & FERRY_TOGETHER_ALIKE) != 0;
}

bool ferry_target_tells_restrict(const struct ferry_connection *target)
{
    return (target->driver->target.abilities & FERRY_TELLS_RESTRICT) != 0;
}

/* The driver has freed its own part. */
static void free_change(struct ferry_change *change)
{
    while (change->loads != NULL) {
        struct ferry_load *load = change->loads;
        change->loads = load->next;
        free(load);
    }
    free(change);
}

ferry_status ferry_target_change_commit(struct ferry_change *change,
                                        const struct ferry_record *const *records,
                                        size_t record_count, uint32_t *outcome,
                                        struct ferry_error *error)
{
    const struct ferry_connection *target = change->connection;
    uint32_t said = FERRY_OUTCOME_UNKNOWN;
    ferry_status status;
    {
        DRIVER_SCOPE(target->driver);
        status = target->driver->target.change_commit(change->change, records, record_count, &said,
                                                      error);
    }
    free_change(change);
    bool sound = said <= FERRY_OUTCOME_NEW && (status != FERRY_OK || said == FERRY_OUTCOME_NEW);
    status = ferry_call_end(target, "change_commit", status, sound, error);
    *outcome = sound ? said : FERRY_OUTCOME_UNKNOWN;
    return status;
}

void ferry_target_change_abort(struct ferry_change *change)
{
    if (change == NULL)
        return;
    {
        DRIVER_SCOPE(change->connection->driver);
        change->connection->driver->target.change_abort(change->change);
    }
    free_change(change);
}
