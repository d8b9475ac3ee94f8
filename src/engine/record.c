/* The fields of a record that a run fills in by itself. */

#include "engine/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

ferry_status ferry_run_id_draw(char ret_run_id[FERRY_RUN_ID_SIZE], struct ferry_error *error)
{
    unsigned char random[(FERRY_RUN_ID_SIZE - 1) / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(ret_run_id + 2 * i, 3, "%02x", random[i]);
    return FERRY_OK;
}

static ferry_status set_now(struct ferry_record *record, const char *name,
                            struct ferry_error *error)
{
    char now[FERRY_CLOCK_TEXT];
    ferry_clock_text(now);
    return ferry_record_set(record, name, now, error);
}

ferry_status ferry_record_begin(struct ferry_record *ret_record, const char *table,
                                const char *run_id, struct ferry_error *error)
{
    struct ferry_record record = {0};
    ferry_status status = ferry_record_open(&record, table, error);
    if (status == FERRY_OK)
        status = ferry_record_set(&record, FERRY_RECORD_RUN_ID, run_id, error);
    if (status == FERRY_OK)
        status = set_now(&record, FERRY_RECORD_STARTED, error);
    if (status == FERRY_OK)
        *ret_record = record;
    else
        ferry_record_done(&record);
    return status;
}

ferry_status ferry_record_finish(struct ferry_record *record, const struct ferry_schema *schema,
                                 struct ferry_error *error)
{
    char hash[17];
    ferry_status status = set_now(record, FERRY_RECORD_FINISHED, error);
    if (status == FERRY_OK)
        status = ferry_schema_hash(schema, hash, error);
    return status == FERRY_OK ? ferry_record_set(record, FERRY_RECORD_SCHEMA_HASH, hash, error)
                              : status;
}

void ferry_record_hash_place(const char *place, const char *table,
                             char ret_hash[FERRY_RECORD_PLACE_SIZE])
{
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, place);
    if (table != NULL)
        hash = ferry_hash_name(hash, table);
    (void)snprintf(ret_hash, FERRY_RECORD_PLACE_SIZE, "%016" PRIx64, hash);
}

void ferry_record_print_number(uint64_t value, char ret_text[FERRY_RECORD_NUMBER_SIZE])
{
    (void)snprintf(ret_text, FERRY_RECORD_NUMBER_SIZE, "%" PRIu64, value);
}

ferry_status ferry_record_set_number(struct ferry_record *record, const char *name, uint64_t value,
                                     struct ferry_error *error)
{
    char text[FERRY_RECORD_NUMBER_SIZE];
    ferry_record_print_number(value, text);
    return ferry_record_set(record, name, text, error);
}
