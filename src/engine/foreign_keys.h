/* Foreign keys: which of the source's the tables of a run are to have. */

#ifndef FERRY_FOREIGN_KEYS_H
#define FERRY_FOREIGN_KEYS_H

#include "base/strbuf.h"
#include "engine/transfer.h"

/* Once the columns of all tables of the run are mapped: fills plan->foreign_keys with those of what
 * was described that refer to a table of the run, in the words of the target.  Of any other the
 * plan gets a note, and of one that the target does not take a warning.  Their strings belong to
 * the plans and tasks of the run. */
ferry_status ferry_foreign_keys_settle(struct ferry_transfer *transfer, struct ferry_error *error);

/* Holds those of a table that is there against them.  Where the table is the driver's own, what is
 * not the same goes into plan->difference; else the table keeps its own, with a note. */
ferry_status ferry_foreign_keys_compare(struct ferry_plan *plan,
                                        const struct ferry_connection *target,
                                        const struct ferry_schema *existing, bool own,
                                        struct ferry_error *error);

/* "foreign key (a, b) to 'customers' (x, y)" */
void ferry_foreign_key_add(struct ferry_strbuf *text, const struct ferry_foreign_key *key);
/* "cascade"; of FERRY_ACTION_. */
const char *ferry_foreign_key_action(uint32_t action);

/* Frees those of the plan. */
void ferry_foreign_keys_free(struct ferry_plan *plan);

#endif
