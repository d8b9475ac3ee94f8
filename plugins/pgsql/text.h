/* Growing text: statements with quoted names and values. */

#ifndef DBFERRY_PGSQL_TEXT_H
#define DBFERRY_PGSQL_TEXT_H

#include "pgsql_driver.h"

struct pgdrv_text {
    char *data; /* ends in a NUL that `length` does not count; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what follows is not added */
};

/* Free it; it is empty then, and may grow again. */
void pgdrv_text_clear(struct pgdrv_text *text);
/* Room for so many bytes more, without adding any.  False: `failed` is set. */
bool pgdrv_text_reserve(struct pgdrv_text *text, size_t more);
void pgdrv_text_append(struct pgdrv_text *text, const char *data, size_t size);
void pgdrv_text_add(struct pgdrv_text *text, const char *string);
void pgdrv_text_addf(struct pgdrv_text *text, const char *format, ...) FERRY_PRINTF(2, 3);
/* "name": whatever stands in it is a part of it. */
void pgdrv_text_add_name(struct pgdrv_text *text, const char *name);
/* "schema"."name" */
void pgdrv_text_add_path(struct pgdrv_text *text, const char *schema, const char *name);
void pgdrv_text_add_list(struct pgdrv_text *text, const char *const *names, size_t count);
/* 'value', whatever standard_conforming_strings says; no NUL is in `data`. */
void pgdrv_text_add_quoted(struct pgdrv_text *text, const char *data, size_t size);
#define PGDRV_AUTO_SQL __attribute__((cleanup(pgdrv_text_clear)))

#endif /* DBFERRY_PGSQL_TEXT_H */
