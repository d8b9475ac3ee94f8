/* The start of OpenSSL, before the client library that uses it. */

#ifndef DBFERRY_PARTS_OPENSSL_H
#define DBFERRY_PARTS_OPENSSL_H

#include <stdbool.h>

/* To be called in front of the client library's own start or first connection; once is enough, and
 * more does no harm, from any thread.  False if out of memory. */
bool part_openssl_start(void);

#endif /* DBFERRY_PARTS_OPENSSL_H */
