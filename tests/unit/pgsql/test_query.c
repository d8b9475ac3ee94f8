/* Tests of the pgsql driver's query.c: where a query ends. */

#include "unit.h"

#include "../../../plugins/pgsql/read/query.c"

static void test_ends(void **state)
{
    static const char *const cases[][2] = {
        {"SELECT 1", "SELECT 1"},
        {"SELECT 1;", "SELECT 1"},
        {"SELECT 1 ;; \n", "SELECT 1"},
        {"SELECT 1 -- ;", "SELECT 1"},
        {"SELECT 1 /* a /* b */ ; */ ;", "SELECT 1"},
        {"SELECT ';' ;", "SELECT ';'"},
        {"SELECT 'it''s;' -- x\n;", "SELECT 'it''s;'"},
        {"SELECT '\\' ;", "SELECT '\\'"},
        {"SELECT E'\\';' ;", "SELECT E'\\';'"},
        {"SELECT namee'\\' ;", "SELECT namee'\\'"},
        {"SELECT \";\" ;", "SELECT \";\""},
        {"SELECT $$;$$ ;", "SELECT $$;$$"},
        {"SELECT $a$;$$;$a$ ;", "SELECT $a$;$$;$a$"},
        {"SELECT a$b, 1 ;", "SELECT a$b, 1"},
        {"SELECT $1 ;", "SELECT $1"},
        {"SELECT 1; SELECT 2", "SELECT 1; SELECT 2"}, /* the server refuses two */
        {"SELECT 'open ;", "SELECT 'open ;"},
        {"SELECT $x$ open ;", "SELECT $x$ open ;"},
        {"SELECT 1 /* open ;", "SELECT 1"},
        {";", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = strdup(cases[i][0]);
        size_t length = pgdrv_query_length(text);
        if (length != strlen(cases[i][1]) || memcmp(text, cases[i][1], length) != 0)
            fail_msg("'%s' ends as '%.*s'", text, (int)length, text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends)};
    return cmocka_run_group_tests_name("pgsql query", tests, NULL, NULL);
}
