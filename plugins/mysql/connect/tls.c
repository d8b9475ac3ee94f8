/* What each ssl_mode asks of the client library, and what its failures mean.
 *
 * Measured with Connector/C 3.3: `ssl-enforce` alone talks plain text to a server that offers no
 * TLS; with a CA it checks the chain but not the host; only `ssl-verify-server-cert` and a
 * fingerprint refuse before the login is sent.
 *
 * Measured with Connector/C 3.4: without `ssl-verify-server-cert` no file is looked at, not even
 * the CA; with it, but without a CA, a server that knows the password's hash passes with any
 * certificate; and where the host is written as one of this machine's own addresses its name is not
 * compared (identity.c does).
 *
 * So each key is always given, a host of this machine is spelled in another way or refused, and
 * what remains is done by gate.c.
 */

#include "connect/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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

static bool tls_holds_pem(FILE *file)
{
    PART_AUTO_STRING char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) >= 0)
        if (strncmp(line, "-----BEGIN ", 11) == 0)
            return true;
    return false;
}

/* What is our own trouble is none of the path's. */
static ferry_status tls_fail_file(const char *label, const char *key, const char *path, int cause,
                                  struct ferry_error *err)
{
    bool ours = cause == ENOMEM || cause == EMFILE || cause == ENFILE;
    return ferry_fail(err, ours ? FERRY_ERR_SYSTEM : FERRY_ERR_CONFIG,
                      "%s: cannot read %s '%s': %s%s", label, key, path, strerror(cause),
                      ours ? "" : "; correct the path or its rights");
}

/* Looked at here only so that the message can name the key; the library opens it again. */
static ferry_status tls_check_file(const char *label, const char *key, const char *path,
                                   struct ferry_error *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file == NULL) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return tls_fail_file(label, key, path, code, err);
    }
    bool folder = strcmp(key, "ssl_capath") == 0;
    errno = 0;
    bool fits = fstat(fd, &about) == 0 &&
                (folder ? S_ISDIR(about.st_mode) : S_ISREG(about.st_mode) && tls_holds_pem(file));
    int cause = errno; /* still 0 where it was read to its end */
    (void)fclose(file);
    if (fits)
        return FERRY_OK;
    if (cause != 0)
        return tls_fail_file(label, key, path, cause, err);
    return ferry_fail(err, FERRY_ERR_CONFIG, "%s: %s '%s' is %s; correct the path", label, key,
                      path, folder ? "not a folder" : "not a file in PEM form, or is empty");
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
        ferry_status status = files[i].path == NULL
                                  ? FERRY_OK
                                  : tls_check_file(label, files[i].key, files[i].path, err);
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

#define TLS_SHA1_DIGITS 40

static size_t tls_count_digits(const char *text)
{
    size_t digits = 0;
    for (; *text != '\0'; text++)
        digits += *text != ':';
    return digits;
}

/* 20, 32, 48 or 64 bytes in hexadecimal, all parted by colons or none. */
static bool tls_fingerprint_is_valid(const char *text)
{
    size_t digits = tls_count_digits(text);
    size_t length = strlen(text);
    bool parted = length != digits;
    if (parted && length != digits + digits / 2 - 1)
        return false;
    for (size_t i = 0; i < length; i++)
        if (strchr(parted && i % 3 == 2 ? ":" : "0123456789abcdefABCDEF", text[i]) == NULL)
            return false;
    return digits == TLS_SHA1_DIGITS || digits == 64 || digits == 96 || digits == 128;
}

/* Whole names, parted by commas: the library looks for a part of what it knows and takes any word.
 */
static bool tls_version_is_valid(const char *text)
{
    if (text == NULL || *text == '\0')
        return false;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (length != 7 || (memcmp(text, "TLSv1.2", 7) != 0 && memcmp(text, "TLSv1.3", 7) != 0))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

bool mydrv_tls_library_decides(void)
{
    return mysql_get_client_version() >= 30400;
}

/* Connector/C 3.4 does not compare the names of these hosts, known by their spelling; OpenSSL does,
 * by their meaning.  127.0.0.1 can be spelled in one way only. */
static const struct {
    const char *host;
    const char *other;
} tls_spellings[] = {
    {"localhost", "LOCALHOST"},
    {"::1", "0:0:0:0:0:0:0:1"},
};

static bool tls_host_goes_unchecked(const char *host)
{
    return mydrv_tls_library_decides() && !mydrv_identity_is_looked_at() &&
           strcmp(host, "127.0.0.1") == 0;
}

const char *mydrv_tls_spell_host(const struct mydrv_settings *s)
{
    if (!mydrv_tls_library_decides() || s->use_socket || s->tls < MYDRV_TLS_REQUIRED)
        return s->host;
    for (size_t i = 0; i < sizeof tls_spellings / sizeof *tls_spellings; i++)
        if (strcmp(s->host, tls_spellings[i].host) == 0)
            return tls_spellings[i].other;
    return s->host;
}

/* TLS where there is none. */
static ferry_status tls_check_use(const char *label, const struct mydrv_settings *s,
                                  struct ferry_error *err)
{
    if (s->use_socket && s->tls >= MYDRV_TLS_REQUIRED)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: a unix socket has no TLS, yet ssl_mode is \"%s\"; remove `socket` "
                          "to connect by TCP, or remove `ssl_mode`",
                          label, mydrv_tls_mode_name(s->tls));
    if (tls_has_material(s) && (s->use_socket || s->tls == MYDRV_TLS_DISABLED))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: TLS files or a fingerprint are set, yet this connection does not "
                          "use TLS (%s); set `ssl_mode`, or remove them",
                          label,
                          s->use_socket ? "it goes by unix socket" : "ssl_mode = \"disabled\"");
    return FERRY_OK;
}

/* What the client library would not look at, though the mode says that it does. */
static ferry_status tls_check_mode(const char *label, const struct mydrv_settings *s,
                                   struct ferry_error *err)
{
    if (s->fingerprint != NULL)
        return FERRY_OK;
    if (s->tls == MYDRV_TLS_VERIFY_CA && s->ca == NULL && s->capath == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_mode \"verify-ca\" needs `ssl_ca` or `ssl_capath`: without one "
                          "the client library checks nothing; set it, or use \"verify-identity\", "
                          "which falls back to the system's certificates",
                          label);
    if (s->tls == MYDRV_TLS_VERIFY_IDENTITY && tls_host_goes_unchecked(s->host))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_mode is \"verify-identity\", yet this release of the client "
                          "library (%s) does not compare the name of a server at 127.0.0.1; set "
                          "`host` to \"localhost\" or to another address of this machine, or use "
                          "\"verify-ca\" or `ssl_fingerprint`",
                          label, mysql_get_client_info());
    return FERRY_OK;
}

static ferry_status tls_check_fingerprint(const char *label, const char *fingerprint,
                                          struct ferry_error *err)
{
    if (fingerprint == NULL)
        return FERRY_OK;
    if (!tls_fingerprint_is_valid(fingerprint))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: ssl_fingerprint is not 20, 32, 48 or 64 bytes in hexadecimal; copy "
                          "it from `openssl x509 -noout -fingerprint`",
                          label);
    if (!mydrv_tls_library_decides() && tls_count_digits(fingerprint) != TLS_SHA1_DIGITS)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: this release of the client library (%s) knows only SHA-1 "
                          "fingerprints, of 20 bytes; set ssl_fingerprint to what `openssl x509 "
                          "-noout -fingerprint -sha1` prints",
                          label, mysql_get_client_info());
    return FERRY_OK;
}

ferry_status mydrv_tls_check_settings(const char *label, const struct mydrv_settings *s,
                                      struct ferry_error *err)
{
    ferry_status status = tls_check_use(label, s, err);
    if (status == FERRY_OK)
        status = tls_check_mode(label, s, err);
    if (status == FERRY_OK)
        status = tls_check_fingerprint(label, s->fingerprint, err);
    if (status == FERRY_OK && !tls_version_is_valid(s->tls_version))
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: tls_version must list TLSv1.2 or TLSv1.3 or both, such as "
                            "\"TLSv1.2,TLSv1.3\"; nothing older is safe",
                            label);
    return status == FERRY_OK ? tls_check_files(label, s, err) : status;
}

/* The certificates that the system trusts.  Given by name, it makes Connector/C 3.4 insist. */
#define TLS_SYSTEM_CAPATH "/etc/ssl/certs"

/* A fingerprint takes the place of authority and name; the modes below verify-ca look at neither.
 */
static bool tls_checks_authority(const struct mydrv_settings *s)
{
    return s->tls >= MYDRV_TLS_VERIFY_CA && s->fingerprint == NULL;
}

bool mydrv_tls_ignores_files(const struct mydrv_settings *s)
{
    return !tls_checks_authority(s) && (s->ca != NULL || s->capath != NULL || s->crl != NULL);
}

static bool tls_add_authority(FILE *string, const struct mydrv_settings *s)
{
    const char *capath = s->capath;
    if (!tls_checks_authority(s))
        return true;
    if (mydrv_tls_library_decides() && s->ca == NULL && capath == NULL)
        capath = TLS_SYSTEM_CAPATH;
    return mydrv_connstring_add(string, "ssl-ca", s->ca) &&
           mydrv_connstring_add(string, "ssl-capath", capath) &&
           mydrv_connstring_add(string, "ssl-crl", s->crl);
}

bool mydrv_tls_add_options(FILE *string, const struct mydrv_settings *s)
{
    bool wanted = !s->use_socket && s->tls != MYDRV_TLS_DISABLED;
    bool demanded = s->tls >= MYDRV_TLS_REQUIRED || s->insist;
    bool verified = wanted && demanded && s->fingerprint == NULL;
    if (!mydrv_connstring_add(string, "restricted-auth", mydrv_methods_allowed(s)))
        return false;
    /* These two come last of all: the files below would switch TLS on by themselves. */
    bool carried = !wanted || (tls_add_authority(string, s) &&
                               mydrv_connstring_add(string, "ssl-cert", s->cert) &&
                               mydrv_connstring_add(string, "ssl-key", s->key) &&
                               mydrv_connstring_add(string, "ssl-fp", s->fingerprint) &&
                               mydrv_connstring_add(string, "tls-version", s->tls_version));
    fprintf(string, "ssl-verify-server-cert=%d;ssl-enforce=%d;", verified, wanted);
    return carried;
}

#define TLS_NOT_OFFERED "does not support it" /* the library's words */

bool mydrv_tls_was_not_offered(const char *text)
{
    return strstr(text, TLS_NOT_OFFERED) != NULL;
}

static const struct mydrv_tls_failure tls_failures[] = {
    {TLS_NOT_OFFERED, "the server offers no TLS, or somebody on the way took the offer out; "
                      "switch TLS on at the server, or choose a weaker ssl_mode knowingly"},
    {"CRL has expired",
     "the revocation list in ssl_crl has expired; fetch the authority's latest, and "
     "check this machine's clock"},
    {"CRL is not yet valid",
     "the revocation list in ssl_crl is not valid yet; check this machine's "
     "clock"},
    {"has expired", "the server's certificate has expired; renew it, and check this machine's "
                    "clock"},
    {"not yet valid", "the server's certificate is not valid yet; check this machine's clock"},
    {"Certificate not yet valid or expired", "renew the server's certificate, and check this "
                                             "machine's clock"},
    {"certificate in certificate chain",
     "no known CA signed the server's certificate; give the right "
     "one as ssl_ca"},
    {"self-signed", "the server's certificate is signed by nobody known; give its CA as ssl_ca"},
    {"self signed", "the server's certificate is signed by nobody known; give its CA as ssl_ca"},
    {"verify the first certificate", "no known CA signed the server's certificate; give the right "
                                     "one as ssl_ca"},
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
    {"CRL",
     "the revocation list in ssl_crl does not fit the certificate; it must be the list of the "
     "authority that signed it"},
    {"unsupported protocol", "server and tls_version have no TLS version in common"},
    {"protocol version", "server and tls_version have no TLS version in common"},
    {"wrong version number", "what answered does not speak TLS on this port"},
    {"key values mismatch", "ssl_key is not the key of ssl_cert"},
    {"no start line", "a file given by ssl_ca, ssl_cert, ssl_key or ssl_crl holds no certificate "
                      "or key in PEM form"},
    {"no certificate or crl found", "ssl_ca or ssl_crl holds no certificate in PEM form"},
};

bool mydrv_tls_was_lost(const char *text)
{
    /* The system's words are those of the last call that failed; Connector/C 3.4 has no others for
     * a connection that is closed. */
    static const char *const parts[] = {
        "unexpected eof",         "Connection reset by peer",
        "Connection timed out",   "Broken pipe",
        "No route to host",       "Resource temporarily unavailable",
        "Network is unreachable",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(text, parts[i]) != NULL)
            return true;
    return false;
}

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
