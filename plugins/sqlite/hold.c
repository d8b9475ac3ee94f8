/* How a column that is there holds the values of a source's column: by the affinity of its declared
 * type, as SQLite itself decides (datatype3.html, 3.1).
 *
 * A conversion follows from the source's column and the declared type alone: loading, reading back
 * and the metadata rely on that.
 */

#include "scan.h"

#include <string.h>
#include <strings.h>

#define HOLD_WHOLE "numbers without a fraction are stored as integers"
#define HOLD_DIGITS "a number with more digits than an integer or a double keeps is refused"
#define HOLD_CONVERTED "a text that SQLite would turn into a number is refused"
#define HOLD_KINDS "a value that SQLite would convert is refused"
#define HOLD_INTEGER_DIGITS 18 /* that each 64-bit integer has */
#define HOLD_REAL_DIGITS 15    /* that each double keeps */
#define HOLD_DECIMAL_SCALE 100 /* what decimal.c prints */

/* Under NUMERIC affinity.  INTEGER and its like are numbers there as elsewhere. */
static const struct {
    uint32_t type;
    enum sqldrv_convert convert;
    uint32_t fit;
    const char *note;
} hold_numeric[] = {
    {FERRY_TYPE_FLOAT, SQLDRV_CONVERT_FLOAT, FERRY_FIT_EXACT, HOLD_WHOLE},
    {FERRY_TYPE_DATE, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_EXACT, NULL},
    {FERRY_TYPE_TIME, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_EXACT, NULL},
    {FERRY_TYPE_DATETIME, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_EXACT, NULL},
    {FERRY_TYPE_UUID, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_EXACT, NULL},
    {FERRY_TYPE_INET4, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_EXACT, NULL},
    {FERRY_TYPE_INET6, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_EXACT, NULL},
    {FERRY_TYPE_TEXT, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_CHECKED, HOLD_CONVERTED},
    {FERRY_TYPE_JSON, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_CHECKED, HOLD_CONVERTED},
    {FERRY_TYPE_ENUM, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_CHECKED, HOLD_CONVERTED},
    {FERRY_TYPE_SET, SQLDRV_CONVERT_TEXT_NO_NUMBER, FERRY_FIT_CHECKED, HOLD_CONVERTED},
    {FERRY_TYPE_ANY, SQLDRV_CONVERT_ANY, FERRY_FIT_CHECKED, HOLD_KINDS},
};

/* The names that the rules of types.c know: one for each affinity. */
static const char *const hold_names[] = {
    [SQLDRV_AFFINITY_NONE] = "BLOB",       [SQLDRV_AFFINITY_INTEGER] = "INTEGER",
    [SQLDRV_AFFINITY_REAL] = "REAL",       [SQLDRV_AFFINITY_TEXT] = "TEXT",
    [SQLDRV_AFFINITY_NUMERIC] = "INTEGER",
};

static void hold_take(const struct ferry_column *column, const struct sqldrv_type_rule *rule,
                      struct sqldrv_hold *hold)
{
    hold->convert = rule->convert;
    hold->fit = rule->fit;
    hold->note = rule->note;
    hold->loose = sqldrv_type_is_loose(column, rule);
}

/* A decimal where numbers are what SQLite makes of them: an integer, or a double. */
static bool hold_decimal(const struct ferry_column *column, struct sqldrv_hold *hold)
{
    uint32_t digits = column->precision > column->scale ? column->precision : column->scale;
    uint32_t kept = column->scale == 0 ? HOLD_INTEGER_DIGITS : HOLD_REAL_DIGITS;
    if (column->type != FERRY_TYPE_DECIMAL || column->scale > HOLD_DECIMAL_SCALE ||
        (hold->affinity == SQLDRV_AFFINITY_INTEGER && column->scale > 0)) {
        return false;
    }
    hold->convert = SQLDRV_CONVERT_DECIMAL_NUMBER;
    hold->fit = digits <= kept ? FERRY_FIT_EXACT : FERRY_FIT_CHECKED;
    hold->note = digits > kept ? HOLD_DIGITS : column->scale > 0 ? HOLD_WHOLE : NULL;
    return true;
}

static bool hold_as_numeric(const struct ferry_column *column, struct sqldrv_hold *hold)
{
    for (size_t i = 0; i < sizeof hold_numeric / sizeof *hold_numeric; i++) {
        if (hold_numeric[i].type == column->type) {
            hold->convert = hold_numeric[i].convert;
            hold->fit = hold_numeric[i].fit;
            hold->note = hold_numeric[i].note;
            hold->loose = (column->flags & FERRY_COLUMN_LOOSE) != 0;
            return true;
        }
    }
    return false;
}

bool sqldrv_hold_choose(const struct ferry_column *column, const char *declared,
                        struct sqldrv_hold *ret_hold)
{
    struct sqldrv_hold hold = {.affinity = sqldrv_affinity_of(declared)};
    const struct ferry_wish exact = {.type = declared};
    const struct ferry_wish alike = {.type = hold_names[hold.affinity]};
    const struct sqldrv_type_rule *rule = sqldrv_type_rule(column, &exact);
    bool numeric = hold.affinity == SQLDRV_AFFINITY_NUMERIC;
    if (rule == NULL && declared[0] == '\0') { /* nothing is converted there */
        rule = sqldrv_type_rule(column, NULL);
    } else if (rule == NULL && !(numeric && column->type == FERRY_TYPE_ANY)) {
        rule = sqldrv_type_rule(column, &alike);
    }
    if (rule != NULL) {
        hold_take(column, rule, &hold);
    } else if (!hold_decimal(column, &hold) && !(numeric && hold_as_numeric(column, &hold))) {
        return false;
    }
    *ret_hold = hold;
    return true;
}

/* A number is no text: a column of the one does not stand for the other, unless the job wishes it.
 * How many digits a decimal has decides which of the two it becomes by itself, so both will do. */
static bool hold_agrees(const struct ferry_column *column, const struct ferry_wish *wish,
                        const struct sqldrv_type_rule *wanted, const struct sqldrv_hold *hold)
{
    bool free_choice = column->type == FERRY_TYPE_DECIMAL && wish->type == NULL &&
                       wish->decimal == FERRY_DECIMAL_AUTO;
    return free_choice ||
           sqldrv_stored_class(wanted->convert) == sqldrv_stored_class(hold->convert);
}

ferry_status sqldrv_hold_column(void *conn, const struct ferry_column *existing,
                                const struct ferry_column *column, const struct ferry_wish *wish,
                                struct ferry_mapping *mapping, struct ferry_error *err)
{
    const char *declared = existing->native == NULL ? "" : existing->native;
    const struct sqldrv_type_rule *wanted = sqldrv_type_rule(column, wish);
    struct sqldrv_hold hold;
    if (wanted == NULL || !sqldrv_hold_choose(column, declared, &hold) ||
        !hold_agrees(column, wish, wanted, &hold)) {
        return FERRY_OK;
    }
    bool kinds = (column->flags & FERRY_COLUMN_LOOSE) != 0 &&
                 (!hold.loose || hold.affinity != sqldrv_affinity_of(wanted->native));
    ferry_status status = ferry_mapping_set(
        mapping, kinds && hold.fit < FERRY_FIT_CHECKED ? FERRY_FIT_CHECKED : hold.fit, declared,
        hold.note == NULL && (kinds || hold.convert == SQLDRV_CONVERT_ANY) ? HOLD_KINDS : hold.note,
        err);
    return status == FERRY_OK
               ? sqldrv_order_map(conn, column, hold.convert, hold.loose, mapping, err)
               : status;
}
