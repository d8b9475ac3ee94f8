/* Login methods: which ones a connection allows, and that none but these is ever loaded.
 *
 * The client library loads a file for whatever method a server names, before it looks whether that
 * method is allowed, and takes a part of an allowed name for the name.  So the allowed ones are
 * loaded here, the library is given a folder that is none, and gate.c compares whole names.
 */

#include "connect/connect.h"

#include <errmsg.h>
#include <string.h>

/* Declared in a header of the library that needs another one, which is not installed. */
struct st_mysql_client_plugin;
extern struct st_mysql_client_plugin *mysql_client_find_plugin(MYSQL *mysql, const char *name,
                                                               int type);
#define METHODS_TYPE 2 /* MYSQL_CLIENT_AUTHENTICATION_PLUGIN */

/* Where nobody has proved who the server is, only those are left that never send the password in a
 * form that this server could use. */
#define METHODS_CHALLENGE_ONLY "mysql_native_password,client_ed25519"
#define METHODS_NO_CLEAR_TEXT                                                                      \
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password"
/* For a token, to a server that has proved who it is. */
#define METHODS_TOKEN METHODS_NO_CLEAR_TEXT ",mysql_clear_password"

const char *mydrv_methods_allowed(const struct mydrv_settings *s)
{
    if (s->tls == MYDRV_TLS_REQUIRED && s->fingerprint == NULL)
        return METHODS_CHALLENGE_ONLY;
    bool proved = !s->use_socket && s->tls == MYDRV_TLS_VERIFY_IDENTITY;
    return s->token && proved ? METHODS_TOKEN : METHODS_NO_CLEAR_TEXT;
}

bool mydrv_methods_has(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; length > 0 && *at != '\0';) {
        size_t size = strcspn(at, ",");
        if (size == length && memcmp(at, name, length) == 0)
            return true;
        at += size + (at[size] == ',');
    }
    return false;
}

/* One whose file is not installed is missed when a server asks for it. */
ferry_status mydrv_methods_load(const char *list, struct ferry_error *err)
{
    MYSQL *carrier = mysql_init(NULL);
    if (carrier == NULL)
        return mydrv_fail_memory(err);
#ifdef FERRY_MYSQL_PLUGIN_DIR
    mysql_optionsv(carrier, MYSQL_PLUGIN_DIR, FERRY_MYSQL_PLUGIN_DIR);
#endif
    for (const char *at = list; *at != '\0';) {
        char name[MYDRV_METHOD_ROOM];
        size_t size = strcspn(at, ",");
        if (size < sizeof name) {
            memcpy(name, at, size);
            name[size] = '\0';
            (void)mysql_client_find_plugin(carrier, name, METHODS_TYPE);
        }
        at += size + (at[size] == ',');
    }
    mysql_close(carrier);
    return FERRY_OK;
}

static const struct {
    const char *names;
    const char *advice;
} methods_advice[] = {
    {"caching_sha2_password,sha256_password",
     "it would give the password to whoever answers, and this ssl_mode does not ask who that is; "
     "use \"verify-identity\" or \"verify-ca\", or change the account's method"},
    {"mysql_clear_password,dialog",
     "it sends the password as it is, to whoever answers; change the account's method"},
};

static const char *methods_find_advice(const char *name)
{
    for (size_t i = 0; i < sizeof methods_advice / sizeof *methods_advice; i++)
        if (mydrv_methods_has(methods_advice[i].names, name))
            return methods_advice[i].advice;
    return "change the account's method to mysql_native_password, client_ed25519, "
           "caching_sha2_password or sha256_password";
}

ferry_status mydrv_methods_fail(const struct mydrv_conn *conn,
                                const struct mydrv_settings *settings, const char *name,
                                struct ferry_error *err)
{
    if (mydrv_methods_has(mydrv_methods_allowed(settings), name))
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "%s: cannot connect: the server asks for the login method '%s', and the "
                          "client library's plugin for it is not installed; install it, or change "
                          "the account's method",
                          conn->label, name);
    const char *hint; /* in the words of this driver, where it has any */
    mydrv_fault_class(conn->flavour, CR_PLUGIN_NOT_ALLOWED, MYDRV_CONNECTING, &hint);
    if (*hint == '\0')
        hint = methods_find_advice(name);
    return ferry_fail(err, FERRY_ERR_REFUSED,
                      "%s: cannot connect: the server asks for the login method '%s', which is not "
                      "allowed here: %s",
                      conn->label, name, hint);
}
