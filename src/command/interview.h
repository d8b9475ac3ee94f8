/* What `dbferry init` asks on a terminal: source, what is read of it, target, and a job. */

#ifndef FERRY_INTERVIEW_H
#define FERRY_INTERVIEW_H

#include "command/draft.h"
#include "driver/listing.h"

/* Asks for everything; what the draft has is proposed.  `folder` is where the configuration will
 * be.  CANCELLED or USAGE where the person ends it. */
ferry_status ferry_interview(struct ferry_draft *draft, const char *folder,
                             struct ferry_error *error);

/* ---- One side: interview_side.c ---- */

struct ferry_interview_side {
    struct ferry_draft_side *draft;
    uint32_t role;             /* FERRY_ROLE_ */
    const char *file_proposed; /* a path, for a driver of files; NULL: none */
};

/* Asks for driver and keys, and tries the connection, until it can be opened or the person goes on
 * without.  Of a source that can be opened `ret_listing` is what it has; the caller frees it. */
ferry_status ferry_interview_side(const struct ferry_interview_side *side,
                                  struct ferry_listing *ret_listing, struct ferry_error *error);

/* Whether the configuration would read the answer as something else, which is told then. */
bool ferry_interview_is_variable(const char *answer);
/* ferry_ask(), until it is none of that. */
ferry_status ferry_interview_ask(const char *question, const char *preset, char **ret_answer,
                                 struct ferry_error *error);

#endif
