/* Whether a process that has begun something is still the one that it was. */

#ifndef FERRY_PROCESS_H
#define FERRY_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* The name of this machine, "" where it has none; the caller frees.  NULL: out of memory. */
char *ferry_process_host(void);
/* When the process began, in the system's own count since it was started; -1 where that is not
 * known, or there is no such process. */
int64_t ferry_process_started(int64_t pid);
/* Whether there is a process of this pid that began at that moment; true where it cannot be told.
 */
bool ferry_process_is_there(int64_t pid, int64_t started);

#endif
