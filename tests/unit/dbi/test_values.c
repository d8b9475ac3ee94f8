/* Tests of what the dbi driver makes of values, types and errors: what a database may give and must
 * not become a cell, and what a cell must not become in a statement. */

#include "unit.h"

#include <math.h>

#include "dbi/decoded.h"
#include "write/target.h"

/* ---- Values that say their own kind ---- */

/* The kind of the cell; -1: the value is refused. */
static int kind_of(uint32_t column_type, uint32_t flags, enum dbidrv_codec codec, const char *data)
{
    const struct dbidrv_type type = {.codec = codec, .ask = DBIDRV_TAGGED};
    const struct dbidrv_column column = {
        .type = &type,
        .column = {.name = "c",
                   .type = column_type,
                   .flags = flags,
                   .bits = column_type == FERRY_TYPE_FLOAT ? 64 : 0}};
    struct decoded decoded;
    decoded_take(&decoded, &column, data);
    decoded_done(&decoded);
    return decoded.flaw == NULL ? decoded.cell.kind : -1;
}

static void test_tags(void **state)
{
    static const struct {
        uint32_t type, flags;
        enum dbidrv_codec codec;
        const char *given;
        int kind;
    } cases[] = {
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "i-9223372036854775808", FERRY_KIND_INT},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "i9223372036854775808", -1},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "rInf", FERRY_KIND_FLOAT},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "r", -1},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "r0x1p3", -1},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "t", FERRY_KIND_TEXT},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "x00", FERRY_KIND_TEXT},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "b0", -1},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "bfg", -1},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "", -1},
        {FERRY_TYPE_ANY, 0, DBIDRV_CODEC_TEXT, "z1", -1},
        {FERRY_TYPE_TEXT, FERRY_COLUMN_LOOSE, DBIDRV_CODEC_TEXT, "i1", FERRY_KIND_INT},
        {FERRY_TYPE_TEXT, FERRY_COLUMN_LOOSE, DBIDRV_CODEC_TEXT, "ta", FERRY_KIND_TYPED},
        {FERRY_TYPE_TEXT, 0, DBIDRV_CODEC_TEXT, "i1", -1},
        {FERRY_TYPE_TEXT, 0, DBIDRV_CODEC_TEXT, "x6100", FERRY_KIND_TYPED},
        {FERRY_TYPE_BYTES, 0, DBIDRV_CODEC_HEX, "b", FERRY_KIND_TYPED},
        {FERRY_TYPE_BYTES, 0, DBIDRV_CODEC_HEX, "t00", -1},
        {FERRY_TYPE_BOOL, 0, DBIDRV_CODEC_BOOL, "i1", FERRY_KIND_TYPED},
        {FERRY_TYPE_BOOL, 0, DBIDRV_CODEC_BOOL, "i2", -1},
        {FERRY_TYPE_FLOAT, 0, DBIDRV_CODEC_FLOATING, "t1", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int kind = kind_of(cases[i].type, cases[i].flags, cases[i].codec, cases[i].given);
        if (kind != cases[i].kind)
            fail_msg("'%s' has the kind %d", cases[i].given, kind);
    }
}

/* ---- Literals ---- */

static void expect_literal(enum dbidrv_style style, enum dbidrv_put put, uint64_t most,
                           struct ferry_cell cell, const char *expected)
{
    struct part_text sql = {0};
    const char *flaw = dbidrv_put(style, put, most, &cell, &sql);
    if ((flaw == NULL) != (expected != NULL))
        fail_msg("expected %s: %s", expected == NULL ? "a flaw" : expected,
                 flaw == NULL ? sql.data : flaw);
    if (expected != NULL)
        assert_string_equal(sql.data, expected);
    part_text_clear(&sql);
}

#define TEXT(text)                                                                                 \
    (struct ferry_cell)                                                                            \
    {                                                                                              \
        .v.p = (text), .len = sizeof(text) - 1                                                     \
    }
#define FLOAT(number)                                                                              \
    (struct ferry_cell)                                                                            \
    {                                                                                              \
        .v.f = (double)(number)                                                                    \
    }
#define QUOTED DBIDRV_STYLE_QUOTED
#define SQLITE DBIDRV_STYLE_SQLITE

static void test_texts(void **state)
{
    (void)state;
    expect_literal(QUOTED, DBIDRV_PUT_TEXT, 0, TEXT("a'b''\\"), "'a''b''''\\'");
    expect_literal(QUOTED, DBIDRV_PUT_TEXT, 0, TEXT(""), "''");
    expect_literal(QUOTED, DBIDRV_PUT_TEXT, 0, TEXT("a\0b"), NULL);
    expect_literal(SQLITE, DBIDRV_PUT_TEXT, 0, TEXT("a\0b"), "CAST(x'610062' AS TEXT)");
    expect_literal(QUOTED, DBIDRV_PUT_TEXT, 2, TEXT("\xc3\xa9\xc3\xa9"), "'\xc3\xa9\xc3\xa9'");
    expect_literal(QUOTED, DBIDRV_PUT_TEXT, 2, TEXT("ab "), NULL); /* it would be cut */
    expect_literal(QUOTED, DBIDRV_PUT_BYTES, 0, TEXT("\0'\xff"), "'\\x0027ff'");
    expect_literal(SQLITE, DBIDRV_PUT_BYTES, 0, TEXT(""), "x''");
    expect_literal(QUOTED, DBIDRV_PUT_DATE, 0, TEXT("2023-02-29"), NULL);
    expect_literal(QUOTED, DBIDRV_PUT_DATE, 0, TEXT("0000-00-00"), NULL);
    expect_literal(QUOTED, DBIDRV_PUT_INSTANT, 0, TEXT("2024-02-29 00:00:00"),
                   "'2024-02-29 00:00:00+00'");
    expect_literal(QUOTED, DBIDRV_PUT_TIME, 0, TEXT("-01:00:00"), NULL);
    expect_literal(QUOTED, DBIDRV_PUT_TIME, 0, TEXT("24:00:00"), "'24:00:00'");
    expect_literal(QUOTED, DBIDRV_PUT_TIME, 0, TEXT("24:00:01"), NULL);
}

static void test_numbers(void **state)
{
    const struct ferry_cell most = {.v.u = UINT64_MAX}, least = {.v.i = INT64_MIN};
    const struct ferry_cell text = {.v.p = "1", .len = 1, .kind = FERRY_KIND_TEXT};
    (void)state;
    expect_literal(QUOTED, DBIDRV_PUT_UINT, 0, most, "'18446744073709551615'");
    expect_literal(SQLITE, DBIDRV_PUT_UINT_AS_INT, 0, most, NULL);
    expect_literal(SQLITE, DBIDRV_PUT_UINT_AS_TEXT, 0, most, "'18446744073709551615'");
    expect_literal(SQLITE, DBIDRV_PUT_INT, 0, least, "-9223372036854775808");
    expect_literal(SQLITE, DBIDRV_PUT_INT, 0, text, NULL);
    expect_literal(SQLITE, DBIDRV_PUT_ANY, 0, text, "'1'");
    expect_literal(SQLITE, DBIDRV_PUT_FLOAT, 0, FLOAT(0.0), "(0.0)");
    expect_literal(SQLITE, DBIDRV_PUT_FLOAT, 0, FLOAT(0.1),
                   "(7205759403792794.0/4503599627370496.0/16.0)");
    expect_literal(SQLITE, DBIDRV_PUT_FLOAT, 0, FLOAT(NAN), NULL);
    expect_literal(SQLITE, DBIDRV_PUT_FLOAT, 0, FLOAT(-INFINITY), "-9e999");
    expect_literal(QUOTED, DBIDRV_PUT_FLOAT, 0, FLOAT(NAN), "'NaN'");
    expect_literal(QUOTED, DBIDRV_PUT_FLOAT, 0, FLOAT(0.1), "'0.10000000000000001'");
}

/* What a database would round without a word. */
static void test_rounding(void **state)
{
    const struct ferry_column decimal = {.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2};
    const struct ferry_column moment = {.type = FERRY_TYPE_DATETIME, .scale = 3};
    const struct ferry_column whole = {.type = FERRY_TYPE_TIME};
    const struct ferry_column single = {.type = FERRY_TYPE_FLOAT, .bits = 32};
    (void)state;
    assert_null(dbidrv_put_check(QUOTED, &decimal, &TEXT("-1.23")));
    assert_null(dbidrv_put_check(QUOTED, &decimal, &TEXT("1")));
    assert_null(dbidrv_put_check(QUOTED, &decimal, &TEXT("1.2300")));
    assert_non_null(dbidrv_put_check(QUOTED, &decimal, &TEXT("1.234")));
    assert_null(dbidrv_put_check(SQLITE, &decimal, &TEXT("1.234")));
    assert_null(dbidrv_put_check(QUOTED, &moment, &TEXT("2024-02-29 00:00:00.123")));
    assert_non_null(dbidrv_put_check(QUOTED, &moment, &TEXT("2024-02-29 00:00:00.1234")));
    assert_non_null(dbidrv_put_check(QUOTED, &whole, &TEXT("00:00:00.1")));
    assert_null(dbidrv_put_check(QUOTED, &single, &FLOAT(0.5)));
    assert_null(dbidrv_put_check(QUOTED, &single, &FLOAT(NAN)));
    assert_non_null(dbidrv_put_check(QUOTED, &single, &FLOAT(0.1)));
}

/* ---- Types and errors ---- */

static void test_types(void **state)
{
    static const struct {
        const char *name;
        uint32_t type; /* 0: it is not carried */
        unsigned count;
        unsigned long first, second;
    } cases[] = {
        {"numeric(10,2)", FERRY_TYPE_DECIMAL, 2, 10, 2},
        {"numeric", FERRY_TYPE_TEXT, 0, 0, 0},
        {"numeric(2,-3)", 0, 0, 0, 0},
        {"character varying(40)", FERRY_TYPE_TEXT, 1, 40, 0},
        {"timestamp(3) with time zone", FERRY_TYPE_DATETIME, 1, 3, 0},
        {"integer", FERRY_TYPE_INT, 0, 0, 0},
        {"integer[]", 0, 0, 0, 0},
        {"public.text", 0, 0, 0, 0},
        {"", 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned long numbers[2] = {0};
        unsigned count = 0;
        const struct dbidrv_type *type =
            dbidrv_dialect_type(&dbidrv_dialect_pgsql, cases[i].name, numbers, &count);
        if ((type == NULL ? 0 : type->type) != cases[i].type)
            fail_msg("'%s' has the type %u", cases[i].name, type == NULL ? 0 : type->type);
        if (type == NULL)
            continue;
        assert_int_equal(count, cases[i].count);
        assert_int_equal(numbers[0], cases[i].first);
        assert_int_equal(numbers[1], cases[i].second);
    }
}

static void test_faults(void **state)
{
    static const struct {
        const char *state;
        const char *text;
        enum dbidrv_phase phase;
        ferry_status status;
        bool may_pass;
    } cases[] = {
        {"", "password authentication failed", DBIDRV_CONNECTING, FERRY_ERR_REFUSED, false},
        {"", "Connection refused", DBIDRV_CONNECTING, FERRY_ERR_UNREACHABLE, false},
        {"", "Connection refused", DBIDRV_OPENING, FERRY_ERR_TARGET_OPEN, false},
        {"", "database is locked", DBIDRV_LOADING, FERRY_ERR_BUSY, true},
        {"55P03", "canceling statement", DBIDRV_LOADING, FERRY_ERR_BUSY, true},
        {"40P01", "deadlock detected", DBIDRV_LOADING, FERRY_ERR_BUSY, true},
        {"23505", "duplicate key value", DBIDRV_LOADING, FERRY_ERR_DATA, false},
        {"42P01", "no relation 'out of memory'", DBIDRV_DESCRIBING, FERRY_ERR_NOT_FOUND, false},
        {"42501", "permission denied", DBIDRV_READING, FERRY_ERR_REFUSED, false},
        {"57P01", "terminating connection", DBIDRV_READING, FERRY_ERR_STREAM, false},
        {"53100", "could not extend file", DBIDRV_LOADING, FERRY_ERR_TARGET_IO, false},
        {"54000", "index row requires 16016 bytes", DBIDRV_LOADING, FERRY_ERR_DATA, false},
        {"", "", DBIDRV_READING, FERRY_ERR_DATA, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbidrv_diagnosis diagnosis = {.text = (char *)(uintptr_t)cases[i].text};
        const char *hint = NULL;
        bool may_pass = false;
        memcpy(diagnosis.state, cases[i].state, strlen(cases[i].state));
        ferry_status status = dbidrv_fault_class(&diagnosis, cases[i].phase, &hint, &may_pass);
        if (status != cases[i].status || may_pass != cases[i].may_pass)
            fail_msg("'%s' '%s': class %d", cases[i].state, cases[i].text, status);
        assert_non_null(hint);
    }
}

#define FAILED(address) "connection to server at \"db\" (" address "), port 5432 failed: "
#define NOBODY                                                                                     \
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n"

/* What libpq says of a login, in the languages of its translators; it has no SQLSTATE then. */
static void test_logins(void **state)
{
    static const struct {
        const char *text;
        ferry_status status;
        const char *told; /* what the line has that is told */
    } cases[] = {
        {FAILED("::1") NOBODY FAILED("127.0.0.1") NOBODY, FERRY_ERR_UNREACHABLE, "::1"},
        {FAILED("::1") NOBODY FAILED("127.0.0.1") "FATAL:  password authentication failed for user "
                                                  "\"x\"\n",
         FERRY_ERR_REFUSED, "password"},
        {FAILED("::1") "FATAL:  Passwort-Authentifizierung für Benutzer »x« "
                       "fehlgeschlagen\n" FAILED("127.0.0.1") NOBODY,
         FERRY_ERR_REFUSED, "fehlgeschlagen"},
        {FAILED(
             "127.0.0.1") "ВАЖНО:  пользователь \"x\" не прошёл проверку подлинности (по паролю)\n",
         FERRY_ERR_REFUSED, "ВАЖНО"},
        {FAILED("127.0.0.1") "FATAL:  sorry, too many clients already\n", FERRY_ERR_UNREACHABLE,
         "sorry"},
        {FAILED("127.0.0.1") "FATAL:  the database system is starting up\n", FERRY_ERR_UNREACHABLE,
         "starting"},
        {"-1: could not translate host name \"db\" to address: Name or service not known\n",
         FERRY_ERR_UNREACHABLE, "translate"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbidrv_diagnosis diagnosis;
        const char *hint = NULL;
        bool may_pass = false;
        dbidrv_diagnosis_take_text(cases[i].text, &diagnosis);
        assert_non_null(diagnosis.text);
        ferry_status status = dbidrv_fault_class(&diagnosis, DBIDRV_CONNECTING, &hint, &may_pass);
        if (status != cases[i].status || strstr(diagnosis.text, cases[i].told) == NULL ||
            strchr(diagnosis.text, '\n') != NULL)
            fail_msg("'%s': class %d", diagnosis.text, status);
        dbidrv_diagnosis_clear(&diagnosis);
    }
}

/* What PostgreSQL says with all that it has, as psql prints it after \\set VERBOSITY verbose: of a
 * value nothing is told, and what a function raises is nobody's but its own. */
static void test_told(void **state)
{
    static const struct {
        const char *text, *state, *told;
    } cases[] = {
        {"ERROR:  42P01: relation \"t\" does not exist\nLINE 1: SELECT * FROM t;\n"
         "LOCATION:  parserOpenTable, parse_relation.c:1381\n",
         "42P01", "relation \"t\" does not exist"},
        {"ERROR:  23505: duplicate key value violates unique constraint \"t_pkey\"\n"
         "DETAIL:  Key (id)=(secret) already exists.\nSCHEMA NAME:  public\n"
         "LOCATION:  _bt_check_unique, nbtinsert.c:664\n",
         "23505", "duplicate key value violates unique constraint \"t_pkey\""},
        {"ERROR:  22P02: invalid input syntax for type integer: \"secret\"\n"
         "LOCATION:  pg_strtoint32, numutils.c:320\n",
         "22P02", "a text is not of the form that its type has"},
        {"ERROR:  22P05: character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no "
         "equivalent in encoding \"LATIN1\"\nLOCATION:  report_untranslatable_char, "
         "mbutils.c:1807\n",
         "22P05", "a letter has no equivalent in the other encoding"},
        {"ERROR:  P0001: secret\nCONTEXT:  PL/pgSQL function f() line 1 at RAISE\n"
         "LOCATION:  exec_stmt_raise, pl_exec.c:3923\n",
         "P0001", "a function has raised an error"},
        {"ERROR:  42704: secret\nCONTEXT:  PL/pgSQL function f() line 1 at RAISE\n"
         "LOCATION:  exec_stmt_raise, pl_exec.c:3923\n",
         "42704", "a function has raised an error"},
        {"FEHLER:  23505: secret\nZUSAMMENHANG:  PL/Perl-Funktion »f«\n"
         "ORT:  plperl_call_perl_func, plperl.c:2221\n",
         "23505", "a function has raised an error"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbidrv_diagnosis diagnosis;
        dbidrv_diagnosis_take_text(cases[i].text, &diagnosis);
        assert_string_equal(diagnosis.state, cases[i].state);
        assert_string_equal(diagnosis.text, cases[i].told);
        dbidrv_diagnosis_clear(&diagnosis);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),    cmocka_unit_test(test_texts),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_types),
        cmocka_unit_test(test_faults),  cmocka_unit_test(test_logins),
        cmocka_unit_test(test_told),    cmocka_unit_test(test_rounding),
    };
    return cmocka_run_group_tests_name("dbi values", tests, NULL, NULL);
}
