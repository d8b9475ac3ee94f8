/* What the files of the mysql driver share, listed under the file that each function lives in.
 * All but mysql.c also make the other drivers of this family: see struct mydrv_flavour.
 *
 * The client library owns the prefix mysql_, so this driver's own names begin with mydrv_.
 * A connection is opened by libdbi; rows are read through the native handle inside it.
 */

#ifndef DBFERRY_MYSQL_DRIVER_H
#define DBFERRY_MYSQL_DRIVER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mysql.h>

#include <dbi/dbi.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dbferry/driver.h"

/* ---- settings.c: the options of one connection, read and checked ---- */

enum mydrv_tls_mode { /* MySQL's meanings; a higher one demands more */
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

struct mydrv_flavour;
struct mydrv_conn;

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

/* ---- tls.c: what each ssl_mode asks of the client library, and the check after it ---- */

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

/* ---- logins.c: which login methods a connection allows ---- */

/* The names, parted by commas. */
const char *mydrv_logins_allowed(const struct mydrv_settings *settings);
bool mydrv_logins_has(const char *list, const char *name);
/* Have the client library load those that it has. */
ferry_status mydrv_logins_load(const char *list, struct ferry_error *err);
/* Fail because the server asks for the method `name`, which there is not. */
ferry_status mydrv_logins_fail(const struct mydrv_conn *conn, const struct mydrv_settings *settings,
                               const char *name, struct ferry_error *err);

/* ---- identity.c: whether the server's certificate is made out to the host ---- */

struct mydrv_identity {
    const char *host;
    void (*refuse)(void *data); /* called at once where there is a fault */
    void *data;
    bool looked;
    const char *fault; /* the certificate's, in the client library's words; NULL: none */
};

/* False where the client library uses another TLS library than OpenSSL; then its own word counts.
 */
bool mydrv_identity_is_looked_at(void);
/* Around the connecting, in the thread that connects. */
void mydrv_identity_begin(struct mydrv_identity *identity);
void mydrv_identity_end(void);

/* ---- gate.c: what happens before the login is done ---- */

/* Once for each driver, before its first connection.  False if the library cannot do it. */
bool mydrv_gate_install(void);
struct mydrv_gate_found {
    bool injected; /* more came than a greeting before anything was sent; the connection is ended */
    bool refused;  /* the server asks for a method that is not allowed */
    const char
        *fault;     /* of the server's certificate, for which the connection was ended, or NULL */
    bool requested; /* TLS was asked for */
    bool encrypted; /* there was TLS */
    char method[MYDRV_METHOD_ROOM]; /* the last that it has asked for */
};
struct mydrv_gate {
    enum mydrv_tls_mode mode;
    bool pinned; /* by ssl_fingerprint */
    bool insist;
    bool tcp;           /* not a socket, which has no TLS */
    const char *logins; /* the methods that are allowed */
    const char *host;   /* whose name the certificate must bear; NULL: it may be any */
    struct mydrv_gate_found found;
};
struct mydrv_gate mydrv_gate_make(const struct mydrv_settings *settings);
/* Around the connecting, in the thread that connects; `gate` lives until it is closed. */
void mydrv_gate_open(struct mydrv_gate *gate);
void mydrv_gate_close(void);
/* Fail because of what was found. */
ferry_status mydrv_gate_fail(const struct mydrv_conn *conn, const struct mydrv_settings *settings,
                             const struct mydrv_gate_found *found, struct ferry_error *err);

/* ---- connect.c: opening and closing through libdbi ---- */

struct mydrv_conn {
    const struct mydrv_flavour *flavour;
    dbi_conn dbi;
    MYSQL *native; /* inside `dbi` */
    char *label;   /* "connection 'NAME' (USER@HOST:PORT)", for messages */
    char *server;  /* "MariaDB 10.11.19", for facts */
    char *time_zone;
    char *tls;                 /* "TLSv1.3, CIPHER" or why there is none */
    const char *compression;   /* what became of it, for facts */
    int wake_fd;               /* a duplicate of the socket that only this struct closes */
    atomic_bool cancelled;     /* set from any thread */
    bool encrypted;            /* a login of it has gone by TLS */
    bool utc;                  /* instants arrive in UTC */
    bool broken;               /* the stream was cut off: nothing else can be asked */
    bool target;               /* opened to be written to */
    bool mariadb;              /* not MySQL */
    struct mydrv_codes *codes; /* of the character sets that were met */
    unsigned long version;     /* 101119 is 10.11.19 */
    uint64_t id;               /* of the connection, as the server has it */
    /* of a target: */
    void *feed;            /* what the server may read as its file now; NULL: nothing */
    char *known_collation; /* the last that the server turned out to have */
    struct mydrv_conn
        *spare;            /* for what is left to do where this one was cut off; never cancelled */
    bool second;           /* this one is a spare */
    const char *held_lock; /* the name of the load's, while this connection holds it, or NULL */
    int64_t patience_ms;   /* of `read_timeout`: then the spare is asked whether the server lives */
    char *missing_database; /* it is made when a load begins; NULL: it is there */
};

ferry_status mydrv_connect(const struct mydrv_flavour *flavour, const struct ferry_config *config,
                           uint32_t role, void **ret_conn, struct ferry_error *err);
void mydrv_disconnect(void *conn);
void mydrv_cancel(void *conn);
/* Fails with CANCELLED, or with STREAM after a cut-off read, where nothing may be asked any more.
 */
ferry_status mydrv_conn_check(const struct mydrv_conn *conn, struct ferry_error *err);

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
/* origins.c: where rows come from */
ferry_status mydrv_origins(void *conn, const struct ferry_read *read, const char *table,
                           struct ferry_origins *origins, struct ferry_error *err);
/* Fail a set-up: one that lost the server has not reached it. */
ferry_status mydrv_session_fail(struct mydrv_conn *conn, const char *doing,
                                struct ferry_error *err);

/* ---- warnings.c: what the server warns of in what was read ---- */

/* Have the server keep as many warnings as it can. */
ferry_status mydrv_warnings_make_room(struct mydrv_conn *conn, struct ferry_error *err);
/* Ask for the warnings of the statement just read, which also shows that the server is still there.
 * Success if there are none, or if `on_warning` (FERRY_WARNINGS_) lets them be: then they are in
 * the log.  `what` is what was read. */
ferry_status mydrv_warnings_judge(struct mydrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err);

/* ---- charset.c: the character sets of both servers ---- */

enum mydrv_charset_kind { /* how its texts become UTF-8 */
                          MYDRV_CHARSET_UTF8,
                          MYDRV_CHARSET_ASCII,
                          MYDRV_CHARSET_LATIN1, /* Windows's, with U+0081 and so on in its gaps */
                          MYDRV_CHARSET_UCS2,
                          MYDRV_CHARSET_UTF16,
                          MYDRV_CHARSET_UTF16LE,
                          MYDRV_CHARSET_UTF32,
                          MYDRV_CHARSET_CODES, /* by a table that the server is asked for */
};

struct mydrv_charset {
    const char *name;
    enum mydrv_charset_kind kind;
    unsigned char least, most; /* bytes of a character */
    bool partial;              /* servers let in what UTF-8 cannot bring back */
};

/* The character set of the collation of that number; NULL: not known. */
const struct mydrv_charset *mydrv_charset_of(unsigned collation);
const struct mydrv_charset *mydrv_charset_named(const char *name);

/* ---- codes.c: the characters of one set, as the server itself converts them ---- */

struct mydrv_codes;

/* The table of a set of kind CODES, asked for once for each connection, which it belongs to.  Fails
 * as a question to the server does. */
ferry_status mydrv_codes_get(struct mydrv_conn *conn, const struct mydrv_charset *set,
                             const struct mydrv_codes **ret_codes, struct ferry_error *err);
void mydrv_codes_free(struct mydrv_codes *codes);

/* ---- translate.c: texts of a character set <-> UTF-8 ---- */

/* So many bytes of UTF-8 at most come of `size` bytes; eight are written at once. */
#define MYDRV_TRANSLATE_ROOM(size) (3 * (size) + 8)

/* Write the text in UTF-8 to `room` and return true.  False: from byte `*ret_length` on there is no
 * character of the set, or one that the server would not make of that letter.  `codes` for a set of
 * kind CODES. */
bool mydrv_translate(const struct mydrv_charset *set, const struct mydrv_codes *codes,
                     const unsigned char *text, size_t size, char *room, size_t *ret_length);
/* The other way, for a set of kind CODES, from valid UTF-8, into at most twice as many bytes.
 * False: the set has not all of these letters. */
bool mydrv_translate_back(const struct mydrv_codes *codes, const char *text, size_t size,
                          char *room, size_t *ret_length);
bool mydrv_translate_is_ascii(const unsigned char *text, size_t size);

/* ---- types.c: a column of a result -> the common type descriptor ---- */

enum mydrv_codec { /* how one value stands in a row of the binary protocol */
                   MYDRV_CODEC_INT8,
                   MYDRV_CODEC_UINT8,
                   MYDRV_CODEC_INT16,
                   MYDRV_CODEC_UINT16,
                   MYDRV_CODEC_INT32,
                   MYDRV_CODEC_UINT32,
                   MYDRV_CODEC_INT64,
                   MYDRV_CODEC_FLOAT,
                   MYDRV_CODEC_DOUBLE,
                   MYDRV_CODEC_STRING,
                   MYDRV_CODEC_DATE,
                   MYDRV_CODEC_TIME,
                   MYDRV_CODEC_DATETIME,
                   MYDRV_CODEC_BIT,
                   MYDRV_CODEC_NULL, /* not at all */
};

struct mydrv_column {
    struct ferry_column column; /* its strings are these: */
    char *name;
    char *native;
    char *subtype;
    char *charset;
    char *collation;
    char *members;
    char *default_value;
    enum mydrv_codec codec;
    const struct mydrv_charset *set; /* of the texts as they arrive; NULL: no texts */
    const char *recast; /* it can be read only after CAST(... AS this); NULL: as it is */
    bool impossible;    /* while it is described: what it says contradicts itself */
    bool defined;       /* the catalog has it */
    bool in_key;        /* and says that an index begins with it */
};

/* Of a result whose texts come in their own character sets (MYDRV_SESSION_RAW).  `utc` as in
 * struct mydrv_conn.  Fails with SCHEMA, naming column and type, where the type is not carried;
 * `column` is then as it was. */
ferry_status mydrv_column_describe(const MYSQL_FIELD *field, size_t position, bool utc,
                                   struct mydrv_column *column, struct ferry_error *err);
void mydrv_column_clear(struct mydrv_column *column);

/* ---- definition.c: what a column's definition says, in the words of the server's catalog ---- */

/* Whether `definition` ("int(5) unsigned", "enum('a','b')") is one of what the result describes. */
bool mydrv_definition_agrees(const char *definition, const struct ferry_column *column);
/* The digits that an INT of this definition is shown with; 0 where there is nothing special. */
uint64_t mydrv_definition_width(const char *definition, const struct ferry_column *column);
/* The dimensions of a VECTOR; 0 for other types. */
uint64_t mydrv_definition_dimensions(const char *definition);
/* "point", ... for a geometric type; NULL for any geometry. */
const char *mydrv_definition_subtype(const char *definition);
/* The members of an ENUM or SET as struct ferry_column has them, to be freed; NULL where they are
 * not understood.  False if out of memory. */
bool mydrv_definition_members(const char *definition, char **ret_members);

enum mydrv_default {
    MYDRV_DEFAULT_NONE,
    MYDRV_DEFAULT_CONSTANT, /* `*ret_value` is set, to be freed */
    MYDRV_DEFAULT_NOW,
    MYDRV_DEFAULT_UNKNOWN, /* an expression, or a constant that cannot be given as text */
    MYDRV_DEFAULT_NO_MEMORY,
};

/* `text` is the catalog's COLUMN_DEFAULT or NULL; with `quoted` (MariaDB since 10.2.7) it has the
 * form of SQL, else constants stand bare.  `extra` is the catalog's EXTRA. */
enum mydrv_default mydrv_definition_default(const char *text, size_t length, const char *extra,
                                            bool quoted, const struct ferry_column *column,
                                            char **ret_value);
bool mydrv_definition_is_generated(const char *extra);
bool mydrv_definition_is_invisible(const char *extra);
/* The invisible key that a server adds to a table that has none. */
bool mydrv_definition_is_servers_key(const char *name, const char *extra);
bool mydrv_definition_numbers_itself(const char *extra);
/* ON UPDATE CURRENT_TIMESTAMP */
bool mydrv_definition_follows_updates(const char *extra);
/* FERRY_COLUMN_ flags of a collation.  `pad` is its PAD_ATTRIBUTE, or NULL where the server has
 * none and the name alone tells. */
uint32_t mydrv_collation_flags(const char *collation, const char *pad);
/* Whether no text of the character set can have letters beyond utf8mb3, which the catalog shows as
 * question marks. */
bool mydrv_charset_is_small(const char *charset);

#define MYDRV_NATIVE_MEMBERS 100 /* longer lists of members are left out of `native` */

/* ---- catalog.c: what the server's catalog adds to the columns of a table or view ---- */

/* What the catalog has of the columns of the view or table `name`, to be freed; NULL where the
 * account has no right to know, which is told as unknown. */
ferry_status mydrv_catalog_read(struct mydrv_conn *conn, const char *name,
                                struct ferry_schema *schema, MYSQL_RES **ret_list,
                                struct ferry_error *err);
/* The names of the columns that are to be read, which live as long as `list`; `names` has room for
 * each of its rows.  `*ret_hidden` of them SELECT * does not give. */
size_t mydrv_catalog_list(MYSQL_RES *list, const char **names, size_t *ret_hidden);

struct mydrv_nature { /* of what is read by name */
    bool is_table;
    const char *row_end; /* a member of keys that is not read; lives as long as the list */
};

/* Add to the columns of the view or table `name` what its definition says, where it agrees with the
 * result, and notes to the schema.  What the account has no right to know is told as unknown; any
 * other failure, and an answer that leaves something out, fails the call. */
ferry_status mydrv_catalog_apply(struct mydrv_conn *conn, const char *name, MYSQL_RES *list,
                                 struct mydrv_column *columns, size_t count,
                                 struct ferry_schema *schema, struct mydrv_nature *ret_nature,
                                 struct ferry_error *err);
/* Where it is not known how texts compare, say so; after mydrv_catalog_apply, or without it. */
void mydrv_catalog_finish(struct mydrv_column *columns, size_t count);
/* Ask for a list with `columns` columns; each `?` of the question stands for the quoted name. Where
 * the account has no right to it, success and `*ret_list` NULL, and "`what` is not known" is told
 * as unknown. */
ferry_status mydrv_catalog_ask(struct mydrv_conn *conn, const char *name, const char *question,
                               unsigned columns, const char *what, struct ferry_schema *schema,
                               MYSQL_RES **ret_list, struct ferry_error *err);

/* Fail because an answer is without something that must be there: `what`, of the table `name`. */
ferry_status mydrv_catalog_fail(const struct mydrv_conn *conn, const char *name, const char *what,
                                struct ferry_error *err);

/* ---- keys.c: the keys and indexes of a table ---- */

struct mydrv_keys {
    MYSQL_RES *list; /* NULL: none */
    MYSQL_ROW *rows;
    size_t count;
};

/* Ask for them, and set key_position in `columns`.  `row_end` (or NULL) is a member that counts for
 * nothing: it is the same in each row that is read. */
ferry_status mydrv_keys_read(struct mydrv_conn *conn, const char *name, const char *row_end,
                             struct mydrv_column *columns, size_t count,
                             struct ferry_schema *schema, struct mydrv_keys *ret_keys,
                             struct ferry_error *err);
/* Add them to the schema, whose columns are complete. */
ferry_status mydrv_keys_add(const struct mydrv_keys *keys, struct ferry_schema *schema,
                            struct ferry_error *err);
void mydrv_keys_clear(struct mydrv_keys *keys);

/* ---- statement.c: what is asked for as a prepared statement ---- */

struct mydrv_statement {
    MYSQL_STMT *stmt;
    char *what;                   /* "view 'NAME'", for messages */
    struct mydrv_column *columns; /* as they are at the source, before any CAST */
    size_t column_count;
};

/* `schema` is what mydrv_describe has said; NULL: the columns that SELECT * gives. */
ferry_status mydrv_statement_open(struct mydrv_conn *conn, const struct ferry_read *read,
                                  const struct ferry_schema *schema,
                                  struct mydrv_statement *ret_statement, struct ferry_error *err);
/* Takes one that is zeroed, too. */
void mydrv_statement_close(struct mydrv_statement *statement);
ferry_status mydrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                            struct ferry_error *err);

/* ---- read.c: rows, unbuffered, in the binary protocol ---- */

struct mydrv_cell_format;
/* Whether a server can hold such a value in a column of this type. */
typedef bool (*mydrv_possible)(const struct mydrv_cell_format *format,
                               const struct ferry_cell *cell);

struct mydrv_cell_format { /* all that decoding one column needs */
    enum mydrv_codec codec;
    unsigned scale; /* fraction digits; BIT: bits */
    bool not_null;
    mydrv_possible possible; /* NULL: every value that the codec gives */
    uint64_t most;           /* what `possible` needs: bits, digits or bytes */
    const struct mydrv_charset
        *set; /* STRING: the texts are translated from it; NULL: as they are */
    const struct mydrv_codes *codes; /* for that */
};

struct mydrv_cursor {
    struct mydrv_conn *conn;
    struct mydrv_statement statement;
    struct mydrv_cell_format *formats;
    size_t column_count;
    uint32_t on_warning; /* FERRY_WARNINGS_ */
    uint64_t rows;
    bool executed; /* rows are on their way */
    bool ended;    /* the server confirmed the end */
    /* while read_batch runs: */
    struct ferry_batch *batch;
    struct ferry_error *err;
    struct ferry_cell *cells;     /* the row that is being filled */
    ferry_status failed;          /* what a value of this row failed with */
    const unsigned char *row_end; /* behind its last value */
    char *room;                   /* for a text that is translated */
    size_t room_size;
};

ferry_status mydrv_read_begin(void *conn, const struct ferry_read *read,
                              const struct ferry_schema *schema, const struct ferry_scan *scan,
                              void **ret_cursor, struct ferry_error *err);
ferry_status mydrv_read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err);
void mydrv_read_end(void *cursor);

/* ---- decode.c: one value from the network buffer into its cell ---- */

/* The client library calls this for each column of a row in turn (STMT_ATTR_CB_RESULT).  `data` is
 * the cursor; `*row` points at the value and is moved past it; NULL means NULL. */
void mydrv_decode_cell(void *data, unsigned column, unsigned char **row);
/* After the last column: fail unless the row ends where its packet does. */
ferry_status mydrv_decode_end(struct mydrv_cursor *cursor);
/* Whether a row that was decoded to `row_end` (NULL: it was nothing but NULL) ends there. */
bool mydrv_decode_is_whole(const struct mydrv_conn *conn, const unsigned char *row_end);
/* A value of a codec before STRING, and where it ends; NULL where it runs over `end`. */
const unsigned char *mydrv_decode_number(enum mydrv_codec codec, const unsigned char *at,
                                         const unsigned char *end, struct ferry_cell *cell);
/* A length before a value, in the protocol's 1, 3, 4 or 9 bytes.  NULL if it is malformed or if the
 * value would reach past `end`; else where the value begins. */
const unsigned char *mydrv_decode_length(const unsigned char *at, const unsigned char *end,
                                         uint64_t *ret_length);

/* ---- possible.c: what a column of a type cannot hold ---- */

/* Choose `possible` and `most` by what the column is; the rest of `format` is set. */
void mydrv_possible_choose(const struct ferry_column *column, struct mydrv_cell_format *format);

/* ---- format.c: dates and times as text ---- */

#define MYDRV_DATE_ROOM 10     /* 2024-02-29 */
#define MYDRV_DATETIME_ROOM 26 /* 2024-02-29 23:59:59.999999 */
#define MYDRV_TIME_ROOM 17     /* -838:59:59.999999 */

/* `wire` is the value without its length byte, `scale` (0 to 6) the fraction digits to print.  Each
 * returns the length of the text, or 0 if no server would send such a value. */
size_t mydrv_format_date(const unsigned char *wire, size_t size, char *room);
size_t mydrv_format_datetime(const unsigned char *wire, size_t size, unsigned scale, char *room);
size_t mydrv_format_time(const unsigned char *wire, size_t size, unsigned scale, char *room);

/* ---- errors.c: error numbers of server and library -> classes ---- */

enum mydrv_phase { /* what was being done; one bit each */
                   MYDRV_CONNECTING = 1,
                   MYDRV_SETTING_UP = 2,
                   MYDRV_DESCRIBING = 4,
                   MYDRV_READING = 8,
                   MYDRV_LOADING = 16, /* all that a target does once it is connected */
                   MYDRV_OPENING = 32, /* connecting to a target */
                   MYDRV_ASKING = 64,  /* a source's catalog: our own questions */
};
/* Beside the phases of a fault: it may be gone at the next attempt. */
#define MYDRV_PASSES (1u << 16)
/* The status of a driver's own entry that has only other words for what the common list has. */
#define MYDRV_AS_LISTED FERRY_OK

struct mydrv_fault {
    unsigned code; /* 0: whatever is not listed */
    unsigned phases;
    ferry_status status;
    const char *hint; /* what to do; "" for nothing */
};
/* The class of error `code` in this phase; `*ret_hint` says what to do. */
ferry_status mydrv_fault_class(const struct mydrv_flavour *flavour, unsigned code,
                               enum mydrv_phase phase, const char **ret_hint);
/* Fail because of error `code` with the server's or library's `text`.  `doing` completes
 * "cannot ...". */
ferry_status mydrv_fail(const struct mydrv_conn *conn, enum mydrv_phase phase, unsigned code,
                        const char *text, const char *doing, struct ferry_error *err);
/* After an error of the client library itself (one of the server's changes nothing): it may not
 * have read the answer to its end, for lack of memory say, and would take the rest of it for the
 * answer to the next question.  So the server is told that nobody is here any more. */
void mydrv_conn_give_up(struct mydrv_conn *conn, unsigned code);
/* The same with the last error of the connection, or CANCELLED where that was the cause. */
ferry_status mydrv_fail_conn(struct mydrv_conn *conn, enum mydrv_phase phase, const char *doing,
                             struct ferry_error *err);
/* The same for a statement: its own error or, where it has none, the connection's. */
ferry_status mydrv_fail_stmt(struct mydrv_conn *conn, MYSQL_STMT *stmt, enum mydrv_phase phase,
                             const char *doing, struct ferry_error *err);

/* Says its result openly, so that whoever analyses a caller knows that it failed. */
static inline ferry_status mydrv_fail_memory(struct ferry_error *err)
{
    ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    return FERRY_ERR_SYSTEM;
}

/* ---- What sets one driver of this family apart from the others ---- */

struct mydrv_flavour {
    /* Read the keys that only this driver has, and choose how the server is reached: TLS, socket.
     * `settings` holds what the shared keys say.  Fails with CONFIG. */
    ferry_status (*choose)(const struct ferry_config *config, struct mydrv_settings *settings,
                           struct ferry_error *err);
    /* Looked at before the lists that all share. */
    const struct mydrv_fault *faults;
    size_t fault_count;
    const struct mydrv_tls_failure *tls_failures;
    size_t tls_failure_count;
};

/* ---- registration.c: what each driver of this family registers as it is ---- */

extern const struct ferry_source mydrv_source;
ferry_status mydrv_thread_begin(struct ferry_error *err);
void mydrv_thread_end(void);
/* Where the connection leads, spelled alike by every driver of this family, so that two connections
 * to one server are the same place.  `socket` NULL: by TCP. */
void mydrv_place(const struct ferry_config *config, const char *socket, char *buffer, size_t size);
void mydrv_facts(void *conn, struct ferry_facts *facts);
/* write/record.c */
ferry_status mydrv_record_read(void *conn, const char *table, struct ferry_record *record,
                               struct ferry_error *err);

/* ---- For variables that end with their scope ---- */

static inline void mydrv_free_text(char **text)
{
    free(*text);
}
#define MYDRV_AUTO_TEXT __attribute__((cleanup(mydrv_free_text)))

static inline void mydrv_free_result(MYSQL_RES **result)
{
    mysql_free_result(*result); /* takes NULL */
}
#define MYDRV_AUTO_RESULT __attribute__((cleanup(mydrv_free_result)))

#endif /* DBFERRY_MYSQL_DRIVER_H */
