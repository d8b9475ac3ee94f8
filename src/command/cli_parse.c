/* The command line as getopt_long() reads it: a whole one, held to the tables, and one that is
 * being typed. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "command/cli_option.h"

/* What getopt_long() returns for a long option: this and its place in the table. */
#define LONG 256

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
}

static ferry_status find_command(const char *name, const struct ferry_command **ret_command,
                                 struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < ferry_command_count; i++) {
        const struct ferry_command *command = &ferry_commands[i];
        if (strcmp(command->name, name) == 0 && command->run == NULL)
            return ferry_fail(error, FERRY_ERR_USAGE,
                              "the command '%s' comes with a later version of dbferry", name);
        if (strcmp(command->name, name) == 0) {
            *ret_command = command;
            return FERRY_OK;
        }
        if (ferry_command_is_shown(command))
            ferry_nearest_offer(&nearest, command->name);
    }
    if (nearest.best != NULL)
        return ferry_fail(error, FERRY_ERR_USAGE, "unknown command '%s'; did you mean '%s'?", name,
                          nearest.best);
    return ferry_fail(error, FERRY_ERR_USAGE, "unknown command '%s'; \"dbferry --help\" lists them",
                      name);
}

/* ---- What getopt_long() wants and returns ---- */

/* Its tables of all options, whatever the command. */
struct grammar {
    struct option *longs;
    char *shorts;
};

static void grammar_done(struct grammar *grammar)
{
    free(grammar->longs);
    free(grammar->shorts);
}

#define AUTO_GRAMMAR __attribute__((cleanup(grammar_done)))

static int argument_of(const struct cli_option *option)
{
    if (option->argument == NULL)
        return no_argument;
    return ferry_cli_option_may_lack_value(option) ? optional_argument : required_argument;
}

static ferry_status build_grammar(struct grammar *grammar, struct ferry_error *error)
{
    size_t count;
    const struct cli_option *options = ferry_cli_options(&count);
    grammar->longs = calloc(count + 1, sizeof *grammar->longs);
    grammar->shorts = calloc(2 * count + 2, 1);
    if (grammar->longs == NULL || grammar->shorts == NULL)
        return fail_memory(error);
    char *at = grammar->shorts;
    *at++ = ':';
    for (size_t i = 0; i < count; i++) {
        grammar->longs[i] = (struct option){
            .name = options[i].name, .has_arg = argument_of(&options[i]), .val = LONG + (int)i};
        if (options[i].letter != 0)
            *at++ = (char)options[i].letter;
        if (options[i].letter != 0 && options[i].argument != NULL)
            *at++ = ':';
    }
    return FERRY_OK;
}

/* The next thing on the command line, as getopt_long() returns it. */
static int next_option(int argc, char **argv, const struct grammar *grammar)
{
    return getopt_long(argc, argv, grammar->shorts, grammar->longs, NULL);
}

/* What was returned, or stands in optopt, is one of those that it was given. */
static const struct cli_option *find_option(int found)
{
    size_t count;
    const struct cli_option *option = ferry_cli_options(&count);
    if (found >= LONG)
        return &option[found - LONG];
    while (option->letter != found)
        option++;
    return option;
}

/* Of an option that may stand alone, the next word is the value where it can be nothing else. */
static const char *take_value(const struct cli_option *option, int argc, char **argv)
{
    if (optarg != NULL || !ferry_cli_option_may_lack_value(option) || optind >= argc)
        return optarg;
    const char *word = argv[optind];
    if (word[0] == '\0' || word[strspn(word, "0123456789")] != '\0')
        return NULL;
    optind++;
    return word;
}

/* ---- A whole command line ---- */

/* What getopt_long() has just refused, as the user would write it; its value may be a secret. */
static void add_refused(struct ferry_strbuf *word, char **argv)
{
    const char *refused = argv[optind - 1];
    if (optopt >= LONG)
        ferry_strbuf_addf(word, "--%s", find_option(optopt)->name);
    else if (optopt != 0)
        ferry_strbuf_addf(word, "-%c", optopt);
    else
        ferry_strbuf_append(word, refused, strcspn(refused, "="));
}

static ferry_status fail_unknown(const char *word, const struct ferry_command *command,
                                 struct ferry_error *error)
{
    size_t count;
    size_t dashes = strspn(word, "-");
    struct ferry_nearest nearest = {.wanted = word + dashes};
    const struct cli_option *options = ferry_cli_options(&count);
    for (size_t i = 0; i < count; i++)
        if (ferry_cli_option_is_of(&options[i], command))
            ferry_nearest_offer(&nearest, options[i].name);
    const char *scope = command == NULL ? "dbferry" : command->name;
    if (nearest.best != NULL && dashes == 2)
        return ferry_fail(error, FERRY_ERR_USAGE, "%s has no option %s; did you mean --%s?", scope,
                          word, nearest.best);
    return ferry_fail(error, FERRY_ERR_USAGE,
                      "%s has no option %s; \"dbferry %s%s--help\" lists them", scope, word,
                      command == NULL ? "" : scope, command == NULL ? "" : " ");
}

/* `found` is what getopt_long() returned for an option that it does not know or cannot use. */
static ferry_status fail_refused(int found, char **argv, const struct ferry_command *command,
                                 struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf word = {0};
    add_refused(&word, argv);
    if (found == ':')
        return ferry_fail(error, FERRY_ERR_USAGE, "%s needs a value", ferry_strbuf_text(&word));
    if (optopt >= LONG)
        return ferry_fail(error, FERRY_ERR_USAGE, "%s takes no value", ferry_strbuf_text(&word));
    return fail_unknown(ferry_strbuf_text(&word), command, error);
}

/* Whether this command has the option that was found. */
static ferry_status check_scope(const struct cli_option *option,
                                const struct ferry_command *command, struct ferry_error *error)
{
    if (ferry_cli_option_is_later(option))
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s comes with a later version of dbferry",
                          option->name);
    if (command == NULL)
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "the command comes first: dbferry COMMAND [OPTION...]");
    if (ferry_cli_option_is_of(option, command))
        return FERRY_OK;
    FERRY_AUTO_STRBUF struct ferry_strbuf word = {0};
    ferry_strbuf_addf(&word, "--%s", option->name);
    return fail_unknown(ferry_strbuf_text(&word), command, error);
}

static ferry_status parse_options(int argc, char **argv, struct ferry_arguments *arguments,
                                  bool *ret_answered, struct ferry_error *error)
{
    AUTO_GRAMMAR struct grammar grammar = {0};
    const struct ferry_command *command = arguments->command;
    ferry_status status = build_grammar(&grammar, error);
    opterr = 0;
    optind = 0; /* begins anew, whatever was read before */
    while (status == FERRY_OK) {
        int found = next_option(argc, argv, &grammar);
        if (found == -1)
            break;
        if (found == ':' || found == '?')
            return fail_refused(found, argv, command, error);
        const struct cli_option *option = find_option(found);
        if (option->answer != NULL) {
            option->answer(command);
            *ret_answered = true;
            break;
        }
        const char *value = take_value(option, argc, argv);
        status = check_scope(option, command, error);
        if (status == FERRY_OK)
            status = option->take(option, arguments, value, error);
    }
    return status;
}

static ferry_status check_operands(const struct ferry_arguments *arguments,
                                   struct ferry_error *error)
{
    const struct ferry_command *command = arguments->command;
    size_t least = (size_t)command->min_operands;
    bool too_many =
        command->max_operands >= 0 && arguments->operand_count > (size_t)command->max_operands;
    if (arguments->operand_count >= least && !too_many)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_USAGE, "%s: usage: dbferry %s [OPTION...] %s",
                      too_many ? "too many operands" : "something is missing", command->name,
                      command->operands);
}

ferry_status ferry_cli_parse(int argc, char **argv, struct ferry_arguments *ret_arguments,
                             struct ferry_error *error)
{
    struct ferry_arguments arguments = {0};
    bool answered = false;
    if (argc < 2) {
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        ferry_cli_add_help(&text, NULL);
        (void)fputs(ferry_strbuf_text(&text), stderr);
        return ferry_fail(error, FERRY_ERR_USAGE, "a command is missing");
    }
    ferry_status status = FERRY_OK;
    int skip = argv[1][0] == '-' ? 0 : 1; /* the command comes first, or there is none */
    if (skip == 1)
        status = find_command(argv[1], &arguments.command, error);
    if (status == FERRY_OK)
        status = parse_options(argc - skip, argv + skip, &arguments, &answered, error);
    if (status == FERRY_OK && !answered && arguments.command == NULL)
        status = ferry_fail(error, FERRY_ERR_USAGE,
                            "the command comes first: dbferry COMMAND [OPTION...]");
    if (status == FERRY_OK && !answered) {
        arguments.operands = argv + skip + optind;
        arguments.operand_count = (size_t)(argc - skip - optind);
        status = check_operands(&arguments, error);
    }
    if (status != FERRY_OK) {
        ferry_cli_done(&arguments);
        return status;
    }
    if (answered)
        arguments.command = NULL;
    *ret_arguments = arguments;
    return FERRY_OK;
}

/* ---- One that is being typed ---- */

ferry_status ferry_cli_parse_typed(int argc, char **argv, struct ferry_arguments *arguments,
                                   const struct cli_option **ret_awaited, struct ferry_error *error)
{
    AUTO_GRAMMAR struct grammar grammar = {0};
    ferry_status status = build_grammar(&grammar, error);
    if (status != FERRY_OK)
        return status;
    *ret_awaited = NULL;
    opterr = 0;
    optind = 0;
    for (int found; (found = next_option(argc, argv, &grammar)) != -1;) {
        FERRY_AUTO_ERROR struct ferry_error ignored = {0};
        if (found == ':')
            *ret_awaited = find_option(optopt);
        if (found == ':' || found == '?')
            continue;
        const struct cli_option *option = find_option(found);
        const char *value = take_value(option, argc, argv);
        if (option->take != NULL)
            (void)option->take(option, arguments, value, &ignored);
    }
    arguments->operands = argv + optind;
    arguments->operand_count = (size_t)(argc - optind);
    return FERRY_OK;
}
