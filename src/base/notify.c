/* A datagram for each message, to a socket that is named by the environment. */

#include "base/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/pulse.h"
#include "base/strbuf.h"
#include "base/units.h"

#define STATUS_MS 1000 /* no more often */
/* A datagram of more than 4096 bytes is refused; an escape is at most four times as long as what it
 * stands for. */
#define STATUS_MOST ((size_t)1000)

static struct {
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_size;
    int64_t watchdog_ms; /* between two signs of life; 0: nobody waits for them */
    pthread_mutex_t lock;
    /* under the lock: */
    struct ferry_strbuf told; /* the last status, ... */
    int64_t told_ms;          /* ... and when */
    int64_t alive_ms;
    uint64_t beats; /* counted then */
} notify = {.fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

/* A path, or with @ a name that is in no file system; false for what is neither. */
static bool read_address(const char *name)
{
    size_t length = strlen(name);
    notify.address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length < 2 || length >= sizeof notify.address.sun_path ||
        (name[0] != '/' && name[0] != '@'))
        return false;
    memcpy(notify.address.sun_path, name, length);
    if (name[0] == '@')
        notify.address.sun_path[0] = '\0';
    /* the NUL behind a path counts; behind such a name it would be a part of it */
    size_t size = offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/' ? 1 : 0);
    notify.address_size = (socklen_t)size;
    return true;
}

/* Half of the time that the manager waits, where it is us whom it watches. */
static int64_t read_watchdog(void)
{
    int64_t us = 0, pid = 0;
    const char *limit = getenv("WATCHDOG_USEC");
    const char *process = getenv("WATCHDOG_PID");
    if (limit == NULL || !ferry_units_parse_int(limit, &us) || us <= 0)
        return 0;
    if (process != NULL && (!ferry_units_parse_int(process, &pid) || pid != getpid()))
        return 0;
    return us / 2000 > 0 ? us / 2000 : 1;
}

void ferry_notify_open(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    if (name != NULL && read_address(name))
        notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify.fd >= 0) {
        notify.watchdog_ms = read_watchdog();
        notify.alive_ms = ferry_clock_ms();
        notify.told_ms = notify.alive_ms - STATUS_MS;
    }
    if (notify.watchdog_ms > 0)
        ferry_pulse_share();
    static const char *const taken[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        (void)unsetenv(taken[i]);
}

void ferry_notify_close(void)
{
    if (notify.fd >= 0)
        (void)close(notify.fd);
    notify.fd = -1;
    notify.watchdog_ms = 0;
    ferry_strbuf_done(&notify.told);
}

bool ferry_notify_is_open(void)
{
    return notify.fd >= 0;
}

bool ferry_notify_is_watched(void)
{
    return notify.watchdog_ms > 0;
}

/* By its address each time: the manager may have made the socket anew. */
static void tell(const char *text)
{
    if (notify.fd >= 0)
        (void)!sendto(notify.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
                      (const struct sockaddr *)&notify.address, notify.address_size);
}

void ferry_notify_ready(void)
{
    tell("READY=1");
}

void ferry_notify_stopping(void)
{
    tell("STOPPING=1");
}

/* Under the lock; not the same again. */
static void tell_status(const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf message = {0};
    ferry_strbuf_add(&message, "STATUS=");
    ferry_escape_text(&message, text, strlen(text), STATUS_MOST);
    if (message.failed || strcmp(message.data, ferry_strbuf_text(&notify.told)) == 0)
        return;
    tell(message.data);
    notify.told_ms = ferry_clock_ms();
    ferry_strbuf_reset(&notify.told);
    ferry_strbuf_append(&notify.told, message.data, message.length);
}

void ferry_notify_status(const char *text)
{
    FERRY_LOCK_SCOPE(&notify.lock);
    if (notify.fd >= 0 && ferry_clock_ms() - notify.told_ms >= STATUS_MS)
        tell_status(text);
}

void ferry_notify_result(const char *text)
{
    FERRY_LOCK_SCOPE(&notify.lock);
    if (notify.fd >= 0)
        tell_status(text);
}

void ferry_notify_tick(void)
{
    if (notify.watchdog_ms == 0)
        return;
    FERRY_LOCK_SCOPE(&notify.lock);
    int64_t now = ferry_clock_ms();
    uint64_t beats = ferry_pulse_count();
    if (now - notify.alive_ms < notify.watchdog_ms || beats == notify.beats)
        return;
    notify.alive_ms = now;
    notify.beats = beats;
    tell("WATCHDOG=1");
}
