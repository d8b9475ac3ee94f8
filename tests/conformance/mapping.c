/* map_column: an answer for each type, the same each time, and what it makes of wishes. */

#include "driver/target.h"
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
            mapped = mapping.fit <= FERRY_FIT_CHECKED;
        if (!mapped)
            tap_note("wish %zu for %s: fit %u, type '%s'", i, column->name, mapping.fit,
                     mapping.native == NULL ? "" : mapping.native);
        right = right && mapped;
        ferry_mapping_done(&mapping);
    }
    return right;
}

/* The type that it chooses can be wished for, and holds what it held. */
static bool takes_own_type(struct target *target, const struct ferry_column *column,
                           const struct ferry_mapping *plain)
{
    const struct ferry_wish own = {.type = plain->native};
    struct ferry_mapping mapping = {0};
    bool right = map_one(target, column, &own, &mapping) &&
                 (mapping.fit <= FERRY_FIT_CHECKED || mapping.fit == plain->fit) &&
                 strcmp(mapping.native, plain->native) == 0;
    if (!right)
        tap_note("'%s' became '%s'", plain->native, mapping.native == NULL ? "" : mapping.native);
    ferry_mapping_done(&mapping);
    return right;
}

/* A type that is none is refused by its fit, or as a mistake in the configuration. */
static bool refuses_nonsense(struct target *target, const struct ferry_column *column)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_wish wish = {.type = "no such type'\"`; --"};
    struct ferry_mapping mapping = {0};
    ferry_status status =
        ferry_target_map_column(target->connection, column, &wish, &mapping, &error);
    bool right = status == FERRY_OK ? mapping.fit == FERRY_FIT_NONE && mapping.note != NULL
                                    : status == FERRY_ERR_CONFIG;
    ferry_mapping_done(&mapping);
    if (!right)
        tap_error(&error);
    return right;
}

/* Through a connection by which nothing is written, as `plan` has it. */
void test_wishes(const struct suite *suite)
{
    struct target target = {.suite = suite};
    target.connection =
        suite_open(suite, "target", FERRY_ROLE_TARGET | FERRY_ROLE_LOOK, &target.config);
    for (size_t i = 0; target.connection != NULL && i < values_column_count; i++) {
        struct ferry_mapping plain = {0};
        const struct ferry_column *column = &values_columns[i];
        if (map_one(&target, column, &target_no_wish, &plain)) {
            tap_ok(obeys(&target, column, &plain), "%s: decimal and big_unsigned are obeyed",
                   column->name);
            if (plain.fit != FERRY_FIT_NONE && plain.native[0] != '\0')
                tap_ok(takes_own_type(&target, column, &plain),
                       "%s: the type that it gets can be wished for", column->name);
            tap_ok(refuses_nonsense(&target, column), "%s: a type that is none is refused",
                   column->name);
        }
        ferry_mapping_done(&plain);
    }
    target_close(&target);
}
