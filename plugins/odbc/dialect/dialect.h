/* What databases and their ODBC drivers do each in its own way: one table of dialects, and for each
 * a table of types. */

#ifndef DBFERRY_ODBC_DIALECT_H
#define DBFERRY_ODBC_DIALECT_H

#include "odbc_driver.h"

struct odrv_writing;

/* How a value comes, and what is made of it: decode.c. */
enum odrv_codec {
    ODRV_CODEC_INT,      /* digits */
    ODRV_CODEC_UINT,     /* the same, of a number without a sign */
    ODRV_CODEC_BOOL,     /* 1 or 0, or letters for it */
    ODRV_CODEC_DOUBLE,   /* as a C double */
    ODRV_CODEC_FLOATING, /* as a text with all its digits */
    ODRV_CODEC_DECIMAL,
    ODRV_CODEC_TEXT, /* by the dialect's own C type for texts */
    ODRV_CODEC_BYTES,
    ODRV_CODEC_DATE,
    ODRV_CODEC_TIME,
    ODRV_CODEC_DATETIME,
    ODRV_CODEC_UUID,
    ODRV_CODEC_TAGGED, /* a letter for the kind before each value: SQLite */
    ODRV_CODEC_NULL,
};

/* One row of a dialect's types: the first that fits a column counts. */
struct odrv_type {
    /* The type's name as the ODBC driver tells it, as a pattern of fnmatch; NULL: any. */
    const char *name;
    SQLSMALLINT sql_type; /* SQL_UNKNOWN_TYPE: any */
    uint32_t type;        /* FERRY_TYPE_ */
    uint32_t bits;
    uint32_t flags; /* FERRY_COLUMN_ */
    enum odrv_codec codec;
    const char *ask;   /* the expression that brings the value, '%' for the column; NULL: itself */
    const char *order; /* the one that rows are sorted by; NULL: they are not */
    const char *bound; /* a value in a WHERE, '%' for its text; NULL: digits as they are */
    uint32_t scale;    /* of the fraction, where the driver tells none; else 0 */
};

/* ---- dialect.c ---- */

struct odrv_default {
    const char *attribute;
    const char *value;
    bool remote; /* only where the server is another machine */
};

struct odrv_dialect {
    const char *name;
    const char *product; /* how SQL_DBMS_NAME begins */
    const char *in_file; /* what the name of the ODBC driver's file has in it; each has a row */
    /* Put into the connection string, so that values come as they are and rows piece by piece. */
    const char *attributes;
    const char *attributes_of_target; /* the same, of a connection that is written to; or NULL */
    /* The same where nobody says otherwise; ends in one without a name; or NULL. */
    const struct odrv_default *defaults;
    /* Attributes whose values its ODBC driver takes out of braces; NULL: all of them. */
    const char *braced;
    bool trims;                     /* ... and takes blanks off where a value begins or ends */
    const char *refused_attributes; /* short names, as a pattern: no long one would be missed */
    const char *refused_library;    /* the same of one that bends values; or NULL */
    /* How texts come, which the ODBC driver must know as well as the session; or NULL. */
    const char *ask_client;
    const char *client_answer;
    const char *const *session; /* statements after the login; NULL at the end */
    /* The same, to begin a snapshot in a transaction; NULL: there is none. */
    const char *const *snapshot;
    /* A statement that ends it, where the driver is not told of transactions: then they are begun
     * by the statements above. */
    const char *snapshot_end;
    /* Whether there is one, in a word that has to be answered; NULL: it is taken for granted. */
    const char *ask_snapshot;
    const char *snapshot_answer;
    /* Which of the tables that were read the snapshot does not see through: no row where it does;
     * or NULL. */
    const char *ask_changed;
    const char *ask_schema; /* in which names are looked up; NULL: there are none */
    /* The schema that a name alone leads to, where it is not that one; '%' for the quoted name as a
     * text; NULL: nothing leads elsewhere, or the catalog functions find it. */
    const char *ask_home;
    /* Names that are looked up elsewhere before that, as a pattern; or NULL. */
    const char *system_names;
    /* What has to be answered for texts to be sorted; NULL: they always are, if there is an
     * `encoding`. */
    const char *ask_encoding;
    const char *encoding;
    /* name, declared type and NOT NULL of the columns that SELECT * gives of a table or view, in
     * their order, where the ODBC driver guesses; '%' for the name as a text; or NULL. */
    const char *ask_declared;
    const char *ask_unsteady; /* 1 where a snapshot does not hold the table; '%' for its name in
                                 hex; or NULL */
    const char *ask_tls;      /* its version and cipher; NULL: they are not known */
    const char *ask_warnings; /* a statement for them, with level, number and text; or NULL */
    const char *count_warnings;
    const char *const *warnings_refused; /* numbers of those by which rows or values were cut */
    const char *ask_alive;   /* a question that succeeds where all is well, to confirm an end */
    const char *nulls_first; /* behind an expression to sort by */
    /* SQL_C_WCHAR, or SQL_C_CHAR or SQL_C_BINARY where those are UTF-8 and nothing else. */
    SQLSMALLINT text_type;
    char quote;             /* around names, whatever the session was as it began; '\0': ask */
    uint64_t unlimited;     /* a text of this length or more has none */
    uint64_t sorted_length; /* longer texts are not sorted; 0: all are */
    bool pages;             /* cursors of SQL bring results page by page */
    bool catalogs;          /* a database is a catalog of the catalog functions */
    bool tells_values;      /* messages about a row have its values in them */
    bool keys;              /* SQLPrimaryKeys tells the truth */
    bool hides;             /* a table may have columns that SELECT * does not give */
    bool untried;
    const struct odrv_type *types;      /* in types.c */
    const struct odrv_writing *writing; /* in write/; NULL: it is no target */
};

/* By what the connection says; never NULL. */
const struct odrv_dialect *odrv_dialect_of_product(const char *product);
/* By the ODBC driver's file name, or NULL; the generic one where that is not known. */
const struct odrv_dialect *odrv_dialect_of_library(const char *library);
/* The row for a column; NULL: it is not carried. */
const struct odrv_type *odrv_dialect_type(const struct odrv_dialect *dialect, const char *name,
                                          SQLSMALLINT sql_type);

/* ---- types.c: each ends in a row without a type ---- */

/* A value of SQLite with a letter for its kind.  A text with a NUL comes in hexadecimal digits,
 * since it would end there: those are of the file's encoding, so in a file of UTF-16, where 'a' has
 * two bytes, it comes as a kind that is refused. */
#define ODRV_SQLITE_TAGGED                                                                         \
    "CASE typeof(%) WHEN 'integer' THEN 'i' || % WHEN 'real' THEN 'r' || printf('%%!.20g', %) "    \
    "WHEN 'text' THEN CASE WHEN instr(%, char(0)) = 0 THEN 't' || % "                              \
    "WHEN hex(CAST('a' AS BLOB)) = '61' THEN 'x' || hex(CAST(% AS BLOB)) ELSE 'n' END "            \
    "WHEN 'blob' THEN 'b' || hex(%) END"
/* A text of MariaDB as bytes of UTF-8. */
#define ODRV_MARIADB_UTF8 "CAST(CONVERT(% USING utf8mb4) AS BINARY)"

extern const struct odrv_type odrv_types_postgresql[];
extern const struct odrv_type odrv_types_sqlite[];
extern const struct odrv_type odrv_types_mariadb[];
extern const struct odrv_type odrv_types_sqlserver[];
extern const struct odrv_type odrv_types_oracle[];
extern const struct odrv_type odrv_types_generic[];

#endif /* DBFERRY_ODBC_DIALECT_H */
