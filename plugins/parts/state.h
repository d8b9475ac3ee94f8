/* What an error of a server may tell, by its SQLSTATE: a message must not show values of rows. */

#ifndef DBFERRY_PARTS_STATE_H
#define DBFERRY_PARTS_STATE_H

#include <stdbool.h>

/* Words that stand for the server's text, where that may hold a value; NULL where it names tables,
 * columns, types and limits alone.  Any thread. */
const char *part_state_words(const char *state);
/* Whether an error comes from a function of a user's, which chooses state and text by itself, so
 * that it may tell what "P0" may: by the name of the source file that PostgreSQL gives with the
 * error; NULL: it gives none.  Any thread. */
bool part_state_is_function(const char *file);

#endif /* DBFERRY_PARTS_STATE_H */
