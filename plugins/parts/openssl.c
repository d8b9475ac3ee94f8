/* The start of OpenSSL, before the client library that uses it.
 *
 * OpenSSL 3.5 reports memory that it does not get to itself, and where that is in the middle of its
 * own start, the thread waits for itself for good (its issues 19334 and 32894).  So it starts where
 * there was memory for it a moment ago, and its words come before the rest.
 */

#include "parts/openssl.h"

#include <stdlib.h>

#include <openssl/err.h>

/* Several times what its start takes. */
#define START_MEMORY ((size_t)64 * 1024)

bool part_openssl_start(void)
{
    void *volatile probe = malloc(START_MEMORY); /* a compiler would leave out what is not used */
    if (probe == NULL)
        return false;
    free(probe);
    ERR_clear_error(); /* makes this thread's list of errors, to which all else is reported */
    return true;
}
