/* Jobs as their history knows them, for commands that open no connection. */

#ifndef FERRY_WATCHED_H
#define FERRY_WATCHED_H

#include "config/settings.h"
#include "report/history.h"

/* Both lists have `count`; the names are the settings' or the command line's.  Start as {0}. */
struct ferry_watched {
    const char **names;
    int64_t *expect_every_ms; /* 0: nothing is expected */
    size_t count;
};

/* The jobs of those words, or all of the configuration where there are none.  One table of a job,
 * JOB/TABLE, has a history of its own, and nothing is expected of it.  FERRY_ERR_CONFIG of a word
 * that names neither.  To be freed, also after a failure. */
ferry_status ferry_watched_choose(const struct ferry_settings *settings, char *const *words,
                                  size_t word_count, struct ferry_watched *watched,
                                  struct ferry_error *error);
void ferry_watched_done(struct ferry_watched *watched);

/* The folder of the history, and how much of it is kept; NULL: none can be told.  `general` is that
 * group of the configuration.  The caller frees. */
char *ferry_watched_folder(const struct ferry_config *general, struct ferry_history_keep *ret_keep);

/* Opens the history to read it; NULL where there is none yet, before the first run.
 * FERRY_ERR_CONFIG where none is kept. */
ferry_status ferry_watched_open_history(const struct ferry_settings *settings,
                                        struct ferry_history **ret_history,
                                        struct ferry_error *error);

#endif
