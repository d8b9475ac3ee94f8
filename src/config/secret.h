/* Secrets: fetched from where the configuration says, checked, and never shown. */

#ifndef FERRY_SECRET_H
#define FERRY_SECRET_H

#include "driver/option.h"

/* ferry_config_secret() of the public header is implemented in secret.c.  Limits: 64 KiB, no NUL;
 * one newline at the end is dropped.  A file must belong to root or this user and be closed to
 * others; a command runs by /bin/sh -c and has 30 s. */

/* Secrets are asked for on a terminal only if this is set (a person started the program). */
void ferry_secret_allow_prompt(bool allowed);

/* What was typed there is kept, so that nobody is asked twice, until it is wiped by this. */
void ferry_secret_forget_typed(void);
/* The same for one key of one connection. */
void ferry_secret_forget(const char *connection, const char *key);
/* What was typed for it; NULL: nothing, or nobody was asked.  Lives until it is forgotten. */
const char *ferry_secret_typed(const struct ferry_config *config, const char *key);

#endif
