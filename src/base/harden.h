/* What the process makes safe before it does anything else. */

#ifndef FERRY_HARDEN_H
#define FERRY_HARDEN_H

#include "base/error.h"

/* Opens missing standard descriptors (else a database file could become descriptor 2), clears the
 * variables that would change what OpenSSL does, forbids core dumps (secrets), and keeps the
 * allocator from holding on to what large rows needed.  First thing in main(). */
ferry_status ferry_harden(struct ferry_error *error);

#endif
