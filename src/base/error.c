/* One table of classes; a message is built once, and cut where it would be too long. */

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/strbuf.h"

/* Long enough for any message of ours, short enough for a hostile server's. */
#define MESSAGE_LIMIT ((size_t)4096)

static const char out_of_memory[] = "out of memory while an error was reported";

/* The gravest first. */
static const struct ferry_error_class classes[] = {
    {FERRY_ERR_INTERNAL, "internal", 70, "a bug in dbferry or in a driver", FERRY_PASSES_NEVER},
    {FERRY_ERR_SYSTEM, "system", 71, "out of memory, or the operating system failed",
     FERRY_PASSES_NEVER},
    {FERRY_ERR_CONFIG, "config", 78, "configuration or driver not usable", FERRY_PASSES_NEVER},
    {FERRY_ERR_USAGE, "usage", 64, "command line not understood", FERRY_PASSES_NEVER},
    {FERRY_ERR_REFUSED, "refused", 77, "refused: login, TLS identity or rights",
     FERRY_PASSES_NEVER},
    {FERRY_ERR_SCHEMA, "schema", 65, "data refused: its columns, a value, or a guard",
     FERRY_PASSES_NEVER},
    {FERRY_ERR_DATA, "data", 65, "data refused: its columns, a value, or a guard",
     FERRY_PASSES_NEVER},
    {FERRY_ERR_NOT_FOUND, "not-found", 66, "no such view, table or query", FERRY_PASSES_NEVER},
    {FERRY_ERR_TARGET_IO, "target-io", 74, "target could not be written", FERRY_PASSES_IF_SAID},
    {FERRY_ERR_TARGET_OPEN, "target-open", 73, "target cannot be opened or created",
     FERRY_PASSES_IF_SAID},
    {FERRY_ERR_STREAM, "stream", 76, "the source's stream of rows broke", FERRY_PASSES},
    {FERRY_ERR_BUSY, "busy", 75, "locked or already running: try again", FERRY_PASSES_IF_SAID},
    {FERRY_ERR_UNREACHABLE, "unreachable", 69, "source not reached", FERRY_PASSES},
    {FERRY_ERR_CANCELLED, "cancelled", 70, "stopped on request", FERRY_PASSES_NEVER},
    {FERRY_ERR_UNSUPPORTED, "unsupported", 78, "the driver does not do that", FERRY_PASSES_NEVER},
    {FERRY_DONE_FROM_FALLBACK, "fallback", 3, "done, but read from the fallback source",
     FERRY_PASSES_NEVER},
};

#define CLASS_COUNT (sizeof classes / sizeof classes[0])

const struct ferry_error_class *ferry_error_classes(size_t *ret_count)
{
    *ret_count = CLASS_COUNT;
    return classes;
}

ferry_status ferry_error_class_of_errno(int cause, ferry_status otherwise)
{
    bool is_ours = cause == ENOMEM || cause == EMFILE || cause == ENFILE;
    return is_ours ? FERRY_ERR_SYSTEM : otherwise;
}

bool ferry_error_status_is_known(ferry_status status)
{
    return status >= FERRY_OK && status <= FERRY_ERR_UNSUPPORTED;
}

const struct ferry_error_class *ferry_error_class_of(ferry_status status)
{
    if (status <= FERRY_OK || status > (ferry_status)CLASS_COUNT)
        return &classes[0];
    return &classes[status - 1];
}

/* Its place in the table, which need not follow the numbers: a class that is new has the next one.
 * UNSUPPORTED has the exit code of CONFIG and so its weight. */
static size_t gravity(ferry_status status)
{
    size_t place = 0;
    if (status == FERRY_ERR_UNSUPPORTED)
        status = FERRY_ERR_CONFIG;
    while (place < CLASS_COUNT && classes[place].status != status)
        place++;
    return place;
}

ferry_status ferry_error_graver(ferry_status a, ferry_status b)
{
    if (a == FERRY_OK || b == FERRY_OK)
        return a == FERRY_OK ? b : a;
    return gravity(a) <= gravity(b) ? a : b;
}

static void error_free_message(struct ferry_error *error)
{
    if (error->message != out_of_memory)
        free(error->message);
}

void ferry_error_clear(struct ferry_error *error)
{
    error_free_message(error);
    *error = (struct ferry_error){0};
}

void ferry_error_move(struct ferry_error *to, struct ferry_error *from)
{
    ferry_error_clear(to);
    *to = *from;
    *from = (struct ferry_error){0};
}

ferry_status ferry_fail(struct ferry_error *err, ferry_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status = ferry_fail_prefixed(err, status, NULL, format, arguments);
    va_end(arguments);
    return status;
}

ferry_status ferry_fail_prefixed(struct ferry_error *error, ferry_status status, const char *prefix,
                                 const char *format, va_list arguments)
{
    if (error->status != FERRY_OK)
        return error->status;
    FERRY_AUTO_STRBUF struct ferry_strbuf raw = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf escaped = {0};
    if (prefix != NULL)
        ferry_strbuf_add(&raw, prefix);
    ferry_strbuf_addv(&raw, format, arguments);
    if (!raw.failed)
        ferry_escape_text(&escaped, ferry_strbuf_text(&raw), raw.length, MESSAGE_LIMIT);
    else
        escaped.failed = true;
    error->status = status == FERRY_OK ? FERRY_ERR_INTERNAL : status;
    error->message = ferry_strbuf_steal(&escaped);
    if (error->message == NULL)
        error->message = (char *)out_of_memory;
    return error->status;
}

void ferry_error_may_pass(struct ferry_error *err)
{
    err->may_pass = err->status != FERRY_OK;
}

void ferry_error_held_by_run(struct ferry_error *err)
{
    err->held_by_run = err->status == FERRY_ERR_BUSY;
}

bool ferry_error_is_of_other_run(const struct ferry_error *error)
{
    return error->status == FERRY_ERR_BUSY && error->held_by_run;
}

bool ferry_error_is_passing(const struct ferry_error *error)
{
    if (error->status == FERRY_OK)
        return false;
    enum ferry_passing passes = ferry_error_class_of(error->status)->passes;
    return passes == FERRY_PASSES || (passes == FERRY_PASSES_IF_SAID && error->may_pass);
}

void ferry_error_prefix(struct ferry_error *error, const char *format, ...)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf raw = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    va_list arguments;
    va_start(arguments, format);
    ferry_strbuf_addv(&raw, format, arguments);
    va_end(arguments);
    if (raw.failed || error->message == NULL)
        return;
    ferry_escape_text(&text, ferry_strbuf_text(&raw), raw.length, MESSAGE_LIMIT);
    ferry_strbuf_add(&text, error->message);
    char *message = ferry_strbuf_steal(&text);
    if (message == NULL)
        return;
    error_free_message(error);
    error->message = message;
}
