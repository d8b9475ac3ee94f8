/* What there is to say of a plan besides its columns: one sentence each, of a kind. */

#ifndef FERRY_PLAN_REMARKS_H
#define FERRY_PLAN_REMARKS_H

#include <stdbool.h>

#include "engine/job.h"

struct ferry_remark {
    const char *kind; /* "note", "warning", "loss", ...; NULL: the text says what it is */
    char *text;       /* not escaped yet */
};

/* Start as {0}. */
struct ferry_remarks {
    struct ferry_remark *list;
    size_t count;
    bool failed; /* there was no memory for one */
};

/* Adds a copy of a text; `kind` is ours. */
void ferry_remarks_add(struct ferry_remarks *remarks, const char *kind, const char *text);
void ferry_remarks_done(struct ferry_remarks *remarks);

/* All that there is to say, in the order in which `dbferry plan` prints it. */
void ferry_plan_add_remarks(const struct ferry_task *task, const struct ferry_plan *plan,
                            struct ferry_remarks *remarks);

#endif
