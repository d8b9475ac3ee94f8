/* Two tables, one row per command and one per option, what options do, and the help. */

#include "command/cli.h"

#include <libconfig.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "command/cli_option.h"
#include "command/command.h"
#include "driver/load.h"
#include "engine/partition.h"

enum command_bit {
    RUN = 1 << 0,
    COPY = 1 << 1,
    PLAN = 1 << 2,
    CHECK = 1 << 3,
    VERIFY = 1 << 4,
    DRIVERS = 1 << 5,
    INIT = 1 << 6,
    STATUS = 1 << 7,
    REPORT = 1 << 8,
    LATER = 1 << 9,     /* known by name; a later version brings it */
    COMPLETE = 1 << 10, /* for shells, not for people: no help shows it */
    PREPARE = 1 << 11,
    LOAD = 1 << 12,
    FINISH = 1 << 13,
    ABANDON = 1 << 14,
    PIECES = PREPARE | LOAD | FINISH | ABANDON,
    ALL = RUN | COPY | PLAN | CHECK | VERIFY | DRIVERS | INIT | STATUS | REPORT | COMPLETE | PIECES,
};

const struct ferry_command ferry_commands[] = {
    {RUN, "run", "[JOB...]", "run jobs: all of the configuration if none is named", 0, -1,
     ferry_command_run},
    {COPY, "copy", "SOURCE TARGET", "copy once; each is a connection's name or a URL", 2, 2,
     ferry_command_copy},
    {PLAN, "plan", "[JOB...]", "show what each column becomes; writes nothing", 0, -1,
     ferry_command_plan},
    {CHECK, "check", "[JOB...]",
     "try configuration, drivers, connections and rights; writes nothing", 0, -1,
     ferry_command_check},
    {VERIFY, "verify", "[JOB...]", "compare what the source gives with what the target holds", 0,
     -1, ferry_command_verify},
    {PREPARE, "prepare", "JOB", "part a job's table for a scheduler; prints the id of its run", 1,
     1, ferry_command_prepare},
    {LOAD, "load", "RUN", "load one piece of a prepared run", 1, 1, ferry_command_load_piece},
    {FINISH, "finish", "RUN", "take all pieces of a prepared run in, in one step", 1, 1,
     ferry_command_finish},
    {ABANDON, "abandon", "RUN", "give a prepared run up, and remove its pieces", 1, 1,
     ferry_command_abandon},
    {DRIVERS, "drivers", "[DRIVER]", "list the drivers, or the options of one", 0, 1,
     ferry_command_drivers},
    {INIT, "init", "[DIR]", "write a commented configuration to start from", 0, 1,
     ferry_command_init},
    {STATUS, "status", "[JOB...]", "show the last run and success of each job, and which are late",
     0, -1, ferry_command_status},
    {REPORT, "report", "FILE [JOB...]", "make an HTML page of the last runs; \"-\": print it", 1,
     -1, ferry_command_report_page},
    {COMPLETE, "complete", "-- [WORD...]", "say what a shell may offer for the last word", 0, -1,
     ferry_command_complete},
};
const size_t ferry_command_count = sizeof ferry_commands / sizeof ferry_commands[0];

bool ferry_command_is_shown(const struct ferry_command *command)
{
    return command->run != NULL && command->bit != COMPLETE;
}

#define ROWS_SHOWN 20 /* of --rows without a number */
#define JOBS_MOST 64  /* at one time: each is a process with two connections */

/* ---- What options do ---- */

/* One text, which a second one would silently replace. */
static ferry_status take_text(const struct cli_option *option, struct ferry_arguments *arguments,
                              const char *value, struct ferry_error *error)
{
    const char **text = (const char **)(void *)((char *)arguments + option->offset);
    if (*text != NULL)
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s is given twice", option->name);
    *text = value;
    return FERRY_OK;
}

/* One text more. */
static ferry_status take_texts(const struct cli_option *option, struct ferry_arguments *arguments,
                               const char *value, struct ferry_error *error)
{
    struct ferry_texts *texts = (void *)((char *)arguments + option->offset);
    const char **list = reallocarray(texts->list, texts->count + 1, sizeof *list);
    if (list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
    texts->list = list;
    list[texts->count++] = value;
    return FERRY_OK;
}

static ferry_status add_index(struct ferry_arguments *arguments, const char *columns, bool unique,
                              struct ferry_error *error)
{
    struct ferry_index_argument *indexes =
        reallocarray(arguments->indexes, arguments->index_count + 1, sizeof *indexes);
    if (indexes == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
    arguments->indexes = indexes;
    indexes[arguments->index_count++] =
        (struct ferry_index_argument){.columns = columns, .unique = unique};
    return FERRY_OK;
}

static ferry_status take_index(const struct cli_option *option, struct ferry_arguments *arguments,
                               const char *value, struct ferry_error *error)
{
    (void)option;
    return add_index(arguments, value, false, error);
}

static ferry_status take_unique(const struct cli_option *option, struct ferry_arguments *arguments,
                                const char *value, struct ferry_error *error)
{
    (void)option;
    return add_index(arguments, value, true, error);
}

static ferry_status take_flag(const struct cli_option *option, struct ferry_arguments *arguments,
                              const char *value, struct ferry_error *error)
{
    (void)value, (void)error;
    *(bool *)((char *)arguments + option->offset) = true;
    return FERRY_OK;
}

static ferry_status take_count(const struct cli_option *option, struct ferry_arguments *arguments,
                               const char *value, struct ferry_error *error)
{
    (void)value, (void)error;
    ++*(int *)(void *)((char *)arguments + option->offset);
    return FERRY_OK;
}

/* --rows[=N] */
static ferry_status take_rows(const struct cli_option *option, struct ferry_arguments *arguments,
                              const char *value, struct ferry_error *error)
{
    int64_t *rows = (int64_t *)(void *)((char *)arguments + option->offset);
    *rows = ROWS_SHOWN;
    if (value == NULL || (ferry_units_parse_int(value, rows) && *rows > 0))
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_USAGE, "--%s takes a number of rows above 0, not '%s'",
                      option->name, value);
}

/* --jobs N */
static ferry_status take_jobs(const struct cli_option *option, struct ferry_arguments *arguments,
                              const char *value, struct ferry_error *error)
{
    int64_t *jobs = (int64_t *)(void *)((char *)arguments + option->offset);
    int64_t number;
    if (*jobs != 0)
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s is given twice", option->name);
    if (!ferry_units_parse_int(value, &number) || number < 1 || number > JOBS_MOST)
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s takes a number from 1 to %d, not '%s'",
                          option->name, JOBS_MOST, value);
    *jobs = number;
    return FERRY_OK;
}

/* --partition I/N */
static ferry_status take_piece(const struct cli_option *option, struct ferry_arguments *arguments,
                               const char *value, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *piece = strndup(value, strcspn(value, "/"));
    const char *slash = strchr(value, '/');
    int64_t number = 0, count = 0;
    if (arguments->piece != 0)
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s is given twice", option->name);
    if (piece == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the command line");
    if (slash == NULL || !ferry_units_parse_int(piece, &number) ||
        !ferry_units_parse_int(slash + 1, &count) || count < 1 || count > FERRY_PARTITIONS_MOST ||
        number < 1 || number > count)
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "--%s takes I/N, such as 3/8: a piece from 1 to N, and N up to %d, not "
                          "'%s'",
                          option->name, FERRY_PARTITIONS_MOST, value);
    arguments->piece = (uint32_t)number;
    arguments->piece_count = (uint32_t)count;
    return FERRY_OK;
}

/* --random-delay DURATION */
static ferry_status take_duration(const struct cli_option *option,
                                  struct ferry_arguments *arguments, const char *value,
                                  struct ferry_error *error)
{
    int64_t *ms = (int64_t *)(void *)((char *)arguments + option->offset);
    if (*ms != 0)
        return ferry_fail(error, FERRY_ERR_USAGE, "--%s is given twice", option->name);
    if (ferry_units_parse_duration(value, ms))
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_USAGE, "--%s takes a duration, such as 90s or 5m, not '%s'",
                      option->name, value);
}

static void print_help(const struct ferry_command *command)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_cli_add_help(&text, command);
    (void)fputs(ferry_strbuf_text(&text), stdout);
}

static void print_version(const struct ferry_command *command)
{
    (void)command;
    (void)printf("dbferry " PACKAGE_VERSION "\ndriver interface %d, drivers in %s\n"
                 "libconfig %d.%d\n",
                 FERRY_ABI_VERSION, ferry_driver_folder(), LIBCONFIG_VER_MAJOR,
                 LIBCONFIG_VER_MINOR);
}

#define AT(member) offsetof(struct ferry_arguments, member)

static const struct cli_option cli_options[] = {
    {"config", 'c', "FILE", "read this configuration file",
     RUN | COPY | PLAN | CHECK | VERIFY | STATUS | REPORT | PIECES, take_text, AT(config), NULL},
    {"source", 0, "CONNECTION", "read from this connection instead", RUN | PLAN | CHECK | VERIFY,
     take_text, AT(source), NULL},
    {"target", 0, "CONNECTION", "write to this connection instead", RUN | PLAN | CHECK | VERIFY,
     take_text, AT(target), NULL},
    {"view", 0, "NAME", "the view to read", COPY, take_text, AT(view), NULL},
    {"table", 0, "NAME", "the table to read", COPY, take_text, AT(table), NULL},
    {"query", 0, "SQL", "the SELECT statement to read", COPY, take_text, AT(query), NULL},
    {"all", 0, NULL, "copy all tables", COPY, take_flag, AT(all), NULL},
    {"views", 0, "GLOB", "copy the views that fit, beside or instead of tables", COPY, take_texts,
     AT(views), NULL},
    {"exclude", 0, "GLOB", "of those, leave out the tables and views that fit", COPY, take_texts,
     AT(exclude), NULL},
    {"target-table", 0, "NAME", "the table to replace", COPY, take_text, AT(target_table), NULL},
    {"strategy", 0, "STRATEGY", "replace, append, upsert or merge", COPY, take_text, AT(strategy),
     NULL},
    {"key", 0, "COLUMN[,COLUMN...]", "tell rows apart by these columns", COPY, take_text, AT(key),
     NULL},
    {"cursor", 0, "COLUMN", "append, upsert: read from the highest value of this column on", COPY,
     take_text, AT(cursor), NULL},
    {"full", 0, NULL, "take all rows into account, whatever the strategy", RUN | COPY | PLAN,
     take_flag, AT(full), NULL},
    {"column", 0, "NAME=TYPE", "store a column as this type of the target", COPY, take_texts,
     AT(columns), NULL},
    {"index", 0, "COLUMN[,COLUMN...]", "give the target table an index", COPY, take_index, 0, NULL},
    {"unique", 0, "COLUMN[,COLUMN...]", "give the target table a unique index", COPY, take_unique,
     0, NULL},
    {"option", 'o', "source.KEY=VALUE",
     "set a key of the source; target.KEY=VALUE, job.KEY=VALUE likewise", COPY, take_texts,
     AT(settings), NULL},
    {"rows", 0, "[=N]", "name the rows that differ, by their keys: N at most (20)", VERIFY,
     take_rows, AT(rows), NULL},
    {"values", 0, NULL, "with --rows: show what stands in them", VERIFY, take_flag, AT(values),
     NULL},
    {"dry-run", 'n', NULL, "do all but write: say what would happen", RUN | COPY, take_flag,
     AT(dry_run), NULL},
    {"jobs", 0, "N", "run up to N jobs at one time (1)", RUN, take_jobs, AT(jobs), NULL},
    {"partition", 0, "I/N", "which of the N pieces is loaded, from 1", LOAD, take_piece, 0, NULL},
    {"watch", 0, NULL, "draw it anew every two seconds, on a terminal", STATUS, take_flag,
     AT(watch), NULL},
    {"random-delay", 0, "DURATION", "wait a random time, up to this, before the first job", RUN,
     take_duration, AT(random_delay_ms), NULL},
    {"skip-locked", 0, NULL, "leave a table to the run that is at work on it", RUN | COPY,
     take_flag, AT(skip_locked), NULL},
    {"json", 0, NULL, "print records for programs: a JSON object in each line",
     RUN | COPY | PLAN | CHECK | VERIFY | DRIVERS | STATUS, take_flag, AT(json), NULL},
    {"quiet", 'q', NULL, "print errors only", ALL, take_flag, AT(quiet), NULL},
    {"verbose", 'v', NULL, "print the log; twice: with details", ALL, take_count, AT(verbose),
     NULL},
    {"help", 'h', NULL, "print this help", ALL, NULL, 0, print_help},
    {"version", 0, NULL, "print the version", ALL, NULL, 0, print_version},
};
#define OPTION_COUNT (sizeof cli_options / sizeof cli_options[0])

const struct cli_option *ferry_cli_options(size_t *ret_count)
{
    *ret_count = OPTION_COUNT;
    return cli_options;
}

bool ferry_cli_option_is_of(const struct cli_option *option, const struct ferry_command *command)
{
    return (option->commands & (command == NULL ? ALL : command->bit)) != 0;
}

bool ferry_cli_option_is_later(const struct cli_option *option)
{
    return option->commands == LATER;
}

/* Written as the brackets of its argument say. */
bool ferry_cli_option_may_lack_value(const struct cli_option *option)
{
    return option->argument != NULL && option->argument[0] == '[';
}

/* ---- Help ---- */

static void add_options(struct ferry_strbuf *text, const struct ferry_command *command)
{
    ferry_strbuf_add(text, "\nOptions:\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct cli_option *option = &cli_options[i];
        if (!ferry_cli_option_is_of(option, command))
            continue;
        FERRY_AUTO_STRBUF struct ferry_strbuf left = {0};
        if (option->letter != 0)
            ferry_strbuf_addf(&left, "-%c, ", option->letter);
        else
            ferry_strbuf_add(&left, "    ");
        ferry_strbuf_addf(&left, "--%s", option->name);
        if (option->argument != NULL)
            ferry_strbuf_addf(&left, "%s%s", ferry_cli_option_may_lack_value(option) ? "" : " ",
                              option->argument);
        ferry_strbuf_addf(text, left.length > 24 ? "  %s\n%28s%s\n" : "  %-24s%.0s  %s\n",
                          ferry_strbuf_text(&left), "", option->help);
    }
}

/* Several classes may share a code: then they share its meaning too. */
static void add_exit_codes(struct ferry_strbuf *text)
{
    size_t count;
    const struct ferry_error_class *classes = ferry_error_classes(&count);
    ferry_strbuf_add(text, "\nExit codes:\n  0   all is done\n");
    for (int code = 1; code < 128; code++)
        for (size_t i = 0; i < count; i++)
            if (classes[i].exit_code == code) {
                ferry_strbuf_addf(text, "  %-2d  %s\n", code, classes[i].meaning);
                break;
            }
}

void ferry_cli_add_help(struct ferry_strbuf *text, const struct ferry_command *command)
{
    if (command != NULL) {
        ferry_strbuf_addf(text, "Usage: dbferry %s [OPTION...] %s\n\n%s.\n", command->name,
                          command->operands, command->help);
        add_options(text, command);
        return;
    }
    ferry_strbuf_add(text, "Usage: dbferry COMMAND [OPTION...] [OPERAND...]\n\n"
                           "Copies a view, a table or a query from one database into another, "
                           "whole and exact.\n\nCommands:\n");
    for (size_t i = 0; i < ferry_command_count; i++)
        if (ferry_command_is_shown(&ferry_commands[i]))
            ferry_strbuf_addf(text, "  %-8s %-14s %s\n", ferry_commands[i].name,
                              ferry_commands[i].operands, ferry_commands[i].help);
    add_options(text, NULL);
    add_exit_codes(text);
    ferry_strbuf_add(text, "\nA first configuration: dbferry init.  Manual: man dbferry, man "
                           "dbferry.conf\n");
}

void ferry_cli_done(struct ferry_arguments *arguments)
{
    free((void *)arguments->settings.list);
    free((void *)arguments->columns.list);
    free((void *)arguments->views.list);
    free((void *)arguments->exclude.list);
    free(arguments->indexes);
    *arguments = (struct ferry_arguments){0};
}
