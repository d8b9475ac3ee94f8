/* Tests of schema.c and type.c: descriptors that contradict themselves, names that collide, hashes.
 */

#include "unit.h"

#include <inttypes.h>
#include <xxhash.h>

#include "driver/schema.h"
#include "driver/type.h"

static struct ferry_column column(const char *name, uint32_t type)
{
    struct ferry_column made = {.name = name, .type = type};
    if (type == FERRY_TYPE_INT || type == FERRY_TYPE_FLOAT)
        made.bits = 64;
    if (type == FERRY_TYPE_BIT)
        made.bits = 8;
    if (type == FERRY_TYPE_DECIMAL) {
        made.precision = 10;
        made.scale = 2;
    }
    return made;
}

static ferry_status add(struct ferry_schema *schema, const struct ferry_column *made,
                        struct ferry_error *error)
{
    return ferry_schema_add(schema, made, sizeof *made, error);
}

static void test_strings_are_copied(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    char name[] = "id", native[] = "bigint";
    struct ferry_column made = column(name, FERRY_TYPE_INT);
    made.native = native;
    made.charset = "utf8mb4";
    assert_int_equal(add(&schema, &made, &error), FERRY_OK);
    name[0] = native[0] = 'X';
    const struct ferry_column *kept = ferry_schema_column(&schema, 0);
    assert_string_equal(kept->name, "id");
    assert_string_equal(kept->native, "bigint");
    assert_string_equal(kept->charset, "utf8mb4");
    assert_null(kept->collation);
    assert_int_equal(ferry_schema_count(&schema), 1);
    ferry_schema_done(&schema);
    assert_int_equal(ferry_schema_count(&schema), 0);
    ferry_schema_done(&schema);
}

static void test_all_types_are_taken(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    for (uint32_t type = FERRY_TYPE_BOOL; type <= FERRY_TYPE_VECTOR; type++) {
        struct ferry_column made = column("c", type);
        assert_int_equal(add(&schema, &made, &error), FERRY_OK);
        assert_int_not_equal(ferry_type_value(type), FERRY_VALUE_NONE);
    }
    ferry_schema_done(&schema);
}

static void test_refusals(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_column wrong[] = {
        {.name = NULL, .type = FERRY_TYPE_TEXT},
        {.name = "", .type = FERRY_TYPE_TEXT},
        {.name = "c", .type = 0},
        {.name = "c", .type = FERRY_TYPE_VECTOR + 1},
        {.name = "c", .type = FERRY_TYPE_BIT, .bits = 0},
        {.name = "c", .type = FERRY_TYPE_BIT, .bits = 65},
        {.name = "c", .type = FERRY_TYPE_ANY, .flags = FERRY_COLUMN_LOOSE},
        {.name = "c", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_ONLY_NULL},
        {.name = "c",
         .type = FERRY_TYPE_ANY,
         .flags = FERRY_COLUMN_ONLY_NULL | FERRY_COLUMN_NOT_NULL},
        {.name = "c", .type = UINT32_MAX},
        {.name = "c", .type = FERRY_TYPE_INT, .bits = 0},
        {.name = "c", .type = FERRY_TYPE_INT, .bits = 7},
        {.name = "c", .type = FERRY_TYPE_INT, .bits = 65},
        {.name = "c", .type = FERRY_TYPE_FLOAT, .bits = 16},
        {.name = "c", .type = FERRY_TYPE_DECIMAL, .precision = 0, .scale = 0},
        {.name = "c", .type = FERRY_TYPE_DECIMAL, .precision = 2, .scale = 3},
        {.name = "c", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_UNSIGNED},
        {.name = "c", .type = FERRY_TYPE_DATE, .flags = FERRY_COLUMN_UTC},
        {.name = "c", .type = FERRY_TYPE_TEXT, .flags = 1u << 31},
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(add(&schema, &wrong[i], &error), FERRY_ERR_INTERNAL);
        assert_error(&error, FERRY_ERR_INTERNAL, "");
        assert_int_equal(ferry_schema_count(&schema), 0);
    }
    struct ferry_column good = column("c", FERRY_TYPE_TEXT);
    assert_int_equal(ferry_schema_add(&schema, &good, sizeof good - 1, &error), FERRY_ERR_INTERNAL);
    ferry_schema_done(&schema);
}

/* Those of driver.h, up to the last. */
static void test_flags_that_are_known(void **state)
{
    (void)state;
    const struct ferry_column number = {.name = "c",
                                        .type = FERRY_TYPE_INT,
                                        .bits = 64,
                                        .flags = FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_NOT_NULL |
                                                 FERRY_COLUMN_SRID | FERRY_COLUMN_INVISIBLE |
                                                 FERRY_COLUMN_ORDERED | FERRY_COLUMN_INDEX_ORDERED};
    struct ferry_column next = column("c", FERRY_TYPE_TEXT);
    assert_null(ferry_type_contradiction(&number));
    for (uint32_t flag = 1u << 26; flag != 0; flag <<= 1) {
        next.flags = flag;
        assert_string_equal(ferry_type_contradiction(&next), "unknown flags");
    }
    next.flags = FERRY_COLUMN_ORDERED;
    assert_null(ferry_type_contradiction(&next));
    next.flags = FERRY_COLUMN_INDEX_ORDERED;
    assert_null(ferry_type_contradiction(&next));
}

static void test_every_width(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits <= 128; bits++) {
        struct ferry_column made = {.name = "c", .type = FERRY_TYPE_INT, .bits = bits};
        bool known = bits == 8 || bits == 16 || bits == 24 || bits == 32 || bits == 64;
        assert_int_equal(ferry_type_contradiction(&made) == NULL, known);
        made.type = FERRY_TYPE_FLOAT;
        assert_int_equal(ferry_type_contradiction(&made) == NULL, bits == 32 || bits == 64);
    }
}

static void test_too_many_columns(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_column made = column("c", FERRY_TYPE_TEXT);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < 70000 && status == FERRY_OK; i++)
        status = add(&schema, &made, &error);
    assert_int_equal(ferry_schema_count(&schema), 65536);
    assert_error(&error, FERRY_ERR_SCHEMA, "columns");
    ferry_schema_done(&schema);
}

static void assert_descriptor(const struct ferry_column *made, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    ferry_type_add_descriptor(&buffer, made);
    assert_string_equal(ferry_strbuf_text(&buffer), expected);
}

static void test_descriptors(void **state)
{
    (void)state;
    const struct {
        struct ferry_column column;
        const char *text;
    } cases[] = {
        {{.type = FERRY_TYPE_BOOL}, "bool"},
        {{.type = FERRY_TYPE_INT, .bits = 24}, "int24"},
        {{.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED}, "int64 unsigned"},
        {{.type = FERRY_TYPE_FLOAT, .bits = 32}, "float32"},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 65, .scale = 30}, "decimal(65,30)"},
        {{.type = FERRY_TYPE_DECIMAL, .precision = 5}, "decimal(5,0)"},
        {{.type = FERRY_TYPE_TEXT, .length = 40}, "text(40)"},
        {{.type = FERRY_TYPE_TEXT}, "text"},
        {{.type = FERRY_TYPE_BYTES, .length = UINT64_MAX}, "bytes(18446744073709551615)"},
        {{.type = FERRY_TYPE_DATETIME, .scale = 6, .flags = FERRY_COLUMN_UTC}, "datetime(6) UTC"},
        {{.type = FERRY_TYPE_TIME}, "time"},
        {{.type = FERRY_TYPE_ANY}, "any"},
        {{.type = FERRY_TYPE_ANY, .flags = FERRY_COLUMN_ONLY_NULL}, "null"},
        {{.type = FERRY_TYPE_BIT, .bits = 12}, "bit(12)"},
        {{.type = FERRY_TYPE_JSON}, "json"},
        {{.type = FERRY_TYPE_ENUM, .members = "'a'"}, "enum"},
        {{.type = FERRY_TYPE_SET}, "set"},
        {{.type = FERRY_TYPE_UUID}, "uuid"},
        {{.type = FERRY_TYPE_INET4}, "inet4"},
        {{.type = FERRY_TYPE_INET6}, "inet6"},
        {{.type = FERRY_TYPE_GEOMETRY, .subtype = "point"}, "geometry"},
        {{.type = FERRY_TYPE_VECTOR, .length = 3}, "vector(3)"},
        {{.type = 99}, "?"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_descriptor(&cases[i].column, cases[i].text);
}

static void check_pair(const char *first, const char *second, bool alike, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_column a = column(first, FERRY_TYPE_TEXT), b = column("other", FERRY_TYPE_TEXT),
                        c = column(second, FERRY_TYPE_TEXT);
    assert_int_equal(add(&schema, &a, &error), FERRY_OK);
    assert_int_equal(add(&schema, &b, &error), FERRY_OK);
    assert_int_equal(add(&schema, &c, &error), FERRY_OK);
    ferry_status status = ferry_schema_check_names(&schema, &error);
    assert_int_equal(status, alike ? FERRY_ERR_SCHEMA : FERRY_OK);
    if (alike)
        assert_error(&error, FERRY_ERR_SCHEMA, message);
    ferry_schema_done(&schema);
}

static void test_names_that_collide(void **state)
{
    (void)state;
    check_pair("id", "id", true, "columns 1 and 3");
    check_pair("Id", "iD", true, "but for case");
    check_pair("id", "id ", false, "");
    check_pair("id", "id2", false, "");
    check_pair("\xC3\xA9", "\xC3\x89", false, ""); /* SQLite folds ASCII alone */
    struct ferry_schema empty = {0};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(ferry_schema_check_names(&empty, &error), FERRY_OK);
}

static void hash_of(const struct ferry_column *columns, size_t count, char ret_hash[17])
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    for (size_t i = 0; i < count; i++)
        assert_int_equal(add(&schema, &columns[i], &error), FERRY_OK);
    assert_int_equal(ferry_schema_hash(&schema, ret_hash, &error), FERRY_OK);
    assert_int_equal(strlen(ret_hash), 16);
    assert_int_equal(strspn(ret_hash, "0123456789abcdef"), 16);
    ferry_schema_done(&schema);
}

static void test_hash_tells_schemas_apart(void **state)
{
    (void)state;
    struct ferry_column a = column("a", FERRY_TYPE_INT), b = column("b", FERRY_TYPE_TEXT);
    struct ferry_column narrow = a, needed = a, keyed = a, renamed = a, loose = a;
    narrow.bits = 32;
    needed.flags = FERRY_COLUMN_NOT_NULL;
    loose.flags = FERRY_COLUMN_LOOSE;
    keyed.native = "BIGINT"; /* spelling and key are not part of what a column may hold */
    keyed.key_position = 1;
    keyed.flags = FERRY_COLUMN_AUTO_NUMBER | FERRY_COLUMN_GENERATED | FERRY_COLUMN_ZEROFILL;
    keyed.default_value = "5";
    renamed.name = "A";
    const struct ferry_column ab[] = {a, b}, ba[] = {b, a};
    char base[17], other[17];
    hash_of(&a, 1, base);
    hash_of(&keyed, 1, other);
    assert_string_equal(base, other);
    const struct ferry_column *different[] = {&narrow, &needed, &renamed, &loose};
    for (size_t i = 0; i < COUNT(different); i++) {
        hash_of(different[i], 1, other);
        assert_string_not_equal(base, other);
    }
    hash_of(ab, 2, base);
    hash_of(ba, 2, other);
    assert_string_not_equal(base, other);
}

/* Columns that differ in one thing that says which values there may be, or which are alike. */
static void test_hash_knows_the_meaning(void **state)
{
    (void)state;
    struct ferry_column cases[12];
    for (size_t i = 0; i < COUNT(cases); i++)
        cases[i] = column("c", FERRY_TYPE_TEXT);
    cases[1].flags = FERRY_COLUMN_IGNORES_CASE;
    cases[2].flags = FERRY_COLUMN_IGNORES_ACCENTS;
    cases[3].flags = FERRY_COLUMN_IGNORES_TRAILING_SPACE;
    cases[4].flags = FERRY_COLUMN_COMPARES_UNKNOWN;
    cases[5].collation = "utf8mb4_bin";
    cases[6].type = cases[7].type = cases[8].type = FERRY_TYPE_ENUM;
    cases[7].members = "'a','b'";
    cases[8].members = "'a','c'";
    cases[9].type = cases[10].type = cases[11].type = FERRY_TYPE_GEOMETRY;
    cases[10].subtype = "point";
    cases[11].flags = FERRY_COLUMN_SRID;
    cases[11].srid = 4326;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < i; k++) {
            char one[17], other[17];
            hash_of(&cases[i], 1, one);
            hash_of(&cases[k], 1, other);
            if (strcmp(one, other) == 0)
                fail_msg("cases %zu and %zu have the same hash", i, k);
        }
}

/* The hash stands in records of runs: what it is made of may not change from version to version. */
static void test_hash_is_stable(void **state)
{
    (void)state;
    static const char text[] = "a\0int64?b\0text(40)!";
    struct ferry_column columns[] = {column("a", FERRY_TYPE_INT), column("b", FERRY_TYPE_TEXT)};
    columns[1].length = 40;
    columns[1].flags = FERRY_COLUMN_NOT_NULL;
    char hash[17], expected[17];
    hash_of(columns, 2, hash);
    (void)snprintf(expected, sizeof expected, "%016" PRIx64,
                   (uint64_t)XXH3_64bits(text, sizeof text - 1));
    assert_string_equal(hash, expected);
    static const char special[] = "c\0enum 6000 0:7:'a','b' 2:3:any?";
    struct ferry_column coloured = column("c", FERRY_TYPE_ENUM);
    coloured.members = "'a','b'";
    coloured.collation = "any";
    coloured.flags = FERRY_COLUMN_LOOSE | FERRY_COLUMN_COMPARES_UNKNOWN;
    hash_of(&coloured, 1, hash);
    (void)snprintf(expected, sizeof expected, "%016" PRIx64,
                   (uint64_t)XXH3_64bits(special, sizeof special - 1));
    assert_string_equal(hash, expected);
}

/* ---- Indexes and notes ---- */

#define ONE(name) ((const char *const[]){name})

static void make_table(struct ferry_schema *schema)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_column a = column("a", FERRY_TYPE_INT), b = column("b", FERRY_TYPE_TEXT);
    *schema = (struct ferry_schema){0};
    assert_int_equal(add(schema, &a, &error), FERRY_OK);
    assert_int_equal(add(schema, &b, &error), FERRY_OK);
}

static void test_indexes_are_copied(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema;
    char name[] = "by_b", first[] = "b", second[] = "a";
    const char *columns[] = {first, second};
    const struct ferry_index primary = {
        .columns = ONE("a"), .column_count = 1, .unique = 1, .primary = 1};
    const struct ferry_index index = {.name = name, .columns = columns, .column_count = 2};
    make_table(&schema);
    assert_int_equal(ferry_schema_index_count(&schema), 0);
    assert_int_equal(ferry_schema_add_index(&schema, &primary, sizeof primary, &error), FERRY_OK);
    assert_int_equal(ferry_schema_add_index(&schema, &index, sizeof index, &error), FERRY_OK);
    name[0] = first[0] = second[0] = 'X';
    columns[0] = NULL;
    assert_int_equal(ferry_schema_index_count(&schema), 2);
    const struct ferry_index *kept = ferry_schema_index(&schema, 0);
    assert_null(kept->name);
    assert_int_equal(kept->primary, 1);
    assert_int_equal(kept->unique, 1);
    kept = ferry_schema_index(&schema, 1);
    assert_string_equal(kept->name, "by_b");
    assert_int_equal(kept->column_count, 2);
    assert_string_equal(kept->columns[0], "b");
    assert_string_equal(kept->columns[1], "a");
    assert_int_equal(kept->unique, 0);
    ferry_schema_done(&schema);
    assert_int_equal(ferry_schema_index_count(&schema), 0);
}

static void test_indexes_that_are_refused(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema;
    const struct ferry_index absent = {.columns = ONE("x"), .column_count = 1};
    const struct ferry_index cased = {.columns = ONE("A"), .column_count = 1};
    const struct ferry_index empty = {.columns = ONE("a"), .column_count = 0};
    const struct ferry_index good = {.columns = ONE("a"), .column_count = 1};
    make_table(&schema);
    (void)ferry_schema_add_index(&schema, &absent, sizeof absent, &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "an index on 'x', which is no column");
    (void)ferry_schema_add_index(&schema, &cased, sizeof cased, &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "an index on 'A', which is no column");
    (void)ferry_schema_add_index(&schema, &empty, sizeof empty, &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "without columns");
    (void)ferry_schema_add_index(&schema, &good, offsetof(struct ferry_index, copied), &error);
    assert_error(&error, FERRY_ERR_INTERNAL, "another size");
    assert_int_equal(ferry_schema_index_count(&schema), 0);
    ferry_schema_done(&schema);
}

static void test_foreign_keys_are_copied(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    char name[] = "k", table[] = "t", a[] = "a", b[] = "b", x[] = "x", y[] = "y";
    const char *columns[] = {a, b}, *referred[] = {x, y};
    struct ferry_foreign_key key = {.name = name,
                                    .columns = columns,
                                    .column_count = 2,
                                    .table = table,
                                    .referred = referred,
                                    .on_delete = FERRY_ACTION_CASCADE,
                                    .on_update = FERRY_ACTION_SET_DEFAULT};
    assert_int_equal(ferry_schema_add_foreign_key(&schema, &key, sizeof key, &error), FERRY_OK);
    key.name = NULL;
    key.referred = NULL;
    assert_int_equal(ferry_schema_add_foreign_key(&schema, &key, sizeof key, &error), FERRY_OK);
    name[0] = table[0] = a[0] = b[0] = x[0] = y[0] = '!';
    assert_int_equal(schema.foreign_key_count, 2);
    const struct ferry_foreign_key *copy = &schema.foreign_keys[0];
    assert_string_equal(copy->name, "k");
    assert_string_equal(copy->table, "t");
    assert_string_equal(copy->columns[0], "a");
    assert_string_equal(copy->columns[1], "b");
    assert_string_equal(copy->referred[0], "x");
    assert_string_equal(copy->referred[1], "y");
    assert_int_equal(copy->on_delete, FERRY_ACTION_CASCADE);
    assert_int_equal(copy->on_update, FERRY_ACTION_SET_DEFAULT);
    assert_null(schema.foreign_keys[1].name);
    assert_null(schema.foreign_keys[1].referred);
    ferry_schema_done(&schema);
    assert_int_equal(schema.foreign_key_count, 0);
}

static void test_foreign_keys_that_are_refused(void **state)
{
    (void)state;
    struct ferry_schema schema = {0};
    const char *const columns[] = {"a"};
    const struct ferry_foreign_key good = {.columns = columns, .column_count = 1, .table = "t"};
    struct ferry_foreign_key keys[] = {good, good, good, good, good};
    keys[0].columns = NULL;
    keys[1].column_count = 0;
    keys[2].table = NULL;
    keys[3].on_delete = FERRY_ACTION_SET_DEFAULT + 1;
    keys[4].on_update = UINT32_MAX;
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct ferry_error error = {0};
        assert_int_equal(ferry_schema_add_foreign_key(&schema, &keys[i], sizeof good, &error),
                         FERRY_ERR_INTERNAL);
        ferry_error_clear(&error);
    }
    struct ferry_error error = {0};
    assert_int_equal(ferry_schema_add_foreign_key(&schema, &good, sizeof good - 1, &error),
                     FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    assert_int_equal(schema.foreign_key_count, 0);
    ferry_schema_done(&schema);
}

static void test_notes(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    assert_int_equal(ferry_schema_note(&schema, &error, "column '%s' is left out", "a"), FERRY_OK);
    assert_int_equal(ferry_schema_note(&schema, &error, "%s", "100%"), FERRY_OK);
    assert_int_equal(schema.note_count, 2);
    assert_string_equal(schema.notes[0].text, "column 'a' is left out");
    assert_string_equal(schema.notes[1].text, "100%");
    ferry_schema_done(&schema);
    assert_int_equal(schema.note_count, 0);
}

static void test_fit_names(void **state)
{
    (void)state;
    assert_string_equal(ferry_fit_name(FERRY_FIT_EXACT), "exact");
    assert_string_equal(ferry_fit_name(FERRY_FIT_WIDER), "wider");
    assert_string_equal(ferry_fit_name(FERRY_FIT_CHECKED), "checked");
    assert_string_equal(ferry_fit_name(FERRY_FIT_LOSSY), "lossy");
    assert_string_equal(ferry_fit_name(FERRY_FIT_NONE), "none");
    assert_string_equal(ferry_fit_name(FERRY_FIT_NONE + 1), "?");
    assert_string_equal(ferry_fit_name(UINT32_MAX), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_are_copied),
        cmocka_unit_test(test_all_types_are_taken),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_flags_that_are_known),
        cmocka_unit_test(test_every_width),
        cmocka_unit_test(test_too_many_columns),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_names_that_collide),
        cmocka_unit_test(test_hash_tells_schemas_apart),
        cmocka_unit_test(test_hash_knows_the_meaning),
        cmocka_unit_test(test_hash_is_stable),
        cmocka_unit_test(test_fit_names),
        cmocka_unit_test(test_indexes_are_copied),
        cmocka_unit_test(test_indexes_that_are_refused),
        cmocka_unit_test(test_foreign_keys_are_copied),
        cmocka_unit_test(test_foreign_keys_that_are_refused),
        cmocka_unit_test(test_notes),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
