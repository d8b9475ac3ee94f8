/* Growing text: statements with quoted names, rows for a server, values that come in pieces. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "parts/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_LEAST_ROOM 256

void part_text_clear(struct part_text *text)
{
    free(text->data);
    *text = (struct part_text){0};
}

void part_text_reset(struct part_text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data != NULL)
        text->data[0] = '\0';
}

bool part_text_reserve(struct part_text *text, size_t more)
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

void part_text_append(struct part_text *text, const char *data, size_t size)
{
    if (!part_text_reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->length, data, size);
    text->length += size;
    text->data[text->length] = '\0';
}

void part_text_add(struct part_text *text, const char *string)
{
    part_text_append(text, string, strlen(string));
}

void part_text_addf(struct part_text *text, const char *format, ...)
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
    part_text_append(text, made, (size_t)length);
    free(made);
}

void part_text_add_quoted(struct part_text *text, char quote, const char *name)
{
    part_text_append(text, &quote, 1);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == quote)
            part_text_append(text, c, 1);
        part_text_append(text, c, 1);
    }
    part_text_append(text, &quote, 1);
}

void part_text_add_hex(struct part_text *text, const char *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (!part_text_reserve(text, 2 * size))
        return;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)data[i];
        text->data[text->length++] = digits[byte >> 4];
        text->data[text->length++] = digits[byte & 15];
    }
    text->data[text->length] = '\0';
}

void part_text_add_list(struct part_text *text, char quote, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            part_text_add(text, ", ");
        part_text_add_quoted(text, quote, names[i]);
    }
}

void part_text_add_template(struct part_text *text, const char *template, const char *value)
{
    for (const char *c = template; *c != '\0';) {
        size_t plain = strcspn(c, "%");
        part_text_append(text, c, plain);
        c += plain;
        if (c[0] == '%' && c[1] == '%') {
            part_text_append(text, c, 1);
            c += 2;
        } else if (*c == '%') {
            part_text_add(text, value);
            c++;
        }
    }
}
