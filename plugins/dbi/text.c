/* Growing text: statements with quoted names, values that come in pieces. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LEAST_ROOM 256

void dbidrv_text_clear(struct dbidrv_text *text)
{
    free(text->data);
    *text = (struct dbidrv_text){0};
}

void dbidrv_text_reset(struct dbidrv_text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data != NULL)
        text->data[0] = '\0';
}

bool dbidrv_text_reserve(struct dbidrv_text *text, size_t more)
{
    if (text->failed || more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4)
        text->failed = true;
    size_t needed = text->length + more + 1; /* a NUL at the end, so that it is a string too */
    if (text->failed || needed <= text->room)
        return !text->failed;
    size_t room = text->room < TEXT_LEAST_ROOM ? TEXT_LEAST_ROOM : text->room;
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

void dbidrv_text_append(struct dbidrv_text *text, const char *data, size_t size)
{
    if (!dbidrv_text_reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->length, data, size);
    text->length += size;
    text->data[text->length] = '\0';
}

void dbidrv_text_add(struct dbidrv_text *text, const char *string)
{
    dbidrv_text_append(text, string, strlen(string));
}

void dbidrv_text_addf(struct dbidrv_text *text, const char *format, ...)
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
    dbidrv_text_append(text, made, (size_t)length);
    free(made);
}

void dbidrv_text_add_quoted(struct dbidrv_text *text, char quote, const char *name)
{
    dbidrv_text_append(text, &quote, 1);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == quote)
            dbidrv_text_append(text, c, 1);
        dbidrv_text_append(text, c, 1);
    }
    dbidrv_text_append(text, &quote, 1);
}

void dbidrv_text_add_template(struct dbidrv_text *text, const char *template, const char *value)
{
    for (const char *c = template; *c != '\0';) {
        size_t plain = strcspn(c, "%");
        dbidrv_text_append(text, c, plain);
        c += plain;
        if (c[0] == '%' && c[1] == '%') {
            dbidrv_text_append(text, c, 1);
            c += 2;
        } else if (*c == '%') {
            dbidrv_text_add(text, value);
            c++;
        }
    }
}
