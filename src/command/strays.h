/* What the commands tell of copies that a group carries no longer. */

#ifndef FERRY_COMMAND_STRAYS_H
#define FERRY_COMMAND_STRAYS_H

#include "command/command.h"
#include "engine/strays.h"

/* Before the tables of a group that drops copies: FERRY_ERR_DATA where too many would go.  Then the
 * source may be another one, and once its tables are there, too, that no longer shows.  Where it
 * cannot be told, `strays` will keep all. */
ferry_status ferry_command_foresee_strays(struct ferry_job *job, struct ferry_strays *strays,
                                          struct ferry_error *error);

/* Before them, too, where copies that are to go have foreign keys: those hold the tables that they
 * refer to.  Drops what can go, and tells nothing of the rest, of which some may go afterwards. */
ferry_status ferry_command_drop_strays(struct ferry_job *job, struct ferry_strays *strays,
                                       struct ferry_error *error);

/* After the tables of a group, with that outcome: finds such copies (NULL: `strays` is to be left
 * empty), and drops what is to be dropped.  plan, check and --dry-run print what they are, a run
 * leaves that to its summary.  Returns the graver outcome.  Reports its own errors: where nothing
 * was to be dropped, one is worth a warning alone. */
ferry_status ferry_command_find_strays(struct ferry_job *job,
                                       const struct ferry_arguments *arguments,
                                       struct ferry_strays *strays, ferry_status outcome);

#endif
