/* One login: the password asked for, the server dialled, and what came of it in words.
 */

#include "connect/connect.h"

#include <dbi/dbi-dev.h>
#include <errmsg.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

#define LOGIN_NO_DATABASE 1049

/* What to do, in the words of this driver, where the library would have given this number. */
static const char *login_hint(const struct mydrv_conn *conn, unsigned code)
{
    const char *hint;
    mydrv_fault_class(conn->flavour, code, MYDRV_CONNECTING, &hint);
    return hint;
}

static ferry_status login_fail_resolver(const struct mydrv_conn *conn, const char *host,
                                        const struct mydrv_dial_result *result,
                                        struct ferry_error *err)
{
    bool unknown = result->resolver_error == EAI_NONAME || result->resolver_error == EAI_NODATA;
    if (result->resolver_error == EAI_MEMORY || result->system_error == ENOMEM)
        return mydrv_fail_memory(err);
    return ferry_fail(err, conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE,
                      "%s: cannot resolve '%s': %s; %s", conn->label, host,
                      unknown                                ? "no such host"
                      : result->resolver_error == EAI_SYSTEM ? strerror(result->system_error)
                                                             : gai_strerror(result->resolver_error),
                      login_hint(conn, CR_UNKNOWN_HOST));
}

static ferry_status login_fail_slow(const struct mydrv_conn *conn,
                                    const struct mydrv_settings *settings, bool resolved,
                                    struct ferry_error *err)
{
    ferry_status status = conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE;
    if (!resolved)
        return ferry_fail(err, status,
                          "%s: cannot resolve '%s' within %u s (connect_timeout); check this "
                          "machine's resolver",
                          conn->label, settings->host, settings->connect_timeout);
    return ferry_fail(err, status,
                      "%s: cannot connect: timed out, no login within %u s (connect_timeout); %s",
                      conn->label, settings->connect_timeout, login_hint(conn, CR_CONN_HOST_ERROR));
}

/* Whatever it fails with but STOPPED may pass: the address, or the server, was not there. */
static ferry_status login_dial(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                               struct mydrv_dial_result *ret_result, struct ferry_error *err)
{
    struct mydrv_dial_result result = {0};
    ferry_status status;
    enum mydrv_dial_end end = mydrv_dial(
        conn->dbi, settings, (int64_t)settings->connect_timeout * 1000 + MYDRV_CONNECT_SLACK_MS,
        mydrv_libdbi_discard, &result);
    switch (end) {
    case MYDRV_DIAL_DONE:
        *ret_result = result;
        return FERRY_OK;
    case MYDRV_DIAL_NO_THREAD:
        return mydrv_fail_memory(err);
    case MYDRV_DIAL_STOPPED:
        conn->dbi = NULL; /* its thread's */
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    case MYDRV_DIAL_NO_HOST:
        status = login_fail_resolver(conn, settings->host, &result, err);
        break;
    default: /* too slow */
        conn->dbi = NULL;
        status = login_fail_slow(conn, settings, end == MYDRV_DIAL_SLOW, err);
        break;
    }
    ferry_error_may_pass(err);
    return status;
}

static bool login_was_lost(unsigned code, const char *text)
{
    return code == CR_SERVER_LOST || code == CR_SERVER_LOST_EXTENDED ||
           code == CR_SERVER_GONE_ERROR ||
           (code == CR_SSL_CONNECTION_ERROR && mydrv_tls_was_lost(text));
}

/* What libdbi says of a login. */
struct login_answer {
    unsigned code; /* the server's or the library's; 0: none */
    char *text;    /* NULL: no memory for it */
};

/* Any later call on the handle would clear it. */
static struct login_answer login_hear(const dbi_conn_t *inside)
{
    struct login_answer answer = {0};
    if (inside->error_number > 0)
        answer.code = (unsigned)inside->error_number;
    if (inside->error_number != DBI_ERROR_NOMEM)
        answer.text =
            strdup(inside->error_message != NULL ? inside->error_message : "no reason given");
    return answer;
}

static ferry_status login_fail(const struct mydrv_conn *conn, const struct mydrv_settings *settings,
                               const struct mydrv_gate_found *found,
                               const struct login_answer *answer, struct ferry_error *err)
{
    enum mydrv_phase phase = conn->target ? MYDRV_OPENING : MYDRV_CONNECTING;
    unsigned code = answer->code;
    if (settings->insist && code == CR_SSL_CONNECTION_ERROR &&
        mydrv_tls_was_not_offered(answer->text))
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "%s: cannot connect: TLS is offered no more, though it was to another "
                          "connection a moment ago: somebody on the way may have taken the offer "
                          "out; nothing was sent",
                          conn->label);
    if (found->fault != NULL) /* the library knows only that the connection is gone */
        return mydrv_fail(conn, phase, CR_SSL_CONNECTION_ERROR, found->fault, "connect", err);
    bool shaking = found->requested && !found->encrypted;
    return mydrv_fail(conn, phase, code, answer->text,
                      shaking && login_was_lost(code, answer->text) ? "finish the TLS handshake"
                                                                    : "connect",
                      err);
}

/* With `ret_no_database` it is a success that the database is not there: there is no connection
 * then. */
static ferry_status login_judge(const struct mydrv_conn *conn,
                                const struct mydrv_settings *settings,
                                const struct mydrv_gate_found *found,
                                const struct login_answer *answer, bool *ret_no_database,
                                struct ferry_error *err)
{
    if (conn->native != NULL && !found->injected && found->fault == NULL)
        return FERRY_OK;
    if (found->injected || answer->code == CR_PLUGIN_NOT_ALLOWED ||
        answer->code == CR_AUTH_PLUGIN_CANNOT_LOAD)
        return mydrv_gate_fail(conn, settings, found, err);
    if (answer->text == NULL)
        return mydrv_fail_memory(err);
    if (ret_no_database == NULL || answer->code != LOGIN_NO_DATABASE)
        return login_fail(conn, settings, found, answer, err);
    *ret_no_database = true;
    return FERRY_OK;
}

/* Connect and wipe the password. */
static ferry_status login_try(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                              bool *ret_no_database, struct ferry_error *err)
{
    struct mydrv_dial_result result = {0};
    ferry_status status = login_dial(conn, settings, &result, err);
    if (status != FERRY_OK) {
        if (conn->dbi != NULL)
            mydrv_libdbi_forget_password(conn->dbi, NULL);
        return status;
    }
    const dbi_conn_t *inside = conn->dbi;
    conn->encrypted = conn->encrypted || result.found.encrypted;
    conn->native = result.failed ? NULL : inside->connection;
    struct login_answer answer = login_hear(inside);
    mydrv_libdbi_forget_password(conn->dbi, conn->native);
    status = login_judge(conn, settings, &result.found, &answer, ret_no_database, err);
    free(answer.text);
    return status;
}

static ferry_status login_ask_password(struct mydrv_login *login, struct ferry_error *err)
{
    ferry_status status =
        login->asked ? FERRY_OK
                     : ferry_config_secret(login->config, "password", &login->password, err);
    login->asked = true;
    if (status == FERRY_OK && login->settings.token && login->password == NULL)
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "connection '%s': the login needs a token, and none was given; set "
                            "password_command to the command that prints one",
                            ferry_config_name(login->config));
    return status;
}

static ferry_status login_to(struct mydrv_conn *conn, struct mydrv_login *login,
                             const char *database, bool *ret_no_database, struct ferry_error *err)
{
    const struct mydrv_settings *settings = &login->settings;
    PART_AUTO_STRING char *connstring = NULL;
    ferry_status status = mydrv_connstring_make(conn->label, settings, &connstring, err);
    if (status == FERRY_OK)
        status = mydrv_libdbi_open(conn, err);
    if (status == FERRY_OK)
        status = mydrv_methods_load(mydrv_methods_allowed(settings), err);
    if (status == FERRY_OK)
        status = login_ask_password(login, err);
    if (status != FERRY_OK)
        return status;
    if (!mydrv_libdbi_set_options(conn->dbi, settings, database, connstring, login->password)) {
        mydrv_libdbi_forget_password(conn->dbi, NULL);
        return mydrv_fail_memory(err);
    }
    status = login_try(conn, settings, ret_no_database, err);
    login->settings.insist = login->settings.insist || conn->encrypted;
    return status;
}

/* A database that a load may make need not be there yet. */
ferry_status mydrv_login(struct mydrv_conn *conn, struct mydrv_login *login,
                         struct ferry_error *err)
{
    const struct mydrv_settings *settings = &login->settings;
    bool may_make = conn->target && settings->create_database;
    bool missing = false;
    ferry_status status =
        login_to(conn, login, settings->database, may_make ? &missing : NULL, err);
    if (status != FERRY_OK || !missing)
        return status;
    mydrv_libdbi_close(conn->dbi);
    conn->dbi = NULL;
    conn->missing_database = strdup(settings->database);
    return conn->missing_database == NULL ? mydrv_fail_memory(err)
                                          : login_to(conn, login, NULL, NULL, err);
}
