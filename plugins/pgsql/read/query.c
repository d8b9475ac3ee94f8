/* A query as a part of another statement: without what may stand at its end alone. */

#include "read/read.h"

#include <string.h>

/* Behind the text or name in quotes that begins at `at`; a backslash escapes only behind an E. */
static const char *query_skip_quoted(const char *at, const char *end, bool escapes)
{
    char quote = *at++;
    for (; at < end; at++) {
        if (*at == '\\' && escapes)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return end;
}

/* Behind $tag$ ... $tag$; `at` itself where no such text begins there. */
static const char *query_skip_dollar(const char *at, const char *end)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t tag = 1;
    while (at + tag < end && ((unsigned char)at[tag] >= 0x80 || strchr(letters, at[tag]) != NULL))
        tag++;
    if (at + tag >= end || at[tag] != '$' || (at[1] >= '0' && at[1] <= '9'))
        return at;
    tag++;
    const char *close = memmem(at + tag, (size_t)(end - at) - tag, at, tag);
    return close == NULL ? end : close + tag;
}

/* Behind the comment that begins at `at`, which may have others inside; `at` where none does. */
static const char *query_skip_comment(const char *at, const char *end)
{
    if (end - at < 2)
        return at;
    if (at[0] == '-' && at[1] == '-') {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        return next == NULL ? end : next + 1;
    }
    if (at[0] != '/' || at[1] != '*')
        return at;
    unsigned depth = 1;
    for (const char *c = at + 2; c + 1 < end; c++) {
        bool opens = c[0] == '/' && c[1] == '*';
        if (!opens && !(c[0] == '*' && c[1] == '/'))
            continue;
        depth += opens ? 1 : -1U;
        c++;
        if (depth == 0)
            return c + 1;
    }
    return end;
}

static bool query_is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* Whether the quote at `at` belongs to E'...'. */
static bool query_escapes(const char *text, const char *at)
{
    return *at == '\'' && at > text && (at[-1] == 'e' || at[-1] == 'E') &&
           (at - 1 == text || !query_is_word(at[-2]));
}

size_t pgdrv_query_length(const char *text)
{
    const char *end = text + strlen(text);
    const char *last = text; /* behind the last letter that means something */
    const char *at = text;
    while (at < end) {
        const char *next = query_skip_comment(at, end);
        if (next > at) {
            at = next;
            continue;
        }
        if (*at == '$' && (at == text || !query_is_word(at[-1])))
            next = query_skip_dollar(at, end);
        else if (*at == '\'' || *at == '"')
            next = query_skip_quoted(at, end, query_escapes(text, at));
        if (next > at)
            last = at = next;
        else if ((unsigned char)*at <= ' ' || *at == ';')
            at++;
        else
            last = ++at;
    }
    return (size_t)(last - text);
}
