/* Reads a table of PostgreSQL through libdbi and prints its values, a row a line: what anybody
 * would write with that library, and nothing more.  It is what dbferry's way through libdbi is held
 * to.
 *
 * Rows come by a cursor, a thousand at a time, since libdbi holds each result whole.
 */

#include <dbi/dbi.h>
#include <stdio.h>
#include <stdlib.h>

#define FETCH "FETCH 1000 FROM reading"

static dbi_result ask(dbi_conn connection, const char *sql)
{
    const char *reason = NULL;
    dbi_result result = dbi_conn_query(connection, sql);
    if (result != NULL)
        return result;
    (void)dbi_conn_error(connection, &reason);
    (void)fprintf(stderr, "dbi_read: %s: %s\n", sql, reason == NULL ? "no reason" : reason);
    exit(76);
}

static void run(dbi_conn connection, const char *sql)
{
    dbi_result_free(ask(connection, sql));
}

static void print_row(dbi_result result, unsigned columns)
{
    for (unsigned i = 1; i <= columns; i++) {
        char *text = dbi_result_get_as_string_copy_idx(result, i);
        (void)fputs(text == NULL || dbi_result_field_is_null_idx(result, i) == 1 ? "" : text,
                    stdout);
        (void)putchar(i == columns ? '\n' : '\t');
        free(text);
    }
}

/* How many rows have come. */
static unsigned long long print_piece(dbi_conn connection)
{
    dbi_result result = ask(connection, FETCH);
    unsigned long long count = dbi_result_get_numrows(result);
    unsigned columns = dbi_result_get_numfields(result);
    while (dbi_result_next_row(result) == 1)
        print_row(result, columns);
    dbi_result_free(result);
    return count;
}

int main(int argc, char **argv)
{
    dbi_inst instance = NULL;
    char *declare = NULL;
    if (argc != 5) {
        (void)fprintf(stderr, "usage: dbi_read HOST PORT DATABASE TABLE\n");
        return 64;
    }
    if (dbi_initialize_r(NULL, &instance) < 1)
        return 78;
    dbi_conn connection = dbi_conn_new_r("pgsql", instance);
    if (connection == NULL ||
        asprintf(&declare, "DECLARE reading CURSOR FOR SELECT * FROM %s", argv[4]) < 0)
        return 78;
    (void)dbi_conn_set_option(connection, "host", argv[1]);
    (void)dbi_conn_set_option(connection, "port", argv[2]);
    (void)dbi_conn_set_option(connection, "dbname", argv[3]);
    (void)dbi_conn_set_option(connection, "username", "postgres");
    if (dbi_conn_connect(connection) != 0)
        return 69;
    run(connection, "BEGIN");
    run(connection, declare);
    while (print_piece(connection) > 0)
        ;
    run(connection, "COMMIT");
    free(declare);
    dbi_conn_close(connection);
    dbi_shutdown_r(instance);
    return fflush(stdout) == 0 ? 0 : 74;
}
