/* What an error of a server may tell, by its SQLSTATE: a message must not show values of rows. */

#ifndef DBFERRY_PARTS_STATE_H
#define DBFERRY_PARTS_STATE_H

/* Words that stand for the server's text, where that may hold a value; NULL where it names tables,
 * columns, types and limits alone.  Any thread. */
const char *part_state_words(const char *state);

#endif /* DBFERRY_PARTS_STATE_H */
