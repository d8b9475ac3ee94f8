/* What a run puts into its record: who ran what, when, and what came of it. */

#ifndef FERRY_RECORD_H
#define FERRY_RECORD_H

#include "driver/record.h"
#include "driver/schema.h"

/* A new run into `table`: a random id, the moment now.  The caller frees the record. */
ferry_status ferry_record_begin(struct ferry_record *ret_record, const char *table,
                                struct ferry_error *error);
/* Never NULL once it has begun. */
const char *ferry_record_run_id(const struct ferry_record *record);
/* The moment before the commit, and what was read. */
ferry_status ferry_record_finish(struct ferry_record *record, const struct ferry_schema *schema,
                                 struct ferry_error *error);
ferry_status ferry_record_set_number(struct ferry_record *record, const char *name, uint64_t value,
                                     struct ferry_error *error);

#endif
