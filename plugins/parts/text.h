/* Growing text: statements with quoted names, rows for a server, values that come in pieces. */

#ifndef DBFERRY_PARTS_TEXT_H
#define DBFERRY_PARTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "dbferry/driver.h"

struct part_text {
    char *data; /* ends in a NUL that `length` does not count; NULL while nothing was added */
    size_t length, room;
    bool failed; /* out of memory: what follows is not added */
};

/* Free it; it is empty then, and may grow again. */
void part_text_clear(struct part_text *text);
/* Empty it and keep its room. */
void part_text_reset(struct part_text *text);
/* Room for so many bytes more, without adding any.  False: `failed` is set. */
bool part_text_reserve(struct part_text *text, size_t more);
void part_text_append(struct part_text *text, const char *data, size_t size);
void part_text_add(struct part_text *text, const char *string);
void part_text_addf(struct part_text *text, const char *format, ...) FERRY_PRINTF(2, 3);
/* `name` between two of `quote`, of which those inside are doubled. */
void part_text_add_quoted(struct part_text *text, char quote, const char *name);
/* Two small hexadecimal digits for each byte. */
void part_text_add_hex(struct part_text *text, const char *data, size_t size);
/* Those names, with ", " between them. */
void part_text_add_list(struct part_text *text, char quote, const char *const *names, size_t count);
/* `template`, with `value` in the place of each '%', and '%' in that of '%%'. */
void part_text_add_template(struct part_text *text, const char *template, const char *value);

/* For variables that end with their scope. */
#define PART_AUTO_TEXT __attribute__((cleanup(part_text_clear)))
static inline void part_string_free(char **string)
{
    free(*string);
}
#define PART_AUTO_STRING __attribute__((cleanup(part_string_free)))

#endif /* DBFERRY_PARTS_TEXT_H */
