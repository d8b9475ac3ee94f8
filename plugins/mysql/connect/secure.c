/* What must hold of a connection before the first statement goes out, and what the log says of it.
 */

#include "connect/connect.h"
#include "write/rows.h"

/* What goes without saying of a second connection. */
static uint32_t secure_level(const struct mydrv_conn *conn, uint32_t level)
{
    return conn->is_second ? FERRY_LOG_DEBUG : level;
}

static ferry_status secure_note_tls(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                                    const char *cipher, struct ferry_error *err)
{
    const char *version = NULL;
    mariadb_get_infov(conn->native, MARIADB_CONNECTION_TLS_VERSION, &version);
    int made;
    if (cipher != NULL)
        made = asprintf(&conn->tls, "%s, %s, %s", version == NULL ? "TLS" : version, cipher,
                        settings->fingerprint != NULL                ? "fingerprint matched"
                        : settings->tls == MYDRV_TLS_VERIFY_IDENTITY ? "identity verified"
                        : settings->tls == MYDRV_TLS_VERIFY_CA       ? "CA verified, host not"
                                                                     : "server not verified");
    else
        made = asprintf(&conn->tls, "none (%s)",
                        settings->use_socket                  ? "unix socket"
                        : settings->tls == MYDRV_TLS_DISABLED ? "ssl_mode \"disabled\""
                                                              : "the server offers none");
    if (made < 0) {
        conn->tls = NULL;
        return mydrv_fail_memory(err);
    }
    ferry_log(secure_level(conn, FERRY_LOG_INFO), "%s: TLS: %s", conn->label, conn->tls);
    return FERRY_OK;
}

/* The server may have no compression to offer; then nothing is compressed. */
static void secure_note_compression(struct mydrv_conn *conn, const struct mydrv_settings *settings)
{
    if (!settings->compression)
        return;
    bool on = conn->native->net.compress != 0;
    conn->compression = on ? "on" : "none: the server offers none";
    ferry_log(secure_level(conn, on ? FERRY_LOG_INFO : FERRY_LOG_WARNING), "%s: compression: %s",
              conn->label, conn->compression);
}

static void secure_warn_of_files(const struct mydrv_conn *conn,
                                 const struct mydrv_settings *settings)
{
    if (conn->is_second || !mydrv_tls_ignores_files(settings))
        return;
    bool pinned = settings->fingerprint != NULL;
    ferry_log(FERRY_LOG_WARNING,
              "%s: ssl_ca, ssl_capath and ssl_crl are not looked at %s; remove them, or %s",
              conn->label, pinned ? "beside `ssl_fingerprint`" : "in this ssl_mode",
              pinned ? "remove `ssl_fingerprint`"
                     : "set ssl_mode to \"verify-identity\" or \"verify-ca\"");
}

ferry_status mydrv_conn_secure(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                               struct ferry_error *err)
{
    unsigned off = 0;
    mysql_optionsv(conn->native, MYSQL_OPT_LOCAL_INFILE, &off);
    mydrv_infile_guard(conn);
    const char *cipher = mysql_get_ssl_cipher(conn->native);
    if (cipher == NULL && settings->tls >= MYDRV_TLS_REQUIRED)
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "%s: the connection is not encrypted although ssl_mode is \"%s\"; switch "
                          "TLS on at the server; somebody on the way may have taken its offer out",
                          conn->label, mydrv_tls_mode_name(settings->tls));
    ferry_status status = secure_note_tls(conn, settings, cipher, err);
    if (status != FERRY_OK)
        return status;
    secure_note_compression(conn, settings);
    secure_warn_of_files(conn, settings);
    return FERRY_OK;
}
