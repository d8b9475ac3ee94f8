/* A preload that lets one question about the catalog of a SQLite file go wrong.
 *
 *   FERRY_ASKED_AT      the number of the question, from 1; 0: none
 *   FERRY_ASKED_FAULT   "prepare CODE": it does not compile; "step CODE": its first step fails;
 *                       "nothing": no row comes; "cut CODE": the second step fails; "end": one row
 *                       of several comes
 *   FERRY_ASKED_LOG     a file that gets a line "NUMBER WAY FILE SQL" per question, and "hit" where
 *                       it went wrong
 *
 * A question is a statement that reads and changes nothing, or a call of
 * sqlite3_table_column_metadata(), that comes from the driver; what SQLite asks itself is not one.
 * Those that move rows, whose WAY is "compiled", are asked of the catalog while they are compiled
 * only: their steps are let alone. */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum fault { FAULT_NONE, FAULT_PREPARE, FAULT_STEP, FAULT_NOTHING, FAULT_CUT, FAULT_END };

static long fail_at;     /* the number of the question */
static enum fault fault; /* how it goes wrong */
static int fail_code;    /* the result code of SQLite */
static const char *path; /* of the log */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long asked;
static sqlite3_stmt *chosen; /* the question that goes wrong, while it is there */
static long steps;           /* of it */

/* The library is the driver's own, which no search from here would find. */
static void *next(const char *name)
{
    static void *library;
    if (library == NULL) {
        library = dlopen("libsqlite3.so.0", RTLD_LAZY | RTLD_NOLOAD);
    }
    void *function = library == NULL ? NULL : dlsym(library, name);
    if (function == NULL)
        abort();
    return function;
}

/* ISO C has no cast from an object's address to a function's. */
#define NEXT(type, name)                                                                           \
    static type *real;                                                                             \
    if (real == NULL) {                                                                            \
        void *found = next(name);                                                                  \
        memcpy(&real, &found, sizeof real);                                                        \
    }

typedef int prepare_v3(sqlite3 *, const char *, int, unsigned int, sqlite3_stmt **, const char **);
typedef int of_statement(sqlite3_stmt *);
typedef const char *filename(sqlite3 *, const char *);
typedef int column_metadata(sqlite3 *, const char *, const char *, const char *, char const **,
                            char const **, int *, int *, int *);

static void write_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void write_line(const char *format, ...)
{
    char text[4096];
    va_list arguments;
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *at = text; *at != '\0' && at[1] != '\0'; at++) /* a line is one line */
        *at = (char)(*at == '\n' ? ' ' : *at);
    if (write(file, text, strlen(text)) < 0)
        abort();
    (void)close(file);
}

/* Whether a call to here came from SQLite's own code. */
static bool is_own(const void *caller)
{
    Dl_info about;
    return dladdr(caller, &about) != 0 && strstr(about.dli_fname, "libsqlite3.so") != NULL;
}

static bool begins(const char *sql, const char *words)
{
    return strncmp(sql, words, strlen(words)) == 0;
}

/* How a statement asks of the catalog; NULL if it does not. */
static const char *way_of(const char *sql)
{
    static const char *const catalogs[] = {"sqlite_schema", "sqlite_stat1", "pragma_",
                                           "main._dbferry_", "count(*)"};
    if (begins(sql, "PRAGMA ") || begins(sql, "EXPLAIN ") ||
        begins(sql, "CREATE TEMP TABLE _dbferry_affinities "))
        return "asked";
    if (!begins(sql, "SELECT "))
        return NULL;
    for (size_t i = 0; i < sizeof catalogs / sizeof *catalogs; i++) {
        if (strstr(sql, catalogs[i]) != NULL)
            return "asked";
    }
    return "compiled";
}

/* Count a question; whether it is the one that goes wrong. */
static bool ask(sqlite3 *db, const char *way, const char *sql)
{
    NEXT(filename, "sqlite3_db_filename")
    const char *file = real(db, "main");
    const char *slash = file == NULL ? NULL : strrchr(file, '/');
    (void)pthread_mutex_lock(&lock);
    bool wrong = ++asked == fail_at;
    write_line("%ld %s %s %s\n", asked, way, slash == NULL ? "-" : slash + 1, sql);
    (void)pthread_mutex_unlock(&lock);
    return wrong;
}

static int prepare(const void *caller, sqlite3 *db, const char *sql, int size, unsigned int flags,
                   sqlite3_stmt **ret, const char **tail)
{
    NEXT(prepare_v3, "sqlite3_prepare_v3")
    const char *way = is_own(caller) ? NULL : way_of(sql);
    bool wrong = way != NULL && ask(db, way, sql);
    if (wrong && fault == FAULT_PREPARE) {
        *ret = NULL;
        write_line("hit\n");
        return fail_code;
    }
    int rc = real(db, sql, size, flags, ret, tail);
    if (wrong && rc == SQLITE_OK && strcmp(way, "asked") == 0) {
        chosen = *ret;
        steps = 0;
    }
    return rc;
}

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **ret,
                       const char **tail)
{
    return prepare(__builtin_return_address(0), db, sql, size, 0, ret, tail);
}

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned int flags,
                       sqlite3_stmt **ret, const char **tail)
{
    return prepare(__builtin_return_address(0), db, sql, size, flags, ret, tail);
}

int sqlite3_step(sqlite3_stmt *stmt)
{
    NEXT(of_statement, "sqlite3_step")
    if (stmt == NULL || stmt != chosen)
        return real(stmt);
    steps++;
    if (fault == (steps == 1 ? FAULT_STEP : FAULT_CUT)) {
        write_line("hit\n");
        return fail_code;
    }
    if (steps == 1 && fault == FAULT_NOTHING) {
        write_line("hit\n");
        return SQLITE_DONE;
    }
    int rc = real(stmt);
    if (steps == 2 && fault == FAULT_END && rc == SQLITE_ROW) {
        write_line("hit\n");
        return SQLITE_DONE;
    }
    return rc;
}

int sqlite3_finalize(sqlite3_stmt *stmt)
{
    NEXT(of_statement, "sqlite3_finalize")
    if (stmt == chosen)
        chosen = NULL;
    return real(stmt);
}

int sqlite3_table_column_metadata(sqlite3 *db, const char *schema, const char *table,
                                  const char *column, char const **type, char const **collation,
                                  int *not_null, int *key, int *auto_number)
{
    NEXT(column_metadata, "sqlite3_table_column_metadata")
    const char *const names[] = {table, column == NULL ? "" : column};
    char text[512];
    (void)snprintf(text, sizeof text, "sqlite3_table_column_metadata(%s, %s)", names[0], names[1]);
    bool wrong = ask(db, "called", text);
    if (wrong && fault == FAULT_PREPARE) {
        write_line("hit\n");
        return fail_code;
    }
    return real(db, schema, table, column, type, collation, not_null, key, auto_number);
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const faults[] = {[FAULT_PREPARE] = "prepare",
                                         [FAULT_STEP] = "step",
                                         [FAULT_NOTHING] = "nothing",
                                         [FAULT_CUT] = "cut",
                                         [FAULT_END] = "end"};
    const char *at = getenv("FERRY_ASKED_AT");
    const char *how = getenv("FERRY_ASKED_FAULT");
    path = getenv("FERRY_ASKED_LOG");
    fail_at = at == NULL ? 0 : atol(at);
    for (size_t i = FAULT_PREPARE; how != NULL && i < sizeof faults / sizeof *faults; i++) {
        size_t length = strlen(faults[i]);
        if (strncmp(how, faults[i], length) == 0 && (how[length] == '\0' || how[length] == ' ')) {
            fault = (enum fault)i;
            fail_code = atoi(how + length);
        }
    }
}
