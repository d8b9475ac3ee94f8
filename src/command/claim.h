/* What a job reads and writes, and so which jobs cannot run side by side. */

#ifndef FERRY_CLAIM_H
#define FERRY_CLAIM_H

#include "config/settings.h"

/* All zero: nothing. */
struct ferry_claim {
    struct ferry_job job;
    char *only; /* in the target: the one table of many that it writes; NULL: all */
    /* Places, as their drivers spell them; NULL: not known, and of the fallback: there is none. */
    const char *target, *source, *fallback;
    bool side_by_side; /* the target takes changes of several tables at one time */
};

/* Of job `i` of the settings, or of its table `only` (NULL: all); nothing of one that cannot be put
 * together, which then is told at its turn.  Nothing is connected to.  The claim points into the
 * settings. */
void ferry_claim_make(struct ferry_settings *settings, size_t i,
                      const struct ferry_settings_override *override, const char *only,
                      struct ferry_claim *ret_claim);
void ferry_claim_done(struct ferry_claim *claim);

/* Whether they would get in each other's way, or one might read what the other writes: then they
 * run one after the other. */
bool ferry_claims_collide(const struct ferry_claim *one, const struct ferry_claim *other);

#endif
