/* SQLSTATEs, and the words of databases that have none, become classes of errors. */

#include "dbi_driver.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "dialect/dialect.h"
#include "parts/state.h"

/* Beside the phases of a fault: it may be gone at the next attempt. */
#define PASSES (1u << 16)
#define REACHING (DBIDRV_CONNECTING | DBIDRV_OPENING)
#define ANY_PHASE (REACHING | DBIDRV_DESCRIBING | DBIDRV_READING | DBIDRV_LOADING | DBIDRV_ASKING)
#define ASKED (DBIDRV_DESCRIBING | DBIDRV_READING | DBIDRV_LOADING | DBIDRV_ASKING)
#define STREAMING (DBIDRV_DESCRIBING | DBIDRV_READING | DBIDRV_ASKING)

static const char hint_none[] = "";
static const char hint_login[] = "check user, password and the rights of the account";
static const char hint_refused[] =
    "the server itself says no: check user, password, database and the rights of the account, and "
    "whether it takes connections now";
static const char hint_reach[] = "check that the server is up and reachable from this machine";
static const char hint_query[] = "check the view, table or query";
static const char hint_full[] = "make room there";

/* Behind the severity of what a server of PostgreSQL says, in whatever language; libpq's own words
 * have nothing like it. */
#define WORDS_OF_SERVER ":  "

/* Words count where there is no state alone: a server's own words hold names of the user's. */
static const struct fault {
    const char *state; /* how it begins; "": there is none; NULL: any */
    const char *words; /* that stand in the text; NULL: any */
    unsigned phases;
    ferry_status status;
    const char *hint;
} faults[] = {
    {"", "password authentication failed", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "no password supplied", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "pg_hba.conf", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "not permitted to log in", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "Login failed", REACHING, FERRY_ERR_REFUSED, hint_login},
    {"", "certificate", REACHING, FERRY_ERR_REFUSED,
     "set `options` for TLS, such as pgsql_sslrootcert"},
    {"", "does not support SSL", REACHING, FERRY_ERR_REFUSED, "have the server offer TLS"},
    {"", "invalid sslmode", REACHING, FERRY_ERR_CONFIG, "correct `options`"},
    {"", "invalid connection option", REACHING, FERRY_ERR_CONFIG, "correct `options`"},
    {"", "\" does not exist", REACHING, FERRY_ERR_CONFIG, "check database and user"},
    {"", "too many", REACHING, FERRY_ERR_UNREACHABLE, hint_none},
    {"", "connection slots", REACHING, FERRY_ERR_UNREACHABLE, hint_none},
    {"", "starting up", REACHING, FERRY_ERR_UNREACHABLE, hint_none},
    {"", "shutting down", REACHING, FERRY_ERR_UNREACHABLE, hint_none},
    {"", "in recovery mode", REACHING, FERRY_ERR_UNREACHABLE, hint_none},
    {"", "not accepting connections", REACHING, FERRY_ERR_UNREACHABLE, hint_none},
    /* In another language it may be the password, and each further try may lock the account. */
    {"", WORDS_OF_SERVER, REACHING, FERRY_ERR_REFUSED, hint_refused},

    {"", "takes no snapshots", ASKED, FERRY_ERR_CONFIG,
     "have its owner run ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON"},
    {"", "out of memory", ANY_PHASE, FERRY_ERR_SYSTEM, hint_none},
    {"", "no such table", ASKED, FERRY_ERR_NOT_FOUND, hint_query},
    {"", "is locked", ANY_PHASE | PASSES, FERRY_ERR_BUSY, hint_none},
    {"", "database disk image is malformed", ANY_PHASE, FERRY_ERR_DATA,
     "restore the file from a backup"},
    {"", "file is not a database", ANY_PHASE, FERRY_ERR_DATA, "name another file"},
    {"", "database or disk is full", DBIDRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {"", "already exists", DBIDRV_LOADING, FERRY_ERR_SCHEMA, "choose another name"},
    {"", "constraint failed", DBIDRV_LOADING, FERRY_ERR_DATA, hint_none},
    {"", "too big", ASKED, FERRY_ERR_DATA, hint_none},
    {"", "interrupted", STREAMING, FERRY_ERR_STREAM, hint_none},
    {"", "server closed the connection", STREAMING, FERRY_ERR_STREAM, hint_none},
    {"", "no connection to the server", STREAMING, FERRY_ERR_STREAM, hint_none},
    {"", "server closed the connection", DBIDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"", "no connection to the server", DBIDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},

    {"28", NULL, ANY_PHASE, FERRY_ERR_REFUSED, hint_login},
    {"42501", NULL, ANY_PHASE, FERRY_ERR_REFUSED, "give the account the right"},
    {"08", NULL, STREAMING, FERRY_ERR_STREAM, hint_none},
    {"08", NULL, DBIDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"57P", NULL, STREAMING, FERRY_ERR_STREAM, hint_none},
    {"57P", NULL, DBIDRV_LOADING | PASSES, FERRY_ERR_TARGET_IO, hint_none},
    {"57014", NULL, STREAMING, FERRY_ERR_STREAM, hint_none},
    {"53100", NULL, DBIDRV_LOADING, FERRY_ERR_TARGET_IO, hint_full},
    {"40", NULL, ASKED | PASSES, FERRY_ERR_BUSY, hint_none}, /* deadlock, serialization */
    {"55P03", NULL, ASKED | PASSES, FERRY_ERR_BUSY, hint_none},
    {"42P01", NULL, ASKED, FERRY_ERR_NOT_FOUND, hint_query},
    {"3D000", NULL, REACHING, FERRY_ERR_CONFIG, "check `database`"},
    {"3F000", NULL, ASKED, FERRY_ERR_NOT_FOUND, "check `schema`"},
    {"22", NULL, ASKED, FERRY_ERR_DATA, hint_none},
    {"54000", NULL, DBIDRV_LOADING, FERRY_ERR_DATA,
     "if it is an index: drop it, or leave it out of the job"},
    {"54", NULL, ASKED, FERRY_ERR_DATA, hint_none}, /* more than a limit of the server */
    {"23", NULL, DBIDRV_LOADING, FERRY_ERR_DATA, hint_none},
    {"42P07", NULL, DBIDRV_LOADING, FERRY_ERR_SCHEMA, "choose another name"},
    {"42", NULL, DBIDRV_DESCRIBING | DBIDRV_READING, FERRY_ERR_CONFIG, hint_query},

    /* Whatever is not listed does not pass. */
    {NULL, NULL, DBIDRV_CONNECTING, FERRY_ERR_UNREACHABLE, hint_reach},
    {NULL, NULL, DBIDRV_OPENING, FERRY_ERR_TARGET_OPEN, hint_reach},
    {NULL, NULL, DBIDRV_DESCRIBING, FERRY_ERR_CONFIG, hint_query},
    {NULL, NULL, DBIDRV_READING, FERRY_ERR_DATA, hint_none},
    {NULL, NULL, DBIDRV_ASKING, FERRY_ERR_STREAM, hint_none},
    {NULL, NULL, DBIDRV_LOADING, FERRY_ERR_TARGET_IO, hint_none},
};

/* ---- What libdbi says ---- */

/* Behind "ERROR:  " and the like, in whatever language, stands a state of five letters. */
static const char *diagnosis_find_state(const char *text)
{
    const char *at = strstr(text, WORDS_OF_SERVER);
    if (at == NULL)
        return NULL;
    at += 3;
    for (int i = 0; i < 5; i++)
        if (!isdigit((unsigned char)at[i]) && !isupper((unsigned char)at[i]))
            return NULL;
    return at[5] == ':' && at[6] == ' ' ? at : NULL;
}

/* Where several addresses were tried, each has a line: the last that a server has answered counts.
 */
static const char *diagnosis_find_login(const char *text)
{
    const char *found = text;
    for (const char *at = strstr(text, WORDS_OF_SERVER); at != NULL;
         at = strstr(at + 1, WORDS_OF_SERVER)) {
        const char *line = at;
        while (line > text && line[-1] != '\n')
            line--;
        found = line;
    }
    return found;
}

/* Behind the function in the last line, "LOCATION:  exec_stmt_raise, pl_exec.c:3923" in whatever
 * language; NULL: there is none. */
static const char *diagnosis_find_file(const char *text)
{
    const char *line = NULL;
    for (const char *at = strchr(text, '\n'); at != NULL && at[1] != '\0';
         at = strchr(at + 1, '\n'))
        line = at + 1;
    const char *comma = line == NULL ? NULL : strstr(line, ", ");
    return comma == NULL ? NULL : comma + 2;
}

/* The first line, or what stands for it: the rest may have values, and the line itself too.  Of a
 * broken constraint it names that alone. */
static char *diagnosis_tell(const char *state, const char *text)
{
    bool is_function = part_state_is_function(diagnosis_find_file(text));
    const char *words = NULL;
    if (is_function || strncmp(state, "23", 2) != 0)
        words = part_state_words(is_function ? "P0" : state);
    return words != NULL ? strdup(words) : strndup(text, strcspn(text, "\n"));
}

void dbidrv_diagnosis_take(dbi_conn dbi, struct dbidrv_diagnosis *ret)
{
    const char *text = NULL;
    (void)dbi_conn_error(dbi, &text);
    dbidrv_diagnosis_take_text(text, ret);
}

void dbidrv_diagnosis_take_text(const char *text, struct dbidrv_diagnosis *ret)
{
    *ret = (struct dbidrv_diagnosis){0};
    if (text == NULL)
        return;
    size_t number = strspn(text, "-0123456789"); /* libdbi puts the database's own before it */
    if (number > 0 && strncmp(text + number, ": ", 2) == 0)
        text += number + 2;
    const char *state = diagnosis_find_state(text);
    if (state != NULL)
        memcpy(ret->state, state, 5);
    text = state != NULL ? state + 7 : diagnosis_find_login(text);
    ret->text =
        state != NULL ? diagnosis_tell(ret->state, text) : strndup(text, strcspn(text, "\n"));
}

void dbidrv_diagnosis_take_number(const struct dbidrv_dialect *dialect, uint64_t number,
                                  struct dbidrv_diagnosis *ret)
{
    const struct dbidrv_number *known = dialect->numbers;
    while (known != NULL && known->number != 0 && known->number != number)
        known++;
    bool found = known != NULL && known->number != 0;
    *ret = (struct dbidrv_diagnosis){0};
    if (found)
        memcpy(ret->state, known->state, sizeof known->state);
    if (asprintf(&ret->text, "%s (error %" PRIu64 " of %s)", found ? known->words : "it says no",
                 number, dialect->product) < 0)
        ret->text = NULL;
}

void dbidrv_diagnosis_clear(struct dbidrv_diagnosis *diagnosis)
{
    free(diagnosis->text);
    diagnosis->text = NULL;
}

/* ---- What it means ---- */

static bool fault_fits(const struct fault *fault, const struct dbidrv_diagnosis *diagnosis)
{
    const char *text = diagnosis->text == NULL ? "" : diagnosis->text;
    if (fault->state != NULL && *fault->state == '\0' && *diagnosis->state != '\0')
        return false;
    if (fault->state != NULL && strncmp(diagnosis->state, fault->state, strlen(fault->state)) != 0)
        return false;
    return fault->words == NULL || strcasestr(text, fault->words) != NULL;
}

ferry_status dbidrv_fault_class(const struct dbidrv_diagnosis *diagnosis, enum dbidrv_phase phase,
                                const char **ret_hint, bool *ret_may_pass)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct fault *fault = &faults[i];
        if ((fault->phases & phase) == 0 || !fault_fits(fault, diagnosis))
            continue;
        *ret_hint = fault->hint;
        *ret_may_pass = (fault->phases & PASSES) != 0;
        /* The server that a source does not reach is one that a target cannot be opened on. */
        if (phase == DBIDRV_OPENING && fault->status == FERRY_ERR_UNREACHABLE) {
            *ret_may_pass = true;
            return FERRY_ERR_TARGET_OPEN;
        }
        return fault->status;
    }
    *ret_hint = hint_none;
    *ret_may_pass = false;
    return FERRY_ERR_INTERNAL; /* the last rows cover every phase */
}

ferry_status dbidrv_fail_as(const struct dbidrv_conn *conn,
                            const struct dbidrv_diagnosis *diagnosis, enum dbidrv_phase phase,
                            const char *doing, struct ferry_error *err)
{
    const char *hint = hint_none;
    bool may_pass = false, stated = *diagnosis->state != '\0';
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    ferry_status status = dbidrv_fault_class(diagnosis, phase, &hint, &may_pass);
    status =
        ferry_fail(err, status, "%s: cannot %s: %s%s%s%s%s%s", conn->label, doing,
                   diagnosis->text == NULL || *diagnosis->text == '\0' ? "libdbi gives no reason"
                                                                       : diagnosis->text,
                   stated ? " (SQLSTATE " : "", diagnosis->state, stated ? ")" : "",
                   *hint == '\0' ? "" : "; ", hint);
    if (may_pass)
        ferry_error_may_pass(err);
    return status;
}

ferry_status dbidrv_fail(const struct dbidrv_conn *conn, enum dbidrv_phase phase, const char *doing,
                         struct ferry_error *err)
{
    DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis;
    dbidrv_diagnosis_take(conn->dbi, &diagnosis);
    return dbidrv_fail_as(conn, &diagnosis, phase, doing, err);
}
