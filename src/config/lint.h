/* What the configuration's parser would swallow silently, found before it runs. */

#ifndef FERRY_CONFIG_LINT_H
#define FERRY_CONFIG_LINT_H

#include "base/error.h"

/* Refuses, with file and line: NUL bytes and text that is not UTF-8; @include (it could name any
 * file of the machine); bare integers of more than nine digits, or seven in hexadecimal
 * (libconfig 1.5 wraps them to 32 bits silently); groups nested deeper than any configuration needs
 * (its destructor recurses). */
ferry_status ferry_config_lint(const char *file, const char *text, size_t size,
                               struct ferry_error *error);

#endif
