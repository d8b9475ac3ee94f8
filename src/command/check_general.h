/* What `check` finds beside the jobs: files and folders that all of them use. */

#ifndef FERRY_CHECK_GENERAL_H
#define FERRY_CHECK_GENERAL_H

#include "command/check_report.h"

/* `general` is that group of the configuration. */
void ferry_check_general(struct ferry_check *check, const struct ferry_config *general);

#endif
