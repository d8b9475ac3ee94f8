/* How long the certificates are good that servers have shown. */

#ifndef FERRY_CERTIFICATE_H
#define FERRY_CERTIFICATE_H

#include <stdint.h>

struct ferry_certificate {
    const char *connection; /* its name, which lives as long as the settings; NULL: none is known */
    int64_t ends_ms;        /* since 1970, UTC */
};

/* Start as {0}. */
struct ferry_certificates {
    struct ferry_certificate source, target; /* a fallback's is the source's, where that was read */
};

#endif
