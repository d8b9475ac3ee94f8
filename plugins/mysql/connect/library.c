/* The client library's start, and that of OpenSSL before it. */

#include "connect/connect.h"

#include "parts/openssl.h"

bool mydrv_library_start(void)
{
    return part_openssl_start() && mysql_library_init(0, NULL, NULL) == 0;
}
