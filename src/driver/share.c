/* The text that a driver sets. */

#include "driver/share.h"

#include <stdlib.h>
#include <string.h>

ferry_status ferry_share_set(struct ferry_share *share, const char *text, struct ferry_error *err)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a shared snapshot");
    free(share->text);
    share->text = copy;
    return FERRY_OK;
}

void ferry_share_done(struct ferry_share *share)
{
    free(share->text);
    *share = (struct ferry_share){0};
}
