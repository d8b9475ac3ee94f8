/* URLs of connections: NAME://user@host:port/path and NAME:path, where NAME is a driver. */

#ifndef FERRY_URL_H
#define FERRY_URL_H

#include <stdbool.h>

#include "driver/option.h"

/* Whether a word of the command line is meant as a URL ([a-z0-9-]+ and a colon). */
bool ferry_url_is_one(const char *word);

/* The driver's name in a URL; the caller frees.  NULL if out of memory. */
char *ferry_url_driver(const char *url);

/* Sets the keys that the driver marks with FERRY_OPTION_URL_ from the URL's parts, percent-decoded.
 * FERRY_ERR_USAGE: a password in it, a part for which the driver has no key, malformed. */
ferry_status ferry_url_apply(const char *url, struct ferry_config *config,
                             struct ferry_error *error);

#endif
