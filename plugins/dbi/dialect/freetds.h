/* How SQL Server's values and types are asked for: by its source and its target alike. */

#ifndef DBFERRY_DBI_FREETDS_H
#define DBFERRY_DBI_FREETDS_H

#include "dialect/dialect.h"

/* Each comes as a text of ASCII with a mark before it (read/decode.c), of at most that many bytes.
 */
#define FREETDS_MARKED(text) "COALESCE('v' + " text ", 'n')"
#define FREETDS_NUMBER FREETDS_MARKED("CAST(% AS varchar(20))")
#define FREETDS_NUMBER_ROOM 21
/* 38 digits, a sign, a point, and a 0 before it. */
#define FREETDS_DECIMAL FREETDS_MARKED("CAST(% AS varchar(41))")
#define FREETDS_DECIMAL_ROOM 42
/* Style 3, since SQL Server 2016: 17 digits, which tell each value from all others. */
#define FREETDS_FLOAT FREETDS_MARKED("CONVERT(varchar(40), %, 3)")
#define FREETDS_FLOAT_ROOM 41
/* Styles 23 and 121: yyyy-mm-dd, and hh:mi:ss.nnnnnnn behind it. */
#define FREETDS_DATE FREETDS_MARKED("CONVERT(varchar(10), %, 23)")
#define FREETDS_DATE_ROOM 11
#define FREETDS_TIME FREETDS_MARKED("CONVERT(varchar(16), %, 121)")
#define FREETDS_TIME_ROOM 17
#define FREETDS_DATETIME FREETDS_MARKED("CONVERT(varchar(27), %, 121)")
#define FREETDS_DATETIME_ROOM 28
#define FREETDS_INSTANT                                                                            \
    FREETDS_MARKED("CONVERT(varchar(27), CAST(SWITCHOFFSET(%, '+00:00') AS datetime2(7)), 121)")
#define FREETDS_INSTANT_ROOM 28
#define FREETDS_UUID FREETDS_MARKED("LOWER(CONVERT(varchar(36), %))")
#define FREETDS_UUID_ROOM 37
/* A varchar has 8000 bytes at most: of varchar(max) libdbi's driver would take the length for a
 * number below 0, and end the process.  Style 2: hexadecimal digits alone. */
#define FREETDS_LONG(bytes)                                                                        \
    "COALESCE(CASE WHEN DATALENGTH(" bytes ") > 3998 THEN 'l' ELSE 'v' + "                         \
    "CONVERT(varchar(7996), CAST(" bytes " AS varbinary(3998)), 2) END, 'n')"
#define FREETDS_BYTES FREETDS_LONG("%")
#define FREETDS_TEXT FREETDS_LONG("CAST(% AS nvarchar(max))")
#define FREETDS_BYTES_ROOM 7997
#define FREETDS_TEXT_ROOM 7997
#define FREETDS_TEXT_LETTERS 1999

/* What a name has that does not come to the server as it is; `name` is an expression. */
#define FREETDS_IS_FOREIGN(name) name " COLLATE Latin1_General_BIN2 LIKE '%%[^ -~]%%'"
/* The type of the column `c` of sys.columns, spelled as in CREATE TABLE; of an alias, the one
 * below. */
#define FREETDS_BASE "COALESCE(TYPE_NAME(c.system_type_id), TYPE_NAME(c.user_type_id))"
#define FREETDS_TYPE                                                                               \
    "CAST(" FREETDS_BASE " + CASE WHEN " FREETDS_BASE " IN ('decimal', 'numeric') THEN '(' + "     \
    "CAST(c.precision AS varchar(4)) + ',' + CAST(c.scale AS varchar(4)) + ')' WHEN " FREETDS_BASE \
    " IN ('datetime2', 'time', 'datetimeoffset') THEN '(' + CAST(c.scale AS varchar(4)) + ')' "    \
    "WHEN " FREETDS_BASE " IN ('varchar', 'char', 'varbinary', 'binary', 'nvarchar', 'nchar') "    \
    "THEN CASE WHEN c.max_length = -1 THEN '(max)' ELSE '(' + CAST(c.max_length / CASE "           \
    "WHEN " FREETDS_BASE                                                                           \
    " IN ('nvarchar', 'nchar') THEN 2 ELSE 1 END AS varchar(8)) + ')' END ELSE '' "                \
    "END AS varchar(256))"

#endif /* DBFERRY_DBI_FREETDS_H */
