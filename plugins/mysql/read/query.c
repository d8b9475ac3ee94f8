/* A query as a part of another statement: without what may stand at its end alone. */

#include "read/read.h"

#include <string.h>

/* Behind the text or name in quotes that begins at `at`. */
static const char *query_skip_quoted(const char *at, const char *end, bool escapes)
{
    char quote = *at++;
    for (; at < end; at++) {
        if (*at == '\\' && quote != '`' && escapes)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return end;
}

/* Behind the comment that begins at `at`; `at` itself where none does.  What servers execute though
 * it stands in a comment is none. */
static const char *query_skip_comment(const char *at, const char *end)
{
    bool line = *at == '#' || (end - at >= 2 && at[0] == '-' && at[1] == '-' &&
                               (end - at == 2 || (unsigned char)at[2] <= ' '));
    if (line) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        return next == NULL ? end : next + 1;
    }
    if (end - at < 3 || at[0] != '/' || at[1] != '*' || at[2] == '!' ||
        (at[2] == 'M' && end - at > 3 && at[3] == '!'))
        return at;
    for (const char *c = at + 2; c + 1 < end; c++)
        if (c[0] == '*' && c[1] == '/')
            return c + 2;
    return at;
}

size_t mydrv_query_length(const struct mydrv_conn *conn, const char *text)
{
    bool escapes = (conn->native->server_status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0;
    const char *end = text + strlen(text);
    const char *last = text; /* behind the last letter that means something */
    const char *at = text;
    while (at < end) {
        const char *next = query_skip_comment(at, end);
        if (next > at) {
            at = next;
            continue;
        }
        if (*at == '\'' || *at == '"' || *at == '`')
            last = at = query_skip_quoted(at, end, escapes);
        else if ((unsigned char)*at <= ' ' || *at == ';')
            at++;
        else
            last = ++at;
    }
    return (size_t)(last - text);
}
