/* What each ssl_mode asks of the client library, and what its failures mean.
 *
 * Measured with Connector/C 3.3: `ssl-enforce` alone talks plain text to a server that offers no
 * TLS; with a CA it checks the chain but not the host; only `ssl-verify-server-cert` and a
 * fingerprint refuse before the login is sent.
 *
 * Measured with Connector/C 3.4: without `ssl-verify-server-cert` no file is looked at, not even
 * the CA; with it, but without a CA, a server that knows the password's hash passes with any
 * certificate; and on this machine's own addresses the host's name is not compared.
 *
 * So each key is always given, and what a release would not check is refused.
 */

#include "mysql_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const tls_mode_names[] = {
    [MYDRV_TLS_DISABLED] = "disabled",
    [MYDRV_TLS_PREFERRED] = "preferred",
    [MYDRV_TLS_REQUIRED] = "required",
    [MYDRV_TLS_VERIFY_CA] = "verify-ca",
    [MYDRV_TLS_VERIFY_IDENTITY] = "verify-identity",
};
#define TLS_MODE_COUNT (sizeof tls_mode_names / sizeof *tls_mode_names)

enum mydrv_tls_mode mydrv_tls_mode_parse(const char *name)
{
    if (strcmp(name, "require") == 0)
        return MYDRV_TLS_REQUIRED;
    for (size_t i = 0; i < TLS_MODE_COUNT; i++)
        if (strcmp(name, tls_mode_names[i]) == 0)
            return (enum mydrv_tls_mode)i;
    return MYDRV_TLS_VERIFY_IDENTITY; /* the core lets no other name through; fail closed */
}

const char *mydrv_tls_mode_name(enum mydrv_tls_mode mode)
{
    return tls_mode_names[mode];
}

/* Opened here only so that the message can name the key; the library opens it again. */
static ferry_status tls_check_readable(const char *label, const char *key, const char *path,
                                       struct ferry_error *err)
{
    if (path == NULL)
        return FERRY_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: cannot read %s '%s': %s; correct the path or its rights", label, key,
                          path, strerror(errno));
    close(fd);
    return FERRY_OK;
}

static ferry_status tls_check_files(const char *label, const struct mydrv_settings *settings,
                                    struct ferry_error *err)
{
    const struct {
        const char *key;
        const char *path;
    } files[] = {
        {"ssl_ca", settings->ca},   {"ssl_capath", settings->capath}, {"ssl_cert", settings->cert},
        {"ssl_key", settings->key}, {"ssl_crl", settings->crl},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ferry_status status = tls_check_readable(label, files[i].key, files[i].path, err);
        if (status != FERRY_OK)
            return status;
    }
    return FERRY_OK;
}

static bool tls_has_material(const struct mydrv_settings *s)
{
    return s->ca != NULL || s->capath != NULL || s->cert != NULL || s->key != NULL ||
           s->crl != NULL || s->fingerprint != NULL;
}

/* 20, 32, 48 or 64 bytes in hexadecimal, with or without colons. */
static bool tls_fingerprint_is_valid(const char *text)
{
    size_t digits = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == ':') {
            if (digits == 0 || digits % 2 != 0 || c[1] == '\0' || c[1] == ':')
                return false;
        } else if (strchr("0123456789abcdefABCDEF", *c) != NULL) {
            digits++;
        } else {
            return false;
        }
    }
    return digits == 40 || digits == 64 || digits == 96 || digits == 128;
}

static bool tls_version_is_valid(const char *text)
{
    return text != NULL && (strstr(text, "TLSv1.2") != NULL || strstr(text, "TLSv1.3") != NULL) &&
           text[strspn(text, "TLSv123.,")] == '\0' && strstr(text, "TLSv1.1") == NULL;
}

/* Connector/C 3.4 decides about the server by itself, as told at the top of this file. */
static bool tls_library_decides(void)
{
    return mysql_get_client_version() >= 30400;
}

/* The hosts whose name in the certificate Connector/C 3.4 does not compare. */
static bool tls_host_goes_unchecked(const char *host)
{
    return tls_library_decides() && (strcasecmp(host, "localhost") == 0 ||
                                     strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0);
}

ferry_status mydrv_tls_check_settings(const char *label, const struct mydrv_settings *s,
                                      struct ferry_error *err)
{
    const char *mode = mydrv_tls_mode_name(s->tls);
    if (s->use_socket && s->tls >= MYDRV_TLS_REQUIRED)
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: a unix socket has no TLS, yet ssl_mode is \"%s\"; remove `socket` to "
            "connect by TCP, or remove `ssl_mode`",
            label, mode);
    if (tls_has_material(s) && (s->use_socket || s->tls == MYDRV_TLS_DISABLED))
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: TLS files or a fingerprint are set, yet this connection does not use "
            "TLS (%s); set `ssl_mode`, or remove them",
            label, s->use_socket ? "it goes by unix socket" : "ssl_mode = \"disabled\"");
    if (s->tls == MYDRV_TLS_VERIFY_CA && s->ca == NULL && s->capath == NULL)
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: ssl_mode \"verify-ca\" needs `ssl_ca` or `ssl_capath`: without one the "
            "client library checks nothing; set it, or use \"verify-identity\", "
            "which falls back to the system's certificates",
            label);
    if (s->tls == MYDRV_TLS_VERIFY_IDENTITY && s->fingerprint == NULL &&
        tls_host_goes_unchecked(s->host))
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: ssl_mode is \"verify-identity\", yet this release of the client library (%s) does "
            "not compare the host name of a server on this machine; use \"verify-ca\", or set "
            "`ssl_fingerprint`",
            label, mysql_get_client_info());
    if (s->fingerprint != NULL && !tls_fingerprint_is_valid(s->fingerprint))
        return ferry_fail(
            err, FERRY_ERR_CONFIG,
            "%s: ssl_fingerprint is not 20, 32, 48 or 64 bytes in hexadecimal; copy it "
            "from `openssl x509 -noout -fingerprint`",
            label);
    if (!tls_version_is_valid(s->tls_version))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: tls_version must list TLSv1.2 or TLSv1.3 or both, such as "
                          "\"TLSv1.2,TLSv1.3\"; nothing older is safe",
                          label);
    return tls_check_files(label, s, err);
}

/* Login methods, by the names of their plugins.  Where nobody has proved who the server is, only
 * those are left that never send the password in a form that this server could use. */
#define TLS_AUTH_CHALLENGE_ONLY "mysql_native_password,client_ed25519"
#define TLS_AUTH_NO_CLEAR_TEXT                                                                     \
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password"
/* For a token, to a server that has proved who it is. */
#define TLS_AUTH_TOKEN TLS_AUTH_NO_CLEAR_TEXT ",mysql_clear_password"

/* The certificates that the system trusts.  Given by name, it makes Connector/C 3.4 insist. */
#define TLS_SYSTEM_CAPATH "/etc/ssl/certs"

static bool tls_peer_is_unproved(const struct mydrv_settings *s)
{
    return (s->tls == MYDRV_TLS_REQUIRED || s->tls == MYDRV_TLS_VERIFY_CA) &&
           s->fingerprint == NULL;
}

static const char *tls_logins(const struct mydrv_settings *s)
{
    if (tls_peer_is_unproved(s))
        return TLS_AUTH_CHALLENGE_ONLY;
    bool proved = !s->use_socket && s->tls == MYDRV_TLS_VERIFY_IDENTITY;
    return s->token && proved ? TLS_AUTH_TOKEN : TLS_AUTH_NO_CLEAR_TEXT;
}

bool mydrv_tls_add_options(FILE *string, const struct mydrv_settings *s)
{
    bool wanted = !s->use_socket && s->tls != MYDRV_TLS_DISABLED;
    bool verified = wanted && (s->tls == MYDRV_TLS_VERIFY_IDENTITY ||
                               (s->tls == MYDRV_TLS_VERIFY_CA && tls_library_decides()));
    const char *capath = s->capath;
    if (verified && tls_library_decides() && s->ca == NULL && capath == NULL &&
        s->fingerprint == NULL)
        capath = TLS_SYSTEM_CAPATH;
    if (!mydrv_connstring_add(string, "restricted-auth", tls_logins(s)))
        return false;
    /* These two come last of all: the files below would switch TLS on by themselves. */
    bool carried = !wanted || (mydrv_connstring_add(string, "ssl-ca", s->ca) &&
                               mydrv_connstring_add(string, "ssl-capath", capath) &&
                               mydrv_connstring_add(string, "ssl-cert", s->cert) &&
                               mydrv_connstring_add(string, "ssl-key", s->key) &&
                               mydrv_connstring_add(string, "ssl-crl", s->crl) &&
                               mydrv_connstring_add(string, "ssl-fp", s->fingerprint) &&
                               mydrv_connstring_add(string, "tls-version", s->tls_version));
    fprintf(string, "ssl-verify-server-cert=%d;ssl-enforce=%d;", verified, wanted);
    return carried;
}

static const struct mydrv_tls_failure tls_failures[] = {
    {"does not support it", "the server offers no TLS, or somebody on the way took the offer out; "
                            "switch TLS on at the server, or choose a weaker ssl_mode knowingly"},
    {"has expired", "the server's certificate has expired; renew it, and check this machine's "
                    "clock"},
    {"not yet valid", "the server's certificate is not valid yet; check this machine's clock"},
    {"Certificate not yet valid or expired", "renew the server's certificate, and check this "
                                             "machine's clock"},
    {"self-signed", "the server's certificate is signed by nobody known; give its CA as ssl_ca"},
    {"self signed", "the server's certificate is signed by nobody known; give its CA as ssl_ca"},
    {"issuer certificate", "no known CA signed the server's certificate; give the right one as "
                           "ssl_ca"},
    {"not trusted", "no known CA signed the server's certificate; give the right one as ssl_ca"},
    {"certificate signature failure", "the CA in ssl_ca did not sign the server's certificate"},
    {"verify failed", "the server's certificate does not pass; give the CA that signed it as "
                      "ssl_ca"},
    {"alidation of SSL server certificate", "the server's certificate is for another host; use the "
                                            "name that stands in it as `host`"},
    {"ostname", "the server's certificate is for another host; use the name that stands in it as "
                "`host`"},
    {"ingerprint", "the server's certificate is not the one that ssl_fingerprint names"},
    {"revoked", "the server's certificate was revoked"},
    {"CRL", "the revocation list in ssl_crl does not fit the certificate; renew it"},
    {"unsupported protocol", "server and tls_version have no TLS version in common"},
    {"protocol version", "server and tls_version have no TLS version in common"},
    {"wrong version number", "what answered does not speak TLS on this port"},
    {"key values mismatch", "ssl_key is not the key of ssl_cert"},
    {"no start line", "a file given by ssl_ca, ssl_cert, ssl_key or ssl_crl holds no certificate "
                      "or key in PEM form"},
    {"no certificate or crl found", "ssl_ca or ssl_crl holds no certificate in PEM form"},
};

static const char *tls_find_meaning(const struct mydrv_tls_failure *list, size_t count,
                                    const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, list[i].part) != NULL)
            return list[i].meaning;
    return NULL;
}

const char *mydrv_tls_explain(const struct mydrv_flavour *flavour, const char *text)
{
    const char *meaning = tls_find_meaning(flavour->tls_failures, flavour->tls_failure_count, text);
    if (meaning == NULL)
        meaning = tls_find_meaning(tls_failures, sizeof tls_failures / sizeof *tls_failures, text);
    return meaning != NULL ? meaning : "compare ssl_mode, ssl_ca and the server's certificate";
}
