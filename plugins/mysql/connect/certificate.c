/* How long the certificates of a connection are still valid: the server's with those that vouch for
 * it, and our own.
 *
 * The client library of Debian 12 has no question for that, so the certificates are taken from the
 * TLS session inside of it, where that is OpenSSL's.
 */

#include "connect/connect.h"

#include <ma_pvio.h>
#include <openssl/ssl.h>

#include "parts/certificate.h"

#define CERTIFICATE_DAYS 21 /* fewer are few: somebody has to be asked for another one */

/* How the library's MARIADB_TLS begins; <ma_tls.h> cannot be included without its warnings. */
struct certificate_tls {
    void *data;
    MARIADB_PVIO *io;
    SSL *ssl;
};

/* NULL where there is none, or where the library keeps it otherwise. */
static const SSL *certificate_session(const struct mydrv_conn *conn)
{
    const MARIADB_PVIO *io = conn->native->net.pvio;
    const struct certificate_tls *tls = io == NULL ? NULL : (const void *)io->ctls;
    return tls == NULL || tls->io != io || !mydrv_identity_is_looked_at() ? NULL : tls->ssl;
}

ferry_status mydrv_certificate_examine(const struct mydrv_conn *conn,
                                       struct ferry_findings *findings, struct ferry_error *err)
{
    return part_certificate_examine(certificate_session(conn), CERTIFICATE_DAYS, findings, err);
}

void mydrv_certificate_tell(const struct mydrv_conn *conn, struct ferry_facts *facts)
{
    part_certificate_tell(certificate_session(conn), facts);
}
