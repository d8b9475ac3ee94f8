/* The words of a CREATE statement, as they stand outside of quotes and comments: for what no PRAGMA
 * tells.
 */

#include "table.h"

#include <string.h>
#include <strings.h>

static bool words_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* Behind the quoted text that begins at `at`; a quote that is doubled does not end it. */
static const char *words_skip_quoted(const char *at)
{
    char quote = *at;
    if (quote == '[') {
        quote = ']';
    }
    for (at++; *at != '\0'; at++) {
        if (*at == quote && at[1] == quote && quote != ']') {
            at++;
        } else if (*at == quote) {
            return at + 1;
        }
    }
    return at;
}

static const char *words_skip_comment(const char *at)
{
    const char *end = strstr(at + 2, *at == '-' ? "\n" : "*/");
    return end == NULL ? at + strlen(at) : end + (*at == '-' ? 1 : 2);
}

const char *sqldrv_words_skip(const char *at)
{
    if (*at == '\0') {
        return at;
    }
    if (strchr("'\"`[", *at) != NULL) {
        return words_skip_quoted(at);
    }
    if ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*')) {
        return words_skip_comment(at);
    }
    if (!words_is_letter(*at)) {
        return at + 1;
    }
    while (words_is_letter(*at)) {
        at++;
    }
    return at;
}

const char *sqldrv_words_find(const char *at, const char *word)
{
    size_t length = strlen(word);
    while (*at != '\0') {
        const char *next = sqldrv_words_skip(at);
        if ((size_t)(next - at) == length && strncasecmp(at, word, length) == 0) {
            return at;
        }
        at = next;
    }
    return NULL;
}

const char *sqldrv_words_close(const char *at)
{
    size_t depth = 0;
    while (*at != '\0') {
        depth += *at == '(' ? 1 : 0;
        depth -= *at == ')' && depth > 0 ? 1 : 0;
        if (*at == ')' && depth == 0) {
            return at + 1;
        }
        at = sqldrv_words_skip(at);
    }
    return at;
}

const char *sqldrv_words_behind_list(const char *sql)
{
    const char *list = sqldrv_words_find(sql, "(");
    return list == NULL ? sql + strlen(sql) : sqldrv_words_close(list);
}
