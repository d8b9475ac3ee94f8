/* What --json prints: one record a line, each a JSON object with the version of its form and its
 * type, and nothing else on standard output.  docs/dbferry-json.schema.json says what each type
 * has. */

#ifndef FERRY_EVENTS_H
#define FERRY_EVENTS_H

#include "base/error.h"
#include "base/json.h"
#include "driver/finding.h"

struct ferry_relay;

/* A field may be added to a record, and a type of records: that is the same version. */
#define FERRY_EVENTS_VERSION 1

/* Before the command line is parsed: whether it seems to ask for records, so that a mistake in it
 * is told in one too. */
void ferry_events_guess(int argc, char **argv);
/* What was found when it was parsed; the command's name must stay, NULL: it is not known. */
void ferry_events_enable(bool enabled, const char *command);
bool ferry_events_are_enabled(void);

/* {"version":1,"type":"...": a record that goes to ferry_event_write(), where records are enabled.
 * `type` is ours. */
void ferry_event_begin(struct ferry_json *event, const char *type);
/* Closes it, writes it as one line and frees it.  One that there was no memory for is left out:
 * ferry_events_check() tells so.  Any thread. */
void ferry_event_write(struct ferry_json *event);

/* A record of an error, with what became of the target (or NULL). */
void ferry_event_write_error(const struct ferry_error *error, const char *outcome);

/* A record of what `check` has found, which names the calling thread's job. */
void ferry_event_write_finding(const struct ferry_finding *finding);

/* FERRY_ERR_SYSTEM where a record had to be left out. */
ferry_status ferry_events_check(struct ferry_error *error);

/* The last record, with how the process will end; nothing is written after it, nor a second one.
 * Any thread. */
void ferry_events_end(int exit_code);
/* This process writes no last record: the one that has started it does. */
void ferry_events_leave_end(void);

/* Records go to where lines of others wait too, and not to standard output itself; NULL: no longer.
 * While no other thread writes any. */
void ferry_events_write_to(struct ferry_relay *relay);

#endif
