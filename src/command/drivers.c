/* dbferry drivers: what is installed, and what each driver's connections take. */

#include <stdio.h>
#include <stdlib.h>

#include "command/command.h"
#include "driver/connection_keys.h"
#include "driver/load.h"

static const char *role_name(const struct ferry_driver_handle *driver)
{
    if (driver->is_source && driver->is_target)
        return "source, target";
    return driver->is_source ? "source" : "target";
}

static ferry_status list_drivers(struct ferry_error *error)
{
    char **names = NULL;
    size_t count = 0;
    ferry_status status = ferry_driver_list(&names, &count, error);
    if (status != FERRY_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        struct ferry_driver_handle *driver;
        FERRY_AUTO_ERROR struct ferry_error failure = {0};
        if (ferry_driver_get(names[i], &driver, &failure) == FERRY_OK) {
            (void)printf("%-12s  %-14s  %s\n", names[i], role_name(driver),
                         driver->driver.description);
        } else {
            (void)printf("%-12s  %-14s  %s\n", names[i], "not usable", failure.message);
            status = ferry_error_graver(status, failure.status);
        }
        free(names[i]);
    }
    free(names);
    if (count == 0)
        (void)printf("no drivers in %s\n", ferry_driver_folder());
    return status;
}

static void print_option(const char *list, const struct ferry_option *option)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf notes = {0};
    ferry_strbuf_addf(&name, "%s%s", list, option->name);
    if (option->choices != NULL)
        ferry_strbuf_addf(&notes, "; %s", option->choices);
    if (option->default_value != NULL)
        ferry_strbuf_addf(&notes, "; default %s", option->default_value);
    if ((option->flags & FERRY_OPTION_REQUIRED) != 0)
        ferry_strbuf_add(&notes, "; required");
    if ((option->flags & FERRY_OPTION_SOURCE_ONLY) != 0)
        ferry_strbuf_add(&notes, "; sources only");
    if ((option->flags & FERRY_OPTION_TARGET_ONLY) != 0)
        ferry_strbuf_add(&notes, "; targets only");
    (void)printf("  %-20s  %-8s  %s%s\n", ferry_strbuf_text(&name), ferry_option_type_name(option),
                 option->help, ferry_strbuf_text(&notes));
}

/* Each key, and behind one of GROUPS the keys of its groups as LIST.KEY. */
static void print_options(const char *list, const struct ferry_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ferry_option *option = &options[i];
        FERRY_AUTO_STRBUF struct ferry_strbuf within = {0};
        print_option(list, option);
        if (option->type != FERRY_OPTION_GROUPS)
            continue;
        ferry_strbuf_addf(&within, "%s%s.", list, option->name);
        print_options(ferry_strbuf_text(&within), option->group->options,
                      option->group->option_count);
    }
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
    if (status == FERRY_OK) {
        (void)printf("%s %s: %s\nroles: %s\nfile: %s\nkeys of a connection:\n", name,
                     driver->driver.version, driver->driver.description, role_name(driver),
                     driver->path);
        print_options("", options->options, options->count);
    }
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
