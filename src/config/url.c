/* A URL is taken apart from its left, each part decoded and set as the key that is marked for it.
 * */

#include "config/url.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "driver/load.h"

#define DRIVER_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

static const struct ferry_origin command_line = {.status = FERRY_ERR_USAGE};

bool ferry_url_is_one(const char *word)
{
    size_t length = strspn(word, DRIVER_LETTERS);
    return length > 0 && word[length] == ':';
}

char *ferry_url_driver(const char *url)
{
    return strndup(url, strspn(url, DRIVER_LETTERS));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool decode(const char *text, size_t size, struct ferry_strbuf *decoded)
{
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        if (byte == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < size ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || high * 16 + low == 0)
                return false;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        ferry_strbuf_append(decoded, &byte, 1);
    }
    return true;
}

/* Sets the key that is marked with `flag`. */
static ferry_status set_part(struct ferry_config *config, uint32_t flag, const char *what,
                             const char *text, size_t size, bool encoded, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf value = {0};
    if (!encoded)
        ferry_strbuf_append(&value, text, size);
    else if (!decode(text, size, &value))
        return ferry_fail(error, FERRY_ERR_USAGE, "the %s of the URL has a malformed %%-escape",
                          what);
    if (value.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a URL");
    for (size_t i = 0; i < config->count; i++)
        if ((config->options[i].flags & flag) != 0)
            return ferry_config_set_word(config, config->options[i].name, ferry_strbuf_text(&value),
                                         &command_line, error);
    return ferry_fail(error, FERRY_ERR_USAGE, "driver '%s' takes no %s in a URL",
                      config->driver->driver.name, what);
}

static ferry_status set_user(struct ferry_config *config, const char *text, size_t size,
                             struct ferry_error *error)
{
    if (memchr(text, ':', size) != NULL)
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "a password must not stand in a URL, where every user of this machine "
                          "sees it; use -o source.password_file=FILE (or target.), or be asked");
    return set_part(config, FERRY_OPTION_URL_USER, "user", text, size, true, error);
}

/* [host], host, host:port, [v6]:port */
static ferry_status set_host(struct ferry_config *config, const char *text, size_t size,
                             struct ferry_error *error)
{
    const char *host = text;
    size_t host_size = size;
    const char *rest = text + size;
    const char *end = text + size;
    if (size > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', size);
        if (close == NULL)
            return ferry_fail(error, FERRY_ERR_USAGE, "the URL has '[' without ']'");
        host = text + 1;
        host_size = (size_t)(close - host);
        rest = close + 1;
    } else if (size > 0) {
        const char *colon = memchr(text, ':', size);
        if (colon != NULL) {
            host_size = (size_t)(colon - text);
            rest = colon;
        }
    }
    ferry_status status = FERRY_OK;
    if (host_size > 0)
        status = set_part(config, FERRY_OPTION_URL_HOST, "host", host, host_size, true, error);
    if (status != FERRY_OK || rest == end)
        return status;
    if (*rest != ':' || rest + 1 == end)
        return ferry_fail(error, FERRY_ERR_USAGE, "the URL's host and port are malformed");
    return set_part(config, FERRY_OPTION_URL_PORT, "port", rest + 1, (size_t)(end - rest - 1), true,
                    error);
}

/* A file's path is absolute, as in file:///path; a database's name has no slash before it. */
static bool path_is_of_a_file(const struct ferry_config *config)
{
    for (size_t i = 0; i < config->count; i++)
        if ((config->options[i].flags & FERRY_OPTION_URL_PATH) != 0)
            return config->options[i].type == FERRY_OPTION_PATH;
    return false;
}

ferry_status ferry_url_apply(const char *url, struct ferry_config *config,
                             struct ferry_error *error)
{
    const char *rest = url + strspn(url, DRIVER_LETTERS) + 1;
    if (strncmp(rest, "//", 2) != 0)
        return set_part(config, FERRY_OPTION_URL_PATH, "path", rest, strlen(rest), false, error);
    const char *authority = rest + 2;
    size_t size = strcspn(authority, "/");
    const char *path = authority + size;
    const char *at = memrchr(authority, '@', size);
    ferry_status status = FERRY_OK;
    if (at != NULL) {
        status = set_user(config, authority, (size_t)(at - authority), error);
        size -= (size_t)(at + 1 - authority);
        authority = at + 1;
    }
    if (status == FERRY_OK)
        status = set_host(config, authority, size, error);
    if (status != FERRY_OK || *path == '\0' || path[1] == '\0')
        return status;
    if (!path_is_of_a_file(config))
        path++;
    return set_part(config, FERRY_OPTION_URL_PATH, "path", path, strlen(path), true, error);
}
