/* SQLSTATEs of the server, and failures of the client library -> the core's classes, in one table.
 */

#include "pgsql_driver.h"

#include <string.h>

#include "parts/state.h"

#define AFTER_CONNECTING (PGDRV_SETTING_UP | PGDRV_DESCRIBING | PGDRV_READING | PGDRV_ASKING)
#define ANY_PHASE (PGDRV_CONNECTING | AFTER_CONNECTING | PGDRV_LOADING)
/* Beside the phases of a fault: it may be gone at the next attempt. */
#define PASSES (1u << 16)

static const char hint_reach[] = "check that the server runs and that host, port and network are "
                                 "right";
static const char hint_login[] = "check user and password, and whether pg_hba.conf of the server "
                                 "lets this account in from here, with or without TLS (ssl_mode)";
static const char hint_grant[] = "grant the account what is missing";
static const char hint_policy[] = "have a policy let the account see all rows, give it BYPASSRLS, "
                                  "or set row_security = true to carry only those that it sees";
static const char hint_name[] = "check the name and the `schema` of the connection";
static const char hint_database[] = "check the `database` of the connection";
static const char hint_query[] = "correct the query";
static const char hint_lost[] = "the server went away, closed the connection, or was silent for as "
                                "long as `read_timeout` says (at first `connect_timeout`); look "
                                "into its log and run again";
static const char hint_stopped[] = "somebody or a time limit stopped the statement on the server; "
                                   "run again";
static const char hint_connections[] = "let the account have more connections, or try again later";
static const char hint_later[] = "try again later";
static const char hint_value[] = "correct the value or the expression in the source";
static const char hint_source[] = "the view or query fails on the server; correct what it says, in "
                                  "the view, the query or the rows";
static const char hint_writes[] = "the view or query writes, and a source is only read; take out "
                                  "the function that does";
static const char hint_encoding[] = "the value has a letter that UTF-8 does not have, or bytes "
                                    "that are none of the database's encoding; correct it in the "
                                    "source";
static const char hint_damage[] = "the server finds its own files damaged; look into its log and "
                                  "repair or restore the table";
static const char hint_server[] = "the server lacks memory, files or room at the moment; look into "
                                  "its log, or try again later";
static const char hint_conflict[] = "the server needed rows or locks that this session held for a "
                                    "standby's replay or for another transaction; run again";
static const char hint_read_only[] = "the server takes no writes now; run again when it does";
static const char hint_full[] = "make room on the server's disk and run again";
static const char hint_constraint[] = "correct the row in the source, or drop the constraint of "
                                      "the target's table";
static const char hint_definition[] = "the server does not take the table's definition; give the "
                                      "column another type (columns of a job, --column of copy)";
static const char hint_none[] = "";

struct pgdrv_fault {
    const char *state; /* five letters; two: all of that class; none: whatever is not listed */
    unsigned phases;
    ferry_status status;
    const char *hint;
};

/* The first entry that fits both the state and the phase counts.  What is here with PASSES, or with
 * a class that always passes, is all that is tried again. */
static const struct pgdrv_fault faults[] = {
    /* Not reached: these, while connecting, and no others let a fallback source step in. */
    {"08", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {"53300", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_connections},
    {"53", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_server},
    {"57P01", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_later},
    {"57P02", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_later},
    {"57P03", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE,
     "the server is starting, recovering or shutting down; try again later"},
    {"58", PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_server},
    {"3D000", PGDRV_CONNECTING, FERRY_ERR_NOT_FOUND, hint_database},
    {"28", PGDRV_CONNECTING, FERRY_ERR_REFUSED, hint_login},
    {"42501", PGDRV_CONNECTING, FERRY_ERR_REFUSED, hint_grant},
    /* What a target meets while it is written. */
    {"08", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {"57P01", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {"57P02", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {"57P03", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_lost},
    {"57014", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {"57P05", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {"25P03", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {"25P04", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_stopped},
    {"25006", PGDRV_LOADING | PASSES, FERRY_ERR_BUSY, hint_read_only},
    {"53100", PGDRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {"53", PGDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_server},
    {"22", PGDRV_LOADING, FERRY_ERR_DATA, hint_value},
    {"23", PGDRV_LOADING, FERRY_ERR_DATA, hint_constraint},
    {"54", PGDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {"0A000", PGDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    {"42501", PGDRV_LOADING, FERRY_ERR_REFUSED, hint_grant},
    {"42", PGDRV_LOADING, FERRY_ERR_SCHEMA, hint_definition},
    /* Lost while it was asked or read. */
    {"08", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {"57P01", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {"57P02", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {"57P03", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_lost},
    {"57014", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {"57P05", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {"25P03", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {"25P04", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_stopped},
    {"72000", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_conflict},
    {"40001", AFTER_CONNECTING | PGDRV_LOADING | PASSES, FERRY_ERR_BUSY, hint_conflict},
    {"40P01", AFTER_CONNECTING | PGDRV_LOADING | PASSES, FERRY_ERR_BUSY, hint_conflict},
    {"55P03", AFTER_CONNECTING | PGDRV_LOADING | PASSES, FERRY_ERR_BUSY,
     "others held the table locked for too long; run again"},
    {"55006", AFTER_CONNECTING | PGDRV_LOADING | PASSES, FERRY_ERR_BUSY, hint_later},
    {"53", AFTER_CONNECTING, FERRY_ERR_STREAM, hint_server},
    {"XX001", ANY_PHASE, FERRY_ERR_DATA, hint_damage},
    {"XX002", ANY_PHASE, FERRY_ERR_DATA, hint_damage},
    {"58", AFTER_CONNECTING, FERRY_ERR_DATA, hint_damage},
    /* Names and rights. */
    {"42P01", AFTER_CONNECTING, FERRY_ERR_NOT_FOUND, hint_name},
    {"3F000", AFTER_CONNECTING, FERRY_ERR_NOT_FOUND, hint_name},
    {"42501", AFTER_CONNECTING, FERRY_ERR_REFUSED, hint_grant},
    {"28", AFTER_CONNECTING, FERRY_ERR_REFUSED, hint_grant},
    {"25006", PGDRV_DESCRIBING | PGDRV_READING, FERRY_ERR_CONFIG, hint_writes},
    /* Values. */
    {"22P05", PGDRV_READING, FERRY_ERR_DATA, hint_encoding},
    {"22021", PGDRV_READING, FERRY_ERR_DATA, hint_encoding},
    {"22", PGDRV_READING, FERRY_ERR_DATA, hint_value},
    /* Whatever is not listed does not pass. */
    {"", PGDRV_CONNECTING, FERRY_ERR_REFUSED, hint_none},
    {"", PGDRV_SETTING_UP, FERRY_ERR_CONFIG, "check session_variables and time_zone"},
    {"", PGDRV_DESCRIBING, FERRY_ERR_CONFIG, hint_query},
    {"", PGDRV_READING, FERRY_ERR_DATA, hint_source},
    {"", PGDRV_ASKING, FERRY_ERR_STREAM,
     "nothing follows from that about the definition; run again"},
    {"", PGDRV_LOADING, FERRY_ERR_TARGET_IO, hint_none},
};

static const struct pgdrv_fault *errors_find(const char *state, enum pgdrv_phase phase)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if ((faults[i].phases & phase) != 0 &&
            strncmp(faults[i].state, state, strlen(faults[i].state)) == 0)
            return &faults[i];
    return NULL;
}

/* Where a source is not reached, or lost before anything was read of it, a target cannot be opened,
 * and is as likely to come back. */
static const struct {
    enum pgdrv_phase phase, of_source;
    ferry_status status; /* of a source, in place of which it is TARGET_OPEN */
} errors_opening[] = {
    {PGDRV_OPENING, PGDRV_CONNECTING, FERRY_ERR_UNREACHABLE},
    {PGDRV_EQUIPPING, PGDRV_SETTING_UP, FERRY_ERR_STREAM},
};

ferry_status pgdrv_state_class(const char *state, enum pgdrv_phase phase, const char **ret_hint,
                               bool *ret_may_pass)
{
    for (size_t i = 0; i < sizeof errors_opening / sizeof *errors_opening; i++) {
        if (phase != errors_opening[i].phase)
            continue;
        ferry_status status =
            pgdrv_state_class(state, errors_opening[i].of_source, ret_hint, ret_may_pass);
        if (status != errors_opening[i].status)
            return status;
        *ret_may_pass = true;
        return FERRY_ERR_TARGET_OPEN;
    }
    const struct pgdrv_fault *fault = errors_find(state, phase);
    *ret_hint = fault == NULL ? hint_none : fault->hint;
    *ret_may_pass = fault != NULL && (fault->phases & PASSES) != 0;
    /* The last entries cover every phase. */
    return fault == NULL ? FERRY_ERR_INTERNAL : fault->status;
}

bool pgdrv_state_is_refusal(const char *state)
{
    return strcmp(state, "42501") == 0;
}

const char *pgdrv_state(const PGresult *result)
{
    const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state == NULL || strlen(state) != 5 ? PGDRV_STATE_LOST : state;
}

/* ---- What may be told ---- */

/* Where rows are read or written, or settings made, whose values are nobody's business. */
#define ERRORS_CLOSED (PGDRV_READING | PGDRV_LOADING | PGDRV_SETTING_UP | PGDRV_EQUIPPING)

static bool errors_is_function(const PGresult *result)
{
    return part_state_is_function(PQresultErrorField(result, PG_DIAG_SOURCE_FILE));
}

/* The text of the server, or words for it.  A function chooses its code and its text itself. */
static const char *errors_choose(const char *state, bool is_function, enum pgdrv_phase phase,
                                 const char *text)
{
    if ((phase & ERRORS_CLOSED) == 0)
        return text;
    const char *words = part_state_words(is_function ? "P0" : state);
    return words == NULL ? text : words;
}

static const char *errors_tell(const PGresult *result, enum pgdrv_phase phase)
{
    return errors_choose(pgdrv_state(result), errors_is_function(result), phase,
                         PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

/* The first line; what stands behind it guesses at reasons, or names a row. */
static int errors_line(const char *text)
{
    size_t length = strcspn(text, "\n");
    return length > 4000 ? 4000 : (int)length;
}

ferry_status pgdrv_fail(const struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *state,
                        const char *text, const char *doing, struct ferry_error *err)
{
    const char *hint;
    bool may_pass;
    bool known = strcmp(state, PGDRV_STATE_LOST) != 0;
    ferry_status status = pgdrv_state_class(state, phase, &hint, &may_pass);
    if (strcmp(state, "42501") == 0 && strstr(text, "row-level security") != NULL)
        hint = hint_policy;
    ferry_fail(err, status, "%s: cannot %s: %.*s%s%s%s%s%s", conn->label, doing, errors_line(text),
               text, known ? " (SQLSTATE " : "", known ? state : "", known ? ")" : "",
               *hint == '\0' ? "" : "; ", hint);
    if (may_pass)
        ferry_error_may_pass(err);
    return status;
}

/* The library keeps no code for these. */
bool pgdrv_is_memory(const char *text)
{
    return strstr(text, "out of memory") != NULL || strstr(text, "cannot allocate memory") != NULL;
}

ferry_status pgdrv_fail_result(struct pgdrv_conn *conn, enum pgdrv_phase phase,
                               const PGresult *result, const char *doing, struct ferry_error *err)
{
    const char *text = NULL;
    bool told = result != NULL && PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL;
    if (PQstatus(conn->pg) == CONNECTION_BAD || !told)
        conn->broken = true;
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (told)
        text = errors_tell(result, phase);
    if (text == NULL)
        text = result != NULL ? PQresultErrorMessage(result) : PQerrorMessage(conn->pg);
    if (!told && pgdrv_is_memory(text))
        return pgdrv_fail_memory(err);
    return pgdrv_fail(conn, phase, pgdrv_state(result), *text == '\0' ? "no reason given" : text,
                      doing, err);
}

ferry_status pgdrv_fail_shape(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                              struct ferry_error *err)
{
    return ferry_fail(err,
                      (phase & (PGDRV_LOADING | PGDRV_OPENING | PGDRV_EQUIPPING)) != 0
                          ? FERRY_ERR_TARGET_IO
                          : FERRY_ERR_STREAM,
                      "%s: cannot %s: the server's answer is of another shape than its question; "
                      "something other than a PostgreSQL server may answer there",
                      conn->label, doing);
}

/* "...  FATAL:  28P01: password authentication failed ...": the last such code counts, which is of
 * the last address that was tried. */
bool pgdrv_login_state(const char *text, char ret_state[6], const char **ret_text)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    bool found = false;
    for (const char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
        if (strspn(at + 3, letters) != 5 || at[8] != ':' || at[9] != ' ')
            continue;
        memcpy(ret_state, at + 3, 5);
        ret_state[5] = '\0';
        *ret_text = at + 10;
        found = true;
    }
    return found;
}
