/* The moment between the server's greeting and the login, which the connection string cannot reach.
 *
 * The client library refuses a server without TLS only where it is to compare the host's name too.
 * So every mode from `required` on begins with that; as soon as the request for TLS is out, which
 * goes only to a server that has offered it, what the mode does not ask for is taken back.  Should
 * a release never call us, more is checked than was asked for, not less.
 */

#include "mysql_driver.h"

#include <errmsg.h>
#include <limits.h>
#include <string.h>

#include <ma_pvio.h>

/* Exported by the library, for plugins that watch the traffic, but in no header that it installs.
 * `mode` is PVIO_READ or PVIO_WRITE; the bytes have then been read or written. */
extern int ma_pvio_register_callback(my_bool add, void (*watch)(int mode, MYSQL *mysql,
                                                                const uchar *bytes, size_t length));

/* What this thread is connecting to, and how many packets it has sent there. */
static _Thread_local const struct mydrv_gate *gate_opening;
static _Thread_local unsigned gate_written;

#if MARIADB_PACKAGE_VERSION_ID >= 30402
static _Thread_local MYSQL *gate_checked;

/* In place of Connector/C 3.4's own check after the handshake: everything that OpenSSL has found
 * about the chain counts, but the host's name is not compared.  The error is set already. */
static int gate_check_chain(MARIADB_TLS *tls, unsigned flags)
{
    (void)tls;   /* the library's headers hide what it is */
    (void)flags; /* what the library thinks should count, by the host's name */
    MYSQL *mysql = gate_checked;
    unsigned found = mysql->net.tls_verify_status;
    mysql->net.tls_verify_status = (unsigned char)(found & ~(unsigned)MARIADB_TLS_VERIFY_HOST);
    return mysql->net.tls_verify_status != MARIADB_TLS_VERIFY_OK;
}

static void gate_check_only_chain(MYSQL *mysql)
{
    int (*check)(MARIADB_TLS *, unsigned) = gate_check_chain;
    void *address;
    gate_checked = mysql;
    memcpy(&address, &check, sizeof address);
    mysql_optionsv(mysql, MARIADB_OPT_TLS_VERIFICATION_CALLBACK, address);
}
#else
static void gate_check_only_chain(MYSQL *mysql)
{
    (void)mysql; /* built for a release without that: verify-ca compares the name there */
}
#endif

static void gate_relax(MYSQL *mysql, enum mydrv_tls_mode mode)
{
    my_bool off = 0;
    if (gate_opening->pinned)
        return;
    bool offered = (mysql->server_capabilities & CLIENT_SSL) != 0;
    if (mode == MYDRV_TLS_PREFERRED && !offered)
        /* caching_sha2_password takes the wish for TLS for TLS itself, and would send the password
         * as it is. */
        mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &off);
    else if (mode == MYDRV_TLS_VERIFY_CA && mydrv_tls_library_decides())
        gate_check_only_chain(mysql);
    else if (mode == MYDRV_TLS_REQUIRED || mode == MYDRV_TLS_VERIFY_CA)
        mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
}

/* What OpenSSL has found about a certificate that was taken all the same: Connector/C 3.4 keeps it,
 * and would tell it as the cause of a connection that is lost later. */
static void gate_forget_findings(MYSQL *mysql)
{
    if (mysql->net.last_errno != CR_SSL_CONNECTION_ERROR)
        return;
    mysql->net.last_errno = 0;
    mysql->net.last_error[0] = '\0';
}

/* Called for all that any connection reads or writes. */
static void gate_watch(int mode, MYSQL *mysql, const uchar *bytes, size_t length)
{
    (void)bytes;
    if (gate_opening == NULL || mode != PVIO_WRITE || length == 0 || length > SSIZE_MAX)
        return;
    if (gate_written++ == 0)
        gate_relax(mysql, gate_opening->mode);
    else
        gate_forget_findings(mysql);
}

bool mydrv_gate_install(void)
{
    return ma_pvio_register_callback(1, gate_watch) == 0;
}

struct mydrv_gate mydrv_gate_make(const struct mydrv_settings *settings)
{
    return (struct mydrv_gate){
        .mode = settings->tls,
        .pinned = settings->fingerprint != NULL,
        .watched = !settings->use_socket,
    };
}

void mydrv_gate_open(const struct mydrv_gate *gate)
{
    gate_opening = gate->watched ? gate : NULL;
    gate_written = 0;
}

void mydrv_gate_close(void)
{
    gate_opening = NULL;
}
