/* Changes of single rows, and what is right of each. */

#include "change.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define ON(...)                                                                                    \
    .columns = (const char *const[]){__VA_ARGS__},                                                 \
    .column_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define INTEGER .type = FERRY_TYPE_INT
#define NOT_NULL .flags = FERRY_COLUMN_NOT_NULL

static const struct ferry_index keyed_indexes[] = {
    {ON("id"), .unique = 1, .primary = 1},
    {ON("code"), .unique = 1},
};

static const struct change_table keyed = {
    .name = "keyed",
    .columns = {{.name = "id", .native = "int64", INTEGER, .bits = 64, NOT_NULL},
                {.name = "name", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40},
                {.name = "code", .native = "int32", INTEGER, .bits = 32},
                {.name = "amount",
                 .native = "decimal(10,2)",
                 .type = FERRY_TYPE_DECIMAL,
                 .precision = 10,
                 .scale = 2}},
    .column_count = 4,
    .key = {0},
    .key_count = 1,
    .indexes = keyed_indexes,
    .index_count = COUNT(keyed_indexes),
};

static const struct change_table unindexed = {
    .name = "unindexed",
    .columns = {{.name = "id", .native = "int64", INTEGER, .bits = 64, NOT_NULL},
                {.name = "name", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40}},
    .column_count = 2,
    .key = {0},
    .key_count = 1,
};

#define WORDS                                                                                      \
    .columns = {{.name = "word",                                                                   \
                 .native = "varchar(40)",                                                          \
                 .type = FERRY_TYPE_TEXT,                                                          \
                 .length = 40,                                                                     \
                 .flags = FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_IGNORES_CASE |                      \
                          FERRY_COLUMN_IGNORES_ACCENTS | FERRY_COLUMN_IGNORES_TRAILING_SPACE,      \
                 .charset = "utf8mb4",                                                             \
                 .collation = "utf8mb4_unicode_ci"},                                               \
                {.name = "n", .native = "int32", INTEGER, .bits = 32}},                            \
    .column_count = 2, .key = {0}, .key_count = 1

static const struct change_table words = {.name = "words", WORDS};

static const struct ferry_index words_indexes[] = {{ON("word")}};

static const struct change_table indexed_words = {
    .name = "indexed_words",
    WORDS,
    .indexes = words_indexes,
    .index_count = COUNT(words_indexes),
};

static const struct ferry_index composite_indexes[] = {{ON("a", "b"), .unique = 1, .primary = 1}};

/* The key in another order than the table's. */
static const struct change_table composite = {
    .name = "composite",
    .columns =
        {{.name = "a", .native = "int32", INTEGER, .bits = 32, NOT_NULL},
         {.name = "v", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40},
         {.name = "b", .native = "bytes(8)", .type = FERRY_TYPE_BYTES, .length = 8, NOT_NULL}},
    .column_count = 3,
    .key = {2, 0},
    .key_count = 2,
    .indexes = composite_indexes,
    .index_count = COUNT(composite_indexes),
};

static const struct change_table keyless = {
    .name = "keyless",
    .columns = {{.name = "id", .native = "int64", INTEGER, .bits = 64},
                {.name = "name", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40}},
    .column_count = 2,
};

static const struct ferry_index large_indexes[] = {{ON("id"), .unique = 1, .primary = 1}};

static const struct change_table large = {
    .name = "large",
    .columns = {{.name = "id",
                 .native = "int64 unsigned",
                 INTEGER,
                 .bits = 64,
                 .flags = FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_UNSIGNED},
                {.name = "name", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40}},
    .column_count = 2,
    .key = {0},
    .key_count = 1,
    .indexes = large_indexes,
    .index_count = COUNT(large_indexes),
};

/* Each value says its own kind, as in SQLite. */
static const struct change_table kinds = {
    .name = "kinds",
    .columns = {{.name = "id", .native = "int64", INTEGER, .bits = 64, NOT_NULL},
                {.name = "v", .native = "any", .type = FERRY_TYPE_ANY}},
    .column_count = 2,
    .key = {0},
    .key_count = 1,
};

#define FOUR "1|a|10|1.00;2|b|20|2.00;3|c|30|3.50;-4|d|40|0.00"
#define FOUR_UPSERTS "S 1|a|10|1.00;S 2|b|20|2.00;S 3|c|30|3.50;S -4|d|40|0.00"
#define BUSY .status = FERRY_ERR_BUSY
#define BUSY_OR_DATA .status = FERRY_ERR_BUSY, .or_status = FERRY_ERR_DATA
#define DATA .status = FERRY_ERR_DATA
#define TOTALS(in, up, out) .inserted = (in), .updated = (up), .deleted = (out)

const struct change_case change_cases[] = {
    {"nothing changes", &keyed, FOUR, "", FOUR, TOTALS(0, 0, 0)},
    {"one row is inserted", &keyed, FOUR, "I 5|e|50|5.00", FOUR ";5|e|50|5.00", TOTALS(1, 0, 0)},
    {"one row is updated", &keyed, FOUR, "U 3|c|30|3.51",
     "1|a|10|1.00;2|b|20|2.00;3|c|30|3.51;-4|d|40|0.00", TOTALS(0, 1, 0)},
    {"one row is deleted", &keyed, FOUR, "D -4", "1|a|10|1.00;2|b|20|2.00;3|c|30|3.50",
     TOTALS(0, 0, 1)},
    {"operations alternate", &keyed, FOUR,
     "I 5|e|50|5.00;U 2|B|20|2.00;D 3;U -4|d|41|0.00;I 6|\\N|\\N|\\N;D 1",
     "2|B|20|2.00;-4|d|41|0.00;5|e|50|5.00;6|\\N|\\N|\\N", TOTALS(2, 2, 2)},
    {"more rows of each than one batch has", &keyed, FOUR,
     "I 5|e|50|5.00;I 6|f|60|6.00;I 7|g|70|7.00;I 8|h|80|8.00;I 9|i|90|9.00;"
     "U 1|A|10|1.00;U 2|B|20|2.00;U 3|C|30|3.50;D -4",
     "1|A|10|1.00;2|B|20|2.00;3|C|30|3.50;5|e|50|5.00;6|f|60|6.00;7|g|70|7.00;8|h|80|8.00;"
     "9|i|90|9.00",
     TOTALS(5, 3, 1)},
    {"all rows go", &keyed, FOUR, "D 1;D 2;D 3;D -4", "", TOTALS(0, 0, 4)},
    {"an empty table gets rows", &keyed, "", "I 1|a|10|1.00;S 2|b|20|2.00;A 3|c|30|3.00",
     "1|a|10|1.00;2|b|20|2.00;3|c|30|3.00", TOTALS(3, 0, 0)},
    {"the limits of the key", &keyed, FOUR,
     "I 9223372036854775807|x|1|1.00;I -9223372036854775808|y|2|2.00;I 0|z|3|3.00",
     FOUR ";9223372036854775807|x|1|1.00;-9223372036854775808|y|2|2.00;0|z|3|3.00",
     TOTALS(3, 0, 0)},

    {"UPSERT of rows that are new, the same, and other ones", &keyed, FOUR,
     "S 1|a|10|1.00;S 2|bb|20|2.00;S 9|n|90|9.00",
     "1|a|10|1.00;2|bb|20|2.00;3|c|30|3.50;-4|d|40|0.00;9|n|90|9.00", TOTALS(1, 1, 0)},
    {"UPSERT of rows that are the same counts nothing", &keyed, FOUR, FOUR_UPSERTS, FOUR,
     TOTALS(0, 0, 0)},
    {"UPSERT of a row that is another in its case alone", &keyed, FOUR, "S 1|A|10|1.00",
     "1|A|10|1.00;2|b|20|2.00;3|c|30|3.50;-4|d|40|0.00", TOTALS(0, 1, 0)},
    {"UPSERT of a row that is another in a trailing space alone", &keyed, FOUR, "S 1|a |10|1.00",
     "1|a |10|1.00;2|b|20|2.00;3|c|30|3.50;-4|d|40|0.00", TOTALS(0, 1, 0)},
    {"UPSERT of a row that is another in its last digit alone", &keyed, FOUR, "S 3|c|30|3.49",
     "1|a|10|1.00;2|b|20|2.00;3|c|30|3.49;-4|d|40|0.00", TOTALS(0, 1, 0)},
    {"UPSERT: NULL becomes an empty text, and that NULL", &keyed, "1|\\N|\\N|\\N;2||20|2.00",
     "S 1||\\N|\\N;S 2|\\N|20|2.00", "1||\\N|\\N;2|\\N|20|2.00", TOTALS(0, 2, 0)},
    {"UPSERT of rows with NULL that are the same", &keyed, "1|\\N|\\N|\\N;2||\\N|2.00",
     "S 1|\\N|\\N|\\N;S 2||\\N|2.00", "1|\\N|\\N|\\N;2||\\N|2.00", TOTALS(0, 0, 0)},

    {"ADD of a row that is new and of one that is the same", &keyed, FOUR,
     "A 1|a|10|1.00;A 8|h|80|8.00", FOUR ";8|h|80|8.00", TOTALS(1, 0, 0)},
    {"ADD of another row for a key that is there", &keyed, FOUR, "A 8|h|80|8.00;A 1|z|10|1.00",
     FOUR, DATA},
    {"ADD of a row that is another in its case alone", &keyed, FOUR, "A 1|A|10|1.00", FOUR, DATA},
    {"ADD of a row that has a value where NULL is", &keyed, "1|\\N|10|1.00", "A 1|a|10|1.00",
     "1|\\N|10|1.00", DATA},

    {"INSERT of a key that is there", &keyed, FOUR, "I 7|g|70|7.00;I 2|x|21|1.00;U 1|y|10|1.00",
     FOUR, BUSY},
    {"INSERT of a row that is there", &keyed, FOUR, "I 2|b|20|2.00", FOUR, BUSY},
    {"UPDATE of a key that is not there", &keyed, FOUR, "U 1|y|10|1.00;U 7|g|70|7.00;D 3", FOUR,
     BUSY},
    {"DELETE of a key that is not there", &keyed, FOUR, "D 1;D 7;I 9|n|90|9.00", FOUR, BUSY},

    {"two rows swap a unique value", &keyed, FOUR, "U 1|a|20|1.00;U 2|b|10|2.00",
     "1|a|20|1.00;2|b|10|2.00;3|c|30|3.50;-4|d|40|0.00", TOTALS(0, 2, 0)},
    {"two rows swap a unique value by UPSERT", &keyed, FOUR, "S 1|a|20|1.00;S 2|b|10|2.00",
     "1|a|20|1.00;2|b|10|2.00;3|c|30|3.50;-4|d|40|0.00", TOTALS(0, 2, 0)},
    {"each row takes the unique value of the next, the last that of the first", &keyed, FOUR,
     "U 1|a|20|1.00;U 2|b|30|2.00;U 3|c|40|3.50;U -4|d|10|0.00",
     "1|a|20|1.00;2|b|30|2.00;3|c|40|3.50;-4|d|10|0.00", TOTALS(0, 4, 0)},
    {"each row takes the unique value of the one before, the first a new one", &keyed, FOUR,
     "U -4|d|99|0.00;U 1|a|40|1.00;U 2|b|10|2.00;U 3|c|20|3.50",
     "1|a|40|1.00;2|b|10|2.00;3|c|20|3.50;-4|d|99|0.00", TOTALS(0, 4, 0)},
    {"a new row takes the unique value of one that goes", &keyed, FOUR, "I 9|n|10|9.00;D 1",
     "2|b|20|2.00;3|c|30|3.50;-4|d|40|0.00;9|n|10|9.00", TOTALS(1, 0, 1)},
    {"a new row takes the unique value that another gives up", &keyed, FOUR,
     "I 9|n|10|9.00;U 1|a|\\N|1.00",
     "1|a|\\N|1.00;2|b|20|2.00;3|c|30|3.50;-4|d|40|0.00;9|n|10|9.00", TOTALS(1, 1, 0)},
    {"NULL in a unique index comes more than once", &keyed, FOUR,
     "U 1|a|\\N|1.00;U 2|b|\\N|2.00;I 9|n|\\N|9.00",
     "1|a|\\N|1.00;2|b|\\N|2.00;3|c|30|3.50;-4|d|40|0.00;9|n|\\N|9.00", TOTALS(1, 2, 0)},

    {"rows are found without an index", &unindexed, "1|a;2|b;3|c", "U 1|A;D 2;I 4|d;S 3|c;A 5|e",
     "1|A;3|c;4|d;5|e", TOTALS(2, 1, 1)},
    {"UPDATE of a key that two rows have", &unindexed, "1|a;1|b;2|c", "U 1|x", "1|a;1|b;2|c",
     BUSY_OR_DATA},
    {"DELETE of a key that two rows have", &unindexed, "1|a;1|b;2|c", "D 1", "1|a;1|b;2|c",
     BUSY_OR_DATA},

#define SPELLINGS "A|1;a|2;\xC3\xA9|3;e|4;a |5"
    {"keys that are alike to the collation are told apart", &words, SPELLINGS,
     "D A;U a|20;S \xC3\x89|6;S e|4", "a|20;\xC3\xA9|3;e|4;a |5;\xC3\x89|6", TOTALS(1, 1, 1)},
    {"a key that is there in another case alone is new", &words, SPELLINGS, "I E|7;A \xC3\xA9 |8",
     SPELLINGS ";E|7;\xC3\xA9 |8", TOTALS(2, 0, 0)},
    {"UPDATE of a key that is there in another case alone", &words, SPELLINGS, "U E|7", SPELLINGS,
     BUSY},
    {"DELETE of a key that is there without its trailing space", &words, SPELLINGS, "D A ",
     SPELLINGS, BUSY},
    {"keys that are alike to the collation are told apart by an index, too", &indexed_words,
     SPELLINGS, "D A;U a|20;S \xC3\x89|6;S e|4", "a|20;\xC3\xA9|3;e|4;a |5;\xC3\x89|6",
     TOTALS(1, 1, 1)},
    {"UPDATE of a key that an index has in another case alone", &indexed_words, SPELLINGS, "U E|7",
     SPELLINGS, BUSY},

    {"rows are found by two columns", &composite, "1|p|x;1|q|y;2|r|x",
     "U 1|P|x;D y|1;I 2|s|y;S 2|r|x;A 3|t|x", "1|P|x;2|r|x;2|s|y;3|t|x", TOTALS(2, 1, 1)},
    {"DELETE of two columns that are there, though not in one row", &composite, "1|p|x;1|q|y;2|r|x",
     "D y|2", "1|p|x;1|q|y;2|r|x", BUSY},

    {"rows are added where there is no key", &keyless, "1|a;1|a;\\N|b", "I 1|a;I \\N|\\N;I 2|c",
     "1|a;1|a;\\N|b;1|a;\\N|\\N;2|c", TOTALS(3, 0, 0)},

#define KINDS "1|i:5;2|t:5;3|f:5;4|x:5;5|\\N;6|f:0.5"
    {"UPSERT of values of each kind that are the same", &kinds, KINDS,
     "S 1|i:5;S 2|t:5;S 3|f:5;S 4|x:5;S 5|\\N;S 6|f:0.5", KINDS, TOTALS(0, 0, 0)},
    {"UPSERT of values that are others in their kind alone", &kinds, KINDS,
     "S 1|t:5;S 2|i:5;S 4|t:5;S 5|t:;S 6|t:0.5", "1|t:5;2|i:5;3|f:5;4|t:5;5|t:;6|t:0.5",
     TOTALS(0, 5, 0)},
    {"UPDATE of an integer by a float of the same value, and back", &kinds, KINDS,
     "U 1|f:5;U 3|i:5", "1|f:5;2|t:5;3|i:5;4|x:5;5|\\N;6|f:0.5", TOTALS(0, 2, 0)},
    {"ADD of a text where a number is", &kinds, KINDS, "A 1|t:5", KINDS, DATA},

    {"rows are found by large numbers", &large, "9223372036854775808|a;18446744073709551615|b;1|c",
     "U 18446744073709551615|B;D 9223372036854775808;I 9223372036854775809|d;S 1|c",
     "18446744073709551615|B;1|c;9223372036854775809|d", TOTALS(1, 1, 1)},
};
const size_t change_case_count = COUNT(change_cases);
