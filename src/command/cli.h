/* The command line: its commands and options, each listed once, for parsing, help and manual. */

#ifndef FERRY_CLI_H
#define FERRY_CLI_H

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

struct ferry_arguments;
struct ferry_prepared;

struct ferry_command {
    int bit; /* that says which options it takes */
    const char *name;
    const char *operands; /* as the help shows them */
    const char *help;     /* one line */
    int min_operands;
    int max_operands; /* -1 = any number */
    /* Does the command's work and reports its own errors; returns what decides the exit code. NULL:
     * the command comes with a later version. */
    ferry_status (*run)(const struct ferry_arguments *arguments);
};

extern const struct ferry_command ferry_commands[];
extern const size_t ferry_command_count;

/* Whether it is there, and for people: not of a later version, not for shells alone. */
bool ferry_command_is_shown(const struct ferry_command *command);

struct ferry_arguments {
    const struct ferry_command *command; /* NULL: --help or --version was answered */
    const char *config;
    const char *source;
    const char *target;
    const char *view, *table, *query, *target_table;
    const char *strategy, *cursor;
    const char *key; /* columns, with commas between them */
    struct ferry_texts {
        const char **list;
        size_t count;
    } settings, columns, views, exclude; /* of -o, --column, ..., in their order */
    struct ferry_index_argument {
        const char *columns; /* with commas between them */
        bool unique;
    } * indexes; /* of --index and --unique, in their order */
    size_t index_count;
    bool all; /* tables */
    bool dry_run;
    int64_t jobs;            /* at one time; 0: not said, so one */
    int64_t random_delay_ms; /* at most; 0: none */
    bool skip_locked;
    bool full;
    int64_t rows; /* that differ, to be shown at most; 0: none is asked for */
    bool values;  /* of them, too */
    bool watch;
    uint32_t piece, piece_count;     /* --partition I/N; 0: not said */
    const char *state;               /* of prepare: the folder of run files, once it is known */
    struct ferry_prepared *prepared; /* of other steps: the run that is meant, once it is read */
    bool json;                       /* records for programs, and no text */
    bool quiet;
    int verbose;
    char **operands;
    size_t operand_count;
};

/* Reads the command line.  --help and --version are printed here.  FERRY_ERR_USAGE with a message
 * that names the nearest command or option. */
ferry_status ferry_cli_parse(int argc, char **argv, struct ferry_arguments *ret_arguments,
                             struct ferry_error *error);
void ferry_cli_done(struct ferry_arguments *arguments);

/* The help of one command, or of all (NULL). */
void ferry_cli_add_help(struct ferry_strbuf *text, const struct ferry_command *command);

#endif
