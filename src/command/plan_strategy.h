/* What a plan says of its strategy: one line each, as `dbferry plan` prints them. */

#ifndef FERRY_PLAN_STRATEGY_H
#define FERRY_PLAN_STRATEGY_H

#include "engine/job.h"

void ferry_plan_print_strategy(const struct ferry_task *task, const struct ferry_plan *plan);

#endif
