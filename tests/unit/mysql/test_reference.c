/* Tests of the mysql driver's reference.c: foreign keys in the definitions that servers print, and
 * in what a hostile one could print.  The sound ones are what MariaDB 10.11 and MySQL 9 have
 * printed. */

#include "unit.h"

#include "driver/schema.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/reference.c"
#include "../../../plugins/parts/text.c"

/* Each key as "a,b>t(x,y) delete update name". */
static char *tell(const char *definition)
{
    struct ferry_schema schema = {0};
    struct ferry_error error = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(mydrv_references_add(definition, &schema, &error), FERRY_OK);
    for (size_t i = 0; i < schema.foreign_key_count; i++) {
        const struct ferry_foreign_key *key = &schema.foreign_keys[i];
        for (size_t k = 0; k < key->column_count; k++)
            fprintf(out, "%s%s", k > 0 ? "," : "", key->columns[k]);
        fprintf(out, ">%s(", key->table);
        for (size_t k = 0; k < key->column_count; k++)
            fprintf(out, "%s%s", k > 0 ? "," : "", key->referred[k]);
        fprintf(out, ") %u %u %s\n", key->on_delete, key->on_update, key->name);
    }
    fclose(out);
    ferry_schema_done(&schema);
    return text;
}

static void test_definitions(void **state)
{
    (void)state;
    static const struct {
        const char *definition, *keys;
    } cases[] = {
        {"CREATE TABLE `orders` (\n  `id` int(11) NOT NULL,\n  `customer` int(11) NOT NULL,\n"
         "  PRIMARY KEY (`id`),\n  KEY `of a customer` (`customer`),\n"
         "  CONSTRAINT `of a customer` FOREIGN KEY (`customer`) REFERENCES `customers` (`id`) ON "
         "DELETE CASCADE ON UPDATE CASCADE\n) ENGINE=InnoDB",
         "customer>customers(id) 2 2 of a customer\n"},
        {"CREATE TABLE `t` (\n  `a` int,\n"
         "  CONSTRAINT `t_ibfk_1` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`x`, `y`) ON DELETE SET "
         "NULL,\n  CONSTRAINT `t_ibfk_2` FOREIGN KEY (`b`) REFERENCES `other`.`q` (`z`) ON UPDATE "
         "RESTRICT\n)",
         "a,b>p(x,y) 3 0 t_ibfk_1\nb>other.q(z) 0 1 t_ibfk_2\n"},
        {"CREATE TABLE `t` (\n  CONSTRAINT `c``1` FOREIGN KEY (`a``b`,`,(`) REFERENCES `p``q` "
         "(`)`,` ON DELETE CASCADE`)\n)",
         "a`b,,(>p`q(), ON DELETE CASCADE) 0 0 c`1\n"},
        /* what only looks like one: in a comment, a default, a name, a check */
        {"CREATE TABLE `t` (\n  `a` int COMMENT 'CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p` "
         "(`x`)',\n  `CONSTRAINT ``c`` FOREIGN KEY (``a``)` int DEFAULT 'it''s CONSTRAINT `c` "
         "FOREIGN KEY (`a`) REFERENCES `p` (`x`)',\n  CONSTRAINT `k` CHECK (`a` > 0)\n)",
         ""},
        /* broken off at each of its parts */
        {"CONSTRAINT `", ""},
        {"CONSTRAINT `c", ""},
        {"CONSTRAINT `c` FOREIGN KEY ", ""},
        {"CONSTRAINT `c` FOREIGN KEY (", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`,", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`)", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES ", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p`", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p`.", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p` (`x", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p` (`x`, `y`)", ""}, /* not as many */
        {"CONSTRAINT `c` FOREIGN KEY () REFERENCES `p` ()", ""},
        {"CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `p` (`x`) ON DELETE", "a>p(x) 0 0 c\n"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *keys = tell(cases[i].definition);
        if (strcmp(keys, cases[i].keys) != 0)
            fail_msg("case %zu: '%s' for '%s'", i, keys, cases[i].keys);
        free(keys);
    }
}

/* No server has keys of so many columns; there is room for 64. */
static void test_many_columns(void **state)
{
    (void)state;
    for (int count = 63; count <= 66; count++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        fprintf(out, "CONSTRAINT `c` FOREIGN KEY (`c0`");
        for (int i = 1; i < count; i++)
            fprintf(out, ",`c%d`", i);
        fprintf(out, ") REFERENCES `p` (`c0`");
        for (int i = 1; i < count; i++)
            fprintf(out, ",`c%d`", i);
        fprintf(out, ")");
        fclose(out);
        struct ferry_schema schema = {0};
        struct ferry_error error = {0};
        assert_int_equal(mydrv_references_add(text, &schema, &error), FERRY_OK);
        assert_int_equal(schema.foreign_key_count, count <= 64 ? 1 : 0);
        if (count <= 64)
            assert_int_equal(schema.foreign_keys[0].column_count, count);
        ferry_schema_done(&schema);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_many_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
