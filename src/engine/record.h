/* The record of a run: who ran what, when, and what came of it. */

#ifndef FERRY_RECORD_H
#define FERRY_RECORD_H

#include "base/clock.h"
#include "base/error.h"
#include "driver/schema.h"

#define FERRY_RUN_ID_SIZE 33 /* 32 hexadecimal digits and the NUL */

/* The strings that a struct ferry_run_record points to. */
struct ferry_record {
    char run_id[FERRY_RUN_ID_SIZE];
    char started[FERRY_CLOCK_TEXT];
    char finished[FERRY_CLOCK_TEXT];
    char schema_hash[17];
};

/* A new run: a random id, the moment now. */
ferry_status ferry_record_begin(struct ferry_record *record, struct ferry_error *error);
/* The moment before the commit, and what was read. */
ferry_status ferry_record_finish(struct ferry_record *record, const struct ferry_schema *schema,
                                 struct ferry_error *error);

#endif
