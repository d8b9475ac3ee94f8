/* What each driver of this family registers as it is. */

#include "connect/connect.h"
#include "read/read.h"

#include <string.h>

ferry_status mydrv_thread_begin(struct ferry_error *err)
{
    return mysql_thread_init() == 0 ? FERRY_OK : mydrv_fail_memory(err);
}

void mydrv_thread_end(void)
{
    mysql_thread_end();
}

void mydrv_place(const struct ferry_config *config, const char *socket, char *buffer, size_t size)
{
    const char *database = ferry_config_string(config, "database");
    if (database == NULL)
        database = "";
    if (socket != NULL)
        snprintf(buffer, size, "mysql://localhost(%s)/%s", socket, database);
    else
        snprintf(buffer, size, "mysql://%s:%u/%s", ferry_config_string(config, "host"),
                 (unsigned)ferry_config_int(config, "port"), database);
}

void mydrv_facts(void *conn, struct ferry_facts *facts)
{
    const struct mydrv_conn *c = conn;
    ferry_facts_add(facts, "server", c->server);
    ferry_facts_add(facts, "TLS", c->tls);
    mydrv_certificate_tell(c, facts);
    if (c->compression != NULL)
        ferry_facts_add(facts, "compression", c->compression);
    if (c->missing_database != NULL)
        ferry_facts_add(facts, "database", "not there; the first load makes it");
    ferry_facts_add(facts, "time zone", c->time_zone);
    ferry_facts_add(facts, "client library", mysql_get_client_info());
}

void mydrv_libraries(struct ferry_facts *facts)
{
    ferry_facts_add(facts, "MariaDB Connector/C", mysql_get_client_info());
    const char *version = dbi_version(); /* "libdbi v0.9.0" */
    ferry_facts_add(facts, "libdbi", version + strcspn(version, "0123456789"));
}

/* Of either library, and of MySQL's own: they name code to load, servers, accounts and trust.  By
 * name, since a password_command may need a MYSQL_ of its user's own. */
const char *const mydrv_environment[] = {
    "LIBMYSQL_PLUGINS",
    "LIBMYSQL_PLUGIN_DIR",
    "MARIADB_HOME",
    "MARIADB_PLUGIN_DIR",
    "MARIADB_TLS_DISABLE_PEER_VERIFICATION",
    "MARIADB_UNIX_PORT",
    "MYSQL_HOME",
    "MYSQL_HOST",
    "MYSQL_PWD",
    "MYSQL_TCP_PORT",
    "MYSQL_TEST_LOGIN_FILE",
    "MYSQL_UNIX_PORT",
    NULL,
};

const struct ferry_source mydrv_source = {
    .describe = mydrv_describe,
    .read_begin = mydrv_read_begin,
    .read_batch = mydrv_read_batch,
    .read_end = mydrv_read_end,
    .snapshot_begin = mydrv_snapshot_begin,
    .snapshot_end = mydrv_snapshot_end,
    .origins = mydrv_origins,
    .fingerprint = mydrv_fingerprint,
    .abilities = FERRY_SCANS | FERRY_SHARES_BY_LOCK,
    .list = mydrv_list,
    .estimate = mydrv_estimate,
    .part = mydrv_part,
    .share_begin = mydrv_share_begin,
    .share_join = mydrv_share_join,
    .share_end = mydrv_share_end,
};
