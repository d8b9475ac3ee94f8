/* Jobs that run at one time, each in a process of its own. */

#ifndef FERRY_SIDE_BY_SIDE_H
#define FERRY_SIDE_BY_SIDE_H

#include "command/child.h"
#include "command/claim.h"

/* `names`, `claims` and `ret_tallies` have `count` each. */
struct ferry_crowd {
    const char *const *names;
    const struct ferry_claim *claims;
    size_t count;
    size_t most; /* so many at one time */
    ferry_child_work *work;
    void *data;
};

/* Does the work for each job, until a signal comes, which goes to all that run; two whose claims
 * collide in the order in which they stand.  Passes on what they print.  Tallies are all zero
 * before, and stay so for jobs that were not begun.  Returns the gravest outcome.  To be called
 * while there is no other thread than the watch. */
ferry_status ferry_side_by_side(const struct ferry_crowd *crowd, struct ferry_tally *ret_tallies);

#endif
