/* translated: what the mysql driver makes of texts of one character set, without a read for each.
 *
 * Usage: translated CONFIG CONNECTION SET <TEXTS
 *
 * CONNECTION of CONFIG is a server, which is asked for its characters as a read asks for them.  For
 * each text of standard input, its bytes in hex on one line, it prints the UTF-8 that a read makes
 * of it and, where a load makes that of UTF-8 itself, what it makes of it again: in hex, "-" where
 * there is none. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "config/settings.h"
#include "connect/connect.h"
#include "types/types.h"

#define TEXT_MAX 64 /* bytes */

struct text {
    char bytes[MYDRV_TRANSLATE_ROOM(TEXT_MAX)];
    size_t size;
};

static bool read_hex(const char *line, struct text *ret_text)
{
    struct text text = {.size = strcspn(line, "\n") / 2};
    unsigned byte = 0;
    if (text.size > TEXT_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (sscanf(line + 2 * i, "%2x", &byte) != 1)
            return false;
        text.bytes[i] = (char)byte;
    }
    *ret_text = text;
    return true;
}

static void print_hex(const struct text *text, const char *end)
{
    for (size_t i = 0; i < text->size; i++)
        (void)printf("%02X", (unsigned char)text->bytes[i]);
    (void)printf("%s", end);
}

/* Texts in UTF-8 are checked where a batch takes them. */
static bool read_text(const struct mydrv_charset *set, const struct mydrv_codes *codes,
                      const struct text *text, struct text *ret_made)
{
    if (set->kind == MYDRV_CHARSET_UTF8) {
        *ret_made = *text;
        return ferry_utf8_is_valid(text->bytes, text->size);
    }
    return mydrv_translate(set, codes, (const unsigned char *)text->bytes, text->size,
                           ret_made->bytes, &ret_made->size);
}

static bool try_all(const struct mydrv_charset *set, const struct mydrv_codes *codes)
{
    char line[2 * TEXT_MAX + 2];
    struct text text, made, again;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (!read_hex(line, &text))
            return false;
        if (!read_text(set, codes, &text, &made)) {
            (void)printf("- -\n");
            continue;
        }
        print_hex(&made, " ");
        if (codes != NULL &&
            mydrv_translate_back(codes, made.bytes, made.size, again.bytes, &again.size))
            print_hex(&again, "\n");
        else
            (void)printf("-\n");
    }
    return true;
}

static ferry_status choose(const struct ferry_config *config, struct mydrv_settings *settings,
                           struct ferry_error *error)
{
    (void)config;
    (void)error;
    settings->tls = MYDRV_TLS_PREFERRED;
    return FERRY_OK;
}

/* The driver's own functions, as they are linked here. */
static ferry_status run(const struct ferry_config *config, const char *name,
                        struct ferry_error *error)
{
    static const struct mydrv_flavour flavour = {.choose = choose};
    const struct mydrv_charset *set = mydrv_charset_named(name);
    const struct mydrv_codes *codes = NULL;
    void *conn = NULL;
    if (set == NULL)
        return ferry_fail(error, FERRY_ERR_USAGE, "there is no character set %s", name);
    ferry_status status = mydrv_connect(&flavour, config, FERRY_ROLE_SOURCE, &conn, error);
    if (status == FERRY_OK && set->kind == MYDRV_CHARSET_CODES)
        status = mydrv_codes_get(conn, set, &codes, error);
    if (status == FERRY_OK && !try_all(set, codes))
        status = ferry_fail(error, FERRY_ERR_USAGE, "a line is too long, or not in hex");
    if (conn != NULL)
        mydrv_disconnect(conn);
    return status;
}

int main(int argc, char **argv)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_origin origin = {.status = FERRY_ERR_USAGE};
    struct ferry_settings *settings = NULL;
    const struct ferry_config *config = NULL;
    if (argc != 4)
        return 64;
    ferry_status status = ferry_settings_load(argv[1], &settings, &error);
    if (status == FERRY_OK)
        status = ferry_connections_get(ferry_settings_connections(settings), argv[2], &origin,
                                       &config, &error);
    if (status == FERRY_OK)
        status = run(config, argv[3], &error);
    if (status != FERRY_OK)
        (void)fprintf(stderr, "%s\n", error.message);
    ferry_settings_free(settings);
    return status == FERRY_OK ? 0 : 1;
}
