/* What a plan says of its strategy: key, cursor, and what of the job's keys has no effect. */

#ifndef FERRY_PLAN_STRATEGY_H
#define FERRY_PLAN_STRATEGY_H

#include "command/plan_remarks.h"

void ferry_plan_add_strategy(const struct ferry_task *task, const struct ferry_plan *plan,
                             struct ferry_remarks *remarks);

#endif
