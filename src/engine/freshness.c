/* The one rule by which a record, or its absence, tells the age of rows. */

#include "engine/freshness.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "driver/source.h"

/* When the rows of this record were read from a primary.  One of an older release has no such
 * field: then it is when the run began, unless that was from a fallback. */
static bool read_moment(const struct ferry_record *record, int64_t *ret_ms)
{
    const char *moment = ferry_record_value(record, FERRY_RECORD_DATA_FROM);
    const char *fallback = ferry_record_value(record, FERRY_RECORD_FALLBACK);
    if (moment == NULL && (fallback == NULL || strcmp(fallback, "0") == 0))
        moment = ferry_record_value(record, FERRY_RECORD_STARTED);
    return ferry_clock_read(moment, ret_ms);
}

/* Takes one table into account; false where its record does not say what is asked. */
static bool take_record(const struct ferry_record *record, struct ferry_freshness *freshness)
{
    int64_t taken = 0;
    if (!read_moment(record, &taken))
        return false;
    if (freshness->basis == FERRY_FRESHNESS_UNKNOWN || taken < freshness->taken_ms) {
        freshness->basis = FERRY_FRESHNESS_RECORD;
        freshness->taken_ms = taken;
    }
    return true;
}

static ferry_status read_records(struct ferry_connection *source,
                                 const struct ferry_origins *origins,
                                 struct ferry_freshness *freshness, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    bool all_tell = true, any = false;
    for (size_t i = 0; status == FERRY_OK && i < origins->count; i++) {
        struct ferry_record record = {0};
        status = ferry_connection_record_read(source, origins->tables[i], &record, error);
        if (status == FERRY_OK && ferry_record_is_there(&record)) {
            any = true;
            all_tell = take_record(&record, freshness) && all_tell;
        }
        ferry_record_done(&record);
    }
    if (!all_tell) {
        ferry_log(FERRY_LOG_INFO, "%s: _dbferry_sync does not say how old the data are",
                  ferry_connection_place(source));
        freshness->basis = FERRY_FRESHNESS_UNKNOWN;
    } else if (!any && origins->changed_known) {
        freshness->basis = FERRY_FRESHNESS_CHANGED;
        freshness->taken_ms = origins->changed_ms;
    }
    return status;
}

ferry_status ferry_freshness_ask(struct ferry_connection *source, const struct ferry_read *read,
                                 const char *table, struct ferry_freshness *ret_freshness,
                                 struct ferry_error *error)
{
    struct ferry_origins origins = {0};
    struct ferry_freshness freshness = {0};
    ferry_status status = ferry_source_origins(source, read, table, &origins, error);
    if (status == FERRY_OK)
        status = read_records(source, &origins, &freshness, error);
    freshness.reads_table = origins.included;
    ferry_origins_done(&origins);
    if (status == FERRY_OK)
        *ret_freshness = freshness;
    return status;
}
