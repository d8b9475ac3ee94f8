/* The log: one line per event, on the console and in a file, as text or JSON.  On a console that is
 * the journal, each line begins with its priority. */

#ifndef FERRY_LOG_H
#define FERRY_LOG_H

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

/* Besides the levels of the public header; always shown. */
#define FERRY_LOG_ERROR 0u

struct ferry_log_settings {
    uint32_t console_level; /* the highest level shown on stderr; FERRY_LOG_WARNING by default */
    bool console_verbose;   /* full lines with time, level, job and phase, not "dbferry: ..." */
    uint32_t file_level;
    const char *file; /* path, appended to; NULL = none */
    bool json;        /* the file's format */
};

/* Opens the file (made with 0640; CONFIG if it cannot be opened) and takes the settings over.  May
 * be called again; the old file is closed then.  Before the first call warnings and errors go to
 * stderr. */
ferry_status ferry_log_open(const struct ferry_log_settings *settings, struct ferry_error *error);
void ferry_log_close(void);

/* What the lines that follow are about, of all threads that work for the calling thread's run
 * (context.h); NULL = nothing.  Copied.  Phases: see sync.c; how long each takes is counted. */
void ferry_log_set_job(const char *job);
void ferry_log_set_phase(const char *phase);
void ferry_log_add_phase(struct ferry_strbuf *text);
/* The attempt of the job's run, from 1; another job begins with its first. */
void ferry_log_set_attempt(unsigned attempt);

/* Reports an error once, on every sink, with the outcome behind it ("the target is unchanged") or
 * NULL. */
void ferry_log_error(const struct ferry_error *error, const char *outcome);

/* The name of a level, and the level of a name (false if unknown). */
const char *ferry_log_level_name(uint32_t level);
bool ferry_log_level_parse(const char *name, uint32_t *ret_level);

/* A line on stderr that is drawn over again, and that steps aside for the lines of the log. Without
 * a terminal that takes it at once it is left out: nothing waits for it.  What does not fit into
 * one line of the terminal is cut.  Where nothing can be drawn over (TERM is "dumb", or there is
 * none) it is a line like others, and all but one in ten seconds are left out.  Any thread. */
void ferry_log_draw_status(const char *text);
/* How many columns that line may have now; SIZE_MAX without a terminal. */
size_t ferry_log_status_columns(void);
/* Wipes it, so that something else can be written in its place. */
void ferry_log_wipe_status(void);

#endif
