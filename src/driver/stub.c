/* Puts a stub in the place of each optional callback that a driver lacks. */

#include "driver/stub.h"

#include <stdio.h>
#include <strings.h>

static ferry_status stub_snapshot_begin(void *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

/* Who cannot look behind a view must think of it what does least harm. */
static ferry_status stub_origins(void *conn, const struct ferry_read *read, const char *table,
                                 struct ferry_origins *origins, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    if (table != NULL && (read->kind != FERRY_READ_TABLE || strcasecmp(read->text, table) == 0))
        ferry_origins_include(origins);
    return FERRY_OK;
}

static ferry_status stub_fingerprint(void *conn, const struct ferry_read *read,
                                     struct ferry_fingerprint *fingerprint, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)fingerprint;
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_list(void *conn, struct ferry_listing *listing, struct ferry_error *err)
{
    (void)conn;
    (void)listing;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                      "the source's driver cannot tell which tables there are; name one with view, "
                      "table or query");
}

static ferry_status stub_estimate(void *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema, const struct ferry_scan *scan,
                                  uint64_t *ret_rows, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)schema;
    (void)scan;
    (void)ret_rows;
    (void)err;
    return FERRY_OK;
}

/* Who cannot is asked for neither: see ferry_source_parts() and ferry_source_shares(). */
static ferry_status stub_part(void *conn, const struct ferry_read *read,
                              const struct ferry_schema *schema, size_t column, uint32_t count,
                              struct ferry_cuts *cuts, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)schema;
    (void)column;
    (void)count;
    (void)cuts;
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_share_begin(void *conn, const struct ferry_read *read,
                                     const struct ferry_share_spec *spec, struct ferry_share *share,
                                     struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)spec;
    (void)share;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                      "the source's driver cannot share what it reads with other connections");
}

/* Behind a share_begin that fails nobody gets to the other two. */
static ferry_status stub_share_join(void *conn, const char *text, struct ferry_error *err)
{
    (void)conn;
    (void)text;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "the source's driver has nothing to join");
}

static ferry_status stub_share_end(void *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_record_read(void *conn, const char *table, struct ferry_record *record,
                                     struct ferry_error *err)
{
    (void)conn;
    (void)table;
    (void)record;
    (void)err;
    return FERRY_OK;
}

static void stub_with_connection(void *conn)
{
    (void)conn;
}

static ferry_status stub_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                      const struct ferry_scan *scan, void **ret_cursor,
                                      struct ferry_error *err)
{
    (void)conn;
    (void)load;
    (void)scan;
    (void)ret_cursor;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                      "the target's driver cannot read back what table '%s' holds", layout->table);
}

/* Behind a stored_begin that fails nobody gets here. */
static ferry_status stub_stored_batch(void *cursor, struct ferry_batch *batch,
                                      struct ferry_error *err)
{
    (void)cursor;
    (void)batch;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "the target's driver has no stored rows");
}

static ferry_status stub_note_indexes(void *conn, struct ferry_schema *schema,
                                      const char *const *natives,
                                      const struct ferry_index *const *indexes, size_t index_count,
                                      struct ferry_error *err)
{
    (void)conn;
    (void)schema;
    (void)natives;
    (void)indexes;
    (void)index_count;
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_thread_begin(struct ferry_error *err)
{
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_foresee(void *conn, const struct ferry_load_spec *spec,
                                 struct ferry_notes *losses, struct ferry_notes *stale,
                                 struct ferry_error *err)
{
    (void)conn;
    (void)spec;
    (void)losses;
    (void)stale;
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_records(void *conn, const char *prefix, struct ferry_records *records,
                                 struct ferry_error *err)
{
    (void)conn;
    (void)prefix;
    (void)records;
    (void)err;
    return FERRY_OK;
}

static ferry_status stub_prune(void *conn, const struct ferry_prune_spec *spec,
                               struct ferry_notes *obstacles, struct ferry_error *err)
{
    (void)conn;
    (void)obstacles;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                      "the target's driver cannot drop table '%s' with its record; take prune out "
                      "of the job",
                      spec->table);
}

static ferry_status stub_load_take(void *load, const struct ferry_config *place,
                                   const struct ferry_layout *layout, uint64_t *ret_rows,
                                   struct ferry_error *err)
{
    (void)load;
    (void)place;
    (void)ret_rows;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "the driver takes rows of '%s' one by one",
                      layout->table);
}

static void stub_thread_end(void)
{
}

static void stub_place(const struct ferry_config *config, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "connection '%s'", ferry_config_name(config));
}

static void stub_facts(void *conn, struct ferry_facts *facts)
{
    (void)conn;
    (void)facts;
}

static void stub_libraries(struct ferry_facts *facts)
{
    (void)facts;
}

static ferry_status stub_examine(void *conn, const struct ferry_examination *examination,
                                 struct ferry_findings *findings, struct ferry_error *err)
{
    (void)conn;
    (void)examination;
    (void)findings;
    (void)err;
    return FERRY_OK;
}

struct requirement {
    bool met;
    const char *name;
};

static const char *first_missing(const struct requirement *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].met)
            return list[i].name;
    return NULL;
}

#define FIRST_MISSING(list) first_missing(list, sizeof(list) / sizeof((list)[0]))

static bool parts(const struct ferry_source *source)
{
    return source->part != NULL && source->part != stub_part;
}

static bool shares(const struct ferry_source *source)
{
    return source->share_begin != NULL && source->share_begin != stub_share_begin;
}

static const char *fill_source(struct ferry_source *source)
{
    const struct requirement required[] = {
        {source->describe != NULL, "source.describe"},
        {source->read_begin != NULL, "source.read_begin"},
        {source->read_batch != NULL, "source.read_batch"},
        {source->read_end != NULL, "source.read_end"},
        {(source->snapshot_begin == NULL) == (source->snapshot_end == NULL),
         "source.snapshot_begin together with source.snapshot_end"},
        {!parts(source) || (source->abilities & FERRY_SCANS) != 0,
         "the ability FERRY_SCANS beside source.part"},
        {(source->share_begin == NULL) == (source->share_join == NULL) &&
             (source->share_begin == NULL) == (source->share_end == NULL),
         "source.share_begin together with source.share_join and source.share_end"},
        {shares(source) == ((source->abilities & (FERRY_SHARES_OWN | FERRY_SHARES_BY_LOCK)) != 0),
         "source.share_begin together with an ability of FERRY_SHARES"},
        {!shares(source) || source->snapshot_begin != NULL,
         "source.snapshot_begin beside source.share_begin"},
    };
    if (source->snapshot_begin == NULL)
        source->snapshot_begin = stub_snapshot_begin;
    if (source->snapshot_end == NULL)
        source->snapshot_end = stub_with_connection;
    if (source->origins == NULL)
        source->origins = stub_origins;
    if (source->fingerprint == NULL)
        source->fingerprint = stub_fingerprint;
    if (source->list == NULL)
        source->list = stub_list;
    if (source->estimate == NULL)
        source->estimate = stub_estimate;
    if (source->part == NULL)
        source->part = stub_part;
    if (source->share_begin == NULL) {
        source->share_begin = stub_share_begin;
        source->share_join = stub_share_join;
        source->share_end = stub_share_end;
    }
    return FIRST_MISSING(required);
}

static const char *fill_target(struct ferry_target *target)
{
    const struct requirement required[] = {
        {target->map_column != NULL, "target.map_column"},
        {target->inspect != NULL, "target.inspect"},
        {target->change_begin != NULL, "target.change_begin"},
        {target->load_begin != NULL, "target.load_begin"},
        {target->load_batch != NULL, "target.load_batch"},
        {target->load_end != NULL, "target.load_end"},
        {target->change_commit != NULL, "target.change_commit"},
        {target->change_abort != NULL, "target.change_abort"},
        {(target->stored_begin == NULL) == (target->stored_batch == NULL) &&
             (target->stored_begin == NULL) == (target->stored_end == NULL),
         "target.stored_begin together with target.stored_batch and target.stored_end"},
        {(target->abilities & (FERRY_SCANS | FERRY_CHANGES)) == 0 || target->stored_begin != NULL,
         "target.stored_begin for its abilities"},
        {(target->abilities & FERRY_CHANGES) == 0 || (target->abilities & FERRY_SCANS) != 0,
         "the ability FERRY_SCANS beside FERRY_CHANGES"},
        {(target->records == NULL) == (target->prune == NULL),
         "target.records together with target.prune"},
        {(target->abilities & (FERRY_TOGETHER_CHANGES | FERRY_TOGETHER_ALIKE)) == 0 ||
             ((target->abilities & FERRY_TOGETHER) != 0 &&
              (target->abilities & FERRY_CHANGES) != 0),
         "the abilities FERRY_TOGETHER and FERRY_CHANGES beside FERRY_TOGETHER_CHANGES or "
         "FERRY_TOGETHER_ALIKE"},
    };
    if (target->stored_begin == NULL) {
        target->stored_begin = stub_stored_begin;
        target->stored_batch = stub_stored_batch;
        target->stored_end = stub_with_connection;
    }
    if (target->note_indexes == NULL)
        target->note_indexes = stub_note_indexes;
    if (target->foresee == NULL)
        target->foresee = stub_foresee;
    if (target->records == NULL)
        target->records = stub_records;
    if (target->prune == NULL)
        target->prune = stub_prune;
    if (target->load_take == NULL)
        target->load_take = stub_load_take;
    return FIRST_MISSING(required);
}

static void fill_driver(struct ferry_driver *driver)
{
    if (driver->cancel == NULL)
        driver->cancel = stub_with_connection;
    if (driver->thread_begin == NULL)
        driver->thread_begin = stub_thread_begin;
    if (driver->thread_end == NULL)
        driver->thread_end = stub_thread_end;
    if (driver->place == NULL)
        driver->place = stub_place;
    if (driver->record_read == NULL)
        driver->record_read = stub_record_read;
    if (driver->facts == NULL)
        driver->facts = stub_facts;
    if (driver->examine == NULL)
        driver->examine = stub_examine;
    if (driver->libraries == NULL)
        driver->libraries = stub_libraries;
}

const char *ferry_driver_stub_fill(struct ferry_driver_handle *handle)
{
    const struct requirement required[] = {
        {handle->driver.connect != NULL, "connect"},
        {handle->driver.disconnect != NULL, "disconnect"},
        {handle->is_source || handle->is_target, "source or target"},
    };
    const char *missing = FIRST_MISSING(required);
    handle->lists = handle->is_source && handle->source.list != NULL;
    handle->parts = handle->is_source && parts(&handle->source);
    if (missing == NULL && handle->is_source)
        missing = fill_source(&handle->source);
    handle->tells_stored = handle->is_target && handle->target.stored_begin != NULL;
    handle->prunes = handle->is_target && handle->target.prune != NULL;
    if (missing == NULL && handle->is_target)
        missing = fill_target(&handle->target);
    handle->keeps_records = handle->driver.record_read != NULL;
    handle->examines = handle->driver.examine != NULL;
    fill_driver(&handle->driver);
    return missing;
}
