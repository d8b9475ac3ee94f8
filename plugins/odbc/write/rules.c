/* Which rule of a dialect stores a column, and what the plan says of it. */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define UNSIGNED FERRY_COLUMN_UNSIGNED
#define UTC FERRY_COLUMN_UTC
#define CHECKED FERRY_FIT_CHECKED

static uint64_t rule_size(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_INT:
    case FERRY_TYPE_FLOAT:
    case FERRY_TYPE_BIT:
        return column->bits;
    case FERRY_TYPE_DECIMAL:
        return column->precision;
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
        return column->scale;
    default:
        return column->length;
    }
}

void odrv_rule_spell(const struct odrv_rule *rule, const struct ferry_column *column,
                     struct part_text *native)
{
    for (const char *c = rule->native; *c != '\0'; c++) {
        if (*c != '$') {
            part_text_append(native, c, 1);
            continue;
        }
        c++;
        if (*c == 'l')
            part_text_addf(native, "%" PRIu64, column->length);
        else
            part_text_addf(native, "%" PRIu32,
                           *c == 'b'   ? column->bits
                           : *c == 'p' ? column->precision
                                       : column->scale);
    }
}

static bool rule_fits(const struct odrv_rule *rule, const struct ferry_column *column)
{
    uint32_t sign = column->type == FERRY_TYPE_INT        ? column->flags & UNSIGNED
                    : column->type == FERRY_TYPE_DATETIME ? column->flags & UTC
                                                          : 0;
    uint64_t size = rule_size(column);
    bool sized = (rule->from == 0 && rule->to == 0) || (size >= rule->from && size <= rule->to);
    bool scaled = rule->most_scale == 0 || column->scale <= rule->most_scale;
    return rule->type == column->type && rule->sign == sign && sized && scaled;
}

/* Whether the job says that the column is to be a text. */
static bool rule_is_textual(const struct ferry_column *column, const struct ferry_wish *wish)
{
    if (column->type == FERRY_TYPE_DECIMAL)
        return wish->decimal == FERRY_DECIMAL_TEXT;
    return wish->big_unsigned == FERRY_BIG_UNSIGNED_TEXT;
}

const struct odrv_rule *odrv_rule_find(const struct odrv_writing *writing,
                                       const struct ferry_column *column,
                                       const struct ferry_wish *wish)
{
    const struct odrv_rule *found = NULL;
    for (const struct odrv_rule *rule = writing->rules; rule->type != 0; rule++) {
        PART_AUTO_TEXT struct part_text native = {0};
        bool textual = (rule->flags & ODRV_RULE_TEXTUAL) != 0;
        if (!rule_fits(rule, column))
            continue;
        if (wish->type == NULL) {
            if (textual && rule_is_textual(column, wish))
                return rule;
            if (!textual && found == NULL)
                found = rule;
            continue;
        }
        odrv_rule_spell(rule, column, &native);
        if (native.data != NULL && !native.failed && strcasecmp(native.data, wish->type) == 0)
            return rule;
    }
    return found;
}

/* What the rule refuses of this column's values, beyond what it says of each; NULL: nothing. */
static const char *rule_refuses(const struct odrv_rule *rule, const struct ferry_column *column)
{
    uint32_t finite = FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY;
    if ((column->flags & FERRY_COLUMN_LOOSE) != 0)
        return "other kinds are refused";
    if ((rule->flags & ODRV_RULE_NO_NAN) != 0 && (column->flags & FERRY_COLUMN_NO_NAN) == 0)
        return "NaN is refused";
    if ((rule->flags & ODRV_RULE_FINITE) != 0 && (column->flags & finite) != finite)
        return "what is infinite, or NaN, is refused";
    return NULL;
}

ferry_status odrv_map_column(void *conn, const struct ferry_column *column,
                             const struct ferry_wish *wish, struct ferry_mapping *mapping,
                             struct ferry_error *err)
{
    const struct odrv_conn *c = conn;
    const struct odrv_rule *rule = odrv_rule_find(c->dialect->writing, column, wish);
    PART_AUTO_TEXT struct part_text native = {0};
    PART_AUTO_TEXT struct part_text note = {0};
    if (rule == NULL)
        return ferry_mapping_set(mapping, FERRY_FIT_NONE, "",
                                 wish->type != NULL ? "it cannot be stored as that type"
                                                    : "there is no type for it",
                                 err);
    odrv_rule_spell(rule, column, &native);
    part_text_add(&note, rule->note == NULL ? "" : rule->note);
    const char *refused = rule_refuses(rule, column);
    if (refused != NULL)
        part_text_addf(&note, "%s%s", note.length > 0 ? "; " : "", refused);
    if (native.failed || note.failed)
        return odrv_fail_memory(err);
    ferry_status status =
        ferry_mapping_set(mapping, refused != NULL && rule->fit < CHECKED ? CHECKED : rule->fit,
                          native.data, note.length > 0 ? note.data : NULL, err);
    if (status == FERRY_OK && (column->flags & FERRY_COLUMN_NOT_NULL) != 0)
        status = ferry_mapping_set_clauses(mapping, "NOT NULL", err);
    return status;
}
