/* Which SQLSTATEs come with texts that never show a row's value, and the words for all others.  The
 * classes are the standard's, PostgreSQL's, and those of ODBC itself. */

#include "parts/state.h"

#include <stddef.h>
#include <string.h>

/* Classes of errors whose text names tables, columns, types and limits, and never a row's value.
 * Others' may, and so may that of a function's own RAISE. */
static const char state_open[][3] = {"08", "0A", "21", "24", "25", "28", "3D", "3F", "40", "42",
                                     "53", "54", "55", "57", "58", "72", "HY", "IM", "XX"};

/* What is said of the others: the first one that fits. */
static const struct {
    const char *state, *words;
} state_words[] = {
    {"22001", "a text is too long"},
    {"22003", "a number is out of range"},
    {"22007", "a text is no date or time"},
    {"22008", "a date or time is out of range"},
    {"22012", "division by zero"},
    {"22021", "a text is not of its encoding"},
    {"22023", "the value is not allowed"},
    {"22P02", "a text is not of the form that its type has"},
    {"22P05", "a letter has no equivalent in the other encoding"},
    {"22", "an expression cannot take a value"},
    {"23", "a row breaks a constraint"},
    {"P0", "a function has raised an error"},
    {"", "the server refuses it"},
};

const char *part_state_words(const char *state)
{
    size_t word = 0;
    for (size_t i = 0; i < sizeof state_open / sizeof *state_open; i++)
        if (strncmp(state, state_open[i], 2) == 0)
            return NULL;
    while (strncmp(state_words[word].state, state, strlen(state_words[word].state)) != 0)
        word++;
    return state_words[word].words;
}

/* The languages in which users write functions, by the names of their sources. */
static const char state_languages[][8] = {"pl_", "plperl", "plpy", "pltcl", "plv8"};

bool part_state_is_function(const char *file)
{
    for (size_t i = 0; i < sizeof state_languages / sizeof *state_languages; i++)
        if (file != NULL && strncmp(file, state_languages[i], strlen(state_languages[i])) == 0)
            return true;
    return false;
}
