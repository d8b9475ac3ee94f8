/* map_column: an answer for each type, the same each time, and what it makes of wishes. */

#include "suite.h"

#include <stdlib.h>
#include <string.h>

static bool map_one(struct target *target, const struct ferry_column *column,
                    const struct ferry_wish *wish, struct ferry_mapping *ret_mapping)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping again = {0};
    bool same =
        ferry_target_map_column(target->connection, column, wish, ret_mapping, &error) ==
            FERRY_OK &&
        ferry_target_map_column(target->connection, column, wish, &again, &error) == FERRY_OK &&
        again.fit == ret_mapping->fit && strcmp(again.native, ret_mapping->native) == 0;
    tap_error(&error);
    ferry_mapping_done(&again);
    return same;
}

void test_mapping(const struct suite *suite)
{
    struct target target = {.suite = suite};
    target.connection = suite_open(suite, "target", FERRY_ROLE_TARGET, &target.config);
    for (size_t i = 0; target.connection != NULL && i < values_column_count; i++) {
        struct ferry_mapping mapping = {0};
        bool mapped = map_one(&target, &values_columns[i], &target_no_wish, &mapping);
        tap_ok(mapped && (mapping.fit == FERRY_FIT_NONE || mapping.native[0] != '\0'),
               "map_column knows %s", values_columns[i].name);
        tap_ok(mapped && (mapping.fit < FERRY_FIT_LOSSY || mapping.note != NULL),
               "and says what would be lost of %s", values_columns[i].name);
        ferry_mapping_done(&mapping);
    }
    target_close(&target);
}

/* ---- Wishes ---- */

static bool is_large_integer(const struct ferry_column *column)
{
    return column->bits == 64 &&
           (column->type == FERRY_TYPE_BIT || (column->flags & FERRY_COLUMN_UNSIGNED) != 0);
}

/* What the job says of decimals and of large integers means nothing to other columns, and loses
 * nothing of these. */
static bool obeys(struct target *target, const struct ferry_column *column,
                  const struct ferry_mapping *plain)
{
    static const struct ferry_wish wishes[] = {{.decimal = FERRY_DECIMAL_TEXT},
                                               {.decimal = FERRY_DECIMAL_REAL},
                                               {.big_unsigned = FERRY_BIG_UNSIGNED_TEXT}};
    bool right = true;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        struct ferry_mapping mapping = {0};
        bool concerned = wishes[i].big_unsigned != 0 ? is_large_integer(column)
                                                     : column->type == FERRY_TYPE_DECIMAL;
        bool mapped = map_one(target, column, &wishes[i], &mapping);
        if (mapped && !concerned)
            mapped = mapping.fit == plain->fit && strcmp(mapping.native, plain->native) == 0;
        else if (mapped && plain->fit <= FERRY_FIT_CHECKED)
            mapped = mapping.fit <= (wishes[i].decimal == FERRY_DECIMAL_REAL ? FERRY_FIT_CHECKED
                                                                             : FERRY_FIT_WIDER);
        if (!mapped)
            tap_note("wish %zu for %s: fit %u, type '%s'", i, column->name, mapping.fit,
                     mapping.native == NULL ? "" : mapping.native);
        right = right && mapped;
        ferry_mapping_done(&mapping);
    }
    return right;
}

/* The type that it chooses can be wished for; one that is none is refused by its fit. */
static bool takes_types(struct target *target, const struct ferry_column *column,
                        const struct ferry_mapping *plain)
{
    const struct ferry_wish own = {.type = plain->native};
    const struct ferry_wish none = {.type = "no such type'\"`; --"};
    struct ferry_mapping mapping = {0}, refused = {0};
    bool right = plain->fit == FERRY_FIT_NONE || plain->native[0] == '\0' ||
                 (map_one(target, column, &own, &mapping) && mapping.fit == plain->fit &&
                  strcmp(mapping.native, plain->native) == 0);
    right = right && map_one(target, column, &none, &refused) && refused.fit == FERRY_FIT_NONE &&
            refused.note != NULL;
    ferry_mapping_done(&mapping);
    ferry_mapping_done(&refused);
    return right;
}

void test_wishes(const struct suite *suite)
{
    struct target target = {.suite = suite};
    target.connection = suite_open(suite, "target", FERRY_ROLE_TARGET, &target.config);
    for (size_t i = 0; target.connection != NULL && i < values_column_count; i++) {
        struct ferry_mapping plain = {0};
        const struct ferry_column *column = &values_columns[i];
        if (map_one(&target, column, &target_no_wish, &plain)) {
            tap_ok(obeys(&target, column, &plain), "%s: decimal and big_unsigned are obeyed",
                   column->name);
            tap_ok(takes_types(&target, column, &plain),
                   "%s: a type that is wished for is given "
                   "or refused",
                   column->name);
        }
        ferry_mapping_done(&plain);
    }
    target_close(&target);
}
