/* What the file says about a table: its definition, that of its source, the record of its last run.
 */

#ifndef DBFERRY_SQLITE_TABLE_H
#define DBFERRY_SQLITE_TABLE_H

#include "sqlite_driver.h"

/* A column of a table in the file. */
struct sqlite_column {
    char *name;
    char *type;          /* as declared, "" if not declared */
    char *default_sql;   /* as the definition says it, or NULL */
    char *default_value; /* the constant that it is, or NULL */
    char *collation;     /* "BINARY" if it says none */
    char *clauses;       /* what a definition of ours would say behind the type */
    int key;             /* position in the primary key, 0 = not part of it */
    bool not_null;
    bool generated;
};

/* What stands in the file under a name. */
struct sqlite_table {
    bool exists;
    const char *obstacle; /* NULL, or what it is where it is not a plain table: "a view" */
    char *sql;            /* its CREATE statement */
    struct sqlite_column *columns;
    size_t column_count;
    int integer_key; /* index of the column that stands for the rowid, or -1 */
    bool without_rowid;
    bool own; /* its statement is, word for word, what we would write for such columns */
};

/* ---- words.c: the words of a CREATE statement ---- */

/* Behind the word, quoted text, comment or single character at `at`. */
const char *sqlite_words_skip(const char *at);
/* Where the word (or single character) stands next, outside of quotes and comments, or NULL. */
const char *sqlite_words_find(const char *at, const char *word);
/* Behind the bracket that closes the one at `at`. */
const char *sqlite_words_close(const char *at);
/* Behind the first list in brackets: what a CREATE TABLE says behind its columns. */
const char *sqlite_words_behind_list(const char *sql);

/* ---- table.c: what stands in the file under a name ---- */

/* A name that is not there is a success.  sqlite_table_clear() frees what was read. */
int sqlite_table_load(sqlite3 *db, const char *name, struct sqlite_table *ret_table);
void sqlite_table_clear(struct sqlite_table *table);
ferry_status sqlite_table_inspect(void *conn, const char *name, struct ferry_inspection *inspection,
                                  struct ferry_error *err);
/* The CREATE TABLE statement for rows that lie so, from sqlite3_malloc. */
char *sqlite_table_create_sql(const struct ferry_layout *layout);

/* ---- descriptor.c: a column's descriptor as texts, and what of them is believed ---- */

/* What a row says of a column besides its name, type and flags: columns of _dbferry_columns. */
struct sqlite_field {
    const char *name;
    size_t offset; /* in struct ferry_column */
    enum { SQLITE_FIELD_TEXT, SQLITE_FIELD_NUMBER, SQLITE_FIELD_LENGTH } kind;
};
#define SQLITE_FIELDS 12
extern const struct sqlite_field sqlite_fields[SQLITE_FIELDS];

/* The name of a FERRY_TYPE_, or NULL; and back, or 0. */
const char *sqlite_descriptor_type_name(uint32_t type);
uint32_t sqlite_descriptor_type(const char *name);
/* Names of flags with spaces between; and back, false for an unknown one. */
void sqlite_descriptor_add_flags(sqlite3_str *out, uint32_t flags);
bool sqlite_descriptor_flags(const char *text, uint32_t *ret_flags);
/* 1 if a source could have said so. */
bool sqlite_descriptor_is_sound(const struct ferry_column *column);

/* ---- metadata.c, metadata_read.c: the source's own definitions, beside the data ---- */

#define SQLITE_METADATA_VERSION 1

/* What each row of _dbferry_columns begins with, counted from 1; the fields follow. */
enum {
    SQLITE_AT_TABLE = 1,
    SQLITE_AT_POSITION,
    SQLITE_AT_VERSION,
    SQLITE_AT_NAME,
    SQLITE_AT_DECLARED,
    SQLITE_AT_TYPE,
    SQLITE_AT_FLAGS,
    SQLITE_AT_FIELDS
};

/* What the file says about one table.  All of it is checked, and was made from malloc. */
struct sqlite_metadata {
    struct ferry_column *columns;
    char **declared; /* per column, the declared type under which it is stored */
    size_t column_count;
    struct ferry_index *indexes; /* the primary key first; not checked against the columns */
    size_t index_count;
    bool unsound; /* something stands there that is not believed */
};

/* Replace what the file says about the load's table. */
ferry_status sqlite_metadata_write(struct sqlite_conn *conn, const struct ferry_load_spec *spec,
                                   struct ferry_error *err);
/* Nothing known of the table is a success without columns. */
int sqlite_metadata_load(sqlite3 *db, const char *table, struct sqlite_metadata *ret_metadata);
void sqlite_metadata_clear(struct sqlite_metadata *metadata);
/* What was stored as this column of the table, or NULL if nothing, or if it is not as it was. */
const struct ferry_column *sqlite_metadata_find(const struct sqlite_metadata *metadata,
                                                const struct sqlite_column *column);

/* ---- record.c: the record of the last run ---- */

ferry_status sqlite_record_write(struct sqlite_conn *conn, const struct ferry_record *record,
                                 struct ferry_error *err);
/* Whether the file holds the record of this very run.  SQLITE_OK, or why it cannot be told. */
int sqlite_record_find(struct sqlite_conn *conn, const struct ferry_record *record,
                       bool *ret_found);
/* Each field that the file has of the table; a _dbferry_sync that is not ours has none. */
ferry_status sqlite_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err);

#endif /* DBFERRY_SQLITE_TABLE_H */
