/* Whether the server's certificate is made out to the host, looked at in the middle of the
 * handshake: before our own certificate is shown to a stranger, and before any login.
 *
 * The client library compares after the handshake, takes an address for a name (so that "*.0.0.2"
 * or the certificate's CN may be one), and since Connector/C 3.4 compares nothing at 127.0.0.1.  It
 * has no place for a check of ours, but OpenSSL has: whatever context is made while this thread
 * connects tells us of each step of its handshakes.
 */

#include "connect/connect.h"

#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* What this thread looks at, or NULL. */
static _Thread_local struct mydrv_identity *identity_wanted;

static pthread_once_t identity_once = PTHREAD_ONCE_INIT;
static bool identity_ready;

/* What is wrong with the certificate, in the words of the client library, or NULL.  Its own look at
 * the authority comes after the handshake since Connector/C 3.4. */
static const char *identity_find_fault(const SSL *ssl, X509 *certificate, const char *host)
{
    long chain = SSL_get_verify_result(ssl);
    if (chain != X509_V_OK)
        return X509_verify_cert_error_string(chain);
    bool right = mydrv_host_is_address(host) ? X509_check_ip_asc(certificate, host, 0) == 1
                                             : X509_check_host(certificate, host, 0, 0, NULL) == 1;
    return right ? NULL : "Validation of SSL server certificate failed";
}

/* Called at each step, of which the one behind the server's certificate comes before ours goes. */
static void identity_watch(const SSL *ssl, int where, int result)
{
    struct mydrv_identity *wanted = identity_wanted;
    (void)where;
    (void)result;
    X509 *certificate = wanted == NULL || wanted->looked ? NULL : SSL_get0_peer_certificate(ssl);
    if (certificate == NULL)
        return;
    wanted->looked = true;
    wanted->fault = identity_find_fault(ssl, certificate, wanted->host);
    if (wanted->fault != NULL)
        wanted->refuse(wanted->data);
}

static void identity_note_context(void *context, void *data, CRYPTO_EX_DATA *extra, int index,
                                  long number, void *pointer)
{
    (void)data;
    (void)extra;
    (void)index;
    (void)number;
    (void)pointer;
    if (identity_wanted != NULL)
        SSL_CTX_set_info_callback(context, identity_watch);
}

/* OpenSSL is asked whether it does as is said above. */
static void identity_install(void)
{
    const char *library = NULL;
    struct mydrv_identity none = {0};
    if (mydrv_library_start()) /* it knows its TLS library from then on */
        mariadb_get_infov(NULL, MARIADB_TLS_LIBRARY, &library);
    if (library == NULL || strncmp(library, "OpenSSL", 7) != 0 ||
        SSL_CTX_get_ex_new_index(0, NULL, identity_note_context, NULL, NULL) < 0)
        return;
    identity_wanted = &none;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    identity_wanted = NULL;
    identity_ready = context != NULL && SSL_CTX_get_info_callback(context) == identity_watch;
    SSL_CTX_free(context);
}

bool mydrv_identity_is_looked_at(void)
{
    (void)pthread_once(&identity_once, identity_install);
    return identity_ready;
}

void mydrv_identity_begin(struct mydrv_identity *identity)
{
    identity_wanted = mydrv_identity_is_looked_at() ? identity : NULL;
}

void mydrv_identity_end(void)
{
    identity_wanted = NULL;
}
