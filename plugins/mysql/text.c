/* Names and values, quoted for statements and for rows, and taken out of quotes again. */

#include "text.h"

#include <string.h>

void mydrv_text_add_name(struct part_text *text, const char *name)
{
    part_text_add_quoted(text, '`', name);
}

void mydrv_text_add_list(struct part_text *text, const char *const *names, size_t count)
{
    part_text_add_list(text, '`', names, count);
}

/* What a byte becomes behind a backslash in a quoted value; 0: it stands for itself. */
static char text_quoted_escape(char c)
{
    switch (c) {
    case '\0':
        return '0';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\032':
        return 'Z';
    case '\'':
    case '\\':
        return c;
    default:
        return '\0';
    }
}

/* The session's sql_mode is our own, so a backslash escapes; and in utf8mb4 no byte of a character
 * looks like a quote or a backslash. */
void mydrv_text_add_quoted(struct part_text *text, const char *data, size_t size)
{
    if (size > SIZE_MAX / 8 || !part_text_reserve(text, 2 * size + 2)) {
        text->failed = true;
        return;
    }
    char *out = text->data + text->length;
    *out++ = '\'';
    for (size_t i = 0; i < size; i++) {
        char escape = text_quoted_escape(data[i]);
        if (escape != '\0')
            *out++ = '\\';
        if (escape == '\0')
            escape = data[i];
        *out++ = escape;
    }
    *out++ = '\'';
    *out = '\0';
    text->length = (size_t)(out - text->data);
}

/* What a byte becomes behind a backslash in a field of LOAD DATA. */
static char text_field_escape(char c)
{
    switch (c) {
    case '\0':
        return '0';
    case '\n':
        return 'n';
    case '\t':
        return 't';
    case '\\':
        return c;
    default:
        return '\0';
    }
}

void mydrv_text_add_field(struct part_text *text, const char *data, size_t size)
{
    if (size > SIZE_MAX / 8 || !part_text_reserve(text, 2 * size)) {
        text->failed = true;
        return;
    }
    char *out = text->data + text->length;
    for (size_t i = 0; i < size; i++) {
        char escape = text_field_escape(data[i]);
        if (escape != '\0')
            *out++ = '\\';
        if (escape == '\0')
            escape = data[i];
        *out++ = escape;
    }
    *out = '\0';
    text->length = (size_t)(out - text->data);
}

const char *mydrv_text_skip_quoted(const char *at)
{
    char quote = *at++;
    for (; *at != '\0'; at++) {
        if ((*at == '\\' && quote == '\'' && at[1] != '\0') || (*at == quote && at[1] == quote))
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return at;
}

bool mydrv_text_take_name(const char *at, struct part_text *name)
{
    const char *end = mydrv_text_skip_quoted(at) - 1;
    name->length = 0;
    part_text_append(name, "", 0);
    for (at++; at < end; at++) {
        at += *at == '`';
        part_text_append(name, at, 1);
    }
    return !name->failed;
}

bool mydrv_name_is_possible(const char *name)
{
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++)
        if (*at >= 0xf0)
            return false;
    return true;
}
