/* The fields of a record and their values. */

#include "driver/record.h"

#include <stdlib.h>
#include <string.h>

static const struct ferry_field fields[FERRY_RECORD_FIELDS] = {
    {FERRY_RECORD_JOB, FERRY_FIELD_TEXT, 0},
    {FERRY_RECORD_RUN_ID, FERRY_FIELD_TEXT, 64},
    {FERRY_RECORD_SOURCE, FERRY_FIELD_TEXT, 0},
    {FERRY_RECORD_FALLBACK, FERRY_FIELD_FLAG, 0},
    {FERRY_RECORD_STARTED, FERRY_FIELD_TEXT, 32},
    {FERRY_RECORD_FINISHED, FERRY_FIELD_TEXT, 32},
    {FERRY_RECORD_ROWS, FERRY_FIELD_NUMBER, 0},
    {FERRY_RECORD_DIGEST, FERRY_FIELD_TEXT, 128},
    {FERRY_RECORD_SCHEMA_HASH, FERRY_FIELD_TEXT, 64},
    {FERRY_RECORD_DATA_FROM, FERRY_FIELD_TEXT, 32},
    {FERRY_RECORD_STRATEGY, FERRY_FIELD_TEXT, 16},
    {FERRY_RECORD_KEY, FERRY_FIELD_TEXT, 0},
    {FERRY_RECORD_CURSOR_COLUMN, FERRY_FIELD_TEXT, 0},
    {FERRY_RECORD_CURSOR, FERRY_FIELD_TEXT, 128},
    {FERRY_RECORD_FULL, FERRY_FIELD_TEXT, 32},
    {FERRY_RECORD_FINGERPRINT, FERRY_FIELD_TEXT, 0},
    {FERRY_RECORD_SKIPPED, FERRY_FIELD_FLAG, 0},
    {FERRY_RECORD_INSERTED, FERRY_FIELD_NUMBER, 0},
    {FERRY_RECORD_UPDATED, FERRY_FIELD_NUMBER, 0},
    {FERRY_RECORD_DELETED, FERRY_FIELD_NUMBER, 0},
    {FERRY_RECORD_UNCHANGED, FERRY_FIELD_NUMBER, 0},
    {FERRY_RECORD_READ, FERRY_FIELD_TEXT, 16},
    {FERRY_RECORD_PLACE, FERRY_FIELD_TEXT, 16},
    {FERRY_RECORD_STATES, FERRY_FIELD_NUMBER, 0},
};

size_t ferry_field_count(void)
{
    return FERRY_RECORD_FIELDS;
}

const struct ferry_field *ferry_field(size_t i)
{
    return &fields[i];
}

/* The place of a field; FERRY_RECORD_FIELDS: there is none of that name. */
static size_t find_field(const char *name)
{
    size_t i = 0;
    while (i < FERRY_RECORD_FIELDS && strcmp(fields[i].name, name) != 0)
        i++;
    return i;
}

static ferry_status set_text(char **text, const char *value, struct ferry_error *error)
{
    char *copy = value == NULL ? NULL : strdup(value);
    if (value != NULL && copy == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the record of a run");
    free(*text);
    *text = copy;
    return FERRY_OK;
}

ferry_status ferry_record_open(struct ferry_record *record, const char *table,
                               struct ferry_error *error)
{
    *record = (struct ferry_record){0};
    return set_text(&record->table, table, error);
}

void ferry_record_done(struct ferry_record *record)
{
    for (size_t i = 0; i < FERRY_RECORD_FIELDS; i++)
        free(record->values[i]);
    free(record->table);
    free(record->mark);
    free(record->follows);
    *record = (struct ferry_record){0};
}

bool ferry_record_is_there(const struct ferry_record *record)
{
    size_t i = 0;
    while (i < FERRY_RECORD_FIELDS && record->values[i] == NULL)
        i++;
    return i < FERRY_RECORD_FIELDS;
}

bool ferry_record_is_of(const struct ferry_record *record, const char *run_id)
{
    const char *recorded = ferry_record_value(record, FERRY_RECORD_RUN_ID);
    return (recorded != NULL && strcmp(recorded, run_id) == 0) ||
           (record->mark != NULL && strcmp(record->mark, run_id) == 0);
}

ferry_status ferry_record_follow(struct ferry_record *record, const struct ferry_record *before,
                                 struct ferry_error *error)
{
    const char *run_id = ferry_record_value(before, FERRY_RECORD_RUN_ID);
    return set_text(&record->follows, run_id == NULL ? "" : run_id, error);
}

void ferry_record_forget(struct ferry_record *record)
{
    for (size_t i = 0; i < FERRY_RECORD_FIELDS; i++) {
        if (i == find_field(FERRY_RECORD_RUN_ID))
            continue;
        free(record->values[i]);
        record->values[i] = NULL;
    }
}

bool ferry_record_fits_table(const struct ferry_record *record)
{
    const char *run_id = ferry_record_value(record, FERRY_RECORD_RUN_ID);
    return record->mark == NULL || (run_id != NULL && strcmp(run_id, record->mark) == 0);
}

const char *ferry_record_follows(const struct ferry_record *record)
{
    return record->follows;
}

ferry_status ferry_record_fail_overtaken(const struct ferry_record *record, const char *place,
                                         struct ferry_error *err)
{
    ferry_status status = ferry_fail(err, FERRY_ERR_BUSY,
                                     "%s: another run has written table '%s' since this one looked "
                                     "at it: run again",
                                     place, record->table);
    ferry_error_may_pass(err);
    return status;
}

const char *ferry_record_table(const struct ferry_record *record)
{
    return record->table;
}

const char *ferry_record_value(const struct ferry_record *record, const char *name)
{
    size_t i = find_field(name);
    return i < FERRY_RECORD_FIELDS ? record->values[i] : NULL;
}

ferry_status ferry_record_set(struct ferry_record *record, const char *name, const char *value,
                              struct ferry_error *err)
{
    size_t i = find_field(name);
    return i < FERRY_RECORD_FIELDS ? set_text(&record->values[i], value, err) : FERRY_OK;
}

ferry_status ferry_record_set_mark(struct ferry_record *record, const char *run_id,
                                   struct ferry_error *err)
{
    return set_text(&record->mark, run_id, err);
}
