/* Names and values, quoted for statements and for rows, and taken out of quotes again. */

#ifndef DBFERRY_MYSQL_TEXT_H
#define DBFERRY_MYSQL_TEXT_H

#include "mysql_driver.h"
#include "parts/text.h"

/* `name`, in backticks. */
void mydrv_text_add_name(struct part_text *text, const char *name);
void mydrv_text_add_list(struct part_text *text, const char *const *names, size_t count);
/* 'value', escaped for a statement. */
void mydrv_text_add_quoted(struct part_text *text, const char *data, size_t size);
/* A value, escaped for a field of LOAD DATA. */
void mydrv_text_add_field(struct part_text *text, const char *data, size_t size);
/* The end of a quoted text or name that begins at `at`, in what a server prints. */
const char *mydrv_text_skip_quoted(const char *at);
/* A name in backticks -> the name; false if out of memory. */
bool mydrv_text_take_name(const char *at, struct part_text *name);
/* Names of tables, columns and indexes are in utf8mb3: no emoji. */
bool mydrv_name_is_possible(const char *name);

#endif /* DBFERRY_MYSQL_TEXT_H */
