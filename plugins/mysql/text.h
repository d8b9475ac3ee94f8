/* Growing text: statements with quoted names and values, and rows for the server. */

#ifndef DBFERRY_MYSQL_TEXT_H
#define DBFERRY_MYSQL_TEXT_H

#include "mysql_driver.h"

struct mydrv_text {
    char *data; /* ends in a NUL that `length` does not count; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what follows is not added */
};

/* Free it; it is empty then, and may grow again. */
void mydrv_text_clear(struct mydrv_text *text);
/* Room for so many bytes more, without adding any.  False: `failed` is set. */
bool mydrv_text_reserve(struct mydrv_text *text, size_t more);
void mydrv_text_append(struct mydrv_text *text, const char *data, size_t size);
void mydrv_text_add(struct mydrv_text *text, const char *string);
void mydrv_text_addf(struct mydrv_text *text, const char *format, ...) FERRY_PRINTF(2, 3);
/* `name`, in backticks. */
void mydrv_text_add_name(struct mydrv_text *text, const char *name);
void mydrv_text_add_list(struct mydrv_text *text, const char *const *names, size_t count);
/* 'value', escaped for a statement. */
void mydrv_text_add_quoted(struct mydrv_text *text, const char *data, size_t size);
/* A value, escaped for a field of LOAD DATA. */
void mydrv_text_add_field(struct mydrv_text *text, const char *data, size_t size);
/* The end of a quoted text or name that begins at `at`, in what a server prints. */
const char *mydrv_text_skip_quoted(const char *at);
/* A name in backticks -> the name; false if out of memory. */
bool mydrv_text_take_name(const char *at, struct mydrv_text *name);
/* Names of tables, columns and indexes are in utf8mb3: no emoji. */
bool mydrv_name_is_possible(const char *name);
#define MYDRV_AUTO_SQL __attribute__((cleanup(mydrv_text_clear)))

#endif /* DBFERRY_MYSQL_TEXT_H */
