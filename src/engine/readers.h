/* The connections that read the partitions of a table, and see one state of it. */

#ifndef FERRY_READERS_H
#define FERRY_READERS_H

#include "engine/transfer.h"

/* Runs transfer->pump, whose feed is set: in the partitions of the plan where it has some and the
 * feed's scan is of all rows, else as it is.  `schema` is what the pump's digest is of.  The
 * connections are opened for it and closed behind it. */
ferry_status ferry_readers_pump(struct ferry_transfer *transfer, const struct ferry_schema *schema,
                                struct ferry_error *error);

#endif
