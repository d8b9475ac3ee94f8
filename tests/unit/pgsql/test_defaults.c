/* Tests of the pgsql driver's defaults.c: defaults as PostgreSQL 15 prints them (pg_get_expr). */

#include "unit.h"

#include "../../../plugins/pgsql/types/defaults.c"

#define INT                                                                                        \
    {                                                                                              \
        .type = FERRY_TYPE_INT                                                                     \
    }
#define TEXT                                                                                       \
    {                                                                                              \
        .type = FERRY_TYPE_TEXT                                                                    \
    }

static void test_defaults(void **state)
{
    static const struct {
        const char *text;
        struct ferry_column column;
        enum pgdrv_default kind;
        const char *value;
    } cases[] = {
        {NULL, INT, PGDRV_DEFAULT_NONE, NULL},
        {"NULL::character varying", TEXT, PGDRV_DEFAULT_NONE, NULL},
        {"5", INT, PGDRV_DEFAULT_CONSTANT, "5"},
        {"'-5'::integer", INT, PGDRV_DEFAULT_CONSTANT, "-5"},
        {"'x'::integer", INT, PGDRV_DEFAULT_UNKNOWN, NULL},
        {"1.50", {.type = FERRY_TYPE_DECIMAL}, PGDRV_DEFAULT_CONSTANT, "1.50"},
        {"(1 + 2)", INT, PGDRV_DEFAULT_UNKNOWN, NULL},
        {"'it''s'::text", TEXT, PGDRV_DEFAULT_CONSTANT, "it's"},
        {"''::character varying(20)", TEXT, PGDRV_DEFAULT_CONSTANT, ""},
        {"('a'::text || 'b'::text)", TEXT, PGDRV_DEFAULT_UNKNOWN, NULL},
        {"'a'::text || 'b'::text", TEXT, PGDRV_DEFAULT_UNKNOWN, NULL},
        {"'open", TEXT, PGDRV_DEFAULT_UNKNOWN, NULL},
        {"true", {.type = FERRY_TYPE_BOOL}, PGDRV_DEFAULT_CONSTANT, "1"},
        {"false", {.type = FERRY_TYPE_BOOL}, PGDRV_DEFAULT_CONSTANT, "0"},
        {"'sad'::\"Mood\"", {.type = FERRY_TYPE_ENUM}, PGDRV_DEFAULT_CONSTANT, "sad"},
        {"'2024-02-29'::date", {.type = FERRY_TYPE_DATE}, PGDRV_DEFAULT_CONSTANT, "2024-02-29"},
        {"'2024-02-29 12:00:00'::timestamp without time zone",
         {.type = FERRY_TYPE_DATETIME},
         PGDRV_DEFAULT_CONSTANT,
         "2024-02-29 12:00:00"},
        {"'2024-02-29 12:00:00+01'::timestamp with time zone",
         {.type = FERRY_TYPE_DATETIME, .flags = FERRY_COLUMN_UTC},
         PGDRV_DEFAULT_UNKNOWN,
         NULL},
        {"now()", {.type = FERRY_TYPE_DATETIME}, PGDRV_DEFAULT_NOW, NULL},
        {"CURRENT_TIMESTAMP", {.type = FERRY_TYPE_DATETIME}, PGDRV_DEFAULT_NOW, NULL},
        {"now()", TEXT, PGDRV_DEFAULT_UNKNOWN, NULL},
        {"nextval('t_id_seq'::regclass)", INT, PGDRV_DEFAULT_SEQUENCE, NULL},
        {"'\\x00'::bytea", {.type = FERRY_TYPE_BYTES}, PGDRV_DEFAULT_UNKNOWN, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *value = NULL;
        enum pgdrv_default kind = pgdrv_default_read(cases[i].text, &cases[i].column, &value);
        if (kind != cases[i].kind)
            fail_msg("%s is %d", cases[i].text, (int)kind);
        if (cases[i].value != NULL)
            assert_string_equal(value, cases[i].value);
        free(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_defaults)};
    return cmocka_run_group_tests_name("pgsql defaults", tests, NULL, NULL);
}
