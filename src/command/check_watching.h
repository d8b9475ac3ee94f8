/* What `check` finds of history, metrics and notices. */

#ifndef FERRY_CHECK_WATCHING_H
#define FERRY_CHECK_WATCHING_H

#include "command/check_report.h"

/* `general` is that group of the configuration. */
void ferry_check_watching(struct ferry_check *check, const struct ferry_config *general);

#endif
