/* Other programs: started with nothing of ours but what they are given, and ended with all that
 * they have started. */

#ifndef FERRY_PROGRAM_H
#define FERRY_PROGRAM_H

#include <sys/types.h>

#include "base/error.h"

struct ferry_program {
    pid_t pid;
    int input;  /* what is written there it reads, -1: nothing */
    int output; /* what it prints comes there, until all who have it have closed it */
};

#define FERRY_PROGRAM_READS 1u  /* it has an input */
#define FERRY_PROGRAM_ERRORS 2u /* what goes to its standard error comes with its output */

/* Starts arguments[0], looked for in $PATH where that has no slash, in a group of its own, without
 * variables that hold secrets.  The list ends with NULL.  The caller closes both ends, which wait
 * for nobody, and calls ferry_program_end().  SYSTEM, with why, where it cannot be started. */
ferry_status ferry_program_start(const char *const *arguments, unsigned flags,
                                 struct ferry_program *ret_program, struct ferry_error *error);

/* Whether it has ended; then `*ret_how` is what waitpid() says, and it must not be asked again. */
bool ferry_program_has_ended(const struct ferry_program *program, int *ret_how);
/* Waits for its end; after `linger_ms` it is killed with all of its group.  What waitpid() says. */
int ferry_program_end(const struct ferry_program *program, int64_t linger_ms);

#endif
