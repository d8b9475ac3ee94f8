/* Questions to a person at a terminal: asked on the standard error, answered on the standard input.
 *
 * All that is shown is escaped.  Main thread only. */

#ifndef FERRY_ASK_H
#define FERRY_ASK_H

#include <stdbool.h>

#include "base/error.h"

/* Both are a terminal. */
bool ferry_ask_is_possible(void);

/* A line that asks for nothing. */
void ferry_ask_tell(const char *text);
/* The message of an error, which is cleared. */
void ferry_ask_tell_error(struct ferry_error *error);

/* Asks for one line, without the blanks around it; an empty one is `preset`, which is shown, or ""
 * (NULL).  The caller frees the answer.  CANCELLED after a signal, USAGE where the input
 * ends. */
ferry_status ferry_ask(const char *question, const char *preset, char **ret_answer,
                       struct ferry_error *error);

/* What can be chosen. */
struct ferry_choice {
    const char *name;
    const char *note; /* NULL: none */
};

/* Shows a list with numbers, and asks until one of its names or numbers is the answer, or, with
 * `is_open`, any text that is not empty. */
ferry_status ferry_ask_choice(const char *question, const struct ferry_choice *list, size_t count,
                              bool is_open, const char *preset, char **ret_answer,
                              struct ferry_error *error);

#endif
