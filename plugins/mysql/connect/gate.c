/* What happens before the login is done and the connection string cannot reach.
 *
 * The server's greeting comes in the clear, and what the client library has read behind it would be
 * taken for the server's first words inside of TLS.  No server sends anything there, so a
 * connection on which more comes is ended before anything is sent.
 *
 * The client library refuses a server without TLS only where it is to compare the host's name too.
 * So every mode from `required` on begins with that; as soon as the request for TLS is out, which
 * goes only to a server that has offered it, what the mode does not ask for is taken back.  Should
 * a release never call us, more is checked than was asked for, not less.
 */

#include "connect/connect.h"

#include <errmsg.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include <ma_pvio.h>

/* Exported by the library, for plugins that watch the traffic, but in no header that it installs.
 * `mode` is PVIO_READ or PVIO_WRITE; the bytes have then been read or written. */
extern int ma_pvio_register_callback(my_bool add, void (*watch)(int mode, MYSQL *mysql,
                                                                const uchar *bytes, size_t length));

/* What this thread is connecting to, how often it has written there, and what it reads. */
static _Thread_local struct mydrv_gate *gate_opening;
static _Thread_local unsigned gate_written;
static _Thread_local struct mydrv_packet gate_packet;
static _Thread_local struct mydrv_identity gate_identity;

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
    if (mode == MYDRV_TLS_PREFERRED && !offered && !gate_opening->insist)
        /* caching_sha2_password takes the wish for TLS for TLS itself, and would send the password
         * as it is. */
        mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &off);
    else if (mode == MYDRV_TLS_VERIFY_CA && mydrv_tls_library_decides())
        gate_check_only_chain(mysql);
    else if (gate_opening->insist || mode == MYDRV_TLS_REQUIRED || mode == MYDRV_TLS_VERIFY_CA)
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

static void gate_shut(void *mysql)
{
    shutdown((int)mysql_get_socket(mysql), SHUT_RDWR);
}

static void gate_end(MYSQL *mysql)
{
    gate_opening->found.injected = true;
    gate_shut(mysql);
}

/* The handshake comes next. */
static void gate_watch_identity(MYSQL *mysql)
{
    if (gate_opening->host == NULL)
        return;
    gate_identity = (struct mydrv_identity){
        .host = gate_opening->host,
        .refuse = gate_shut,
        .data = mysql,
    };
    mydrv_identity_begin(&gate_identity);
}

/* The library takes a part of an allowed name for the name; an empty list allows nothing. */
static void gate_note_method(MYSQL *mysql)
{
    struct mydrv_gate *gate = gate_opening;
    if (!mydrv_packet_find_method(&gate_packet, gate->found.method))
        return;
    gate->found.refused = !mydrv_methods_has(gate->methods, gate->found.method);
    if (gate->found.refused)
        mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, "");
}

static void gate_watch_read(MYSQL *mysql, const uchar *bytes, size_t length)
{
    size_t used = 0;
    while (used < length) {
        if (gate_written == 0 && gate_packet.whole) { /* the greeting is one packet */
            gate_end(mysql);
            return;
        }
        used += mydrv_packet_take(&gate_packet, bytes + used, length - used);
        if (gate_packet.whole)
            gate_note_method(mysql);
    }
}

/* Whether the library holds bytes that it has not used: the second look at what gate_watch_read
 * looks at, where the first has miscounted. */
static bool gate_has_more(const MARIADB_PVIO *io)
{
    return io != NULL && io->cache != NULL && io->cache_pos < io->cache + io->cache_size;
}

static void gate_watch_write(MYSQL *mysql)
{
    if (gate_written++ > 0) {
        gate_opening->found.encrypted = mysql->net.pvio != NULL && mysql->net.pvio->ctls != NULL;
        gate_forget_findings(mysql);
        return;
    }
    if (gate_has_more(mysql->net.pvio))
        gate_end(mysql);
    gate_opening->found.requested = (mysql->client_flag & CLIENT_SSL) != 0;
    gate_watch_identity(mysql);
    if (gate_opening->tcp)
        gate_relax(mysql, gate_opening->mode);
}

/* Called for all that any connection reads or writes; a failure has a length below zero. */
static void gate_watch(int mode, MYSQL *mysql, const uchar *bytes, size_t length)
{
    if (gate_opening == NULL || length == 0 || length > SSIZE_MAX)
        return;
    if (mode == PVIO_WRITE)
        gate_watch_write(mysql);
    else
        gate_watch_read(mysql, bytes, length);
}

bool mydrv_gate_install(void)
{
    return ma_pvio_register_callback(1, gate_watch) == 0;
}

struct mydrv_gate mydrv_gate_make(const struct mydrv_settings *settings)
{
    bool named = settings->tls == MYDRV_TLS_VERIFY_IDENTITY && settings->fingerprint == NULL;
    return (struct mydrv_gate){
        .mode = settings->tls,
        .pinned = settings->fingerprint != NULL,
        .insist = settings->insist && settings->tls == MYDRV_TLS_PREFERRED,
        .tcp = !settings->use_socket,
        .methods = mydrv_methods_allowed(settings),
        .host = named && !settings->use_socket ? settings->host : NULL,
    };
}

void mydrv_gate_open(struct mydrv_gate *gate)
{
    gate_opening = gate;
    gate_written = 0;
    gate_packet = (struct mydrv_packet){0};
    gate_identity = (struct mydrv_identity){0};
}

void mydrv_gate_close(void)
{
    mydrv_identity_end();
    if (gate_opening != NULL)
        gate_opening->found.fault = gate_identity.fault;
    gate_opening = NULL;
}

ferry_status mydrv_gate_fail(const struct mydrv_conn *conn, const struct mydrv_settings *settings,
                             const struct mydrv_gate_found *found, struct ferry_error *err)
{
    if (found->injected)
        return ferry_fail(
            err, FERRY_ERR_REFUSED,
            "%s: cannot connect: more than a greeting came before anything was asked, which no "
            "server sends: somebody on the way adds words of his own, or what answers is no MySQL "
            "server; nothing was sent; find out what lies between this machine and the server",
            conn->label);
    return mydrv_methods_fail(conn, settings, found->method, err);
}
