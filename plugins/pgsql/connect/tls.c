/* What each ssl_mode asks of the client library, what became of it, and what its failures mean.
 *
 * The library never goes on without TLS in these modes, and sends nothing before it but the wish
 * for it.  What it finds by itself below the user's home is kept from it (dial.c), and what it
 * would pass over in silence, a list of revoked certificates that cannot be read, is refused here.
 */

#include "connect/connect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

static const struct {
    const char *name;
    enum pgdrv_tls_mode mode;
} tls_words[] = {
    {"disabled", PGDRV_TLS_DISABLED},           {"disable", PGDRV_TLS_DISABLED},
    {"required", PGDRV_TLS_REQUIRED},           {"require", PGDRV_TLS_REQUIRED},
    {"verify-ca", PGDRV_TLS_VERIFY_CA},         {"verify-identity", PGDRV_TLS_VERIFY_IDENTITY},
    {"verify-full", PGDRV_TLS_VERIFY_IDENTITY},
};

enum pgdrv_tls_mode pgdrv_tls_mode_parse(const char *name)
{
    for (size_t i = 0; i < sizeof tls_words / sizeof *tls_words; i++)
        if (strcmp(tls_words[i].name, name) == 0)
            return tls_words[i].mode;
    return PGDRV_TLS_VERIFY_IDENTITY;
}

const char *pgdrv_tls_mode_name(enum pgdrv_tls_mode mode)
{
    for (size_t i = 0; i < sizeof tls_words / sizeof *tls_words; i++)
        if (tls_words[i].mode == mode)
            return tls_words[i].name;
    return "";
}

const char *pgdrv_tls_library_mode(enum pgdrv_tls_mode mode)
{
    static const char *const names[] = {
        [PGDRV_TLS_DISABLED] = "disable",
        [PGDRV_TLS_REQUIRED] = "require",
        [PGDRV_TLS_VERIFY_CA] = "verify-ca",
        [PGDRV_TLS_VERIFY_IDENTITY] = "verify-full",
    };
    return names[mode];
}

/* The library reads one file. */
const char *pgdrv_tls_system_authorities(void)
{
    static const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt",
                                        "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(files[i], R_OK) == 0)
            return files[i];
    return NULL;
}

/* ---- Files ---- */

static ferry_status tls_check_readable(const char *label, const char *key, const char *path,
                                       struct ferry_error *err)
{
    if (path == NULL || access(path, R_OK) == 0)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_CONFIG, "%s: %s: cannot read '%s': %s", label, key, path,
                      strerror(errno));
}

static ferry_status tls_check_crl(const char *label, const char *path, struct ferry_error *err)
{
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    if (file == NULL)
        return FERRY_OK; /* that it can be read was seen before */
    X509_CRL *crl = PEM_read_X509_CRL(file, NULL, NULL, NULL);
    (void)fclose(file);
    ERR_clear_error();
    bool found = crl != NULL;
    X509_CRL_free(crl);
    return found ? FERRY_OK
                 : ferry_fail(err, FERRY_ERR_CONFIG,
                              "%s: ssl_crl: '%s' has no list of revoked certificates in PEM; "
                              "correct it",
                              label, path);
}

ferry_status pgdrv_tls_check(const char *label, const struct pgdrv_settings *settings,
                             struct ferry_error *err)
{
    const struct {
        const char *key, *path;
    } files[] = {{"ssl_ca", settings->ca},
                 {"ssl_cert", settings->cert},
                 {"ssl_key", settings->key},
                 {"ssl_crl", settings->crl}};
    bool off = settings->tls == PGDRV_TLS_DISABLED;
    bool blind = settings->tls < PGDRV_TLS_VERIFY_CA;
    ferry_status status = FERRY_OK;
    if ((settings->cert == NULL) != (settings->key == NULL))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_cert and ssl_key belong together; set both or neither", label);
    if (off && settings->cert != NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_cert is set and ssl_mode is \"disabled\"; set ssl_mode to "
                          "\"verify-identity\"",
                          label);
    if (blind && (settings->ca != NULL || settings->crl != NULL))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_ca and ssl_crl are not looked at in ssl_mode \"%s\"; remove "
                          "them, or set ssl_mode to \"verify-identity\" or \"verify-ca\"",
                          label, pgdrv_tls_mode_name(settings->tls));
    for (size_t i = 0; i < sizeof files / sizeof *files && status == FERRY_OK; i++)
        status = tls_check_readable(label, files[i].key, files[i].path, err);
    if (status == FERRY_OK && settings->tls == PGDRV_TLS_VERIFY_CA && settings->ca == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_mode \"verify-ca\" without ssl_ca proves nothing, since the "
                          "authorities of this system sign for everybody; set ssl_ca",
                          label);
    if (status == FERRY_OK && !blind && settings->ca == NULL &&
        pgdrv_tls_system_authorities() == NULL)
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: this system has no list of authorities where one is expected; "
                            "set ssl_ca",
                            label);
    return status == FERRY_OK ? tls_check_crl(label, settings->crl, err) : status;
}

/* ---- What became of it ---- */

ferry_status pgdrv_tls_confirm(struct pgdrv_conn *conn, const struct pgdrv_settings *settings,
                               struct ferry_error *err)
{
    bool on = PQsslInUse(conn->pg) != 0;
    const char *version = on ? PQsslAttribute(conn->pg, "protocol") : NULL;
    const char *cipher = on ? PQsslAttribute(conn->pg, "cipher") : NULL;
    int made;
    if (!on && settings->tls != PGDRV_TLS_DISABLED)
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "%s: the connection is not encrypted although ssl_mode is \"%s\"",
                          conn->label, pgdrv_tls_mode_name(settings->tls));
    if (on)
        made = asprintf(&conn->tls, "%s, %s, %s", version == NULL ? "TLS" : version,
                        cipher == NULL ? "an unknown cipher" : cipher,
                        settings->tls == PGDRV_TLS_VERIFY_IDENTITY ? "identity verified"
                        : settings->tls == PGDRV_TLS_VERIFY_CA     ? "CA verified, host not"
                                                                   : "server not verified");
    else
        made = asprintf(&conn->tls, "none (%s)",
                        settings->use_socket ? "unix socket" : "ssl_mode \"disabled\"");
    if (made < 0) {
        conn->tls = NULL;
        return pgdrv_fail_memory(err);
    }
    ferry_log(FERRY_LOG_INFO, "%s: TLS: %s", conn->label, conn->tls);
    return FERRY_OK;
}

const char *pgdrv_login_explain(const char *text)
{
    static const struct {
        const char *part, *meaning;
    } failures[] = {
        {"does not support SSL", "the server offers no TLS, or somebody on the way has taken its "
                                 "offer out; nothing was sent; switch TLS on at the server (ssl = "
                                 "on)"},
        {"does not match host name", "the certificate is of another host: set `host` to a name "
                                     "that is in it, or have it made out to this one"},
        {"certificate verify failed",
         "the server's certificate is of an authority that ssl_ca does "
         "not have, out of date, or revoked (ssl_crl); if the files "
         "are right, somebody else answers there"},
        {"unsupported protocol", "the server speaks no TLS of the version that tls_version asks "
                                 "for"},
        {"alert protocol version", "the server speaks no TLS of the version that tls_version asks "
                                   "for"},
        {"could not load private key file", "check ssl_key: its owner, its permissions (0600) and "
                                            "that it belongs to ssl_cert"},
        {"private key file", "check ssl_key: its owner, its permissions (0600) and that it belongs "
                             "to ssl_cert"},
        {"certificate does not match private key", "ssl_key is not the key of ssl_cert"},
        {"could not read certificate file", "ssl_cert must be a certificate in PEM"},
        {"could not read root certificate file", "ssl_ca must hold certificates in PEM"},
        {"received invalid response to SSL negotiation",
         "what answers there is not a PostgreSQL server"},
        {"expected authentication request", "what answers there is not a PostgreSQL server"},
        {"received unencrypted data after SSL response",
         "somebody on the way has put in what the server did not say; nothing of it was taken"},
        {"hannel binding", "the server does not prove that it knows the password, and ssl_mode "
                           "\"required\" does not check who it is: set ssl_mode to "
                           "\"verify-identity\" or \"verify-ca\", or have the account's password "
                           "stored as scram-sha-256"},
        {"no password supplied", "the server asks for a password, and none was given; set "
                                 "password_file, or another key of that kind"},
        {"SCRAM", "the server's part of the login is not sound; somebody else may answer there"},
        {"SASL", "the server's part of the login is not sound; somebody else may answer there"},
        {"not supported", "have the account log in by a password (scram-sha-256) or a "
                          "certificate"},
        {"fe_sendauth", "the server's part of the login is not sound"},
        {"SSL error", "the TLS handshake failed"},
    };
    /* Lost in the handshake: nobody has refused anything. */
    if (strstr(text, "unexpected eof while reading") != NULL)
        return NULL;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (strstr(text, failures[i].part) != NULL)
            return failures[i].meaning;
    return NULL;
}
