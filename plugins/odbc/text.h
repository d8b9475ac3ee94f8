/* Growing text: statements with quoted names, values that come in pieces. */

#ifndef DBFERRY_ODBC_TEXT_H
#define DBFERRY_ODBC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "dbferry/driver.h"

struct odrv_text {
    char *data; /* ends in a NUL that `length` does not count; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what follows is not added */
};

/* Free it; it is empty then, and may grow again. */
void odrv_text_clear(struct odrv_text *text);
/* Empty it and keep its room. */
void odrv_text_reset(struct odrv_text *text);
/* Room for so many bytes more, without adding any.  False: `failed` is set. */
bool odrv_text_reserve(struct odrv_text *text, size_t more);
void odrv_text_append(struct odrv_text *text, const char *data, size_t size);
void odrv_text_add(struct odrv_text *text, const char *string);
void odrv_text_addf(struct odrv_text *text, const char *format, ...) FERRY_PRINTF(2, 3);
/* `name` between two of `quote`, of which those inside are doubled. */
void odrv_text_add_quoted(struct odrv_text *text, char quote, const char *name);
/* `template`, with `value` in the place of each '%', and '%' in that of '%%'. */
void odrv_text_add_template(struct odrv_text *text, const char *template, const char *value);
#define ODRV_AUTO_TEXT __attribute__((cleanup(odrv_text_clear)))

#endif /* DBFERRY_ODBC_TEXT_H */
