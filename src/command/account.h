/* What is told of a job's run besides its log: it begins and ends with the job, and no run fails
 * for it. */

#ifndef FERRY_ACCOUNT_H
#define FERRY_ACCOUNT_H

#include "command/tell.h"
#include "config/settings.h"
#include "engine/sync.h"
#include "report/history.h"

/* Start as {0}. */
struct ferry_account {
    const struct ferry_settings *settings;
    struct ferry_report report;
    bool is_told;                  /* the report was begun */
    bool failed;                   /* an error has been noted */
    size_t more;                   /* errors behind it */
    struct ferry_history *history; /* NULL: none, or it could not be written */
    struct ferry_history_keep keep;
    int64_t row;
    int64_t began_ms;                       /* on ferry_clock_ms() */
    struct ferry_certificates certificates; /* as far as they are told of */
};

/* A run of the job begins, in the calling thread's context.  Without settings (NULL) it is a copy,
 * of which no history is kept: only --json tells of it.  The account must stay where it is
 * until ferry_account_end(): notes go to the one that was begun last. */
void ferry_account_begin(struct ferry_account *account, const struct ferry_settings *settings,
                         const char *job);
/* Its connections. */
void ferry_account_set_route(struct ferry_account *account, const struct ferry_route *route);
/* Where the certificates of its servers are to be noted; NULL: nobody wants them. */
struct ferry_certificates *ferry_account_certificates(struct ferry_account *account);
/* What its last line says: the first of its errors, or else what was noted last.  Nothing where no
 * account is open. */
void ferry_account_note(const char *text);
void ferry_account_note_error(const char *text);
/* It has ended with that. */
void ferry_account_end(struct ferry_account *account, ferry_status status,
                       const struct ferry_sync_result *result);

/* What a run of that outcome came to. */
enum ferry_run_state ferry_account_state(ferry_status status,
                                         const struct ferry_sync_result *result);

#endif
