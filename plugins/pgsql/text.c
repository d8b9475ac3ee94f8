/* Names and values, quoted for statements. */

#include "text.h"

#include <string.h>

void pgdrv_text_add_name(struct part_text *text, const char *name)
{
    part_text_add_quoted(text, '"', name);
}

void pgdrv_text_add_path(struct part_text *text, const char *schema, const char *name)
{
    pgdrv_text_add_name(text, schema);
    part_text_add(text, ".");
    pgdrv_text_add_name(text, name);
}

void pgdrv_text_add_list(struct part_text *text, const char *const *names, size_t count)
{
    part_text_add_list(text, '"', names, count);
}

/* With a backslash in it, the form that says how backslashes are meant.  In UTF-8 no byte of a
 * character looks like a quote or a backslash. */
void pgdrv_text_add_quoted(struct part_text *text, const char *data, size_t size)
{
    if (size > SIZE_MAX / 8 || !part_text_reserve(text, 2 * size + 4)) {
        text->failed = true;
        return;
    }
    char *out = text->data + text->length;
    if (size > 0 && memchr(data, '\\', size) != NULL) {
        *out++ = ' '; /* what stands before is no part of it */
        *out++ = 'E';
    }
    *out++ = '\'';
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\'' || data[i] == '\\')
            *out++ = data[i];
        *out++ = data[i];
    }
    *out++ = '\'';
    *out = '\0';
    text->length = (size_t)(out - text->data);
}
