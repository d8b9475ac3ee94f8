/* Names and values, quoted for statements. */

#ifndef DBFERRY_PGSQL_TEXT_H
#define DBFERRY_PGSQL_TEXT_H

#include "parts/text.h"
#include "pgsql_driver.h"

/* "name": whatever stands in it is a part of it. */
void pgdrv_text_add_name(struct part_text *text, const char *name);
/* "schema"."name" */
void pgdrv_text_add_path(struct part_text *text, const char *schema, const char *name);
void pgdrv_text_add_list(struct part_text *text, const char *const *names, size_t count);
/* 'value', whatever standard_conforming_strings says; no NUL is in `data`. */
void pgdrv_text_add_quoted(struct part_text *text, const char *data, size_t size);

#endif /* DBFERRY_PGSQL_TEXT_H */
