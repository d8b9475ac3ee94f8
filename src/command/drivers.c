/* dbferry drivers: what is installed, and what each driver's connections take. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/events.h"
#include "driver/connection.h"
#include "driver/connection_keys.h"
#include "driver/load.h"
#include "engine/strategy.h"

static const char *role_name(const struct ferry_driver_handle *driver)
{
    if (driver->is_source && driver->is_target)
        return "source, target";
    return driver->is_source ? "source" : "target";
}

/* ---- The list ---- */

/* One that is not usable has no handle, but a reason. */
static void print_driver(const char *name, const struct ferry_driver_handle *driver,
                         const char *reason)
{
    (void)printf("%-12s  %-14s  %s\n", name, driver == NULL ? "not usable" : role_name(driver),
                 driver == NULL ? reason : driver->driver.description);
}

static void write_strategies(struct ferry_json *event, const char *key,
                             const struct ferry_driver_handle *driver, uint32_t role)
{
    ferry_json_begin_list(event, key);
    for (size_t i = 0; driver != NULL && ferry_strategy_of_driver(driver, role, i) != NULL; i++)
        ferry_json_add_text(event, NULL, ferry_strategy_of_driver(driver, role, i));
    ferry_json_end_list(event);
}

static void write_libraries(struct ferry_json *event, const struct ferry_driver_handle *driver)
{
    struct ferry_facts libraries = {0};
    if (driver != NULL)
        driver->driver.libraries(&libraries);
    ferry_json_begin_list(event, "libraries");
    for (size_t i = 0; i < libraries.count; i++) {
        ferry_json_begin_object(event, NULL);
        ferry_json_add_text(event, "name", libraries.items[i].name);
        ferry_json_add_text(event, "version", libraries.items[i].value);
        ferry_json_end_object(event);
    }
    ferry_json_end_list(event);
    ferry_facts_done(&libraries);
}

static void write_driver(const char *name, const struct ferry_driver_handle *driver,
                         const char *reason)
{
    struct ferry_json event;
    ferry_event_begin(&event, "driver");
    ferry_json_add_text(&event, "name", name);
    ferry_json_add_bool(&event, "usable", driver != NULL);
    ferry_json_add_bool(&event, "source", driver != NULL && driver->is_source);
    ferry_json_add_bool(&event, "target", driver != NULL && driver->is_target);
    ferry_json_add_text(&event, "driver_version", driver == NULL ? NULL : driver->driver.version);
    ferry_json_add_text(&event, "description", driver == NULL ? NULL : driver->driver.description);
    ferry_json_add_text(&event, "file", driver == NULL ? NULL : driver->path);
    ferry_json_add_text(&event, "message", reason);
    if (driver == NULL)
        ferry_json_add_null(&event, "interface");
    else
        ferry_json_add_count(&event, "interface", driver->driver._abi_version);
    write_strategies(&event, "source_strategies", driver, FERRY_ROLE_SOURCE);
    write_strategies(&event, "target_strategies", driver, FERRY_ROLE_TARGET);
    write_libraries(&event, driver);
    ferry_event_write(&event);
}

static ferry_status tell_driver(const char *name)
{
    struct ferry_driver_handle *driver = NULL;
    FERRY_AUTO_ERROR struct ferry_error failure = {0};
    ferry_status status = ferry_driver_get(name, &driver, &failure);
    if (ferry_events_are_enabled())
        write_driver(name, driver, failure.message);
    else
        print_driver(name, driver, failure.message);
    return status;
}

static ferry_status list_drivers(struct ferry_error *error)
{
    char **names = NULL;
    size_t count = 0;
    ferry_status status = ferry_driver_list(&names, &count, error);
    if (status != FERRY_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        status = ferry_error_graver(status, tell_driver(names[i]));
        free(names[i]);
    }
    free(names);
    if (count == 0 && !ferry_events_are_enabled())
        (void)printf("no drivers in %s\n", ferry_driver_folder());
    return status;
}

/* ---- The keys of one ---- */

static const char *roles_of(const struct ferry_option *option)
{
    if ((option->flags & FERRY_OPTION_SOURCE_ONLY) != 0)
        return "source";
    return (option->flags & FERRY_OPTION_TARGET_ONLY) != 0 ? "target" : NULL;
}

static void print_option(const char *name, const struct ferry_option *option)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf notes = {0};
    if (option->choices != NULL)
        ferry_strbuf_addf(&notes, "; %s", option->choices);
    if (option->default_value != NULL)
        ferry_strbuf_addf(&notes, "; default %s", option->default_value);
    if ((option->flags & FERRY_OPTION_REQUIRED) != 0)
        ferry_strbuf_add(&notes, "; required");
    if (roles_of(option) != NULL)
        ferry_strbuf_addf(&notes, "; %ss only", roles_of(option));
    (void)printf("  %-20s  %-8s  %s%s\n", name, ferry_option_type_name(option), option->help,
                 ferry_strbuf_text(&notes));
}

/* "a|b" */
static void add_choices(struct ferry_json *event, const char *choices)
{
    ferry_json_begin_list(event, "choices");
    for (const char *at = choices; at != NULL && *at != '\0';) {
        FERRY_AUTO_STRBUF struct ferry_strbuf choice = {0};
        size_t size = strcspn(at, "|");
        ferry_strbuf_append(&choice, at, size);
        ferry_json_add_text(event, NULL, ferry_strbuf_text(&choice));
        at += size + (at[size] == '|');
    }
    ferry_json_end_list(event);
}

static void write_option(const char *driver, const char *name, const struct ferry_option *option)
{
    struct ferry_json event;
    ferry_event_begin(&event, "option");
    ferry_json_add_text(&event, "driver", driver);
    ferry_json_add_text(&event, "name", name);
    ferry_json_add_text(&event, "value_type", ferry_option_type_name(option));
    ferry_json_add_text(&event, "help", option->help);
    add_choices(&event, option->choices);
    ferry_json_add_text(&event, "default", option->default_value);
    ferry_json_add_bool(&event, "required", (option->flags & FERRY_OPTION_REQUIRED) != 0);
    ferry_json_add_text(&event, "only", roles_of(option));
    ferry_event_write(&event);
}

/* Each key, and behind one of GROUPS the keys of its groups as LIST.KEY. */
static void tell_options(const char *driver, const char *list, const struct ferry_option *options,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ferry_option *option = &options[i];
        FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
        ferry_strbuf_addf(&name, "%s%s", list, option->name);
        if (ferry_events_are_enabled())
            write_option(driver, ferry_strbuf_text(&name), option);
        else
            print_option(ferry_strbuf_text(&name), option);
        if (option->type != FERRY_OPTION_GROUPS)
            continue;
        ferry_strbuf_add(&name, ".");
        tell_options(driver, ferry_strbuf_text(&name), option->group->options,
                     option->group->option_count);
    }
}

/* "replace, append", or nothing of what the driver is not. */
static void print_strategies(const struct ferry_driver_handle *driver, uint32_t role,
                             const char *side)
{
    const char *name = ferry_strategy_of_driver(driver, role, 0);
    for (size_t i = 0; name != NULL; i++) {
        (void)printf("%s%s", i == 0 ? side : ", ", name);
        name = ferry_strategy_of_driver(driver, role, i + 1);
        if (name == NULL)
            (void)printf("\n");
    }
}

static void print_about(const char *name, const struct ferry_driver_handle *driver)
{
    struct ferry_facts libraries = {0};
    (void)printf("%s %s: %s\ninterface: %" PRIu32 "\nroles: %s\n", name, driver->driver.version,
                 driver->driver.description, driver->driver._abi_version, role_name(driver));
    print_strategies(driver, FERRY_ROLE_SOURCE, "strategies of a source: ");
    print_strategies(driver, FERRY_ROLE_TARGET, "strategies of a target: ");
    driver->driver.libraries(&libraries);
    for (size_t i = 0; i < libraries.count; i++)
        (void)printf("%s%s %s%s", i == 0 ? "libraries: " : ", ", libraries.items[i].name,
                     libraries.items[i].value, i + 1 == libraries.count ? "\n" : "");
    ferry_facts_done(&libraries);
    (void)printf("file: %s\nkeys of a connection:\n", driver->path);
}

static void tell_one(const char *name, const struct ferry_driver_handle *driver,
                     const struct ferry_config *options)
{
    if (ferry_events_are_enabled())
        write_driver(name, driver, NULL);
    else
        print_about(name, driver);
    tell_options(name, "", options->options, options->count);
}

static ferry_status show_driver(const char *name, struct ferry_error *error)
{
    struct ferry_driver_handle *driver;
    ferry_status status = ferry_driver_get(name, &driver, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_config *options = ferry_config_new("connection", name);
    if (options == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the options");
    status = ferry_connection_keys_add(options, driver, error);
    if (status == FERRY_OK)
        tell_one(name, driver, options);
    ferry_config_free(options);
    return status;
}

ferry_status ferry_command_drivers(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    ferry_status status = ferry_command_open_log(arguments, NULL, &error);
    if (status == FERRY_OK)
        status = arguments->operand_count == 0 ? list_drivers(&error)
                                               : show_driver(arguments->operands[0], &error);
    if (error.status != FERRY_OK)
        return ferry_command_report(&error, NULL);
    return status;
}
