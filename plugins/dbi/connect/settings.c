/* What a connection's keys become: checked, and told to libdbi as its options. */

#include "connect/connect.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "dialect/dialect.h"

/* What other keys say, or what this driver sets itself. */
static const char *const settings_own[] = {
    "pgsql_host",        "pgsql_hostaddr",  "pgsql_port",
    "pgsql_user",        "pgsql_password",  "pgsql_passfile",
    "pgsql_dbname",      "pgsql_service",   "pgsql_connect_timeout",
    "pgsql_replication", "pgsql_options",   "pgsql_client_encoding",
    "sqlite3_dbdir",     "sqlite3_timeout",
};

static ferry_status settings_check_option(const char *label, const struct dbidrv_dialect *dialect,
                                          const char *name, struct ferry_error *err)
{
    size_t length = strlen(dialect->name);
    bool ours = strncmp(name, dialect->name, length) == 0 && name[length] == '_';
    for (const char *c = name; ours && *c != '\0'; c++)
        ours = islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_';
    if (!ours)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: `options` has '%s', which is no option of libdbi's driver: they "
                          "begin with %s_",
                          label, name, dialect->name);
    for (size_t i = 0; i < sizeof settings_own / sizeof *settings_own; i++)
        if (strcmp(name, settings_own[i]) == 0)
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "%s: `options` has '%s', which has a key of its own, or which "
                              "dbferry sets itself",
                              label, name);
    return FERRY_OK;
}

/* Nothing that a library could take for a list, or for more than a name. */
static bool settings_host_is_valid(const char *host)
{
    if (*host == '/')
        return true;
    for (const char *c = host; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("._:-", *c) == NULL)
            return false;
    return *host != '\0';
}

static ferry_status settings_check_file(const char *label, const struct ferry_config *config,
                                        struct ferry_error *err)
{
    static const char *const keys[] = {"host", "port", "user", "schema"};
    const char *path = ferry_config_string(config, "database");
    if (path == NULL || *path != '/' || path[strlen(path) - 1] == '/')
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: of the dialect sqlite3, `database` is the file, as a path that "
                          "begins with '/'",
                          label);
    if (strcmp(strrchr(path, '/'), "/:memory:") == 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: SQLite takes a file called ':memory:' for no file; rename it",
                          label);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (ferry_config_is_set(config, keys[i]))
            return ferry_fail(err, FERRY_ERR_CONFIG, "%s: a file has no `%s`", label, keys[i]);
    return FERRY_OK;
}

ferry_status dbidrv_settings_check(const char *label, const struct dbidrv_dialect *dialect,
                                   const struct ferry_config *config, struct ferry_error *err)
{
    const char *host = ferry_config_string(config, "host");
    const char *name, *value;
    ferry_status status = FERRY_OK;
    for (size_t i = 0;
         status == FERRY_OK && ferry_config_pair(config, "options", i, &name, &value) == 1; i++)
        status = settings_check_option(label, dialect, name, err);
    if (status == FERRY_OK && dialect->is_file)
        return settings_check_file(label, config, err);
    if (status == FERRY_OK && host != NULL && !settings_host_is_valid(host))
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: `host` is one name or address, or the folder of a socket", label);
    if (status == FERRY_OK && host == NULL && dialect->needs_host)
        status = ferry_fail(err, FERRY_ERR_CONFIG, "%s: `host` is missing", label);
    if (status == FERRY_OK && *(host == NULL ? "" : host) == '/' && dialect->needs_host)
        status = ferry_fail(err, FERRY_ERR_CONFIG, "%s: `host` is one name or address", label);
    if (status == FERRY_OK && ferry_config_string(config, "database") == NULL)
        status = ferry_fail(err, FERRY_ERR_CONFIG, "%s: `database` is missing", label);
    return status;
}

static int settings_port(const struct dbidrv_dialect *dialect, const struct ferry_config *config)
{
    return ferry_config_is_set(config, "port") ? (int)ferry_config_int(config, "port")
                                               : dialect->default_port;
}

static bool settings_apply_server(const struct dbidrv_dialect *dialect,
                                  const struct ferry_config *config, const char *password,
                                  dbi_conn dbi)
{
    const char *host = ferry_config_string(config, "host");
    PART_AUTO_STRING char *place = NULL;
    if (dialect->host_has_port && asprintf(&place, strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d",
                                           host, settings_port(dialect, config)) < 0) {
        place = NULL;
        return false;
    }
    const struct {
        const char *key, *value;
    } values[] = {
        {"host", place != NULL ? place : host},
        {"username", ferry_config_string(config, "user")},
        {"password", password},
        {"dbname", ferry_config_string(config, "database")},
    };
    int64_t seconds = (ferry_config_int(config, "connect_timeout") + 999) / 1000 + 1;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].value != NULL && !dbidrv_libdbi_set(dbi, values[i].key, values[i].value))
            return false;
    if (ferry_config_is_set(config, "port") &&
        dbi_conn_set_option_numeric(dbi, "port", (int)ferry_config_int(config, "port")) != 0)
        return false;
    return dbi_conn_set_option_numeric(dbi, "timeout", (int)seconds) == 0;
}

bool dbidrv_settings_apply(const struct dbidrv_dialect *dialect, const struct ferry_config *config,
                           const char *password, dbi_conn dbi)
{
    const char *name, *value;
    if (!dialect->is_file && !settings_apply_server(dialect, config, password, dbi))
        return false;
    if (!dialect->set_options(dbi, config))
        return false;
    for (size_t i = 0; ferry_config_pair(config, "options", i, &name, &value) == 1; i++)
        if (!dbidrv_libdbi_set(dbi, name, value))
            return false;
    return true;
}

void dbidrv_settings_place(const struct ferry_config *config, char *buffer, size_t size)
{
    const char *name = ferry_config_string(config, "dialect");
    const struct dbidrv_dialect *dialect = dbidrv_dialect_find(name == NULL ? "" : name);
    const char *host = ferry_config_string(config, "host");
    const char *database = ferry_config_string(config, "database");
    const char *schema = ferry_config_string(config, "schema");
    int64_t port = ferry_config_int(config, "port");
    if (dialect->is_file) {
        PART_AUTO_STRING char *real = database == NULL ? NULL : realpath(database, NULL);
        (void)snprintf(buffer, size, "%s", real != NULL ? real : database == NULL ? "" : database);
        return;
    }
    (void)snprintf(
        buffer, size, "dbi:%s/%s:%lld/%s%s%s", dialect->name, host == NULL ? "localhost" : host,
        (long long)(port == 0 ? dialect->default_port : port), database == NULL ? "" : database,
        schema == NULL ? "" : "/", schema == NULL ? "" : schema);
}
