/* The record of a run: who ran what, when, and what came of it. */

#include "engine/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

ferry_status ferry_record_begin(struct ferry_record *record, struct ferry_error *error)
{
    unsigned char random[(FERRY_RUN_ID_SIZE - 1) / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(record->run_id + 2 * i, 3, "%02x", random[i]);
    ferry_clock_text(record->started);
    return FERRY_OK;
}

ferry_status ferry_record_finish(struct ferry_record *record, const struct ferry_schema *schema,
                                 struct ferry_error *error)
{
    ferry_clock_text(record->finished);
    return ferry_schema_hash(schema, record->schema_hash, error);
}
