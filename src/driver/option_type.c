/* One row per type, and what may be wrong with an option that is declared with it. */

#include "driver/option_type.h"

#include <string.h>

#include "base/units.h"

static const struct ferry_option_type option_types[] = {
    {FERRY_OPTION_STRING, "string", FERRY_STORE_TEXT, NULL, false, "\"...\"", "a string in quotes"},
    {FERRY_OPTION_PATH, "path", FERRY_STORE_TEXT, NULL, false, "\"...\"", "a path in quotes"},
    {FERRY_OPTION_INT, "integer", FERRY_STORE_NUMBER, ferry_units_parse_int, true, "1",
     "an integer"},
    {FERRY_OPTION_BOOL, "boolean", FERRY_STORE_NUMBER, ferry_units_parse_bool, true, "true",
     "true or false"},
    {FERRY_OPTION_SIZE, "size", FERRY_STORE_NUMBER, ferry_units_parse_size, false, "\"64M\"",
     "a size in quotes such as \"64M\""},
    {FERRY_OPTION_DURATION, "time", FERRY_STORE_NUMBER, ferry_units_parse_duration, false,
     "\"30s\"", "a time in quotes such as \"30s\""},
    {FERRY_OPTION_MODE, "mode", FERRY_STORE_NUMBER, ferry_units_parse_mode, false, "\"0640\"",
     "a file mode in quotes such as \"0640\""},
    {FERRY_OPTION_CHOICE, "choice", FERRY_STORE_TEXT, NULL, false, "\"...\"",
     "one of its choices in quotes"},
    {FERRY_OPTION_PAIRS, "group", FERRY_STORE_LIST, NULL, true, "{ ... }",
     "a group { name = \"value\"; }"},
    {FERRY_OPTION_SECRET, "secret", FERRY_STORE_TEXT, NULL, false, "\"...\"", "a string in quotes"},
    {FERRY_OPTION_STRINGS, "strings", FERRY_STORE_LIST, NULL, true, "[\"...\"]",
     "a list of strings such as [\"a\", \"b\"]"},
    {FERRY_OPTION_GROUPS, "groups", FERRY_STORE_LIST, NULL, true, "( { ... } )",
     "a list of groups"},
};

const struct ferry_option_type *ferry_option_type(uint32_t type)
{
    for (size_t i = 0; i < sizeof option_types / sizeof option_types[0]; i++)
        if (option_types[i].type == type)
            return &option_types[i];
    return NULL;
}

const char *ferry_option_type_name(const struct ferry_option *option)
{
    const struct ferry_option_type *type = ferry_option_type(option->type);
    return type == NULL ? "?" : type->name;
}

ptrdiff_t ferry_option_choice_place(const char *choices, const char *text)
{
    size_t length = strlen(text);
    ptrdiff_t place = 0;
    for (const char *at = choices; at != NULL && *at != '\0'; place++) {
        size_t size = strcspn(at, "|");
        if (size == length && memcmp(at, text, size) == 0)
            return place;
        at += size;
        at += *at == '|';
    }
    return -1;
}

bool ferry_option_choice_is_known(const char *choices, const char *text)
{
    return ferry_option_choice_place(choices, text) >= 0;
}

/* How deep groups may be nested in groups; a table that holds itself has no end. */
#define NESTING_LIMIT 4

static const char *option_flaw(const struct ferry_option *option, int depth);

/* Of the tables of groups: what they may not hold. */
static const char *group_flaw(const struct ferry_option_group *group, int depth)
{
    if (group == NULL || group->kind == NULL || group->options == NULL || group->option_count == 0)
        return "no keys for its groups";
    if (depth > NESTING_LIMIT)
        return "groups that are nested too deep";
    for (size_t i = 0; i < group->option_count; i++) {
        const struct ferry_option *option = &group->options[i];
        const char *flaw = option_flaw(option, depth);
        if (flaw != NULL)
            return flaw;
        if (option->type == FERRY_OPTION_SECRET) /* whose name would it be asked for by? */
            return "a secret in a group";
        for (size_t k = 0; k < i; k++)
            if (strcmp(group->options[k].name, option->name) == 0)
                return "a key twice in a group";
    }
    return NULL;
}

static const char *default_flaw(const struct ferry_option *option,
                                const struct ferry_option_type *type)
{
    int64_t number;
    if (option->default_value == NULL)
        return NULL;
    if (type->storage == FERRY_STORE_NUMBER && !type->parse(option->default_value, &number))
        return "a default that does not parse";
    if (option->type == FERRY_OPTION_CHOICE &&
        !ferry_option_choice_is_known(option->choices, option->default_value))
        return "a default that is none of its choices";
    if (type->storage == FERRY_STORE_LIST)
        return "a default where none is possible";
    return NULL;
}

static const char *option_flaw(const struct ferry_option *option, int depth)
{
    const struct ferry_option_type *type = ferry_option_type(option->type);
    if (option->name == NULL || option->name[0] == '\0' ||
        option->name[strspn(option->name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
        return "a name that is not [a-z0-9_]+";
    if (type == NULL)
        return "an unknown type";
    if (option->help == NULL)
        return "no help";
    if (option->type == FERRY_OPTION_CHOICE && option->choices == NULL)
        return "no choices";
    if ((option->flags & FERRY_OPTION_NAMES_GROUP) != 0 && option->type != FERRY_OPTION_STRING)
        return "the name of its group, and is no string";
    const char *flaw = default_flaw(option, type);
    if (flaw == NULL && option->type == FERRY_OPTION_GROUPS)
        flaw = group_flaw(option->group, depth + 1);
    return flaw;
}

const char *ferry_option_flaw(const struct ferry_option *option)
{
    return option_flaw(option, 0);
}
