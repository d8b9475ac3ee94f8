/* The connection string that the client library reads in place of a host name.
 *
 * libdbi's mysql driver passes its option `host` to mysql_real_connect(), and that function parses
 * it as `key=value;key=value` if it holds a '=' or ';'.  Its parser (Connector/C 3.1 to 3.4):
 * a value in braces may hold anything; "}}" stands for one brace, but the code that folds it skips
 * a character too many, so a closing brace cannot be carried.  Unknown keys are ignored without a
 * word.  All keys used here are in the library's own table, under the names that its option files
 * use.
 */

#include "connect/connect.h"

#include <string.h>

/* `}` ends a value, and the library takes what holds :// for the name of a connection plugin. */
static bool connstring_can_carry(const char *value)
{
    if (strstr(value, "://") != NULL)
        return false;
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7f || *c == '}')
            return false;
    return true;
}

bool mydrv_connstring_add(FILE *string, const char *key, const char *value)
{
    if (value == NULL || *value == '\0')
        return true;
    if (!connstring_can_carry(value))
        return false;
    fprintf(string, "%s={%s};", key, value);
    return true;
}

/* local-infile is not among the keys: the library reads that one as an int from the address of a
 * char, so that 0 may switch it on.  It is switched off right after connecting instead, before the
 * first statement, which is the first moment at which a server could ask for a file. */
static bool connstring_write(FILE *string, const struct mydrv_settings *settings)
{
    if (!mydrv_connstring_add(string, "host", mydrv_tls_spell_host(settings)))
        return false;
    if (settings->use_socket && !mydrv_connstring_add(string, "socket", settings->socket))
        return false;
    fprintf(string, "protocol=%d;",
            settings->use_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP);
    fprintf(string, "connect-timeout=%u;", settings->connect_timeout);
    fputs("default-character-set=utf8mb4;reconnect=0;", string);
    if (settings->compression) /* whatever the value is */
        fputs("compress=1;", string);
    fputs("plugin-dir=/dev/null;", string); /* see methods.c */
    return mydrv_tls_add_options(string, settings);
}

ferry_status mydrv_connstring_make(const char *label, const struct mydrv_settings *settings,
                                   char **ret_string, struct ferry_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *string = open_memstream(&text, &size);
    if (string == NULL)
        return mydrv_fail_memory(err);
    bool carried = connstring_write(string, settings);
    bool written = ferror(string) == 0;
    if (fclose(string) != 0 || !written || text == NULL) {
        free(text);
        return mydrv_fail_memory(err);
    }
    if (!carried) {
        free(text);
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: host, socket, file names and ssl_fingerprint cannot hold '}' or control "
            "characters: the client library has no way to take them; rename the "
            "file or use a link to it",
            label);
    }
    *ret_string = text;
    return FERRY_OK;
}
