/* A plan told: to a person as a table, to programs as a record. */

#ifndef FERRY_COMMAND_PLAN_H
#define FERRY_COMMAND_PLAN_H

#include "command/plan_remarks.h"
#include "engine/fallback.h"

/* All that there is to tell.  Start with the first four. */
struct ferry_told_plan {
    const struct ferry_job *job;
    const struct ferry_task *task;
    const struct ferry_plan *plan;
    const struct ferry_provenance *from;
    struct ferry_remarks remarks;
};

/* Tells it in the one way or the other, as the command line asks for. */
ferry_status ferry_plan_tell(struct ferry_told_plan *told, struct ferry_error *error);

/* ---- The two ways: plan_text.c, plan_json.c ---- */

void ferry_plan_print(const struct ferry_told_plan *told);
void ferry_plan_write(const struct ferry_told_plan *told);

#endif
