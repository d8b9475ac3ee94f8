/* The callbacks of a target but for the reading of stored rows (cursor.h). */

#ifndef FERRY_TARGET_H
#define FERRY_TARGET_H

#include "driver/connection.h"
#include "driver/records.h"

ferry_status ferry_target_map_column(struct ferry_connection *target,
                                     const struct ferry_column *column,
                                     const struct ferry_wish *wish,
                                     struct ferry_mapping *ret_mapping, struct ferry_error *error);
ferry_status ferry_target_inspect(struct ferry_connection *target, const char *table,
                                  struct ferry_inspection *ret_inspection,
                                  struct ferry_error *error);
/* Whether the driver has a hold_column, and so fills columns by name. */
bool ferry_target_holds_columns(const struct ferry_connection *target);
/* `ret_mapping` stays unset where the column does not hold the values. */
ferry_status ferry_target_hold_column(struct ferry_connection *target,
                                      const struct ferry_column *existing,
                                      const struct ferry_column *column,
                                      const struct ferry_wish *wish,
                                      struct ferry_mapping *ret_mapping, struct ferry_error *error);
ferry_status ferry_target_foresee(struct ferry_connection *target,
                                  const struct ferry_load_spec *spec, struct ferry_notes *losses,
                                  struct ferry_notes *stale, struct ferry_error *error);
/* The target's notes on the indexes go to `schema`. */
ferry_status ferry_target_note_indexes(struct ferry_connection *target, struct ferry_schema *schema,
                                       const char *const *natives,
                                       const struct ferry_index *const *indexes, size_t index_count,
                                       struct ferry_error *error);
/* Whether the driver carries foreign keys; then what speaks against one. */
bool ferry_target_carries_keys(const struct ferry_connection *target);
/* Whether its foreign keys tell RESTRICT from NO ACTION. */
bool ferry_target_tells_restrict(const struct ferry_connection *target);
ferry_status ferry_target_judge_key(struct ferry_connection *target,
                                    const struct ferry_load_spec *spec,
                                    const struct ferry_foreign_key *key,
                                    const struct ferry_load_spec *referred,
                                    struct ferry_notes *against, struct ferry_error *error);
/* Those whose job begins with `prefix`; the caller frees them. */
ferry_status ferry_target_records(struct ferry_connection *target, const char *prefix,
                                  struct ferry_records *ret_records, struct ferry_error *error);
/* Drops a table with its record, unless there are obstacles. */
ferry_status ferry_target_prune(struct ferry_connection *target,
                                const struct ferry_prune_spec *spec, struct ferry_notes *obstacles,
                                struct ferry_error *error);
ferry_status ferry_target_change_begin(struct ferry_connection *target,
                                       const struct ferry_change_spec *spec,
                                       struct ferry_change **ret_change, struct ferry_error *error);
ferry_status ferry_target_load_begin(struct ferry_change *change,
                                     const struct ferry_load_spec *spec,
                                     struct ferry_load **ret_load, struct ferry_error *error);
/* `operation` is a FERRY_OP_. */
ferry_status ferry_target_load_batch(struct ferry_load *load, uint32_t operation,
                                     const struct ferry_batch *batch, struct ferry_error *error);
ferry_status ferry_target_load_end(struct ferry_load *load, struct ferry_load_totals *ret_totals,
                                   struct ferry_error *error);
/* FERRY_ERR_UNSUPPORTED where nothing was done. */
ferry_status ferry_target_load_take(struct ferry_load *load, const struct ferry_config *place,
                                    const struct ferry_layout *layout, uint64_t *ret_rows,
                                    struct ferry_error *error);
/* Whether the driver has stored_begin. */
bool ferry_target_tells_stored(const struct ferry_connection *target);
/* Whether it has prune. */
bool ferry_target_prunes(const struct ferry_connection *target);
/* Whether the driver can read less of them than everything, and in an order; and whether it takes
 * loads of changes. */
bool ferry_target_scans(const struct ferry_connection *target);
bool ferry_target_changes(const struct ferry_connection *target);
/* Whether a change of it may have many loads. */
bool ferry_target_joins(const struct ferry_connection *target);
/* Whether loads of changes may be among them. */
bool ferry_target_joins_changes(const struct ferry_connection *target);
/* The same, where no load of the change replaces a table. */
bool ferry_target_joins_alike(const struct ferry_connection *target);
/* Each ends the change and frees it with its loads; NULL allowed for abort.  `*outcome`
 * (FERRY_OUTCOME_) is written on failure too. */
ferry_status ferry_target_change_commit(struct ferry_change *change,
                                        const struct ferry_record *const *records,
                                        size_t record_count, uint32_t *outcome,
                                        struct ferry_error *error);
void ferry_target_change_abort(struct ferry_change *change);

#endif
