/* Growing text: statements with quoted names, values that come in pieces. */

#ifndef DBFERRY_DBI_TEXT_H
#define DBFERRY_DBI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "dbferry/driver.h"

struct dbidrv_text {
    char *data; /* ends in a NUL that `length` does not count; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what follows is not added */
};

/* Free it; it is empty then, and may grow again. */
void dbidrv_text_clear(struct dbidrv_text *text);
/* Empty it and keep its room. */
void dbidrv_text_reset(struct dbidrv_text *text);
/* Room for so many bytes more, without adding any.  False: `failed` is set. */
bool dbidrv_text_reserve(struct dbidrv_text *text, size_t more);
void dbidrv_text_append(struct dbidrv_text *text, const char *data, size_t size);
void dbidrv_text_add(struct dbidrv_text *text, const char *string);
void dbidrv_text_addf(struct dbidrv_text *text, const char *format, ...) FERRY_PRINTF(2, 3);
/* `name` between two of `quote`, of which those inside are doubled. */
void dbidrv_text_add_quoted(struct dbidrv_text *text, char quote, const char *name);
/* `template`, with `value` in the place of each '%', and '%' in that of '%%'. */
void dbidrv_text_add_template(struct dbidrv_text *text, const char *template, const char *value);
#define DBIDRV_AUTO_TEXT __attribute__((cleanup(dbidrv_text_clear)))

#endif /* DBFERRY_DBI_TEXT_H */
