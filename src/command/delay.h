/* The wait of --random-delay: machines with one timer do not all ask a server in the same second.
 */

#ifndef FERRY_DELAY_H
#define FERRY_DELAY_H

#include "command/cli.h"

/* Waits as long as chance says; a signal ends it, as it ends a run.  A dry run does not wait. */
void ferry_command_delay(const struct ferry_arguments *arguments);

#endif
