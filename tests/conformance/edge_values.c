/* What a column may hold by its description, as far out as that reaches. */

#include "edge.h"

#include <float.h>
#include <math.h>

#define COUNTED(member, type, ...)                                                                 \
    .member = (const type[]){__VA_ARGS__},                                                         \
    .count = sizeof((const type[]){__VA_ARGS__}) / sizeof(type)
#define INTS(...) COUNTED(ints, int64_t, __VA_ARGS__)
#define FLOATS(...) COUNTED(floats, double, __VA_ARGS__)
#define TEXTS(...) COUNTED(texts, struct edge_text, __VA_ARGS__)
#define T(text)                                                                                    \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
#define COLUMN(spelled, kind, ...)                                                                 \
    .column = {.name = "edge", .native = (spelled), .type = FERRY_TYPE_##kind, __VA_ARGS__}

#define INTEGER(width)                                                                             \
    {                                                                                              \
        COLUMN("int" #width, INT, .bits = (width)),                                                \
            INTS(-(INT64_C(1) << ((width)-1)), -1, 0, (INT64_C(1) << ((width)-1)) - 1)             \
    }
#define NATURAL(width)                                                                             \
    {                                                                                              \
        COLUMN("int" #width " unsigned", INT, .bits = (width), .flags = FERRY_COLUMN_UNSIGNED),    \
            INTS(0, INT64_C(1) << ((width)-1), (INT64_C(1) << (width)) - 1)                        \
    }

#define NO_MORE (FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY)
#define SMILE "\xF0\x9F\x98\x80"
#define TEN_SMILES SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE SMILE
#define SIXTY_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"
#define NINES_35 "99999999999999999999999999999999999"
#define NINES_30 "999999999999999999999999999999"

const struct edge_column edge_columns[] = {
    {COLUMN("bool", BOOL, ), INTS(0, 1)},
    INTEGER(8),
    INTEGER(16),
    INTEGER(24),
    INTEGER(32),
    {COLUMN("int64", INT, .bits = 64), INTS(INT64_MIN, -1, 0, INT64_MAX)},
    NATURAL(8),
    NATURAL(16),
    NATURAL(24),
    NATURAL(32),
    {COLUMN("int64 unsigned", INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED),
     INTS(0, INT64_MAX, INT64_MIN, -1)}, /* 2^63 and 2^64 - 1 */
    {COLUMN("bit(1)", BIT, .bits = 1), INTS(0, 1)},
    {COLUMN("bit(12)", BIT, .bits = 12), INTS(0, 4095)},
    {COLUMN("bit(64)", BIT, .bits = 64), INTS(0, INT64_MIN, -1)},
    {COLUMN("year", YEAR, ), INTS(0, 1901, 2155)},

    {COLUMN("float64", FLOAT, .bits = 64),
     FLOATS(-DBL_MAX, DBL_MAX, DBL_MIN, 4.9406564584124654e-324, -0.0, 0.1, HUGE_VAL, -HUGE_VAL,
            (double)NAN)},
    {COLUMN("float64, finite", FLOAT, .bits = 64, .flags = NO_MORE),
     FLOATS(-DBL_MAX, DBL_MAX, DBL_MIN, 4.9406564584124654e-324, -0.0, 0.1, 1e22,
            1.2345678901234568e17)},
    {COLUMN("float32", FLOAT, .bits = 32),
     FLOATS(-(double)FLT_MAX, (double)FLT_MAX, (double)FLT_MIN, 1.40129846432481707e-45, -0.0,
            (double)0.1F, HUGE_VAL, (double)NAN)},
    {COLUMN("float32, finite", FLOAT, .bits = 32, .flags = NO_MORE),
     FLOATS(-(double)FLT_MAX, (double)FLT_MAX, (double)FLT_MIN, 1.40129846432481707e-45,
            (double)0.1F, 16777216)},

    {COLUMN("decimal(1,0)", DECIMAL, .precision = 1), TEXTS(T("-9"), T("0"), T("9"))},
    {COLUMN("decimal(10,2)", DECIMAL, .precision = 10, .scale = 2),
     TEXTS(T("-99999999.99"), T("99999999.99"), T("0.00"), T("-0.01"))},
    {COLUMN("decimal(15,15)", DECIMAL, .precision = 15, .scale = 15),
     TEXTS(T("0.999999999999999"), T("-0.000000000000001"))},
    {COLUMN("decimal(38,0)", DECIMAL, .precision = 38),
     TEXTS(T("-99999999999999999999999999999999999999"),
           T("99999999999999999999999999999999999999"))},
    {COLUMN("decimal(65,30)", DECIMAL, .precision = 65, .scale = 30),
     TEXTS(T("-" NINES_35 "." NINES_30), T(NINES_35 "." NINES_30))},

    {COLUMN("text", TEXT, .charset = "utf8mb4"),
     TEXTS(T(""), T(" "), T("a "), T("\t\r\n\x1A\x08\x01\x7F"), T("a\0b"), T("\0"),
           T("'\"\\`%_;--"), T("\xEF\xBF\xBF"), T("\xF4\x8F\xBF\xBF"), T("e\xCC\x81"),
           T("\xEF\xBB\xBF"
             "a"),
           T("NULL"), T("\\N"),
           T(SIXTY_LETTERS SIXTY_LETTERS SIXTY_LETTERS SIXTY_LETTERS SIXTY_LETTERS SIXTY_LETTERS))},
    {COLUMN("text(10)", TEXT, .length = 10, .charset = "utf8mb4"),
     TEXTS(T(TEN_SMILES), T(""), T("a         "), T("          "), T("0123456789"), T("a\0b"))},
    {COLUMN("text(10), fixed", TEXT, .length = 10, .charset = "utf8mb4",
            .flags = FERRY_COLUMN_FIXED),
     TEXTS(T(TEN_SMILES), T(""), T(" a"), T("0123456789"))}, /* no space at the end */
    {COLUMN("bytes", BYTES, ), TEXTS(T(""), T("\0"), T("\0\0a\0"), T("\xFF\xFE"), T("a "), T(" "),
                                     T("\\x61"), T("\xC3\x28"))},
    {COLUMN("bytes(4)", BYTES, .length = 4),
     TEXTS(T("\xFF\xFF\xFF\xFF"), T("\0\0\0\0"), T("a\0"), T("    "), T(""))},
    {COLUMN("bytes(4), fixed", BYTES, .length = 4, .flags = FERRY_COLUMN_FIXED),
     TEXTS(T("\xFF\xFF\xFF\xFF"), T("\0\0\0\0"), T("ab\0\0"), T("a   "))},

    {COLUMN("date", DATE, ),
     TEXTS(T("0001-01-01"), T("9999-12-31"), T("1582-10-10"), T("1900-02-28"), T("2024-02-29"),
           T("0000-00-00"), T("2024-00-00"))},
    {COLUMN("time", TIME, ),
     TEXTS(T("00:00:00"), T("23:59:59"), T("24:00:00"), T("-00:00:01"), T("838:59:59"))},
    {COLUMN("time(6)", TIME, .scale = 6), TEXTS(T("00:00:00.000001"), T("23:59:59.999999"),
                                                T("-838:59:59.000000"), T("838:59:59.000000"))},
    {COLUMN("datetime", DATETIME, ),
     TEXTS(T("0001-01-01 00:00:00"), T("9999-12-31 23:59:59"), T("1582-10-10 12:00:00"),
           T("2024-03-31 02:30:00"), T("0000-00-00 00:00:00"))},
    {COLUMN("datetime(6)", DATETIME, .scale = 6),
     TEXTS(T("0001-01-01 00:00:00.000001"), T("9999-12-31 23:59:59.999999"))},
    {COLUMN("timestamp(6)", DATETIME, .scale = 6, .flags = FERRY_COLUMN_UTC),
     TEXTS(T("1970-01-01 00:00:00.000000"), T("1970-01-01 00:00:00.000001"),
           T("2038-01-19 03:14:07.999999"), T("2038-01-19 03:14:08.000000"),
           T("2106-02-07 06:28:16.000000"), T("0001-01-01 00:00:00.000000"),
           T("9999-12-31 23:59:59.999999"), T("2024-03-31 01:30:00.000000"))},

    {COLUMN("json", JSON, ),
     TEXTS(T("null"), T("\"\""), T("{}"), T("[1e400]"), T("{\"a\": 1, \"a\": 2}"), T("\"\\u0000\""),
           T("{\"b\":1,  \"a\":2}"), T("12345678901234567890123"))},
    {COLUMN("enum", ENUM, .members = "'small','it''s','x y',''"),
     TEXTS(T("small"), T("it's"), T("x y"), T(""))},
    {COLUMN("set", SET, .members = "'a','b','it''s'"), TEXTS(T(""), T("a,b,it's"), T("b"))},
    {COLUMN("uuid", UUID, ),
     TEXTS(T("00000000-0000-0000-0000-000000000000"), T("ffffffff-ffff-ffff-ffff-ffffffffffff"))},
    {COLUMN("inet4", INET4, ), TEXTS(T("0.0.0.0"), T("255.255.255.255"))},
    {COLUMN("inet6", INET6, ),
     TEXTS(T("::"), T("::ffff:192.0.2.1"), T("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))},
    {COLUMN("geometry", GEOMETRY, ),
     TEXTS(T("\0\0\0\0\1\1\0\0\0\0\0\0\0\0\0\xF0\x3F\0\0\0\0\0\0\xF0\xBF"))},
    {COLUMN("vector(2)", VECTOR, .length = 2),
     TEXTS(T("\xFF\xFF\x7F\x7F\xFF\xFF\x7F\xFF"), T("\0\0\0\0\0\0\0\x80"))},
};
const size_t edge_column_count = sizeof edge_columns / sizeof edge_columns[0];
