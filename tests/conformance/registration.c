/* What a driver says about itself: name, version, keys, roles. */

#include "suite.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/units.h"

static bool is_one_line(const char *text)
{
    return text != NULL && text[0] != '\0' && strpbrk(text, "\n\r\t") == NULL;
}

/* "one line, lower case, without a full stop" */
static bool help_is_good(const char *help)
{
    if (!is_one_line(help) || help[strlen(help) - 1] == '.')
        return false;
    bool proper_name = isupper((unsigned char)help[0]) && isupper((unsigned char)help[1]);
    return !isupper((unsigned char)help[0]) || proper_name;
}

/* The default lies in the range that is checked for what users write. */
static bool default_is_in_range(const struct ferry_option *option)
{
    int64_t value = 0;
    bool (*parse)(const char *, int64_t *) =
        option->type == FERRY_OPTION_INT        ? ferry_units_parse_int
        : option->type == FERRY_OPTION_SIZE     ? ferry_units_parse_size
        : option->type == FERRY_OPTION_DURATION ? ferry_units_parse_duration
                                                : NULL;
    if (parse == NULL || option->default_value == NULL || (option->min == 0 && option->max == 0))
        return option->min <= option->max;
    return parse(option->default_value, &value) && value >= option->min && value <= option->max;
}

static bool choices_are_good(const struct ferry_option *option)
{
    const char *choices = option->choices;
    if (option->type != FERRY_OPTION_CHOICE)
        return choices == NULL;
    return choices != NULL && choices[0] != '\0' && choices[0] != '|' &&
           choices[strlen(choices) - 1] != '|' && strstr(choices, "||") == NULL;
}

static bool name_is_used_once(const struct ferry_driver *driver, size_t i)
{
    static const char *const engine[] = {"driver", "stall_timeout", "run_timeout"};
    for (size_t k = 0; k < sizeof engine / sizeof engine[0]; k++)
        if (strcmp(engine[k], driver->options[i].name) == 0)
            return false;
    for (size_t k = 0; k < i; k++)
        if (strcmp(driver->options[k].name, driver->options[i].name) == 0)
            return false;
    return true;
}

/* NULL, or what a row lacks beside what is refused when the driver is loaded; those of groups too.
 */
static const char *row_flaw(const struct ferry_option *option)
{
    const uint32_t sides = FERRY_OPTION_SOURCE_ONLY | FERRY_OPTION_TARGET_ONLY;
    const char *flaw = NULL;
    if (!help_is_good(option->help))
        return "a help that is not one line, lower case, without a full stop";
    if (!choices_are_good(option))
        return "choices that are not a|b|c";
    if (!default_is_in_range(option))
        return "a default out of its range";
    if ((option->flags & sides) == sides)
        return "an effect on neither side";
    if ((option->flags & FERRY_OPTION_REQUIRED) != 0 && option->default_value != NULL)
        return "a default and is required";
    if (option->type != FERRY_OPTION_GROUPS)
        return NULL;
    for (size_t i = 0; i < option->group->option_count && flaw == NULL; i++)
        flaw = row_flaw(&option->group->options[i]);
    return flaw;
}

static void test_option(const struct ferry_driver *driver, size_t i)
{
    const struct ferry_option *option = &driver->options[i];
    const char *flaw = ferry_option_flaw(option);
    if (flaw == NULL && !name_is_used_once(driver, i))
        flaw = "a name that is used twice or belongs to the engine";
    if (flaw == NULL)
        flaw = row_flaw(option);
    if (!tap_ok(flaw == NULL, "option '%s' is well described", option->name))
        tap_note("it has %s", flaw);
}

static void test_url_parts(const struct ferry_driver *driver)
{
    static const uint32_t parts[] = {FERRY_OPTION_URL_USER, FERRY_OPTION_URL_HOST,
                                     FERRY_OPTION_URL_PORT, FERRY_OPTION_URL_PATH};
    bool once = true;
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        size_t count = 0;
        for (size_t i = 0; i < driver->option_count; i++)
            count += (driver->options[i].flags & parts[k]) != 0;
        once = once && count <= 1;
    }
    tap_ok(once, "each part of a URL goes to one option at most");
}

/* The answer fits its buffer and is the same each time. */
static void test_place(const struct suite *suite, const char *group)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    if (!quirks_has(suite->quirks, group))
        return;
    struct ferry_config *config = quirks_connection(suite->quirks, group, suite->driver, &error);
    if (config == NULL) {
        tap_ok(false, "the quirks' keys of '%s' are understood", group);
        tap_error(&error);
        return;
    }
    char first[512], second[512], narrow[16];
    memset(narrow, '#', sizeof narrow);
    suite->driver->driver.place(config, first, sizeof first);
    suite->driver->driver.place(config, second, sizeof second);
    suite->driver->driver.place(config, narrow, 8);
    tap_ok(first[0] != '\0' && strcmp(first, second) == 0, "place of '%s' is told, twice the same",
           group);
    bool inside = memchr(narrow, '\0', 8) != NULL;
    for (size_t i = 8; i < sizeof narrow; i++)
        inside = inside && narrow[i] == '#';
    tap_ok(inside, "place of '%s' stays inside its buffer", group);
    ferry_config_free(config);
}

void test_registration(const struct suite *suite)
{
    const struct ferry_driver *driver = &suite->driver->driver;
    tap_ok(is_one_line(driver->version), "the version is told");
    tap_ok(is_one_line(driver->description), "the description is one line");
    tap_ok(suite->driver->is_source || suite->driver->is_target, "it is a source or a target");
    for (size_t i = 0; i < driver->option_count; i++)
        test_option(driver, i);
    test_url_parts(driver);
    test_place(suite, "source");
    test_place(suite, "target");
}
