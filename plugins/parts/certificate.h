/* How long the certificates of a TLS session are still valid. */

#ifndef DBFERRY_PARTS_CERTIFICATE_H
#define DBFERRY_PARTS_CERTIFICATE_H

#include <openssl/ssl.h>

#include "dbferry/driver.h"

/* A finding about the server's certificate, or one that vouches for it, whichever ends first, and
 * one about our own.  Below `few` days left it warns, and one that has expired fails.  `ssl` NULL:
 * nothing is found. */
ferry_status part_certificate_examine(const SSL *ssl, int few, struct ferry_findings *findings,
                                      struct ferry_error *err);
/* Adds to the facts of a connection when the server's own ends. */
void part_certificate_tell(const SSL *ssl, struct ferry_facts *facts);

#endif /* DBFERRY_PARTS_CERTIFICATE_H */
