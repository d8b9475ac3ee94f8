/* Whether a job allows what a plan would do. */

#ifndef FERRY_POLICY_H
#define FERRY_POLICY_H

#include "engine/negotiate.h"

/* Refuses with FERRY_ERR_SCHEMA what the policy does not allow; names every column concerned. */
ferry_status ferry_plan_check(const struct ferry_plan *plan, const struct ferry_plan_policy *policy,
                              const char *table, struct ferry_error *error);

#endif
