/* Rows on their way into a table; listed under the file that each function lives in. */

#ifndef DBFERRY_MYSQL_ROWS_H
#define DBFERRY_MYSQL_ROWS_H

#include "types/native.h"
#include "types/types.h"

/* ---- form.c: what the values of one column go by ---- */

struct mydrv_form {
    struct mydrv_type type;
    char *native; /* what `type` points into */
    const struct ferry_column *source;
    bool not_null;
    bool auto_number;
    bool foreign_charset; /* texts are stored in a character set that the server converts to */
    bool raw;             /* texts come and go as bytes of their character set */
    const struct mydrv_codes *codes; /* texts go as bytes of this set; NULL: in UTF-8 */
    struct part_text *encoded;       /* the last of these; NULL: there are none */
    char **members;                  /* ENUM, SET */
    size_t member_count;
};

/* Fails with SCHEMA where the type is not known; the form goes to mydrv_form_clear() all the same.
 * `source` lives as long as it. */
ferry_status mydrv_form_make(struct mydrv_form *form, const struct ferry_column *source,
                             const char *native, struct ferry_error *err);
void mydrv_form_clear(struct mydrv_form *form);

/* ---- check.c: what of texts and bytes the server would change ---- */

/* What is wrong with the value, to complete "the value ..."; NULL: nothing. */
const char *mydrv_check_text(const struct mydrv_form *form, const char *data, size_t size);
const char *mydrv_check_bytes(const struct mydrv_form *form, size_t size);
/* Whether `text` is a DATE, TIME, DATETIME or TIMESTAMP just as the server would print it. */
bool mydrv_moment_is_plain(const char *text, size_t size, enum mydrv_kind kind, unsigned scale);

/* ---- encode.c: cells -> the texts that the server stores exactly ---- */

/* The value's text, in the cell itself or in `room`.  NULL, or what is wrong with the value. */
#define MYDRV_VALUE_ROOM 64
const char *mydrv_encode(const struct mydrv_form *form, const struct ferry_cell *cell,
                         char room[MYDRV_VALUE_ROOM], const char **ret_data, size_t *ret_size);

/* ---- row.c: one row as a line for LOAD DATA, or as literals for INSERT ---- */

struct mydrv_lane;
struct mydrv_parcel { /* rows that go to the server in one statement */
    struct part_text text;
    size_t head;    /* bytes before the first row */
    size_t sent;    /* of the text, to LOAD DATA */
    uint64_t first; /* its first row, counted from 1 over the whole load */
    size_t rows;
    uint64_t bytes; /* of values */
};
ferry_status mydrv_row_add_line(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                size_t row, struct mydrv_parcel *out, struct ferry_error *err);
ferry_status mydrv_row_add_literals(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                    size_t row, struct mydrv_parcel *out, struct ferry_error *err);
ferry_status mydrv_row_fail_size(const struct mydrv_lane *lane, const struct ferry_batch *batch,
                                 size_t row, uint64_t size, struct ferry_error *err);
/* The document `value`, an expression, so that MySQL refuses it if it would print another text. */
void mydrv_row_write_json_check(struct part_text *out, const char *value);

/* ---- infile.c: LOAD DATA LOCAL, with a file that is served from memory ---- */

/* From now on the server gets no file, whatever it asks for. */
void mydrv_infile_guard(struct mydrv_conn *conn);
void mydrv_infile_write(const struct mydrv_lane *lane, struct part_text *sql);
/* False where the statement failed. */
bool mydrv_infile_send(struct mydrv_conn *conn, const struct part_text *statement,
                       struct mydrv_parcel *parcel);

/* ---- sender.c: the thread that sends parcels ---- */

/* What became of a parcel. */
enum mydrv_sent {
    MYDRV_SENT_WHOLE,
    MYDRV_SENT_REFUSED,     /* the statement failed */
    MYDRV_SENT_DOUBTED,     /* it did not, but the server warns or has other rows */
    MYDRV_SENT_UNCOMMITTED, /* taken, and the commit behind it failed */
};
struct mydrv_sender;
/* Nobody else uses the load's connection from now on, until mydrv_sender_stop. */
ferry_status mydrv_sender_start(struct mydrv_lane *lane, struct ferry_error *err);
/* A parcel to be filled; one at a time.  NULL once a parcel was not taken whole. */
struct mydrv_parcel *mydrv_sender_take(struct mydrv_sender *sender);
void mydrv_sender_put(struct mydrv_sender *sender);
bool mydrv_sender_is_idle(struct mydrv_sender *sender);
/* Until all is sent.  False if a parcel was not taken whole. */
bool mydrv_sender_wait(struct mydrv_sender *sender);
/* End the thread.  What became of the last parcel that it sent; where that was not taken whole,
 * `*ret_last` is it, and the connection's error and warnings are its. */
enum mydrv_sent mydrv_sender_stop(struct mydrv_sender *sender, struct mydrv_parcel **ret_last);
/* Stop it too.  The number of rows that the server says it took. */
uint64_t mydrv_sender_free(struct mydrv_sender *sender);
/* Send one parcel at once, from the calling thread: only while no thread runs. */
enum mydrv_sent mydrv_sender_send(struct mydrv_lane *lane, struct mydrv_parcel *parcel);

/* ---- lane.c: rows into a table, by the fast lane or by INSERT ---- */

struct mydrv_lane {
    struct mydrv_conn *conn;
    const char *into;  /* the table that they go to ... */
    const char *table; /* ... and what it is called in messages */
    const struct ferry_schema *schema;
    struct mydrv_form *forms; /* one per column */
    bool infile;              /* the fast lane */
    uint64_t packet;          /* max_allowed_packet */
    uint64_t commit_bytes;    /* a COMMIT after so many; 0: none */
    uint64_t bytes;
    uint64_t rows;                /* that were taken, once all are there */
    struct mydrv_sender *sender;  /* NULL: no rows yet, or all are there */
    struct mydrv_parcel *filling; /* one of the sender's, or NULL */
    uint64_t rows_sent;           /* before it */
    struct part_text infile_sql;  /* the fast lane's statement */
    const char *tag_name; /* of a column that says what is to be done with a row; NULL: none */
    uint32_t tag;         /* of the rows that come */
    const size_t *places; /* where in a row the columns are; MYDRV_LANE_NOWHERE: it has no such
                             column, and NULL goes there.  NULL: as they come */
};
#define MYDRV_LANE_NOWHERE SIZE_MAX

/* A zeroed lane into `into`, which lives as long as it, for rows that lie so; asks the server which
 * lane is open.  It goes to mydrv_lane_free() whatever comes of it. */
ferry_status mydrv_lane_begin(struct mydrv_lane *lane, struct mydrv_conn *conn, const char *into,
                              const struct ferry_layout *layout, struct ferry_error *err);
ferry_status mydrv_lane_batch(struct mydrv_lane *lane, const struct ferry_batch *batch,
                              struct ferry_error *err);
/* What `table` turned out to be, that of the lane or one of the same columns, decides how values
 * are checked and sent.  Fails with BUSY that may pass where it is not what the layout says. */
ferry_status mydrv_lane_learn(struct mydrv_lane *lane, const char *table, struct ferry_error *err);
/* All rows are sent and taken; sets lane->rows. */
ferry_status mydrv_lane_end(struct mydrv_lane *lane, struct ferry_error *err);
/* Nothing is sent any more. */
void mydrv_lane_stop(struct mydrv_lane *lane);
void mydrv_lane_free(struct mydrv_lane *lane);

/* ---- verdict.c: what the server says of rows that it was sent ---- */

/* After a statement that succeeded: fail because of its first warning or note, or of rows that are
 * missing.  With `ret_vague`, false before: where it is a value's fault and the server does not say
 * which row's, it is set, and the call succeeds. */
ferry_status mydrv_verdict_doubt(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                 bool *ret_vague, struct ferry_error *err);
/* After one that failed: whether it is a value's fault, and the server does not say which row's. */
bool mydrv_verdict_is_vague(const struct mydrv_lane *lane, const struct mydrv_parcel *parcel);
ferry_status mydrv_verdict_fail(struct mydrv_lane *lane, const struct mydrv_parcel *parcel,
                                struct ferry_error *err);

#endif /* DBFERRY_MYSQL_ROWS_H */
