/* The options of the command line as its table has them, for what parses and completes them. */

#ifndef FERRY_CLI_OPTION_H
#define FERRY_CLI_OPTION_H

#include "command/cli.h"

/* One row per option: a row is all that a new one needs. */
struct cli_option {
    const char *name;
    int letter; /* 0 = none */
    /* What its value is called; NULL = takes none; in brackets: may be absent.  What it can be is
     * completed by that word (complete.c). */
    const char *argument;
    const char *help;
    int commands; /* bits */
    /* Puts the option into the arguments, at `offset`. */
    ferry_status (*take)(const struct cli_option *option, struct ferry_arguments *arguments,
                         const char *value, struct ferry_error *error);
    size_t offset;
    /* Or answers at once, instead of the command (or NULL) that was given. */
    void (*answer)(const struct ferry_command *command);
};

/* The table; lives as long as the program. */
const struct cli_option *ferry_cli_options(size_t *ret_count);

/* Whether the command takes it; NULL: any of them. */
bool ferry_cli_option_is_of(const struct cli_option *option, const struct ferry_command *command);
/* Known by name; a later version brings it. */
bool ferry_cli_option_is_later(const struct cli_option *option);
bool ferry_cli_option_may_lack_value(const struct cli_option *option);

/* Reads a command line that is not at its end, from its command on, and as well as it goes: what
 * cannot be is left out.  `*ret_awaited` is the option whose value comes next, or NULL.
 * `arguments` starts as {0}, and is done with by the caller; SYSTEM if out of memory. */
ferry_status ferry_cli_parse_typed(int argc, char **argv, struct ferry_arguments *arguments,
                                   const struct cli_option **ret_awaited,
                                   struct ferry_error *error);

#endif
