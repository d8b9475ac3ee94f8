/* What the definition of a column says of its default, in the words in which the server prints an
 * expression: a constant with its type behind it, the current moment, the next of a sequence.
 */

#include "types/types.h"

#include <string.h>

/* Behind the text in quotes that begins at `at`; its value, without the doubling, in `out`. */
static const char *default_take_quoted(const char *at, char *out)
{
    for (at++; *at != '\0'; at++) {
        if (*at == '\'' && at[1] != '\'')
            break;
        at += *at == '\'';
        *out++ = *at;
    }
    *out = '\0';
    return *at == '\'' ? at + 1 : NULL;
}

/* "::character varying(20)", as often as it comes: casts of a constant to the column's own kind. */
static bool default_is_casts(const char *at)
{
    while (at != NULL && strncmp(at, "::", 2) == 0) {
        at += 2;
        at += strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ .\"");
        if (*at == '(') {
            at += 1 + strspn(at + 1, "0123456789,");
            at += *at == ')';
            at += strspn(at, "abcdefghijklmnopqrstuvwxyz "); /* "time zone" */
        }
    }
    return at != NULL && *at == '\0';
}

static bool default_is_number(const char *text)
{
    const char *at = text + (*text == '-');
    size_t whole = strspn(at, "0123456789");
    size_t more = at[whole] == '.' ? 1 + strspn(at + whole + 1, "0123456789") : 0;
    return whole > 0 && at[whole + more] == '\0';
}

/* Values whose letters are those of a cell; of other types the server has more than one spelling.
 */
static bool default_is_plain(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_INT:
    case FERRY_TYPE_DECIMAL:
    case FERRY_TYPE_FLOAT:
    case FERRY_TYPE_TEXT:
    case FERRY_TYPE_ENUM:
    case FERRY_TYPE_DATE:
    case FERRY_TYPE_UUID:
    case FERRY_TYPE_JSON:
        return true;
    case FERRY_TYPE_DATETIME:
        return (column->flags & FERRY_COLUMN_UTC) == 0;
    default:
        return false;
    }
}

static enum pgdrv_default default_give(const char *value, char **ret_value)
{
    *ret_value = strdup(value);
    return *ret_value == NULL ? PGDRV_DEFAULT_NO_MEMORY : PGDRV_DEFAULT_CONSTANT;
}

static bool default_is_now(const char *text)
{
    static const char *const words[] = {"CURRENT_TIMESTAMP", "now()", "transaction_timestamp()",
                                        "LOCALTIMESTAMP"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool default_is_numeric(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DECIMAL ||
           column->type == FERRY_TYPE_FLOAT;
}

static enum pgdrv_default default_read_quoted(const char *text, const struct ferry_column *column,
                                              char **ret_value)
{
    PART_AUTO_STRING char *value = malloc(strlen(text) + 1);
    if (value == NULL)
        return PGDRV_DEFAULT_NO_MEMORY;
    if (!default_is_casts(default_take_quoted(text, value)) || !default_is_plain(column) ||
        (default_is_numeric(column) && !default_is_number(value)))
        return PGDRV_DEFAULT_UNKNOWN;
    return default_give(value, ret_value);
}

enum pgdrv_default pgdrv_default_read(const char *text, const struct ferry_column *column,
                                      char **ret_value)
{
    if (text == NULL || (strncmp(text, "NULL", 4) == 0 && default_is_casts(text + 4)))
        return PGDRV_DEFAULT_NONE;
    if (strncmp(text, "nextval(", 8) == 0)
        return PGDRV_DEFAULT_SEQUENCE;
    if (column->type == FERRY_TYPE_DATETIME && default_is_now(text))
        return PGDRV_DEFAULT_NOW;
    if (column->type == FERRY_TYPE_BOOL && strcmp(text, "true") == 0)
        return default_give("1", ret_value);
    if (column->type == FERRY_TYPE_BOOL && strcmp(text, "false") == 0)
        return default_give("0", ret_value);
    if (default_is_numeric(column) && default_is_number(text))
        return default_give(text, ret_value);
    return *text == '\'' ? default_read_quoted(text, column, ret_value) : PGDRV_DEFAULT_UNKNOWN;
}
