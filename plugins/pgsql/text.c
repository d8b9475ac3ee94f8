/* Growing text: SQL statements with quoted names and values. */

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pgdrv_text_clear(struct pgdrv_text *text)
{
    free(text->data);
    *text = (struct pgdrv_text){0};
}

bool pgdrv_text_reserve(struct pgdrv_text *text, size_t more)
{
    if (text->failed || more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4)
        text->failed = true;
    size_t needed = text->length + more + 1; /* a NUL at the end, so that it is a string too */
    if (text->failed || needed <= text->room)
        return !text->failed;
    size_t room = text->room < 256 ? 256 : text->room;
    while (room < needed)
        room *= 2;
    char *data = realloc(text->data, room);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->room = room;
    return true;
}

void pgdrv_text_append(struct pgdrv_text *text, const char *data, size_t size)
{
    if (!pgdrv_text_reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->length, data, size);
    text->length += size;
    text->data[text->length] = '\0';
}

void pgdrv_text_add(struct pgdrv_text *text, const char *string)
{
    pgdrv_text_append(text, string, strlen(string));
}

void pgdrv_text_addf(struct pgdrv_text *text, const char *format, ...)
{
    va_list arguments;
    char *made = NULL;
    va_start(arguments, format);
    int length = vasprintf(&made, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text->failed = true;
        return;
    }
    pgdrv_text_append(text, made, (size_t)length);
    free(made);
}

void pgdrv_text_add_name(struct pgdrv_text *text, const char *name)
{
    pgdrv_text_append(text, "\"", 1);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"')
            pgdrv_text_append(text, "\"", 1);
        pgdrv_text_append(text, c, 1);
    }
    pgdrv_text_append(text, "\"", 1);
}

void pgdrv_text_add_path(struct pgdrv_text *text, const char *schema, const char *name)
{
    pgdrv_text_add_name(text, schema);
    pgdrv_text_add(text, ".");
    pgdrv_text_add_name(text, name);
}

void pgdrv_text_add_list(struct pgdrv_text *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            pgdrv_text_add(text, ", ");
        pgdrv_text_add_name(text, names[i]);
    }
}

/* With a backslash in it, the form that says how backslashes are meant.  In UTF-8 no byte of a
 * character looks like a quote or a backslash. */
void pgdrv_text_add_quoted(struct pgdrv_text *text, const char *data, size_t size)
{
    if (size > SIZE_MAX / 8 || !pgdrv_text_reserve(text, 2 * size + 4)) {
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
