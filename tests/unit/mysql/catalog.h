/* The mysql driver's catalog.c and keys.c, which are a part of their tests, and what is asked of a
 * server made of tables of texts. */

#ifndef FERRY_UNIT_MYSQL_CATALOG_H
#define FERRY_UNIT_MYSQL_CATALOG_H

#include "unit.h"

#include "../../../plugins/mysql/errors.c"
#include "../../../plugins/mysql/read/catalog.c"
#include "../../../plugins/mysql/read/keys.c"
#include "../../../plugins/mysql/types/definition.c"

#include "driver/schema.h"

/* ---- The server ---- */

#define MOST_COLUMNS 11

/* The answer to a question that contains `about`. */
struct answer {
    const char *about;
    unsigned columns;
    size_t count;
    const char *(*rows)[MOST_COLUMNS];
    unsigned error;
};

static struct {
    const struct answer *answers;
    size_t count;
    const struct answer *current;
    size_t next;
    unsigned long lengths[MOST_COLUMNS];
    char question[2000];
} server;

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    (void)mysql;
    server.current = NULL;
    server.next = 0;
    assert_true(length < sizeof server.question);
    memcpy(server.question, sql, length + 1);
    for (size_t i = 0; i < server.count && server.current == NULL; i++)
        if (strstr(sql, server.answers[i].about) != NULL)
            server.current = &server.answers[i];
    assert_non_null(server.current);
    return server.current->error != 0;
}

MYSQL_RES *STDCALL mysql_store_result(MYSQL *mysql)
{
    (void)mysql;
    return (MYSQL_RES *)&server;
}

void STDCALL mysql_free_result(MYSQL_RES *result)
{
    (void)result;
}

unsigned int STDCALL mysql_num_fields(MYSQL_RES *result)
{
    (void)result;
    return server.current->columns;
}

unsigned long long STDCALL mysql_num_rows(MYSQL_RES *result)
{
    (void)result;
    return server.current->count;
}

void STDCALL mysql_data_seek(MYSQL_RES *result, unsigned long long offset)
{
    (void)result;
    server.next = (size_t)offset;
}

MYSQL_ROW STDCALL mysql_fetch_row(MYSQL_RES *result)
{
    (void)result;
    if (server.next >= server.current->count)
        return NULL;
    const char **row = server.current->rows[server.next++];
    for (size_t i = 0; i < MOST_COLUMNS; i++)
        server.lengths[i] = row[i] == NULL ? 0 : strlen(row[i]);
    return (MYSQL_ROW)row;
}

unsigned long *STDCALL mysql_fetch_lengths(MYSQL_RES *result)
{
    (void)result;
    return server.lengths;
}

unsigned int STDCALL mysql_errno(MYSQL *mysql)
{
    (void)mysql;
    return server.current->error;
}

const char *STDCALL mysql_error(MYSQL *mysql)
{
    (void)mysql;
    return "so it is";
}

unsigned long STDCALL mysql_real_escape_string(MYSQL *mysql, char *to, const char *from,
                                               unsigned long length)
{
    (void)mysql;
    char *out = to;
    for (unsigned long i = 0; i < length; i++) {
        if (from[i] == '\'')
            *out++ = '\\';
        *out++ = from[i];
    }
    *out = '\0';
    return (unsigned long)(out - to);
}

/* Of tls.c and types.c. */
bool mydrv_tls_was_lost(const char *text)
{
    (void)text;
    return false;
}

const char *mydrv_tls_explain(const struct mydrv_flavour *flavour, const char *text)
{
    (void)flavour;
    return text;
}

static const struct mydrv_flavour plain = {0};

static inline void column_clear(struct mydrv_column *c)
{
    free(c->native);
    free(c->subtype);
    free(c->charset);
    free(c->collation);
    free(c->members);
    free(c->default_value);
}

/* ---- What is asked ---- */

struct asking {
    struct mydrv_conn conn;
    struct ferry_schema schema;
    struct ferry_error error;
    struct mydrv_column columns[4];
    size_t count;
    struct mydrv_nature nature;
};

static inline void asking_begin(struct asking *a, const struct answer *answers, size_t count)
{
    memset(a, 0, sizeof *a);
    a->conn.label = (char *)"connection 'c'";
    a->conn.flavour = &plain;
    server.answers = answers;
    server.count = count;
    a->conn.mariadb = true;
    a->conn.version = 101119;
}

static inline struct ferry_column *asking_add(struct asking *a, const char *name, uint32_t type)
{
    struct mydrv_column *c = &a->columns[a->count++];
    c->name = (char *)name;
    c->native = strdup("wire");
    c->column = (struct ferry_column){
        .name = name, .native = c->native, .type = type, .bits = type == FERRY_TYPE_INT ? 32 : 0};
    return &c->column;
}

static inline ferry_status asking_apply(struct asking *a, const char *name)
{
    MYSQL_RES *list = NULL;
    ferry_status status = mydrv_catalog_read(&a->conn, name, &a->schema, &list, &a->error);
    if (status == FERRY_OK)
        status = mydrv_catalog_apply(&a->conn, name, list, a->columns, a->count, &a->schema,
                                     &a->nature, &a->error);
    mydrv_catalog_finish(a->columns, a->count);
    return status;
}

static inline bool asking_has_note(const struct asking *a, const char *text)
{
    for (size_t i = 0; i < a->schema.note_count; i++)
        if (strstr(a->schema.notes[i].text, text) != NULL)
            return true;
    return false;
}

static inline void asking_end(struct asking *a)
{
    for (size_t i = 0; i < a->count; i++)
        column_clear(&a->columns[i]);
    ferry_schema_done(&a->schema);
    ferry_error_clear(&a->error);
}

#endif
