/* dbferry complete: what a shell may offer for the word that is being typed.
 *
 * The commands, the options and the operands of the tables of the command line are offered as they
 * are; what a value can be follows from the word by which the help calls it. */

#include "command/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/cli_option.h"
#include "command/command.h"
#include "config/job.h"
#include "config/url.h"
#include "driver/load.h"

/* ---- What there is to name ---- */

void ferry_complete_each_driver(const char *start, ferry_driver_action *action, void *data)
{
    char **names = NULL;
    size_t count = 0;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    if (ferry_driver_list(&names, &count, &ignored) != FERRY_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        struct ferry_driver_handle *driver;
        FERRY_AUTO_ERROR struct ferry_error unusable = {0};
        if (strncmp(names[i], start, strlen(start)) == 0 &&
            ferry_driver_get(names[i], &driver, &unusable) == FERRY_OK)
            action(driver, data);
        free(names[i]);
    }
    free(names);
}

static void offer_driver(struct ferry_driver_handle *driver, void *data)
{
    ferry_offer(data, driver->driver.name, driver->driver.description);
}

/* No shell has seen the path of an option: it is typed as "~/..." still. */
static char *expand_home(const char *path)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf whole = {0};
    const char *home = getenv("HOME");
    bool is_home = path[0] == '~' && path[1] == '/' && home != NULL;
    ferry_strbuf_addf(&whole, "%s%s", is_home ? home : "", is_home ? path + 1 : path);
    return ferry_strbuf_steal(&whole);
}

/* Those that the command line would read; NULL if they cannot be. */
static struct ferry_settings *load_settings(const struct ferry_arguments *arguments)
{
    struct ferry_settings *settings = NULL;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    FERRY_AUTO_FREE char *path = arguments->config == NULL ? NULL : expand_home(arguments->config);
    if (arguments->config != NULL && path == NULL)
        return NULL;
    (void)ferry_settings_load(path, &settings, &ignored);
    return settings;
}

/* ---- Values, by what they are called ---- */

typedef void offer_values(const struct ferry_arguments *arguments, struct ferry_offers *offers);

static bool is_typed(const struct ferry_arguments *arguments, const char *job)
{
    for (size_t i = 0; i < arguments->operand_count; i++)
        if (strcmp(arguments->operands[i], job) == 0)
            return true;
    return false;
}

/* No job is named twice on a command line; a name that begins as an option does would be read as
 * one. */
static void offer_jobs(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    struct ferry_settings *settings = load_settings(arguments);
    if (settings == NULL)
        return;
    for (size_t i = 0; i < ferry_settings_job_count(settings); i++) {
        const char *name = ferry_settings_job_name(settings, i);
        if (name[0] != '-' && !is_typed(arguments, name))
            ferry_offer(offers, name, "job");
    }
    ferry_settings_free(settings);
}

static void offer_connections(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    struct ferry_settings *settings = load_settings(arguments);
    if (settings == NULL)
        return;
    const struct ferry_connections *connections = ferry_settings_connections(settings);
    for (size_t i = 0; i < ferry_connections_count(connections); i++)
        ferry_offer(offers, ferry_connections_name(connections, i), "connection");
    ferry_settings_free(settings);
}

static void offer_drivers(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    (void)arguments;
    ferry_complete_each_driver(ferry_offers_rest(offers), offer_driver, offers);
}

/* NULL: the driver takes no URL with a path. */
static const struct ferry_option *find_url_path(const struct ferry_driver *driver)
{
    for (size_t i = 0; i < driver->option_count; i++)
        if ((driver->options[i].flags & FERRY_OPTION_URL_PATH) != 0)
            return &driver->options[i];
    return NULL;
}

static bool is_of_a_file(const struct ferry_driver *driver)
{
    const struct ferry_option *path = find_url_path(driver);
    return path != NULL && path->type == FERRY_OPTION_PATH;
}

static void offer_url(const struct ferry_driver *driver, struct ferry_offers *offers)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf url = {0};
    ferry_strbuf_addf(&url, "%s:%s", driver->name, is_of_a_file(driver) ? "" : "//");
    if (find_url_path(driver) != NULL && !url.failed)
        ferry_offer(offers, ferry_strbuf_text(&url), driver->description);
}

static void offer_url_to_read(struct ferry_driver_handle *driver, void *data)
{
    if (driver->is_source)
        offer_url(&driver->driver, data);
}

static void offer_url_to_write(struct ferry_driver_handle *driver, void *data)
{
    if (driver->is_target)
        offer_url(&driver->driver, data);
}

/* The rest of a URL is a file's path, or nothing that could be known. */
static void offer_url_rest(struct ferry_offers *offers)
{
    struct ferry_driver_handle *driver;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    FERRY_AUTO_FREE char *name = ferry_url_driver(offers->word);
    if (name == NULL || ferry_driver_get(name, &driver, &ignored) != FERRY_OK ||
        !is_of_a_file(&driver->driver))
        return;
    size_t size = strlen(name) + 1;
    if (strncmp(offers->word + size, "///", 3) == 0)
        size += 2;
    ferry_offers_lead(offers, size);
    ferry_offer_files(offers);
}

static void offer_places(const struct ferry_arguments *arguments, ferry_driver_action *offer_urls,
                         struct ferry_offers *offers)
{
    if (ferry_url_is_one(offers->word)) {
        offer_url_rest(offers);
        return;
    }
    offer_connections(arguments, offers);
    ferry_complete_each_driver(offers->word, offer_urls, offers);
}

static void offer_sources(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    offer_places(arguments, offer_url_to_read, offers);
}

static void offer_targets(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    offer_places(arguments, offer_url_to_write, offers);
}

static void offer_strategies(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    (void)arguments;
    for (size_t i = 0; i < ferry_job_option_count; i++)
        if (strcmp(ferry_job_options[i].name, "strategy") == 0)
            ferry_offer_choices(offers, ferry_job_options[i].choices);
}

static void offer_files(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    (void)arguments;
    ferry_offer_files(offers);
}

static void offer_folders(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    (void)arguments;
    ferry_offer_folders(offers);
}

/* For any other word nothing is offered: a table's name, say, is known to a server alone. */
static const struct {
    const char *word;
    offer_values *offer;
} values[] = {
    {"JOB", offer_jobs},
    {"CONNECTION", offer_connections},
    {"SOURCE", offer_sources},
    {"TARGET", offer_targets},
    {"DRIVER", offer_drivers},
    {"STRATEGY", offer_strategies},
    {"FILE", offer_files},
    {"DIR", offer_folders},
    {"source.KEY", ferry_complete_setting},
};

/* `word` is of a table: "FILE", "[JOB...]", "source.KEY=VALUE". */
static void offer_for(const char *word, const struct ferry_arguments *arguments,
                      struct ferry_offers *offers)
{
    const char *start = word + (word[0] == '[');
    size_t length = strcspn(start, " ]=");
    if (length > 3 && strncmp(start + length - 3, "...", 3) == 0)
        length -= 3;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (strlen(values[i].word) == length && strncmp(values[i].word, start, length) == 0)
            values[i].offer(arguments, offers);
}

/* ---- Where on the line it stands ---- */

static void offer_commands(struct ferry_offers *offers)
{
    for (size_t i = 0; i < ferry_command_count; i++)
        if (ferry_command_is_shown(&ferry_commands[i]))
            ferry_offer(offers, ferry_commands[i].name, ferry_commands[i].help);
}

static void offer_option(const struct cli_option *option, struct ferry_offers *offers)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf word = {0};
    ferry_strbuf_addf(&word, "--%s", option->name);
    if (!word.failed)
        ferry_offer(offers, ferry_strbuf_text(&word), option->help);
}

/* Without a command, those that answer at once are all that can be given. */
static void offer_options(const struct ferry_command *command, struct ferry_offers *offers)
{
    size_t count;
    const struct cli_option *options = ferry_cli_options(&count);
    for (size_t i = 0; i < count; i++)
        if (ferry_cli_option_is_of(&options[i], command) &&
            (command != NULL || options[i].answer != NULL))
            offer_option(&options[i], offers);
}

/* "--NAME=VALUE": the option, and the lead is what stands before the value; else NULL. */
static const struct cli_option *take_option(const struct ferry_command *command,
                                            struct ferry_offers *offers)
{
    size_t count;
    const struct cli_option *options = ferry_cli_options(&count);
    const char *equals = strchr(offers->word, '=');
    if (equals == NULL || strncmp(offers->word, "--", 2) != 0)
        return NULL;
    const char *name = offers->word + 2;
    size_t length = (size_t)(equals - name);
    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0 &&
            options[i].argument != NULL && ferry_cli_option_is_of(&options[i], command)) {
            ferry_offers_lead(offers, (size_t)(equals + 1 - offers->word));
            return &options[i];
        }
    return NULL;
}

/* The word of the table for operand `place`; the last stands for more, if it ends so.  NULL: there
 * is no such operand. */
static const char *operand_word(const struct ferry_command *command, size_t place)
{
    const char *word = command->operands;
    for (size_t i = 0; i < place; i++) {
        const char *next = strchr(word, ' ');
        if (next == NULL)
            return strstr(word, "...") != NULL ? word : NULL;
        word = next + 1;
    }
    return word;
}

static void offer_next(const struct ferry_command *command, const struct ferry_arguments *arguments,
                       const struct cli_option *awaited, bool may_be_option,
                       struct ferry_offers *offers)
{
    if (awaited == NULL && may_be_option)
        awaited = take_option(command, offers);
    if (awaited != NULL) {
        offer_for(awaited->argument, arguments, offers);
        return;
    }
    if (may_be_option && offers->word[0] == '-') {
        offer_options(command, offers);
        return;
    }
    const char *word = operand_word(command, arguments->operand_count);
    if (word != NULL)
        offer_for(word, arguments, offers);
}

static const struct ferry_command *find_command(const char *name)
{
    for (size_t i = 0; i < ferry_command_count; i++)
        if (ferry_command_is_shown(&ferry_commands[i]) && strcmp(ferry_commands[i].name, name) == 0)
            return &ferry_commands[i];
    return NULL;
}

/* Behind "--" nothing is an option. */
static bool ends_options(char **words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], "--") == 0)
            return true;
    return false;
}

/* Behind a command: `count` words are whole, and it is the first of them. */
static void complete_behind(char **words, size_t count, struct ferry_offers *offers)
{
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    struct ferry_arguments arguments = {0};
    const struct cli_option *awaited;
    const struct ferry_command *command = find_command(words[0]);
    /* getopt_long() sorts them, and wants a NULL behind the last */
    FERRY_AUTO_FREE char **sorted = calloc(count + 1, sizeof *sorted);
    if (command == NULL || sorted == NULL)
        return;
    memcpy(sorted, words, count * sizeof *sorted);
    if (ferry_cli_parse_typed((int)count, sorted, &arguments, &awaited, &ignored) == FERRY_OK)
        offer_next(command, &arguments, awaited, !ends_options(words, count), offers);
    ferry_cli_done(&arguments);
}

void ferry_complete(char **words, size_t count, struct ferry_offers *offers)
{
    if (count == 0)
        return;
    offers->word = words[count - 1];
    if (count > 1)
        complete_behind(words, count - 1, offers);
    else if (offers->word[0] == '-')
        offer_options(NULL, offers);
    else
        offer_commands(offers);
}

/* A shell that asks is not to be disturbed: what goes wrong is nothing to offer. */
ferry_status ferry_command_complete(const struct ferry_arguments *arguments)
{
    struct ferry_offers offers = {0};
    ferry_complete(arguments->operands, arguments->operand_count, &offers);
    if (!offers.text.failed)
        (void)fputs(ferry_strbuf_text(&offers.text), stdout);
    ferry_offers_done(&offers);
    return FERRY_OK;
}
