/* The configuration that a person's answers make: two connections and a job. */

#ifndef FERRY_DRAFT_H
#define FERRY_DRAFT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

/* A key of a connection, as it would be typed behind -o source. */
struct ferry_draft_key {
    char *key;
    char *value;
    bool bare; /* stands in the file without quotes */
};

struct ferry_draft_side {
    const char *name; /* of the connection */
    char *driver;     /* NULL: not known yet */
    struct ferry_draft_key *keys;
    size_t count;
    char *secret_key; /* "password" where one was typed, else NULL */
    char *secret;     /* wiped at the end */
};

/* Start with the names of the sides.  What a round of questions leaves is what the next proposes.
 */
struct ferry_draft {
    struct ferry_draft_side source, target;
    char *read;   /* the table or view */
    bool is_view; /* else a table */
    char *table;  /* to write */
    char *job;
};

/* What was answered for a key; NULL: nothing. */
const char *ferry_draft_value(const struct ferry_draft_side *side, const char *key);
/* Sets a key anew; NULL takes it out. */
ferry_status ferry_draft_set(struct ferry_draft_side *side, const char *key, const char *value,
                             bool bare, struct ferry_error *error);
/* Another driver has other keys. */
void ferry_draft_forget_keys(struct ferry_draft_side *side);
void ferry_draft_forget_secret(struct ferry_draft_side *side);

/* The text of the file.  A secret does not stand in it, but the name of its file: `source_file` and
 * `target_file`, beside it. */
void ferry_draft_write(const struct ferry_draft *draft, const char *source_file,
                       const char *target_file, struct ferry_strbuf *text);

void ferry_draft_done(struct ferry_draft *draft);

#endif
