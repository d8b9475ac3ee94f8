/* SQLSTATEs, and the words of drivers that say no more than HY000, become classes of errors. */

#include "dialect/dialect.h"

#include <string.h>

#include "parts/state.h"
#include "parts/text.h"

/* Beside the phases of a fault: it may be gone at the next attempt. */
#define PASSES (1u << 16)
#define REACHING (ODRV_CONNECTING | ODRV_OPENING)
#define ANY_PHASE (REACHING | ODRV_DESCRIBING | ODRV_READING | ODRV_LOADING | ODRV_ASKING)
#define ASKED (ODRV_DESCRIBING | ODRV_READING | ODRV_LOADING | ODRV_ASKING)

#define DIAGNOSIS_RECORDS 3    /* more repeat themselves */
#define DIAGNOSIS_LONGEST 8192 /* letters of one of them that are kept */

static const char hint_none[] = "";
static const char hint_login[] = "check user, password and the rights of the account";
static const char hint_reach[] = "check that the server is up and reachable from this machine";
static const char hint_query[] = "check the view, table or query";
static const char hint_tls[] = "check the attributes for TLS, and the server's certificate";
static const char hint_right[] = "give the account the right";
static const char hint_key[] = "a key takes no text without a length there: give it one in a view "
                               "or query, or copy without the source's indexes";
static const char hint_full[] = "make room there";

static const struct fault {
    const char *state; /* how it begins; "": any */
    const char *words; /* that stand in the text; NULL: any */
    unsigned phases;
    ferry_status status;
    const char *hint;
} faults[] = {
    /* Words first, of drivers whose states say too little; where a server speaks, a state of its
     * own says more than a text, which may hold anybody's names. */
    {"", "password authentication failed", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "no password supplied", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "pg_hba.conf", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "Access denied", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "Login failed", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "ORA-01017", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "\" does not exist", REACHING, FERRY_ERR_CONFIG, "check database and user"},
    {"", "Unknown database", REACHING, FERRY_ERR_CONFIG, "check the database's name"},
    /* TLS that fails is no server that is away: no fallback steps in for it. */
    {"", "certificate", REACHING, FERRY_ERR_REFUSED, hint_tls},
    {"", "SSL", REACHING, FERRY_ERR_REFUSED, hint_tls},
    {"", "TLS", REACHING, FERRY_ERR_REFUSED, hint_tls},
    {"HY", "out of memory", ANY_PHASE, FERRY_ERR_SYSTEM, hint_none},
    {"HY", "Lock wait timeout exceeded", ASKED | PASSES, FERRY_ERR_BUSY, hint_none}, /* MariaDB */
    {"42", "command denied to user", ANY_PHASE, FERRY_ERR_REFUSED, hint_right},
    {"42", "Access denied", ANY_PHASE, FERRY_ERR_REFUSED, hint_right},
    {"42", "Row size too large", ODRV_LOADING, FERRY_ERR_SCHEMA,
     "store long texts as longtext: `columns` of the job says so"},
    {"42", "used in key specification", ODRV_LOADING, FERRY_ERR_SCHEMA, hint_key},
    {"42", "key was too long", ODRV_LOADING, FERRY_ERR_SCHEMA, hint_key},
    {"42", "dentifier name", ODRV_LOADING, FERRY_ERR_SCHEMA, "choose another name"},
    {"HY", "constraint failed", ODRV_LOADING, FERRY_ERR_DATA, hint_none}, /* SQLite */
    {"HY", "Incorrect ", ODRV_LOADING, FERRY_ERR_DATA, hint_none},
    {"HY", "Data truncated", ODRV_LOADING, FERRY_ERR_DATA, hint_none},
    {"HY", "no such table", ASKED, FERRY_ERR_NOT_FOUND, hint_query},
    {"HY", "no such column", ASKED, FERRY_ERR_CONFIG, hint_query},
    {"HY", "database is locked", ANY_PHASE | PASSES, FERRY_ERR_BUSY, hint_none},
    {"HY", "database table is locked", ANY_PHASE | PASSES, FERRY_ERR_BUSY, hint_none},
    {"HY", "Table definition has changed", ASKED | PASSES, FERRY_ERR_BUSY, hint_none}, /* MariaDB */
    {"HY", "database disk image is malformed", ODRV_DESCRIBING | ODRV_READING | ODRV_ASKING,
     FERRY_ERR_DATA, "restore the file from a backup"},
    {"HY", "file is not a database", ODRV_DESCRIBING | ODRV_READING | ODRV_ASKING, FERRY_ERR_DATA,
     "name another file"},
    {"HY", "database or disk is full", ODRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {"HY", "readonly database", ODRV_LOADING, FERRY_ERR_TARGET_IO, hint_none},
    {"HY", "server closed the connection", ODRV_READING | ODRV_DESCRIBING | ODRV_ASKING,
     FERRY_ERR_STREAM, hint_none},
    {"HY", "Could not send query", ODRV_READING | ODRV_DESCRIBING | ODRV_ASKING, FERRY_ERR_STREAM,
     hint_none},
    {"HY", "erver has gone away", ODRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"HY", "Lost connection", ODRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"HY", "erver has gone away", ODRV_READING | ODRV_DESCRIBING | ODRV_ASKING, FERRY_ERR_STREAM,
     hint_none},
    {"HY", "Lost connection", ODRV_READING | ODRV_DESCRIBING | ODRV_ASKING, FERRY_ERR_STREAM,
     hint_none},

    {"28", NULL, ANY_PHASE, FERRY_ERR_REFUSED, hint_login},
    {"08004", NULL, REACHING, FERRY_ERR_REFUSED, hint_login},
    {"42501", NULL, ANY_PHASE, FERRY_ERR_REFUSED, hint_right},
    {"IM002", NULL, ANY_PHASE, FERRY_ERR_CONFIG,
     "`odbcinst -q -s` lists the data sources, and `odbcinst -q -d` the ODBC drivers"},
    {"01000", "Can't open lib", REACHING, FERRY_ERR_CONFIG,
     "install the ODBC driver, or correct its path in odbcinst.ini"},
    {"IM", NULL, ANY_PHASE, FERRY_ERR_CONFIG, "the ODBC driver cannot do what is needed"},
    {"53200", NULL, ANY_PHASE, FERRY_ERR_SYSTEM, hint_none},
    {"HY001", NULL, ANY_PHASE, FERRY_ERR_SYSTEM, hint_none},
    {"HYC00", NULL, ANY_PHASE, FERRY_ERR_UNSUPPORTED, "the ODBC driver does not do that"},
    {"HYT", NULL, REACHING, FERRY_ERR_UNREACHABLE, hint_reach},
    {"08", NULL, REACHING, FERRY_ERR_UNREACHABLE, hint_reach},
    {"08", NULL, ODRV_DESCRIBING | ODRV_READING | ODRV_ASKING, FERRY_ERR_STREAM, hint_none},
    {"08", NULL, ODRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"57P", NULL, REACHING, FERRY_ERR_UNREACHABLE, hint_none}, /* it starts, or shuts down */
    {"57P", NULL, ODRV_DESCRIBING | ODRV_READING | ODRV_ASKING, FERRY_ERR_STREAM, hint_none},
    {"57P", NULL, ODRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"57014", NULL, ODRV_DESCRIBING | ODRV_READING | ODRV_ASKING, FERRY_ERR_STREAM, hint_none},
    {"53300", NULL, REACHING, FERRY_ERR_UNREACHABLE, "too many connections there"},
    {"53100", NULL, ODRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {"40", NULL, ASKED | PASSES, FERRY_ERR_BUSY, hint_none}, /* deadlock, serialization */
    {"55P03", NULL, ASKED | PASSES, FERRY_ERR_BUSY, hint_none},
    {"42S02", NULL, ASKED, FERRY_ERR_NOT_FOUND, hint_query},
    {"42P01", NULL, ASKED, FERRY_ERR_NOT_FOUND, hint_query},
    {"3F000", NULL, ASKED, FERRY_ERR_NOT_FOUND, "check `schema`"},
    {"42", NULL, ODRV_DESCRIBING | ODRV_READING, FERRY_ERR_CONFIG, hint_query},
    {"22", NULL, ASKED, FERRY_ERR_DATA, hint_none},
    {"23", NULL, ODRV_LOADING, FERRY_ERR_DATA, hint_none},
    {"P0001", NULL, ODRV_LOADING, FERRY_ERR_DATA, "a trigger there says so"},
    {"2BP01", NULL, ODRV_LOADING, FERRY_ERR_SCHEMA,
     "drop what needs the table, or keep its columns"},
    {"42P07", NULL, ODRV_LOADING, FERRY_ERR_SCHEMA, "something else has that name; choose another"},

    /* Whatever is not listed does not pass. */
    {"", NULL, ODRV_CONNECTING, FERRY_ERR_UNREACHABLE, "check the data source and its attributes"},
    {"", NULL, ODRV_OPENING, FERRY_ERR_TARGET_OPEN, "check the data source and its attributes"},
    {"", NULL, ODRV_DESCRIBING, FERRY_ERR_CONFIG, hint_query},
    {"", NULL, ODRV_READING, FERRY_ERR_DATA, hint_none},
    {"", NULL, ODRV_ASKING, FERRY_ERR_STREAM, hint_none},
    {"", NULL, ODRV_LOADING, FERRY_ERR_TARGET_IO, hint_none},
};

/* ---- What a handle says ---- */

/* One record is added to `text`; false where there is none.  A text that is longer than its first
 * buffer is asked for again. */
static bool diagnosis_add(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT record,
                          struct odrv_diagnosis *diagnosis, struct part_text *text)
{
    SQLCHAR state[SQL_SQLSTATE_SIZE + 1] = "", first[512] = "";
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    SQLRETURN result = SQLGetDiagRec(kind, handle, record, state, &native, first,
                                     (SQLSMALLINT)sizeof first, &length);
    if (!odrv_succeeded(result))
        return false;
    if (record == 1) {
        memcpy(diagnosis->state, state, SQL_SQLSTATE_SIZE);
        diagnosis->state[SQL_SQLSTATE_SIZE] = '\0';
        diagnosis->native = native;
    }
    SQLCHAR *longer = NULL;
    if (length >= (SQLSMALLINT)sizeof first) {
        SQLSMALLINT room =
            (SQLSMALLINT)(length < DIAGNOSIS_LONGEST ? length + 1 : DIAGNOSIS_LONGEST);
        longer = calloc(1, (size_t)room);
        if (longer != NULL)
            (void)SQLGetDiagRec(kind, handle, record, state, &native, longer, room, &length);
    }
    const char *found = (const char *)(longer != NULL ? longer : first);
    size_t size = strnlen(found, longer != NULL ? DIAGNOSIS_LONGEST : sizeof first);
    /* "DETAIL: Key (id)=(5) already exists.", in whatever language the server speaks. */
    const char *values = strncmp(diagnosis->state, "23", 2) == 0
                             ? memchr(found, '\n', size)
                             : memmem(found, size, "DETAIL:", 7);
    part_text_add(text, record == 1 ? "" : "; ");
    part_text_append(text, found, values != NULL ? (size_t)(values - found) : size);
    free(longer);
    return true;
}

void odrv_diagnosis_take(SQLSMALLINT kind, SQLHANDLE handle, struct odrv_diagnosis *diagnosis)
{
    struct part_text text = {0};
    *diagnosis = (struct odrv_diagnosis){0};
    for (SQLSMALLINT i = 1; i <= DIAGNOSIS_RECORDS; i++)
        if (!diagnosis_add(kind, handle, i, diagnosis, &text))
            break;
    diagnosis->text = text.data != NULL ? text.data : strdup("");
}

void odrv_diagnosis_clear(struct odrv_diagnosis *diagnosis)
{
    free(diagnosis->text);
    diagnosis->text = NULL;
}

/* ---- What it means ---- */

bool odrv_state_is_loss(const char *state)
{
    return strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0;
}

ferry_status odrv_fault_class(const struct odrv_diagnosis *diagnosis, enum odrv_phase phase,
                              const char **ret_hint, bool *ret_may_pass)
{
    const char *text = diagnosis->text == NULL ? "" : diagnosis->text;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct fault *fault = &faults[i];
        if ((fault->phases & phase) == 0 ||
            strncmp(diagnosis->state, fault->state, strlen(fault->state)) != 0 ||
            (fault->words != NULL && strcasestr(text, fault->words) == NULL))
            continue;
        *ret_hint = fault->hint;
        *ret_may_pass = (fault->phases & PASSES) != 0;
        /* The server that a source does not reach is one that a target cannot be opened on. */
        if (phase == ODRV_OPENING && fault->status == FERRY_ERR_UNREACHABLE) {
            *ret_may_pass = true;
            return FERRY_ERR_TARGET_OPEN;
        }
        return fault->status;
    }
    *ret_hint = hint_none;
    *ret_may_pass = false;
    return FERRY_ERR_INTERNAL; /* the last rows cover every phase */
}

/* A call that was ended by this driver itself: the echo of that is no news. */
static bool fail_was_ended(const struct odrv_conn *conn, enum odrv_phase phase, const char *doing,
                           ferry_status *ret_status, struct ferry_error *err)
{
    if (atomic_load(&conn->watch.cancelled)) {
        *ret_status = ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
        return true;
    }
    if (!atomic_load(&conn->watch.timed_out))
        return false;
    *ret_status = ferry_fail(err, phase == ODRV_LOADING ? FERRY_ERR_TARGET_IO : FERRY_ERR_STREAM,
                             "%s: cannot %s: no answer within `read_timeout`; look what the "
                             "database waits for, or raise it",
                             conn->label, doing);
    return true;
}

/* What is told of it, with care where values come and go.  A constraint that a row breaks is named
 * in the first line; the row's values stand in those behind it, or, of a dialect that `tells` them,
 * in that line. */
static const char *fail_text(const struct odrv_diagnosis *diagnosis, enum odrv_phase phase,
                             bool tells, ferry_status status, int *ret_length)
{
    const char *text = diagnosis->text == NULL ? "" : diagnosis->text;
    const char *words = NULL;
    if (*text == '\0')
        text = "the ODBC driver gives no reason";
    size_t length = strlen(text);
    if ((phase & (ODRV_READING | ODRV_LOADING)) != 0) {
        if (tells && status == FERRY_ERR_DATA)
            words = part_state_words(part_state_words(diagnosis->state) == NULL ? "22"
                                                                                : diagnosis->state);
        else if (*diagnosis->state != '\0' && strncmp(diagnosis->state, "23", 2) != 0)
            words = part_state_words(diagnosis->state);
        length = strcspn(text, "\n");
        while (length > 0 && text[length - 1] == ';')
            length--;
    }
    text = words == NULL ? text : words;
    length = words == NULL ? length : strlen(words);
    *ret_length = length > DIAGNOSIS_LONGEST ? DIAGNOSIS_LONGEST : (int)length;
    return text;
}

ferry_status odrv_fail_as(struct odrv_conn *conn, const struct odrv_diagnosis *diagnosis,
                          enum odrv_phase phase, const char *doing, struct ferry_error *err)
{
    const char *hint = hint_none;
    bool may_pass = false;
    ferry_status status = FERRY_OK;
    if (fail_was_ended(conn, phase, doing, &status, err))
        return status;
    status = odrv_fault_class(diagnosis, phase, &hint, &may_pass);
    if (status == FERRY_ERR_STREAM && conn->target)
        status = FERRY_ERR_TARGET_IO;
    int length = 0;
    bool tells = conn->dialect != NULL && conn->dialect->tells_values;
    const char *text = fail_text(diagnosis, phase, tells, status, &length);
    status = ferry_fail(err, status, "%s: cannot %s: %.*s%s%s%s%s%s", conn->label, doing, length,
                        text, *diagnosis->state == '\0' ? "" : " (SQLSTATE ", diagnosis->state,
                        *diagnosis->state == '\0' ? "" : ")", *hint == '\0' ? "" : "; ", hint);
    if (may_pass)
        ferry_error_may_pass(err);
    /* Whether it is only this statement that failed, no state tells for certain. */
    if (status == FERRY_ERR_STREAM || status == FERRY_ERR_TARGET_IO)
        atomic_store(&conn->watch.spoiled, true);
    return status;
}

ferry_status odrv_fail(struct odrv_conn *conn, SQLSMALLINT kind, SQLHANDLE handle,
                       enum odrv_phase phase, const char *doing, struct ferry_error *err)
{
    ODRV_AUTO_DIAGNOSIS struct odrv_diagnosis diagnosis;
    odrv_diagnosis_take(kind, handle, &diagnosis);
    return odrv_fail_as(conn, &diagnosis, phase, doing, err);
}
