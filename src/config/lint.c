/* One pass over the text that knows strings, comments, words and braces, and nothing of keys. */

#include "config/lint.h"

#include <stdbool.h>
#include <string.h>

#include "base/escape.h"
#include "driver/option.h"

#define DEPTH_LIMIT 32
#define DIGIT_LIMIT 9
#define HEX_DIGIT_LIMIT 7

struct scanner {
    const char *at;
    const char *end;
    struct ferry_origin origin; /* its line moves along */
    int depth;
};

static void skip_to_line_end(struct scanner *scanner)
{
    while (scanner->at < scanner->end && *scanner->at != '\n')
        scanner->at++;
}

/* The parser takes a comment without an end for one up to the end of the file. */
static ferry_status skip_block_comment(struct scanner *scanner, struct ferry_error *error)
{
    const struct ferry_origin start = scanner->origin;
    scanner->at += 2;
    while (scanner->at < scanner->end) {
        if (*scanner->at == '\n')
            scanner->origin.line++;
        if (*scanner->at == '*' && scanner->at + 1 < scanner->end && scanner->at[1] == '/') {
            scanner->at += 2;
            return FERRY_OK;
        }
        scanner->at++;
    }
    return ferry_origin_fail(&start, error, "the comment that begins here has no end: */");
}

static void skip_string(struct scanner *scanner)
{
    scanner->at++;
    while (scanner->at < scanner->end && *scanner->at != '"') {
        if (*scanner->at == '\n')
            scanner->origin.line++;
        if (*scanner->at == '\\' && scanner->at + 1 < scanner->end)
            scanner->at++;
        scanner->at++;
    }
    scanner->at++;
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-' || c == '*';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* A name, a word or a number: refuses the number that the parser would wrap. */
static ferry_status check_word(struct scanner *scanner, struct ferry_error *error)
{
    const char *start = scanner->at;
    while (scanner->at < scanner->end && is_word(*scanner->at))
        scanner->at++;
    const char *digit = start + (*start == '-');
    bool hex = scanner->at - digit > 2 && digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X');
    if (hex)
        digit += 2;
    const char *last = digit;
    while (last < scanner->at && (hex ? is_hex_digit(*last) : is_digit(*last)))
        last++;
    bool bare = last == scanner->at && (last == scanner->end || *last != '.');
    if (bare && last - digit > (hex ? HEX_DIGIT_LIMIT : DIGIT_LIMIT))
        return ferry_origin_fail(&scanner->origin, error,
                                 "the number %.*s is too large to stand here bare; give it a unit "
                                 "and quotes, such as \"64M\" or \"30s\", or end it with L",
                                 (int)(last - start < 40 ? last - start : 40), start);
    return FERRY_OK;
}

static ferry_status check_brace(struct scanner *scanner, struct ferry_error *error)
{
    char c = *scanner->at++;
    if (c == '{' || c == '(' || c == '[') {
        if (++scanner->depth > DEPTH_LIMIT)
            return ferry_origin_fail(&scanner->origin, error, "nested more than %d levels deep",
                                     DEPTH_LIMIT);
    } else {
        scanner->depth--;
    }
    return FERRY_OK;
}

static ferry_status check_encoding(const char *file, const char *text, size_t size,
                                   struct ferry_error *error)
{
    struct ferry_origin origin = {.status = FERRY_ERR_CONFIG, .file = file, .line = 1};
    for (size_t at = 0; at < size;) {
        size_t length = ferry_escape_utf8_length(text + at, size - at);
        if (length == 0 || text[at] == '\0')
            return ferry_origin_fail(&origin, error,
                                     "a byte that is not UTF-8 text (0x%02X); save the file as "
                                     "UTF-8",
                                     (unsigned char)text[at]);
        origin.line += text[at] == '\n';
        at += length;
    }
    return FERRY_OK;
}

ferry_status ferry_config_lint(const char *file, const char *text, size_t size,
                               struct ferry_error *error)
{
    ferry_status status = check_encoding(file, text, size, error);
    struct scanner scanner = {
        .at = text,
        .end = text + size,
        .origin = {.status = FERRY_ERR_CONFIG, .file = file, .line = 1},
    };
    while (status == FERRY_OK && scanner.at < scanner.end) {
        char c = *scanner.at;
        char next = '\0';
        if (scanner.at + 1 < scanner.end)
            next = scanner.at[1];
        if (c == '#' || (c == '/' && next == '/')) {
            skip_to_line_end(&scanner);
        } else if (c == '/' && next == '*') {
            status = skip_block_comment(&scanner, error);
        } else if (c == '"') {
            skip_string(&scanner);
        } else if (c == '@') {
            status = ferry_origin_fail(&scanner.origin, error,
                                       "@include is not allowed; put everything into one file");
        } else if (c == '{' || c == '(' || c == '[' || c == '}' || c == ')' || c == ']') {
            status = check_brace(&scanner, error);
        } else if (is_word(c)) {
            status = check_word(&scanner, error);
        } else if (c == '.') {
            do /* a fraction: floating point, and no key takes one */
                scanner.at++;
            while (scanner.at < scanner.end && is_word(*scanner.at));
        } else {
            scanner.origin.line += c == '\n';
            scanner.at++;
        }
    }
    return status;
}
