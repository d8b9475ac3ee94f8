/* One question to the error, and a line for whoever looks. */

#include "command/skip.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "command/account.h"
#include "command/progress.h"
#include "command/service.h"

#define LEFT "left to another run: "

bool ferry_command_leaves(const struct ferry_job *job, const struct ferry_arguments *arguments,
                          struct ferry_error *error)
{
    if (!arguments->skip_locked || !ferry_error_is_of_other_run(error))
        return false;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(&text, LEFT "%s", error->message);
    ferry_log(FERRY_LOG_INFO, "%s", ferry_strbuf_text(&text));
    ferry_service_tell(job->name, "left to another run");
    ferry_account_note(ferry_strbuf_text(&text));
    if (ferry_progress_is_enabled()) {
        FERRY_AUTO_STRBUF struct ferry_strbuf name = {0}; /* a person is watching */
        ferry_escape_text(&name, job->name, strlen(job->name), 200);
        (void)fprintf(stderr, "%s: %s\n", ferry_strbuf_text(&name), ferry_strbuf_text(&text));
    }
    ferry_error_clear(error);
    return true;
}
