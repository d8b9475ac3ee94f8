/* A growable string with a hard limit: the one way to build text in the engine. */

#ifndef FERRY_STRBUF_H
#define FERRY_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "dbferry/driver.h"

/* More than this is never text that a person reads; an append beyond it fails. */
#define FERRY_STRBUF_MAX ((size_t)16 << 20)

/* Start as {0}.  `data` is NUL-terminated, or NULL while nothing was appended.  After a failed
 * append (out of memory, limit) `failed` stays set and the content is what it was. */
struct ferry_strbuf {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
};

void ferry_strbuf_done(struct ferry_strbuf *buffer);
/* Makes it empty and keeps the memory. */
void ferry_strbuf_reset(struct ferry_strbuf *buffer);
void ferry_strbuf_append(struct ferry_strbuf *buffer, const char *data, size_t size);
void ferry_strbuf_add(struct ferry_strbuf *buffer, const char *text);
void ferry_strbuf_addf(struct ferry_strbuf *buffer, const char *format, ...) FERRY_PRINTF(2, 3);
void ferry_strbuf_addv(struct ferry_strbuf *buffer, const char *format, va_list arguments)
    FERRY_PRINTF(2, 0);
/* Hands the text to the caller, who frees it; NULL if an append had failed (then nothing is left
 * to free).  The buffer is empty afterwards. */
char *ferry_strbuf_steal(struct ferry_strbuf *buffer);
/* The text as it is, "" if empty; valid until the next change. */
const char *ferry_strbuf_text(const struct ferry_strbuf *buffer);

#define FERRY_AUTO_STRBUF __attribute__((cleanup(ferry_strbuf_done)))

#endif
