/* Storage engines: which of them hold the rows of their tables, so that a stage is another table
 * and its rows are as safe as the server's.
 *
 * CREATE TABLE stage LIKE live copies the engine.  Where the table is only a window to rows that
 * lie elsewhere, the stage is the same window, or none.
 */

#include "write/table.h"

#include <strings.h>

struct engine {
    const char *name;
    const char *flaw; /* why a load into such a table is refused; NULL: it is not */
    const char *note; /* what is to be known of one that is not; NULL: nothing */
    bool transactions;
};

static const struct engine engines[] = {
    {"InnoDB", NULL, NULL, true},
    {"ndbcluster", NULL, NULL, true},
    {"ROCKSDB", NULL, NULL, true},
    {"MyISAM", NULL, NULL, false},
    {"Aria", NULL, NULL, false},
    {"ARCHIVE", NULL, NULL, false},
    {"CSV", NULL, NULL, false},
    {"MEMORY", NULL, "its rows are gone when the server ends", false},
    {"MRG_MyISAM", "its rows are those of other tables", NULL, false},
    {"BLACKHOLE", "it keeps no rows", NULL, false},
    {"FEDERATED", "its rows lie on another server", NULL, false},
    {"SPIDER", "its rows lie on other servers", NULL, false},
    {"CONNECT", "its rows lie in a file or a table of others", NULL, false},
    {"S3", "its rows lie elsewhere, and are only read", NULL, false},
    {"SEQUENCE", "its rows are made up", NULL, false},
    {"SPHINX", "its rows are another server's answers", NULL, false},
    {"OQGRAPH", "its rows are computed from another table's", NULL, false},
    {"VP", "its rows are those of other tables", NULL, false},
    {"PERFORMANCE_SCHEMA", "its rows are the server's own", NULL, false},
    {"ndbinfo", "its rows are the server's own", NULL, false},
};

static const struct engine *engine_find(const char *name)
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        if (strcasecmp(engines[i].name, name) == 0)
            return &engines[i];
    return NULL;
}

ferry_status mydrv_engine_check(const struct mydrv_conn *conn, const char *table,
                                const char *engine, struct ferry_error *err)
{
    const struct engine *found = engine_find(engine);
    if (found != NULL && found->flaw == NULL)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: the rows of table '%s' cannot be replaced, since its engine is %s: %s; "
                      "convert it to one that holds its own rows (InnoDB), or choose another "
                      "target_table",
                      conn->label, table, *engine == '\0' ? "not known" : engine,
                      found != NULL ? found->flaw
                                    : "dbferry does not know whether such a table holds its own "
                                      "rows");
}

bool mydrv_engine_has_transactions(const char *engine)
{
    const struct engine *found = engine_find(engine);
    return found != NULL && found->transactions;
}

bool mydrv_engine_counts(const char *engine)
{
    return strcasecmp(engine, "InnoDB") != 0;
}

void mydrv_engine_warn(const struct mydrv_conn *conn, const char *table, const char *engine)
{
    const struct engine *found = engine_find(engine);
    if (found != NULL && found->note != NULL)
        ferry_log(FERRY_LOG_WARNING, "%s: the engine of table '%s' is %s: %s", conn->label, table,
                  engine, found->note);
}
