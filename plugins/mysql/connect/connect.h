/* What opening a session takes: settings, TLS, login, limits; listed under the file that each
 * function lives in.
 */

#ifndef DBFERRY_MYSQL_CONNECT_H
#define DBFERRY_MYSQL_CONNECT_H

#include "mysql_driver.h"

/* ---- settings.c: the options of one connection, read and checked ---- */

/* MySQL's meanings; a higher one demands more. */
enum mydrv_tls_mode {
    MYDRV_TLS_DISABLED,
    MYDRV_TLS_PREFERRED,
    MYDRV_TLS_REQUIRED,
    MYDRV_TLS_VERIFY_CA,
    MYDRV_TLS_VERIFY_IDENTITY,
};

struct mydrv_settings {
    const char *host;   /* never NULL; checked against a short list of characters */
    const char *socket; /* set: where the unix socket is; "" with use_socket: the library's own */
    const char *database;
    char *user; /* owned: as configured, or the name of the account that runs dbferry */
    const char *time_zone;
    const char *ca, *capath, *cert, *key, *crl; /* readable when they were checked, or NULL */
    const char *fingerprint, *tls_version;
    enum mydrv_tls_mode tls;
    unsigned port;
    unsigned connect_timeout; /* seconds, at least 1 */
    int64_t read_timeout_ms;
    bool use_socket;
    bool compression;
    bool create_database;
    bool insist; /* on TLS, though the mode does not: a connection of this run has had it */
    bool token;  /* the password is a token, which goes to the server as it is: only inside of TLS
                   with VERIFY_IDENTITY */
};

/* The strings other than `user` belong to `config`.  Fails with CONFIG or SYSTEM. */
ferry_status mydrv_settings_read(const struct mydrv_flavour *flavour,
                                 const struct ferry_config *config, struct mydrv_settings *ret,
                                 struct ferry_error *err);
void mydrv_settings_clear(struct mydrv_settings *settings);
/* 1 if traffic to `host` never leaves this machine. */
bool mydrv_host_is_local(const char *host);
bool mydrv_host_is_valid(const char *host);
/* 1 if it is no name that would have to be looked up. */
bool mydrv_host_is_address(const char *host);

/* ---- connstring.c: the connection string that the client library reads in place of a host ---- */

/* Append `key={value};`.  False, and nothing written, if the library's parser could take the value
 * for something else.  NULL and "" are left out. */
bool mydrv_connstring_add(FILE *string, const char *key, const char *value);
/* The whole string for these settings; the caller frees it.  Fails with CONFIG or SYSTEM. */
ferry_status mydrv_connstring_make(const char *label, const struct mydrv_settings *settings,
                                   char **ret_string, struct ferry_error *err);

/* ---- tls.c: what each ssl_mode asks of the client library, and what its failures mean ---- */

enum mydrv_tls_mode mydrv_tls_mode_parse(const char *name);
const char *mydrv_tls_mode_name(enum mydrv_tls_mode mode);
/* Fails with CONFIG where files or modes contradict each other or a file cannot be read. */
ferry_status mydrv_tls_check_settings(const char *label, const struct mydrv_settings *settings,
                                      struct ferry_error *err);
bool mydrv_tls_add_options(FILE *string, const struct mydrv_settings *settings);
/* Connector/C 3.4 and later decides about the server by itself; see the top of tls.c. */
bool mydrv_tls_library_decides(void);
/* The host, spelled so that the library compares its name where the mode asks for that. */
const char *mydrv_tls_spell_host(const struct mydrv_settings *settings);
/* Whether an ssl_ca, ssl_capath or ssl_crl is set that nobody will look at. */
bool mydrv_tls_ignores_files(const struct mydrv_settings *settings);
/* The library's and OpenSSL's words, as a part of the message -> what they mean to a user. */
struct mydrv_tls_failure {
    const char *part;
    const char *meaning;
};
/* Whether these are the words for a connection that was lost: nobody refused anything then. */
bool mydrv_tls_was_lost(const char *text);
/* Whether the server has offered no TLS where it is demanded. */
bool mydrv_tls_was_not_offered(const char *text);
/* What the library's words for a failed handshake mean and what to do. */
const char *mydrv_tls_explain(const struct mydrv_flavour *flavour, const char *text);

/* ---- packets.c: what a server says before the login is done ---- */

#define MYDRV_METHOD_ROOM 65 /* for the name of a login method */

struct mydrv_packet { /* zeroed at first */
    unsigned char head[4];
    size_t head_size;
    size_t size; /* of what has come of it, without the head */
    unsigned char start[512];
    size_t kept;     /* of it, in `start` */
    unsigned number; /* of those before it */
    bool whole;
};

/* Take what comes next of the packet, or of the next one where it is whole; how many bytes were
 * used, which end with the packet at the latest. */
size_t mydrv_packet_take(struct mydrv_packet *packet, const unsigned char *bytes, size_t length);
/* The login method that a whole packet names: the greeting, or a request to use another one.  What
 * no name has in it becomes "?".  False where it is no such packet. */
bool mydrv_packet_find_method(const struct mydrv_packet *packet, char name[MYDRV_METHOD_ROOM]);

/* ---- methods.c: which login methods a connection allows ---- */

/* The names, parted by commas. */
const char *mydrv_methods_allowed(const struct mydrv_settings *settings);
bool mydrv_methods_has(const char *list, const char *name);
/* Have the client library load those that it has. */
ferry_status mydrv_methods_load(const char *list, struct ferry_error *err);
/* Fail because the server asks for the method `name`, which there is not. */
ferry_status mydrv_methods_fail(const struct mydrv_conn *conn,
                                const struct mydrv_settings *settings, const char *name,
                                struct ferry_error *err);

/* ---- identity.c: whether the server's certificate is made out to the host ---- */

struct mydrv_identity {
    const char *host;
    void (*refuse)(void *data); /* called at once where there is a fault */
    void *data;
    bool looked;
    const char *fault; /* the certificate's, in the client library's words; NULL: none */
};

/* False where the client library uses another TLS library than OpenSSL: then its word counts. */
bool mydrv_identity_is_looked_at(void);
/* Around the connecting, in the thread that connects. */
void mydrv_identity_begin(struct mydrv_identity *identity);
void mydrv_identity_end(void);

/* ---- certificate.c: how long certificates are still valid ---- */

ferry_status mydrv_certificate_examine(const struct mydrv_conn *conn,
                                       struct ferry_findings *findings, struct ferry_error *err);
/* Adds to the facts of a connection with TLS when the server's own ends. */
void mydrv_certificate_tell(const struct mydrv_conn *conn, struct ferry_facts *facts);

/* ---- gate.c: what happens before the login is done ---- */

/* Once for each driver, before its first connection.  False if the library cannot do it. */
bool mydrv_gate_install(void);
struct mydrv_gate_found {
    bool injected; /* more came than a greeting before anything was sent; the connection is ended */
    bool refused;  /* the server asks for a method that is not allowed */
    const char *fault; /* of the server's certificate, for which it was ended; NULL: none */
    bool requested;    /* TLS was asked for */
    bool encrypted;    /* there was TLS */
    char method[MYDRV_METHOD_ROOM]; /* the last that it has asked for */
};
struct mydrv_gate {
    enum mydrv_tls_mode mode;
    bool pinned; /* by ssl_fingerprint */
    bool insist;
    bool tcp;            /* not a socket, which has no TLS */
    const char *methods; /* of login, that are allowed */
    const char *host;    /* whose name the certificate must bear; NULL: it may be any */
    struct mydrv_gate_found found;
};
struct mydrv_gate mydrv_gate_make(const struct mydrv_settings *settings);
/* Around the connecting, in the thread that connects; `gate` lives until it is closed. */
void mydrv_gate_open(struct mydrv_gate *gate);
void mydrv_gate_close(void);
/* Fail because of what was found. */
ferry_status mydrv_gate_fail(const struct mydrv_conn *conn, const struct mydrv_settings *settings,
                             const struct mydrv_gate_found *found, struct ferry_error *err);

/* ---- library.c: the start of the client library ---- */

/* Again, it does nothing.  False where it cannot start: with ENOMEM, for want of memory. */
bool mydrv_library_start(void);

/* ---- libdbi.c: handles of libdbi, in any thread ---- */

/* A handle that is not connected, in `conn`; the first call loads libdbi and its driver. */
ferry_status mydrv_libdbi_open(struct mydrv_conn *conn, struct ferry_error *err);
/* False if there was no memory.  `database` NULL: none; `password` NULL: the empty one. */
bool mydrv_libdbi_set_options(dbi_conn dbi, const struct mydrv_settings *settings,
                              const char *database, const char *connstring, const char *password);
/* Wipe the password and forget all options; `native` is the handle inside, or NULL. */
void mydrv_libdbi_forget_password(dbi_conn dbi, MYSQL *native);
void mydrv_libdbi_close(dbi_conn dbi);
/* The same of a login that nobody waits for any more, with its password. */
void mydrv_libdbi_discard(dbi_conn dbi);

/* ---- login.c: one login, from the password to what came of it ---- */

/* The library reports a single wait that takes all of the time, and knows where it was; the rest of
 * a second lets it come first. */
#define MYDRV_CONNECT_SLACK_MS 500

struct mydrv_login { /* what the connections of one mydrv_connect() share */
    const struct mydrv_flavour *flavour;
    const struct ferry_config *config;
    struct mydrv_settings settings;
    uint32_t role;
    char *password; /* asked for once, and late: only where all else is in order */
    bool asked;
};

/* Connect `conn`.  A database that a load may make need not be there yet: then the connection has
 * none, and conn->missing_database is its name. */
ferry_status mydrv_login(struct mydrv_conn *conn, struct mydrv_login *login,
                         struct ferry_error *err);

/* ---- secure.c: what must hold before the first statement goes out ---- */

/* Fails with REFUSED where TLS is demanded and is not there.  Sets conn->tls and conn->compression,
 * and logs them. */
ferry_status mydrv_conn_secure(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                               struct ferry_error *err);

/* ---- dial.c: one login with one time limit for all of it ---- */

enum mydrv_dial_end {
    MYDRV_DIAL_DONE,      /* dbi_conn_connect() has returned: see the result */
    MYDRV_DIAL_NO_HOST,   /* the resolver found no address: see the result */
    MYDRV_DIAL_NO_THREAD, /* out of memory or threads */
    /* given up, and `dbi` with it, which the thread will discard: */
    MYDRV_DIAL_SLOW_NAME, /* no address within the time */
    MYDRV_DIAL_SLOW,      /* no login */
    MYDRV_DIAL_STOPPED,   /* the run is to end */
};

struct mydrv_dial_result {
    bool failed;        /* what dbi_conn_connect() returned */
    int resolver_error; /* an EAI_ number */
    int system_error;   /* errno, where that is EAI_SYSTEM */
    struct mydrv_gate_found found;
};

/* Look for the host's address, if it has a name, and connect `dbi`, whose options are set, within
 * `timeout_ms`.  `discard` may be called from another thread, at any later time. */
enum mydrv_dial_end mydrv_dial(dbi_conn dbi, const struct mydrv_settings *settings,
                               int64_t timeout_ms, void (*discard)(dbi_conn dbi),
                               struct mydrv_dial_result *ret_result);

/* ---- limit.c: one time limit for all the statements that set up a session ---- */

struct mydrv_limit {
    struct mydrv_conn *conn;
    int64_t timeout_ms;
    bool done; /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
};

/* Until mydrv_limit_end(), cut `conn` off after `timeout_ms`, or once the run is to end; what it
 * was asked then fails. */
ferry_status mydrv_limit_begin(struct mydrv_limit *limit, struct mydrv_conn *conn,
                               int64_t timeout_ms, struct ferry_error *err);
void mydrv_limit_end(struct mydrv_limit *limit);

/* ---- session.c: the state of the session on the server ---- */

ferry_status mydrv_session_set_up(struct mydrv_conn *conn, const struct ferry_config *config,
                                  const struct mydrv_settings *settings, struct ferry_error *err);
/* After this the server sends texts as they are stored, and each result tells the character set of
 * each column.  What servers themselves turn into utf8mb4 has question marks in the place of what
 * they cannot, and no warning. */
#define MYDRV_SESSION_RAW "SET SESSION character_set_results = NULL"
#define MYDRV_SESSION_UTF8 "SET SESSION character_set_results = utf8mb4"
ferry_status mydrv_snapshot_begin(void *conn, struct ferry_error *err);
void mydrv_snapshot_end(void *conn);
/* Fail a set-up: one that lost the server has not reached it. */
ferry_status mydrv_session_fail(struct mydrv_conn *conn, const char *doing,
                                struct ferry_error *err);

#endif /* DBFERRY_MYSQL_CONNECT_H */
