/* What the file says about a table: its definition, that of its source, the record of its last run.
 */

#ifndef DBFERRY_SQLITE_TABLE_H
#define DBFERRY_SQLITE_TABLE_H

#include "sqlite_driver.h"

/* A column of a table in the file. */
struct sqldrv_column {
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

/* A foreign key of a table in the file. */
struct sqldrv_foreign_key {
    int id; /* its number in PRAGMA foreign_key_list */
    char *table;
    char **columns;
    char **referred; /* NULLs where the definition names none: the other table's primary key */
    size_t count;
    uint32_t on_delete; /* FERRY_ACTION_ */
    uint32_t on_update;
};

struct sqldrv_foreign_keys {
    struct sqldrv_foreign_key *list; /* in the order of the definition */
    size_t count;
};

/* What stands in the file under a name. */
struct sqldrv_table {
    bool exists;
    const char *obstacle; /* NULL, or what it is where it is not a plain table: "a view" */
    char *sql;            /* its CREATE statement */
    struct sqldrv_column *columns;
    size_t column_count;
    int integer_key; /* index of the column that stands for the rowid, or -1 */
    bool without_rowid;
    struct sqldrv_foreign_keys foreign_keys;
    bool own; /* its statement is, word for word, what we would write for such columns and keys */
};

/* ---- words.c: the words of a CREATE statement ---- */

/* Behind the word, quoted text, comment or single character at `at`. */
const char *sqldrv_words_skip(const char *at);
/* Where the word (or single character) stands next, outside of quotes and comments, or NULL. */
const char *sqldrv_words_find(const char *at, const char *word);
/* Behind the bracket that closes the one at `at`. */
const char *sqldrv_words_close(const char *at);
/* Behind the first list in brackets: what a CREATE TABLE says behind its columns. */
const char *sqldrv_words_behind_list(const char *sql);

/* ---- table.c: what stands in the file under a name ---- */

/* A name that is not there is a success.  sqldrv_table_clear() frees what was read. */
int sqldrv_table_load(sqlite3 *db, const char *name, struct sqldrv_table *ret_table);
void sqldrv_table_clear(struct sqldrv_table *table);
ferry_status sqldrv_table_inspect(void *conn, const char *name, struct ferry_inspection *inspection,
                                  struct ferry_error *err);
/* The CREATE TABLE statement for such a table, from sqlite3_malloc. */
char *sqldrv_table_create_sql(const struct ferry_load_spec *spec);

/* ---- foreign_keys.c: foreign keys in definitions ---- */

/* None is a success. */
int sqldrv_foreign_keys_load(sqlite3 *db, const char *table, struct sqldrv_foreign_keys *ret_keys);
void sqldrv_foreign_keys_clear(struct sqldrv_foreign_keys *keys);
/* Where the definition names no columns of the other table, they become those of its primary key,
 * if that has as many; else they stay NULL. */
int sqldrv_foreign_key_resolve(sqlite3 *db, struct sqldrv_foreign_key *key);
/* As the contract has it; lives as long as `key`. */
struct ferry_foreign_key sqldrv_foreign_key_tell(const struct sqldrv_foreign_key *key);
/* ", FOREIGN KEY ("a") REFERENCES "t" ("b") ON DELETE CASCADE" */
void sqldrv_foreign_key_append(sqlite3_str *out, const struct ferry_foreign_key *key);
/* Add those of a source's table, with the names that the file has for tables and columns. */
ferry_status sqldrv_foreign_keys_describe(struct sqldrv_conn *conn, const char *table,
                                          struct ferry_schema *schema, struct ferry_error *err);

/* ---- descriptor.c: a column's descriptor as texts, and what of them is believed ---- */

/* What a row says of a column besides its name, type and flags: columns of _dbferry_columns. */
struct sqldrv_field {
    const char *name;
    size_t offset; /* in struct ferry_column */
    enum { SQLDRV_FIELD_TEXT, SQLDRV_FIELD_NUMBER, SQLDRV_FIELD_LENGTH } kind;
};
#define SQLDRV_FIELDS 12
extern const struct sqldrv_field sqldrv_fields[SQLDRV_FIELDS];

/* The name of a FERRY_TYPE_, or NULL; and back, or 0. */
const char *sqldrv_descriptor_type_name(uint32_t type);
uint32_t sqldrv_descriptor_type(const char *name);
/* Names of flags with spaces between; and back, false for an unknown one. */
void sqldrv_descriptor_add_flags(sqlite3_str *out, uint32_t flags);
bool sqldrv_descriptor_flags(const char *text, uint32_t *ret_flags);
/* 1 if a source could have said so. */
bool sqldrv_descriptor_is_sound(const struct ferry_column *column);

/* ---- metadata.c, metadata_read.c: the source's own definitions, beside the data ---- */

#define SQLDRV_METADATA_VERSION 1

/* What each row of _dbferry_columns begins with, counted from 1; the fields follow. */
enum {
    SQLDRV_AT_TABLE = 1,
    SQLDRV_AT_POSITION,
    SQLDRV_AT_VERSION,
    SQLDRV_AT_NAME,
    SQLDRV_AT_DECLARED,
    SQLDRV_AT_TYPE,
    SQLDRV_AT_FLAGS,
    SQLDRV_AT_FIELDS
};

/* What the file says about one table.  All of it is checked, and was made from malloc. */
struct sqldrv_metadata {
    struct ferry_column *columns;
    char **declared; /* per column, the declared type under which it is stored */
    size_t column_count;
    struct ferry_index *indexes; /* the primary key first; not checked against the columns */
    size_t index_count;
    bool unsound; /* something stands there that is not believed */
};

/* Replace what the file says about the load's table.  `prepared` is of the transaction, and false
 * at first: the tables for it are made, and what they say of tables that are gone is dropped. */
ferry_status sqldrv_metadata_write(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                                   bool *prepared, struct ferry_error *err);
/* The same; where that is what it says already, nothing is written. */
ferry_status sqldrv_metadata_renew(struct sqldrv_conn *conn, const struct ferry_load_spec *spec,
                                   bool *prepared, struct ferry_error *err);
/* The table is gone. */
ferry_status sqldrv_metadata_forget(struct sqldrv_conn *conn, const char *table,
                                    struct ferry_error *err);
/* Nothing known of the table is a success without columns. */
int sqldrv_metadata_load(sqlite3 *db, const char *table, struct sqldrv_metadata *ret_metadata);
void sqldrv_metadata_clear(struct sqldrv_metadata *metadata);
/* What was stored as this column of the table, or NULL if nothing, or if it is not as it was. */
const struct ferry_column *sqldrv_metadata_find(const struct sqldrv_metadata *metadata,
                                                const struct sqldrv_column *column);

/* ---- record.c: the record of the last run ---- */

ferry_status sqldrv_record_write(struct sqldrv_conn *conn, const struct ferry_record *record,
                                 struct ferry_error *err);
/* Whether the file holds the record of this very run.  SQLITE_OK, or why it cannot be told. */
int sqldrv_record_find(struct sqldrv_conn *conn, const struct ferry_record *record,
                       bool *ret_found);
/* Each field that the file has of the table; a _dbferry_sync that is not ours has none. */
ferry_status sqldrv_record_read(void *conn, const char *table, struct ferry_record *record,
                                struct ferry_error *err);

/* Those of jobs whose names begin with `prefix`. */
ferry_status sqldrv_records(void *conn, const char *prefix, struct ferry_records *records,
                            struct ferry_error *err);
/* Drop it, in the transaction that is open; fails where it is another one than it follows by now.
 */
ferry_status sqldrv_record_drop(struct sqldrv_conn *conn, const struct ferry_record *record,
                                struct ferry_error *err);

#endif /* DBFERRY_SQLITE_TABLE_H */
