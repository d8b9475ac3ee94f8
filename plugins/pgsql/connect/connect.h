/* What opening a session takes: settings, TLS, dialling, the session's own settings; listed under
 * the file that each function lives in.
 */

#ifndef DBFERRY_PGSQL_CONNECT_H
#define DBFERRY_PGSQL_CONNECT_H

#include "pgsql_driver.h"

/* ---- settings.c: the options of one connection, read and checked ---- */

/* A higher one demands more. */
enum pgdrv_tls_mode {
    PGDRV_TLS_DISABLED,
    PGDRV_TLS_REQUIRED,
    PGDRV_TLS_VERIFY_CA,
    PGDRV_TLS_VERIFY_IDENTITY,
};

struct pgdrv_settings {
    const char *host;   /* checked against a short list of characters; NULL with use_socket */
    const char *socket; /* the folder of the unix socket; NULL without use_socket */
    const char *schema;
    const char *time_zone;
    const char *ca, *cert, *key, *crl; /* or NULL */
    const char *tls_version;           /* the lowest */
    char *user;                        /* owned: as configured, or of the account */
    char *database;                    /* owned: as configured, or the user's name */
    enum pgdrv_tls_mode tls;
    unsigned port;
    int64_t connect_timeout_ms, read_timeout_ms;
    bool use_socket;
    bool row_security;
};

/* The strings other than `user` and `database` belong to `config`.  Fails with CONFIG or SYSTEM. */
ferry_status pgdrv_settings_read(const struct ferry_config *config, struct pgdrv_settings *ret,
                                 struct ferry_error *err);
void pgdrv_settings_clear(struct pgdrv_settings *settings);
/* Whether traffic to `host` never leaves this machine. */
bool pgdrv_host_is_local(const char *host);
/* Whether it is no name that would have to be looked up. */
bool pgdrv_host_is_address(const char *host);

/* ---- tls.c: what each ssl_mode asks of the client library ---- */

enum pgdrv_tls_mode pgdrv_tls_mode_parse(const char *name);
const char *pgdrv_tls_mode_name(enum pgdrv_tls_mode mode);
/* What the client library calls it. */
const char *pgdrv_tls_library_mode(enum pgdrv_tls_mode mode);
/* A file of the authorities that this system trusts; NULL: none is known. */
const char *pgdrv_tls_system_authorities(void);
/* Fails with CONFIG where files or modes contradict each other or a file cannot be used: the
 * library would do without some of them. */
ferry_status pgdrv_tls_check(const char *label, const struct pgdrv_settings *settings,
                             struct ferry_error *err);
/* Fails with REFUSED where there is no TLS though there must be; else sets conn->tls and logs it.
 */
ferry_status pgdrv_tls_confirm(struct pgdrv_conn *conn, const struct pgdrv_settings *settings,
                               struct ferry_error *err);
/* What the library's own words for a login that it gave up mean and what to do; NULL: the server
 * was not reached, or was lost. */
const char *pgdrv_login_explain(const char *text);

/* ---- certificate.c: how long certificates are still valid ---- */

ferry_status pgdrv_certificate_examine(const struct pgdrv_conn *conn,
                                       struct ferry_findings *findings, struct ferry_error *err);
/* Adds to the facts of a connection with TLS when the server's own ends. */
void pgdrv_certificate_tell(const struct pgdrv_conn *conn, struct ferry_facts *facts);

/* ---- resolve.c: the addresses of a name, within the time that there is ---- */

/* `*ret_addresses`, to be freed, are parted by commas, `*ret_count` of them.  Fails with
 * UNREACHABLE (of a target TARGET_OPEN), which may pass, or CANCELLED. */
ferry_status pgdrv_resolve(const struct pgdrv_conn *conn, const char *host, char **ret_addresses,
                           size_t *ret_count, struct ferry_error *err);

/* ---- dial.c: from settings to a connection that is logged in ---- */

/* `beside`, or NULL: another connection by these settings, to whose server this one is to go. */
ferry_status pgdrv_dial(struct pgdrv_conn *conn, const struct pgdrv_settings *settings,
                        const char *password, const struct pgdrv_conn *beside,
                        struct ferry_error *err);

/* ---- session.c: the state of the session on the server ---- */

ferry_status pgdrv_session_set_up(struct pgdrv_conn *conn, const struct ferry_config *config,
                                  const struct pgdrv_settings *settings, struct ferry_error *err);
ferry_status pgdrv_snapshot_begin(void *conn, struct ferry_error *err);
void pgdrv_snapshot_end(void *conn);

/* ---- share.c: one snapshot for several sessions ---- */

ferry_status pgdrv_share_begin(void *conn, const struct ferry_read *read,
                               const struct ferry_share_spec *spec, struct ferry_share *share,
                               struct ferry_error *err);
ferry_status pgdrv_share_join(void *conn, const char *text, struct ferry_error *err);
ferry_status pgdrv_share_end(void *conn, struct ferry_error *err);

#endif /* DBFERRY_PGSQL_CONNECT_H */
