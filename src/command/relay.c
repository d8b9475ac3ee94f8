/* A line waits in its source's buffer for its end, and then for its turn. */

#include "command/relay.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 * 1024)
#define FULL ((size_t)256 * 1024)
/* No line for people is so long; what is cannot be kept back for ever. */
#define LINE_MOST ((size_t)1 << 20)

/* Where there is no memory, that much is lost and no more. */
static void add(struct ferry_strbuf *text, const char *data, size_t length)
{
    ferry_strbuf_append(text, data, length);
    text->failed = false;
}

static void pass_on(struct ferry_relay *relay, struct ferry_strbuf *begun, const char *data,
                    size_t length)
{
    size_t before = relay->waiting.length;
    if (!relay->broken) {
        add(&relay->waiting, ferry_strbuf_text(begun), begun->length);
        add(&relay->waiting, data, length);
    }
    relay->taken += relay->waiting.length - before;
    ferry_strbuf_reset(begun);
}

bool ferry_relay_read(struct ferry_relay *relay, struct ferry_relay_source *source)
{
    char data[READ_SIZE];
    ssize_t size = read(source->fd, data, sizeof data);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    size_t length = (size_t)size;
    const char *last = memrchr(data, '\n', length);
    size_t whole = last == NULL ? 0 : (size_t)(last - data) + 1;
    if (whole > 0)
        pass_on(relay, &source->begun, data, whole);
    add(&source->begun, data + whole, length - whole);
    if (source->begun.length > LINE_MOST && !relay->whole_alone)
        pass_on(relay, &source->begun, "\n", 1);
    return length > 0;
}

void ferry_relay_close(struct ferry_relay *relay, struct ferry_relay_source *source)
{
    if (source->fd >= 0)
        (void)close(source->fd);
    source->fd = -1;
    if (source->begun.length > 0 && !relay->whole_alone)
        pass_on(relay, &source->begun, "\n", 1);
    ferry_strbuf_done(&source->begun);
}

void ferry_relay_add_line(struct ferry_relay *relay, const char *line, size_t length)
{
    struct ferry_strbuf nothing = {0};
    pass_on(relay, &nothing, line, length);
}

bool ferry_relay_has_lines(const struct ferry_relay *relay)
{
    return relay->written < relay->waiting.length;
}

bool ferry_relay_is_full(const struct ferry_relay *relay)
{
    return relay->waiting.length - relay->written > FULL;
}

bool ferry_relay_is_between_lines(const struct ferry_relay *relay)
{
    return relay->broken || !relay->in_line;
}

bool ferry_relay_has_written(const struct ferry_relay *relay, uint64_t taken)
{
    return relay->broken || relay->passed >= taken;
}

/* A pipe that has room has room for so many bytes; up to the end of a line where there is one, so
 * that it stays whole where others write too. */
static size_t next_size(const char *text, size_t length)
{
    size_t size = length < PIPE_BUF ? length : PIPE_BUF;
    const char *last = memrchr(text, '\n', size);
    return last == NULL ? size : (size_t)(last - text) + 1;
}

static void forget_written(struct ferry_relay *relay)
{
    struct ferry_strbuf *text = &relay->waiting;
    if (relay->written < text->length && relay->written < FULL)
        return;
    memmove(text->data, text->data + relay->written, text->length - relay->written);
    text->length -= relay->written;
    relay->written = 0;
}

void ferry_relay_write(struct ferry_relay *relay)
{
    const char *text = relay->waiting.data + relay->written;
    ssize_t size = write(relay->to, text, next_size(text, relay->waiting.length - relay->written));
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size > 0) {
        relay->written += (size_t)size;
        relay->passed += (uint64_t)size;
        relay->in_line = text[size - 1] != '\n';
    } else {
        relay->broken = true;
        relay->written = relay->waiting.length;
    }
    forget_written(relay);
}

void ferry_relay_done(struct ferry_relay *relay)
{
    ferry_strbuf_done(&relay->waiting);
    relay->written = 0;
}
