/* A growable string with a hard limit. */

#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ferry_strbuf_done(struct ferry_strbuf *buffer)
{
    free(buffer->data);
    *buffer = (struct ferry_strbuf){0};
}

void ferry_strbuf_reset(struct ferry_strbuf *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

/* Makes room for `extra` bytes and the NUL. */
static bool strbuf_reserve(struct ferry_strbuf *buffer, size_t extra)
{
    if (buffer->failed)
        return false;
    if (extra >= FERRY_STRBUF_MAX || buffer->length + extra >= FERRY_STRBUF_MAX) {
        buffer->failed = true;
        return false;
    }
    size_t needed = buffer->length + extra + 1;
    if (needed <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void ferry_strbuf_append(struct ferry_strbuf *buffer, const char *data, size_t size)
{
    if (!strbuf_reserve(buffer, size))
        return;
    if (size > 0)
        memcpy(buffer->data + buffer->length, data, size);
    buffer->length += size;
    buffer->data[buffer->length] = '\0';
}

void ferry_strbuf_add(struct ferry_strbuf *buffer, const char *text)
{
    ferry_strbuf_append(buffer, text, strlen(text));
}

void ferry_strbuf_addf(struct ferry_strbuf *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ferry_strbuf_addv(buffer, format, arguments);
    va_end(arguments);
}

void ferry_strbuf_addv(struct ferry_strbuf *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size < 0)
        buffer->failed = true;
    else if (strbuf_reserve(buffer, (size_t)size)) {
        (void)vsnprintf(buffer->data + buffer->length, (size_t)size + 1, format, again);
        buffer->length += (size_t)size;
    }
    va_end(again);
}

char *ferry_strbuf_steal(struct ferry_strbuf *buffer)
{
    if (buffer->data == NULL)
        (void)strbuf_reserve(buffer, 0);
    if (buffer->failed || buffer->data == NULL) {
        ferry_strbuf_done(buffer);
        return NULL;
    }
    char *text = buffer->data;
    text[buffer->length] = '\0';
    *buffer = (struct ferry_strbuf){0};
    return text;
}

const char *ferry_strbuf_text(const struct ferry_strbuf *buffer)
{
    return buffer->data == NULL ? "" : buffer->data;
}
