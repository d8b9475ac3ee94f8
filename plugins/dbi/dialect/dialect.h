/* What databases and their libdbi drivers do each in its own way: one table of dialects, and for
 * each a table of types. */

#ifndef DBFERRY_DBI_DIALECT_H
#define DBFERRY_DBI_DIALECT_H

#include "dbi_driver.h"

struct dbidrv_rows;
struct dbidrv_writing;

/* How a value comes, and what is made of it: read/decode.c. */
enum dbidrv_codec {
    DBIDRV_CODEC_INT,  /* digits */
    DBIDRV_CODEC_UINT, /* the same, of a number without a sign */
    DBIDRV_CODEC_BOOL, /* 1 or 0 */
    DBIDRV_CODEC_FLOATING,
    DBIDRV_CODEC_DECIMAL,
    DBIDRV_CODEC_TEXT,
    DBIDRV_CODEC_HEX,   /* bytes, as hexadecimal digits */
    DBIDRV_CODEC_UTF16, /* a text, as the same of UTF-16, low bytes first */
    DBIDRV_CODEC_DATE,
    DBIDRV_CODEC_TIME,
    DBIDRV_CODEC_DATETIME,
    DBIDRV_CODEC_UUID,
};

/* One row of a dialect's types: the first that fits a column counts. */
struct dbidrv_type {
    /* The type's name without what stands in brackets, as a pattern of fnmatch; NULL: any. */
    const char *name;
    uint32_t type; /* FERRY_TYPE_ */
    uint32_t bits;
    uint32_t flags; /* FERRY_COLUMN_ */
    enum dbidrv_codec codec;
    const char *ask;   /* the expression that brings the value as a text, '%' for the column */
    const char *order; /* the one that rows are sorted by; NULL: they are not */
    const char *bound; /* a value in a WHERE, '%' for its text; NULL: digits as they are */
    uint32_t scale;    /* of the fraction, where the type's name has none */
    bool sized;        /* only with numbers in brackets */
    bool marked;       /* a letter before the value says whether it is one: read/decode.c */
    uint32_t room; /* bytes that libdbi's driver keeps for each value, however short; 0: its own */
};

/* SQLite: a letter for the kind of each value before it; a text with a NUL, and bytes, come in
 * hexadecimal digits, since libdbi ends a value there. */
#define DBIDRV_TAGGED                                                                              \
    "CASE typeof(%) WHEN 'integer' THEN 'i' || % WHEN 'real' THEN 'r' || printf('%%!.20g', %) "    \
    "WHEN 'text' THEN CASE WHEN instr(CAST(% AS BLOB), x'00') > 0 THEN 'x' || "                    \
    "hex(CAST(% AS BLOB)) ELSE 't' || % END WHEN 'blob' THEN 'b' || hex(%) END"

/* A column, as the result or the catalog describes it. */
struct dbidrv_described {
    char *name;
    char *type; /* as the database spells it; "": it has none */
};

/* Answers come by way of a table: statement.c. */
#define DBIDRV_ASKED "dbferry_asked"
#define DBIDRV_ROWS "dbferry_rows"
#define DBIDRV_SIZES "dbferry_sizes"
struct dbidrv_gather {
    const char *make; /* before a SELECT, '%' for the table */
    const char *drop_asked;
};

/* Rows come in pieces, of which libdbi holds one at a time. */
struct dbidrv_pieces {
    const char *open; /* before the SELECT */
    /* The next `count` rows, of which `done` have come. */
    void (*add)(struct part_text *sql, unsigned columns, uint64_t done, uint64_t count);
    const char *close;
    /* measure() may need how long each of the rows is, in their order: how the sum of sizes ('%')
     * is asked for, what stands before that SELECT, and what ends it.  NULL: it does without. */
    const char *sizes_as, *open_sizes, *close_sizes;
    /* How many of the next `count` rows, of which each has `beside` bytes more than its values,
     * have no more than `most` bytes, at least 1. */
    ferry_status (*measure)(struct dbidrv_rows *rows, uint64_t count, uint64_t beside,
                            uint64_t most, uint64_t *ret_count, struct ferry_error *err);
};

/* A statement between these answers with one text: 'r' and how many rows it has changed, or 'e' and
 * the number of the error by which it failed. */
struct dbidrv_told {
    const char *before, *after;
};
/* What such a number means, where that is known. */
struct dbidrv_number {
    unsigned number; /* 0: the list ends */
    char state[6];   /* the SQLSTATE that means the same */
    const char *words;
};

struct dbidrv_dialect {
    const char *name;    /* of libdbi's driver, and of the key `dialect` */
    const char *package; /* Debian's, that has it */
    const char *product; /* for messages and facts */
    const char *schema;  /* in which all names are, where `schema` is no key of it; or NULL */
    int default_port;    /* 0: it has none */
    bool untried;
    bool is_file;        /* the database is a file, and nobody logs in */
    bool path_in_quotes; /* questions get the path of a table as SQL spells it, else its name */
    bool needs_host;
    bool host_has_port; /* libdbi's driver knows no option for the port, but "host:port" */
    bool brackets;      /* names are quoted as [name] */
    bool ascii_names;   /* others do not come to the server as they are */
    bool single;        /* libdbi's driver has room for one connection in a process */
    const char *use;    /* what leads to the database '%', where the login does not; or NULL */
    const struct dbidrv_told *told;      /* NULL: libdbi tells how a statement ended */
    const struct dbidrv_number *numbers; /* of its errors, if it tells them so; or NULL */
    const char *rollback;
    const char *const *session;
    const char *const *snapshot; /* NULL: there is none */
    const char *ask_version;
    const char *ask_schema;   /* NULL: `schema` */
    const char *ask_encoding; /* how texts are stored */
    const char *encoding;     /* the answer by which they are sorted as UTF-8 */
    const char *no_letters;   /* the answer by which a column counts bytes: no target; or NULL */
    /* How names of the catalog begin, which hide a user's of the same name; or NULL. */
    const char *own_prefix;
    bool only_encoding;                 /* with another one, nothing is read */
    const struct dbidrv_gather *gather; /* NULL: answers come by themselves */
    const struct dbidrv_pieces *pieces; /* NULL: libdbi holds the whole result */
    const char *size_of;                /* how many bytes the value '%' has; NULL: nobody asks */
    /* Kind of the relation '%': "table", "view", or what it is otherwise. */
    const char *ask_kind;
    /* Its columns: name, NOT NULL as 0 or 1, place in the primary key or 0. */
    const char *ask_keys;
    /* Name and kind of each table and view. */
    const char *ask_list;
    /* A table whose rows may not be those of the snapshot; NULL: there are none such. */
    const char *ask_proof;
    const char *nulls_first; /* behind an expression to sort by */
    /* The columns of `select`, which names all columns; the list has room for none yet. */
    ferry_status (*describe)(struct dbidrv_conn *conn, const struct ferry_read *read,
                             const char *select, const char *what,
                             struct dbidrv_described **ret_list, size_t *ret_count,
                             struct ferry_error *err);
    /* Options for libdbi beside those that all have; false if out of memory. */
    bool (*set_options)(dbi_conn dbi, const struct ferry_config *config);
    /* Once connected: what cancelling needs, and how failures are told. */
    ferry_status (*attach)(struct dbidrv_conn *conn, struct ferry_error *err);
    /* Before the connection is closed, also where attach() failed; NULL: nothing is to be done. */
    void (*detach)(struct dbidrv_conn *conn);
    const struct dbidrv_type *types;
    const struct dbidrv_writing *writing; /* NULL: it is no target */
};

extern const struct dbidrv_dialect dbidrv_dialect_pgsql;
extern const struct dbidrv_dialect dbidrv_dialect_sqlite3;
extern const struct dbidrv_dialect dbidrv_dialect_freetds;

/* ---- dialect.c ---- */

#define DBIDRV_DIALECTS "pgsql|sqlite3|freetds"
/* By one of these names; never NULL. */
const struct dbidrv_dialect *dbidrv_dialect_find(const char *name);
/* The row for a column of this type; NULL: it is not carried.  The numbers in brackets, of which
 * there are `*ret_count`, 0 to 2, go to `numbers`. */
const struct dbidrv_type *dbidrv_dialect_type(const struct dbidrv_dialect *dialect,
                                              const char *name, unsigned long numbers[2],
                                              unsigned *ret_count);
/* Functions of the client library that libdbi's driver uses, each by its name into a pointer of its
 * type; CONFIG where it has not all of them. */
struct dbidrv_function {
    const char *name;
    void *ret_function;
};
ferry_status dbidrv_dialect_functions(const struct dbidrv_conn *conn,
                                      const struct dbidrv_function *functions, size_t count,
                                      struct ferry_error *err);
/* One of them. */
ferry_status dbidrv_dialect_function(const struct dbidrv_conn *conn, const char *name,
                                     void *ret_function, struct ferry_error *err);
/* One more described column; takes nothing over. */
ferry_status dbidrv_described_add(struct dbidrv_described **list, size_t *count, const char *name,
                                  const char *type, struct ferry_error *err);
void dbidrv_described_free(struct dbidrv_described *list, size_t count);

#endif /* DBFERRY_DBI_DIALECT_H */
