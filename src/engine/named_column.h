/* A column that a job names has to be there. */

#ifndef FERRY_NAMED_COLUMN_H
#define FERRY_NAMED_COLUMN_H

#include "driver/schema.h"

/* The column of this name, as ferry_schema_find_name() finds it.  FERRY_ERR_SCHEMA, with the name
 * that was probably meant, where there is none; `says` is the part of the message before the name,
 * such as "the job's key names". */
ferry_status ferry_named_column_find(const struct ferry_schema *schema, const char *name,
                                     const char *says, size_t *ret_at, struct ferry_error *error);

#endif
