/* Growing text: SQL statements with quoted names and values, and rows for the server. */

#include "text.h"

#include <stdarg.h>
#include <string.h>

void mydrv_text_clear(struct mydrv_text *text)
{
    free(text->data);
    *text = (struct mydrv_text){0};
}

bool mydrv_text_reserve(struct mydrv_text *text, size_t more)
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

void mydrv_text_append(struct mydrv_text *text, const char *data, size_t size)
{
    if (!mydrv_text_reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->length, data, size);
    text->length += size;
    text->data[text->length] = '\0';
}

void mydrv_text_add(struct mydrv_text *text, const char *string)
{
    mydrv_text_append(text, string, strlen(string));
}

void mydrv_text_addf(struct mydrv_text *text, const char *format, ...)
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
    mydrv_text_append(text, made, (size_t)length);
    free(made);
}

void mydrv_text_add_name(struct mydrv_text *text, const char *name)
{
    mydrv_text_append(text, "`", 1);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '`')
            mydrv_text_append(text, "`", 1);
        mydrv_text_append(text, c, 1);
    }
    mydrv_text_append(text, "`", 1);
}

void mydrv_text_add_list(struct mydrv_text *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            mydrv_text_add(text, ", ");
        mydrv_text_add_name(text, names[i]);
    }
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
void mydrv_text_add_quoted(struct mydrv_text *text, const char *data, size_t size)
{
    if (size > SIZE_MAX / 8 || !mydrv_text_reserve(text, 2 * size + 2)) {
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

void mydrv_text_add_field(struct mydrv_text *text, const char *data, size_t size)
{
    if (size > SIZE_MAX / 8 || !mydrv_text_reserve(text, 2 * size)) {
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

bool mydrv_text_take_name(const char *at, struct mydrv_text *name)
{
    const char *end = mydrv_text_skip_quoted(at) - 1;
    name->length = 0;
    mydrv_text_append(name, "", 0);
    for (at++; at < end; at++) {
        at += *at == '`';
        mydrv_text_append(name, at, 1);
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
