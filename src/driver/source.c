/* The source half, call by call. */

#include "driver/source.h"

#include "driver/call.h"
#include "driver/contract.h"

ferry_status ferry_source_snapshot_begin(struct ferry_connection *source, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.snapshot_begin(source->conn, error);
    return ferry_call_end(source, "snapshot_begin", status, true, error);
}

void ferry_source_snapshot_end(struct ferry_connection *source)
{
    DRIVER_SCOPE(source->driver);
    source->driver->source.snapshot_end(source->conn);
}

ferry_status ferry_source_origins(struct ferry_connection *source, const struct ferry_read *read,
                                  const char *table, struct ferry_origins *ret_origins,
                                  struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_origins origins = {0};
    ferry_status status =
        source->driver->source.origins(source->conn, read, table, &origins, error);
    status = ferry_call_end(source, "origins", status, true, error);
    if (status != FERRY_OK) {
        ferry_origins_done(&origins);
        return status;
    }
    *ret_origins = origins;
    return FERRY_OK;
}

ferry_status ferry_source_fingerprint(struct ferry_connection *source,
                                      const struct ferry_read *read,
                                      struct ferry_fingerprint *ret_fingerprint,
                                      struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_fingerprint fingerprint = {0};
    ferry_status status =
        source->driver->source.fingerprint(source->conn, read, &fingerprint, error);
    status = ferry_call_end(source, "fingerprint", status, true, error);
    if (status != FERRY_OK) {
        ferry_fingerprint_done(&fingerprint);
        return status;
    }
    *ret_fingerprint = fingerprint;
    return FERRY_OK;
}

/* A name that comes twice would be carried twice, each time into the same table. */
static ferry_status check_listing(const struct ferry_connection *source,
                                  struct ferry_listing *listing, struct ferry_error *error)
{
    const char *twice = ferry_listing_sort(listing);
    return twice == NULL ? FERRY_OK
                         : ferry_fail(error, FERRY_ERR_INTERNAL, "driver '%s' listed '%s' twice",
                                      source->driver->driver.name, twice);
}

ferry_status ferry_source_list(struct ferry_connection *source, struct ferry_listing *ret_listing,
                               struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_listing listing = {0};
    ferry_status status = source->driver->source.list(source->conn, &listing, error);
    status = ferry_call_end(source, "list", status, true, error);
    if (status == FERRY_OK)
        status = check_listing(source, &listing, error);
    if (status != FERRY_OK) {
        ferry_listing_done(&listing);
        return status;
    }
    *ret_listing = listing;
    return FERRY_OK;
}

bool ferry_source_scans(const struct ferry_connection *source)
{
    return (source->driver->source.abilities & FERRY_SCANS) != 0;
}

ferry_status ferry_source_describe(struct ferry_connection *source, const struct ferry_read *read,
                                   struct ferry_schema *ret_schema, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_schema schema = {0};
    ferry_status status = source->driver->source.describe(source->conn, read, &schema, error);
    status = ferry_call_end(source, "describe", status, schema.count > 0, error);
    if (status != FERRY_OK) {
        ferry_schema_done(&schema);
        return status;
    }
    *ret_schema = schema;
    return FERRY_OK;
}

/* ---- A table that several connections read ---- */

bool ferry_source_parts(const struct ferry_connection *source)
{
    return source->driver->parts;
}

bool ferry_source_shares(const struct ferry_connection *source, uint32_t how)
{
    uint32_t ability = how == FERRY_SHARE_OWN ? FERRY_SHARES_OWN : FERRY_SHARES_BY_LOCK;
    return (source->driver->source.abilities & ability) != 0;
}

ferry_status ferry_source_part(struct ferry_connection *source, const struct ferry_read *read,
                               const struct ferry_schema *schema, size_t column, uint32_t count,
                               struct ferry_cuts *ret_cuts, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_cuts cuts = {.column = &schema->columns[column], .most = count - 1};
    ferry_status status =
        source->driver->source.part(source->conn, read, schema, column, count, &cuts, error);
    status = ferry_call_end(source, "part", status, true, error);
    if (status != FERRY_OK) {
        ferry_cuts_done(&cuts);
        return status;
    }
    *ret_cuts = cuts;
    return FERRY_OK;
}

ferry_status ferry_source_share_begin(struct ferry_connection *source,
                                      const struct ferry_read *read,
                                      const struct ferry_share_spec *spec,
                                      struct ferry_share *ret_share, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    struct ferry_share share = {0};
    ferry_status status =
        source->driver->source.share_begin(source->conn, read, spec, &share, error);
    status = ferry_call_end(source, "share_begin", status, true, error);
    if (status != FERRY_OK) {
        ferry_share_done(&share);
        return status;
    }
    *ret_share = share;
    return FERRY_OK;
}

ferry_status ferry_source_share_join(struct ferry_connection *joiner,
                                     const struct ferry_share *share, struct ferry_error *error)
{
    DRIVER_SCOPE(joiner->driver);
    WAITING_SCOPE(joiner);
    const char *text = share->text == NULL ? "" : share->text;
    ferry_status status = joiner->driver->source.share_join(joiner->conn, text, error);
    return ferry_call_end(joiner, "share_join", status, true, error);
}

ferry_status ferry_source_share_end(struct ferry_connection *source, struct ferry_error *error)
{
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.share_end(source->conn, error);
    return ferry_call_end(source, "share_end", status, true, error);
}
