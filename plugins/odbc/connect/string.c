/* The connection string: data source or ODBC driver, attributes, account.
 *
 * A value that could mean something else is put between braces, and braces that close are doubled,
 * as the ODBC reference has it; so no value can add an attribute.  Where a driver takes braces for
 * a part of the value, it gets the value as it is, if that has nothing that needs them.
 */

#include "connect/connect.h"

#include <ctype.h>
#include <fnmatch.h>
#include <odbcinst.h>
#include <string.h>
#include <strings.h>

#include "dialect/dialect.h"

#define STRING_LONGEST_SETTING 4096

/* What has a key of its own, or would lead elsewhere. */
static const struct {
    const char *attribute;
    const char *key; /* to be used instead; NULL: not at all */
} string_taken[] = {
    {"DSN", "dsn"},       {"DRIVER", "odbc_driver"}, {"UID", "user"},          {"USER", "user"},
    {"USERNAME", "user"}, {"PWD", "password"},       {"PASSWORD", "password"}, {"FILEDSN", NULL},
    {"SAVEFILE", NULL},   {"TRACE", NULL},           {"TRACEFILE", NULL},
};

void odrv_string_clear(struct part_text *string)
{
    if (string->data != NULL)
        explicit_bzero(string->data, string->room);
    part_text_clear(string);
}

/* Whether `list`, with semicolons between them, has this attribute, with a value or without. */
static bool string_sets(const char *list, const char *attribute)
{
    size_t length = strlen(attribute);
    for (const char *at = list; at != NULL && *at != '\0';) {
        if (strncasecmp(at, attribute, length) == 0 && strchr("=;", at[length]) != NULL)
            return true;
        at = strchr(at, ';');
        at = at == NULL ? NULL : at + 1;
    }
    return false;
}

/* Without braces, psqlodbc takes + and % for blanks and codes of letters in a password. */
static bool string_is_plain(const char *value)
{
    return *value != '\0' && strpbrk(value, "[]{}(),;?*=!@\\ \t\"'+%") == NULL;
}

static bool string_has_outer_blank(const char *value)
{
    return *value == ' ' || (*value != '\0' && value[strlen(value) - 1] == ' ');
}

/* A value that cannot be told from what stands around it. */
static bool string_needs_braces(const char *value)
{
    return strchr(value, ';') != NULL || *value == '{' || string_has_outer_blank(value);
}

static bool string_takes_braces(const struct odrv_dialect *dialect, const char *attribute)
{
    return dialect->braced == NULL || string_sets(dialect->braced, attribute);
}

static void string_add(struct part_text *string, const struct odrv_dialect *dialect,
                       const char *attribute, const char *value)
{
    part_text_addf(string, "%s%s=", string->length > 0 ? ";" : "", attribute);
    if (string_is_plain(value) || !string_takes_braces(dialect, attribute)) {
        part_text_add(string, value);
        return;
    }
    part_text_add(string, "{");
    for (const char *c = value; *c != '\0'; c++)
        part_text_append(string, *c == '}' ? "}}" : c, *c == '}' ? 2 : 1);
    part_text_add(string, "}");
}

static bool string_has_control(const char *value)
{
    for (const char *c = value; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            return true;
    return false;
}

static ferry_status string_check(const struct ferry_config *config,
                                 const struct odrv_dialect *dialect, const char *attribute,
                                 const char *what, const char *value, struct ferry_error *err)
{
    if (!string_takes_braces(dialect, attribute) && string_needs_braces(value))
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "connection '%s': %s has a semicolon, or a brace or blank where it begins "
            "or ends, which the ODBC driver of %s cannot be given; use another name",
            ferry_config_name(config), what, dialect->name);
    if (dialect->trims && string_has_outer_blank(value))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': %s has a blank where it begins or ends, which the ODBC "
                          "driver of %s takes off; choose another",
                          ferry_config_name(config), what, dialect->name);
    return !string_has_control(value)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_CONFIG,
                            "connection '%s': %s has a character that cannot be in a connection "
                            "string (a line feed, a tab); take it out",
                            ferry_config_name(config), what);
}

/* A name is no place for what begins another attribute. */
static bool string_is_name(const char *attribute)
{
    for (const char *c = attribute; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("_- .", *c) == NULL)
            return false;
    return *attribute != '\0' && *attribute != ' ' && attribute[strlen(attribute) - 1] != ' ';
}

/* Values would come otherwise than the dialect expects them. */
static bool string_is_dialects(const struct odrv_dialect *dialect, bool target,
                               const char *attribute)
{
    return string_sets(dialect->attributes, attribute) ||
           (target && string_sets(dialect->attributes_of_target, attribute)) ||
           (dialect->refused_attributes != NULL &&
            fnmatch(dialect->refused_attributes, attribute, 0) == 0);
}

static ferry_status string_check_attribute(const struct ferry_config *config,
                                           const struct odrv_dialect *dialect, bool target,
                                           const char *attribute, struct ferry_error *err)
{
    const char *name = ferry_config_name(config);
    if (!string_is_name(attribute))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': '%s' cannot be the name of an attribute", name,
                          attribute);
    for (size_t i = 0; i < sizeof string_taken / sizeof *string_taken; i++) {
        if (strcasecmp(string_taken[i].attribute, attribute) != 0)
            continue;
        if (string_taken[i].key == NULL)
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "connection '%s': the attribute '%s' is not allowed; take it out",
                              name, attribute);
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': the attribute '%s' has a key of its own; write `%s`",
                          name, attribute, string_taken[i].key);
    }
    if (string_is_dialects(dialect, target, attribute))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': dbferry sets the attribute '%s' itself, so that values "
                          "come as they are, or it is short for one that might be; take it out",
                          name, attribute);
    return FERRY_OK;
}

static ferry_status string_add_attributes(const struct ferry_config *config,
                                          const struct odrv_dialect *dialect, bool target,
                                          struct part_text *string, struct ferry_error *err)
{
    const char *name, *value;
    ferry_status status = FERRY_OK;
    for (size_t i = 0;
         status == FERRY_OK && ferry_config_pair(config, "attributes", i, &name, &value) == 1;
         i++) {
        status = string_check_attribute(config, dialect, target, name, err);
        if (status == FERRY_OK)
            status = string_check(config, dialect, name, name, value, err);
        if (status == FERRY_OK)
            string_add(string, dialect, name, value);
    }
    return status;
}

static ferry_status string_add_account(const struct ferry_config *config,
                                       const struct odrv_dialect *dialect, struct part_text *string,
                                       struct ferry_error *err)
{
    const char *user = ferry_config_string(config, "user");
    char *password = NULL;
    ferry_status status =
        user == NULL ? FERRY_OK : string_check(config, dialect, "UID", "`user`", user, err);
    if (status == FERRY_OK)
        status = ferry_config_secret(config, "password", &password, err);
    if (status == FERRY_OK && password != NULL)
        status = string_check(config, dialect, "PWD", "the password", password, err);
    if (status == FERRY_OK && user != NULL)
        string_add(string, dialect, "UID", user);
    if (status == FERRY_OK && password != NULL)
        string_add(string, dialect, "PWD", password);
    ferry_secret_free(password);
    return status;
}

/* What nobody has said otherwise, neither in `attributes` nor in the data source. */
static void string_add_defaults(const struct ferry_config *config,
                                const struct odrv_dialect *dialect, struct part_text *string)
{
    bool local = odrv_place_is_local(config);
    for (const struct odrv_default *set = dialect->defaults; set != NULL && set->attribute != NULL;
         set++) {
        const char *const names[] = {set->attribute, NULL};
        PART_AUTO_STRING char *said = odrv_place_attribute(config, names);
        if (said == NULL && !(set->remote && local))
            part_text_addf(string, ";%s=%s", set->attribute, set->value);
    }
}

/* The manager's trace, and a log of a driver, may have the password in them: each takes it for over
 * at a semicolon. */
static ferry_status string_check_trace(const struct ferry_config *config, struct ferry_error *err)
{
    PART_AUTO_STRING char *trace = odrv_string_setting("ODBC", "Trace", "odbcinst.ini");
    if (trace == NULL || strchr("1yYoO", *trace) == NULL || strcasecmp(trace, "off") == 0)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "connection '%s': odbcinst.ini has unixODBC write a trace of all that is "
                      "said, passwords and values; take Trace out of its section [ODBC]",
                      ferry_config_name(config));
}

/* Room beforehand: a text that grows leaves copies of what it held. */
#define STRING_ROOM 16384

ferry_status odrv_string_make(const struct ferry_config *config, const struct odrv_dialect *dialect,
                              bool target, struct part_text *ret_string, struct ferry_error *err)
{
    const char *dsn = ferry_config_string(config, "dsn");
    const char *driver = ferry_config_string(config, "odbc_driver");
    if ((dsn == NULL) == (driver == NULL))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "connection '%s': %s; `dsn` names a data source of odbc.ini, "
                          "`odbc_driver` a driver of odbcinst.ini",
                          ferry_config_name(config),
                          dsn == NULL ? "`dsn` or `odbc_driver` is needed"
                                      : "both `dsn` and `odbc_driver` are set; remove one");
    if (*(dsn != NULL ? dsn : driver) == '\0') /* the manager would choose one itself */
        return ferry_fail(err, FERRY_ERR_CONFIG, "connection '%s': `%s` is empty; name one",
                          ferry_config_name(config), dsn != NULL ? "dsn" : "odbc_driver");
    ferry_status status = string_check(config, dialect, "DSN", "`dsn` or `odbc_driver`",
                                       dsn != NULL ? dsn : driver, err);
    if (status != FERRY_OK)
        return status;
    status = string_check_trace(config, err);
    if (status == FERRY_OK)
        status = odrv_place_check(config, err);
    if (status != FERRY_OK)
        return status;
    ODRV_AUTO_SECRET struct part_text string = {0};
    (void)part_text_reserve(&string, STRING_ROOM);
    string_add(&string, dialect, dsn != NULL ? "DSN" : "DRIVER", dsn != NULL ? dsn : driver);
    status = string_add_attributes(config, dialect, target, &string, err);
    if (status == FERRY_OK)
        status = string_add_account(config, dialect, &string, err);
    if (status != FERRY_OK)
        return status;
    if (dialect->attributes != NULL)
        part_text_addf(&string, ";%s", dialect->attributes);
    if (target && dialect->attributes_of_target != NULL)
        part_text_addf(&string, ";%s", dialect->attributes_of_target);
    string_add_defaults(config, dialect, &string);
    if (string.failed)
        return odrv_fail_memory(err);
    *ret_string = string;
    string = (struct part_text){0};
    return FERRY_OK;
}

/* ---- What the manager's files tell ---- */

/* NULL where nothing is set, or memory is short: then the connection itself tells later. */
char *odrv_string_setting(const char *section, const char *key, const char *file)
{
    char value[STRING_LONGEST_SETTING];
    int length = SQLGetPrivateProfileString(section, key, "", value, (int)sizeof value, file);
    return length > 0 && length < (int)sizeof value && *value != '\0' ? strdup(value) : NULL;
}

char *odrv_string_library(const struct ferry_config *config)
{
    const char *dsn = ferry_config_string(config, "dsn");
    const char *named = ferry_config_string(config, "odbc_driver");
    PART_AUTO_STRING char *driver = dsn != NULL ? odrv_string_setting(dsn, "Driver", "odbc.ini")
                                                : strdup(named == NULL ? "" : named);
    if (driver == NULL)
        return NULL;
    PART_AUTO_STRING char *path =
        *driver == '/' ? strdup(driver) : odrv_string_setting(driver, "Driver", "odbcinst.ini");
    if (path == NULL)
        return NULL;
    const char *slash = strrchr(path, '/');
    return strdup(slash == NULL ? path : slash + 1);
}
