/* Descriptors, the environment, limits and the allocator, in this order. */

#include "base/harden.h"

#include "base/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Each is read by a library that several drivers use, OpenSSL, some while it is loaded.  They name
 * code to load, trust, or files for the keys of a TLS session.  What steers the library of one
 * driver is declared by that: struct ferry_driver, `environment`. */
static const char *const foreign_variables[] = {
    "OPENSSL_CONF",  "OPENSSL_CONF_INCLUDE", "OPENSSL_ENGINES", "OPENSSL_MODULES",
    "SSLKEYLOGFILE", "SSL_CERT_FILE",        "SSL_CERT_DIR",
};

/* Values of this size and more go back to the system when they are freed. */
#define MMAP_THRESHOLD (256 * 1024)

/* Where a driver names no authority, OpenSSL parses the list of all that the system trusts with
 * each connection: 30 ms of 80 for a small table, measured with 140 of them.  It finds the same
 * ones in the system's folder, by their hash, once one is looked for; so the list is an empty one.
 * Programs that are started have the system's. */
static bool leave_out_list_of_authorities(void)
{
    return setenv("SSL_CERT_FILE", "/dev/null", 1) == 0 && ferry_environment_hide("SSL_CERT_FILE");
}

static ferry_status open_standard_descriptors(struct ferry_error *error)
{
    for (;;) {
        int fd = open("/dev/null", O_RDWR);
        if (fd < 0)
            return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot open /dev/null: %s",
                              strerror(errno));
        if (fd > STDERR_FILENO) {
            (void)close(fd);
            return FERRY_OK;
        }
    }
}

ferry_status ferry_harden(struct ferry_error *error)
{
    const struct rlimit no_core = {0};
    ferry_status status = open_standard_descriptors(error);
    if (status != FERRY_OK)
        return status;
    for (size_t i = 0; i < sizeof foreign_variables / sizeof foreign_variables[0]; i++)
        if (!ferry_environment_take(foreign_variables[i]))
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    if (!leave_out_list_of_authorities())
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    (void)setrlimit(RLIMIT_CORE, &no_core);
#ifndef FERRY_SANITIZED /* its leak check attaches to the process as a debugger does */
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
    (void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
    (void)mallopt(M_TRIM_THRESHOLD, MMAP_THRESHOLD);
    (void)mallopt(M_ARENA_MAX, 2);
    return FERRY_OK;
}
