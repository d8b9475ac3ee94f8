/* The text that a driver sets. */

#include "driver/fingerprint.h"

#include <stdlib.h>
#include <string.h>

ferry_status ferry_fingerprint_set(struct ferry_fingerprint *fingerprint, const char *text,
                                   struct ferry_error *err)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a fingerprint");
    free(fingerprint->text);
    fingerprint->text = copy;
    return FERRY_OK;
}

void ferry_fingerprint_done(struct ferry_fingerprint *fingerprint)
{
    free(fingerprint->text);
    *fingerprint = (struct ferry_fingerprint){0};
}
