/* A line is built whole and written at once, so that those of several threads and processes do not
 * mix. */

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/escape.h"
#include "base/folder.h"
#include "base/strbuf.h"
#include "base/width.h"

#define LINE_LIMIT ((size_t)8192)
#define FILE_MODE 0640

/* A line for which there is no memory. */
#define SPARE_LIMIT 512
static const char no_memory[] = "out of memory while the log was written";

/* The cursor is left where the line begins.  A terminal that gets narrower breaks the line in two,
 * and keeps the cursor at the letter where it was: all of the line is behind it, whether it was
 * broken or not. */
#define WIPE "\r\033[J"
#define BACK "\r"
/* It may be narrower already than it says. */
#define LET_NOTHING_WRAP "\033[?7l"
#define LET_ALL_WRAP "\033[?7h"
/* Of a terminal that does not say how wide it is. */
#define USUAL_COLUMNS 80
/* Between two lines on a terminal where nothing can be drawn over. */
#define SAY_MS 10000

/* The journal takes a line's level from its first characters (sd-daemon(3)). */
static const struct level {
    const char *name;
    const char *journal;
} levels[] = {{"error", "<3>"}, {"warning", "<4>"}, {"info", "<6>"}, {"debug", "<7>"}};
#define LEVEL_COUNT ((uint32_t)(sizeof levels / sizeof levels[0]))

enum journal { JOURNAL_UNKNOWN, JOURNAL_ELSEWHERE, JOURNAL_ON_STDERR };

static struct {
    pthread_mutex_t lock;
    struct ferry_log_settings settings;
    int fd;
    bool file_broken;     /* told once, then the console alone goes on */
    bool status_is_drawn; /* on stderr */
    int64_t said_ms;      /* the last of those that cannot be drawn over; 0: none was due */
    enum journal journal;
} log_state = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .settings = {.console_level = FERRY_LOG_WARNING},
    .fd = -1,
};

static const struct level *find_level(uint32_t level)
{
    return &levels[level < LEVEL_COUNT ? level : LEVEL_COUNT - 1];
}

const char *ferry_log_level_name(uint32_t level)
{
    return find_level(level)->name;
}

bool ferry_log_level_parse(const char *name, uint32_t *ret_level)
{
    for (uint32_t i = 0; i < LEVEL_COUNT; i++)
        if (strcmp(name, levels[i].name) == 0) {
            *ret_level = i;
            return true;
        }
    return false;
}

static bool is_known(uid_t user)
{
    return user == 0 || user == geteuid();
}

/* True if nobody else can put a file, or another name of one, into the folder of `path`. */
static bool folder_is_closed(const char *path)
{
    struct stat folder;
    FERRY_AUTO_FREE char *name = ferry_folder_of(path);
    return name != NULL && stat(name, &folder) == 0 && is_known(folder.st_uid) &&
           (folder.st_mode & 022) == 0;
}

/* What is appended to must not be anything that somebody else has chosen by a link. */
static ferry_status check_file(const char *path, int fd, struct ferry_error *error)
{
    struct stat found;
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink > 1 &&
        !folder_is_closed(path))
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "the log file %s has other names (hard links), and others can write to "
                          "its folder; remove it, or correct log_file",
                          path);
    return FERRY_OK;
}

static ferry_status open_file(const char *path, int *ret_fd, struct ferry_error *error)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, flags | O_NOFOLLOW, FILE_MODE);
    struct stat link;
    if (fd < 0 && errno == ELOOP && lstat(path, &link) == 0) {
        if (!is_known(link.st_uid))
            return ferry_fail(error, FERRY_ERR_CONFIG,
                              "the log file %s is a symbolic link of another user (uid %ju), who "
                              "decides where it leads; remove it, or correct log_file",
                              path, (uintmax_t)link.st_uid);
        fd = open(path, flags, FILE_MODE);
    }
    if (fd < 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot open the log file %s: %s; correct log_file or its folder", path,
                          strerror(errno));
    ferry_status status = check_file(path, fd, error);
    if (status == FERRY_OK)
        *ret_fd = fd;
    else
        (void)close(fd);
    return status;
}

/* The socket that systemd has given us is named by device and inode (systemd.exec(5)): a file or a
 * terminal that has come in its place since is another one. */
static bool is_named_by_systemd(int fd)
{
    struct stat found;
    char place[2 * sizeof "18446744073709551615"];
    const char *named = getenv("JOURNAL_STREAM");
    if (named == NULL || fstat(fd, &found) != 0)
        return false;
    (void)snprintf(place, sizeof place, "%ju:%ju", (uintmax_t)found.st_dev,
                   (uintmax_t)found.st_ino);
    return strcmp(named, place) == 0;
}

/* Under the lock.  Asked once: what a forked process says goes through a pipe of ours, and comes to
 * the same place. */
static bool is_journal(void)
{
    if (log_state.journal == JOURNAL_UNKNOWN)
        log_state.journal =
            is_named_by_systemd(STDERR_FILENO) ? JOURNAL_ON_STDERR : JOURNAL_ELSEWHERE;
    return log_state.journal == JOURNAL_ON_STDERR;
}

/* Under the lock: what a line on stderr begins with. */
static const char *prefix_of(uint32_t level)
{
    return is_journal() ? find_level(level)->journal : "";
}

ferry_status ferry_log_open(const struct ferry_log_settings *settings, struct ferry_error *error)
{
    int fd = -1;
    ferry_status status = settings->file == NULL ? FERRY_OK : open_file(settings->file, &fd, error);
    if (status != FERRY_OK)
        return status;
    FERRY_LOCK_SCOPE(&log_state.lock);
    if (log_state.fd >= 0)
        (void)close(log_state.fd);
    log_state.settings = *settings;
    log_state.settings.file = NULL; /* the caller's memory */
    log_state.fd = fd;
    log_state.file_broken = false;
    (void)is_journal(); /* before anybody forks */
    return FERRY_OK;
}

void ferry_log_close(void)
{
    FERRY_LOCK_SCOPE(&log_state.lock);
    if (log_state.fd >= 0)
        (void)close(log_state.fd);
    log_state.fd = -1;
}

/* ---- What the lines are about ---- */

static void replace_text(char **place, const char *text)
{
    free(*place);
    *place = text == NULL ? NULL : strdup(text);
}

void ferry_log_set_job(const char *job)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    replace_text(&context->job, job);
    context->attempt = 1;
}

void ferry_log_set_phase(const char *phase)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    replace_text(&context->phase, phase);
    ferry_phases_enter(&context->phases, phase, ferry_clock_ms());
}

void ferry_log_add_phase(struct ferry_strbuf *text)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    ferry_strbuf_add(text, context->phase == NULL ? "main" : context->phase);
}

void ferry_log_set_attempt(unsigned attempt)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    context->attempt = attempt;
}

/* ---- Lines ---- */

static void add_time(struct ferry_strbuf *line)
{
    char text[FERRY_CLOCK_TEXT];
    ferry_clock_text(text);
    ferry_strbuf_add(line, text);
}

static void add_escaped(struct ferry_strbuf *line, const char *text)
{
    ferry_escape_text(line, text, strlen(text), LINE_LIMIT);
}

static void build_text_line(struct ferry_strbuf *line, const struct ferry_context *about,
                            uint32_t level, const char *message)
{
    add_time(line);
    ferry_strbuf_addf(line, " %-7s ", ferry_log_level_name(level));
    add_escaped(line, about->job == NULL ? "-" : about->job);
    ferry_strbuf_addf(line, " %s: ", about->phase == NULL ? "main" : about->phase);
    add_escaped(line, message);
    ferry_strbuf_add(line, "\n");
}

static void add_json_member(struct ferry_strbuf *line, const char *name, const char *value)
{
    ferry_strbuf_addf(line, ",\"%s\":\"", name);
    ferry_escape_json(line, value, strlen(value));
    ferry_strbuf_add(line, "\"");
}

static void build_json_line(struct ferry_strbuf *line, const struct ferry_context *about,
                            uint32_t level, const char *message)
{
    ferry_strbuf_add(line, "{\"time\":\"");
    add_time(line);
    ferry_strbuf_add(line, "\"");
    add_json_member(line, "level", ferry_log_level_name(level));
    if (about->job != NULL)
        add_json_member(line, "job", about->job);
    add_json_member(line, "phase", about->phase == NULL ? "main" : about->phase);
    if (about->attempt > 1)
        ferry_strbuf_addf(line, ",\"attempt\":%u", about->attempt);
    add_json_member(line, "message", message);
    ferry_strbuf_add(line, "}\n");
}

/* What a person sees without -v. */
static void build_plain_line(struct ferry_strbuf *line, const struct ferry_context *about,
                             uint32_t level, const char *message)
{
    ferry_strbuf_add(line, level == FERRY_LOG_WARNING ? "dbferry: warning: " : "dbferry: ");
    if (about->job != NULL) {
        add_escaped(line, about->job);
        ferry_strbuf_add(line, ": ");
    }
    add_escaped(line, message);
    ferry_strbuf_add(line, "\n");
}

typedef void builder(struct ferry_strbuf *line, const struct ferry_context *about, uint32_t level,
                     const char *message);

/* The context is let go before the line is written, which may take long. */
static void build(struct ferry_strbuf *line, builder *form, uint32_t level, const char *message)
{
    struct ferry_context *about = ferry_context_current();
    FERRY_LOCK_SCOPE(&about->lock);
    form(line, about, level, message);
}

static bool write_whole(int fd, const char *data, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t size = write(fd, data + done, length - done);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        done += (size_t)size;
    }
    return true;
}

/* Writes a line; where there was no memory to build it, that much of it as takes none. */
static bool write_line(int fd, const struct ferry_strbuf *line, bool json, const char *message)
{
    char spare[SPARE_LIMIT];
    if (!line->failed)
        return write_whole(fd, line->data, line->length);
    int length = json ? snprintf(spare, sizeof spare, "{\"level\":\"error\",\"message\":\"%s\"}\n",
                                 no_memory)
                      : snprintf(spare, sizeof spare, "dbferry: %.*s\n", SPARE_LIMIT - 20, message);
    return length > 0 && write_whole(fd, spare, (size_t)length);
}

/* A log that cannot be written never fails a run: it is said once on stderr. */
static void write_file_line(const struct ferry_strbuf *line, const char *message)
{
    char warning[SPARE_LIMIT];
    if (log_state.file_broken || write_line(log_state.fd, line, log_state.settings.json, message))
        return;
    log_state.file_broken = true;
    int length = snprintf(warning, sizeof warning,
                          "%sdbferry: warning: the log file cannot be written (%s); going on\n",
                          prefix_of(FERRY_LOG_WARNING), strerror(errno));
    (void)write_whole(STDERR_FILENO, warning, (size_t)length);
}

/* Under the lock. */
static void wipe_status(void)
{
    if (log_state.status_is_drawn)
        (void)!write(STDERR_FILENO, WIPE, sizeof WIPE - 1);
    log_state.status_is_drawn = false;
}

void ferry_log_wipe_status(void)
{
    FERRY_LOCK_SCOPE(&log_state.lock);
    wipe_status();
}

/* What is wiped is one line.  The last column stays free: some terminals go on to the next line
 * with the letter that fills it. */
size_t ferry_log_status_columns(void)
{
    struct winsize window = {0};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0)
        return SIZE_MAX;
    return (window.ws_col == 0 ? USUAL_COLUMNS : (size_t)window.ws_col) - 1;
}

static bool can_draw_over(void)
{
    const char *terminal = getenv("TERM");
    return terminal != NULL && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

/* The first comes after the time between two: what is over by then needs none. */
static bool is_line_due(void)
{
    int64_t now = ferry_clock_ms();
    if (log_state.said_ms != 0 && now - log_state.said_ms < SAY_MS)
        return false;
    bool is_due = log_state.said_ms != 0;
    log_state.said_ms = now;
    return is_due;
}

/* Under the lock, on a terminal that takes it. */
static void write_status(const char *text)
{
    bool draws = can_draw_over();
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    if (!draws && !is_line_due())
        return;
    ferry_strbuf_add(&line, draws ? LET_NOTHING_WRAP WIPE : "");
    ferry_strbuf_append(&line, text, ferry_width_fit(text, ferry_log_status_columns()));
    ferry_strbuf_add(&line, draws ? BACK LET_ALL_WRAP : "\n");
    (void)!write(STDERR_FILENO, ferry_strbuf_text(&line), line.length);
    log_state.status_is_drawn = draws;
}

/* A terminal may stand still (Ctrl-S, a dead line), and whoever writes to it then may hold the
 * lock; the watch, which calls this, must go on. */
void ferry_log_draw_status(const char *text)
{
    struct pollfd terminal = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (pthread_mutex_trylock(&log_state.lock) != 0)
        return;
    if (poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLOUT) != 0)
        write_status(text);
    (void)pthread_mutex_unlock(&log_state.lock);
}

static void log_message(uint32_t level, const char *message)
{
    FERRY_LOCK_SCOPE(&log_state.lock);
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    if (level <= log_state.settings.console_level) {
        wipe_status();
        ferry_strbuf_add(&line, prefix_of(level));
        build(&line, log_state.settings.console_verbose ? build_text_line : build_plain_line, level,
              message);
        (void)write_line(STDERR_FILENO, &line, false, message);
    }
    if (log_state.fd >= 0 && level <= log_state.settings.file_level) {
        ferry_strbuf_reset(&line);
        build(&line, log_state.settings.json ? build_json_line : build_text_line, level, message);
        write_file_line(&line, message);
    }
}

void ferry_log(uint32_t level, const char *format, ...)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf message = {0};
    va_list arguments;
    va_start(arguments, format);
    ferry_strbuf_addv(&message, format, arguments);
    va_end(arguments);
    log_message(level, message.failed ? no_memory : ferry_strbuf_text(&message));
}

void ferry_log_error(const struct ferry_error *error, const char *outcome)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf message = {0};
    const char *alone = error->message == NULL ? "failed" : error->message;
    ferry_strbuf_add(&message, alone);
    if (outcome != NULL)
        ferry_strbuf_addf(&message, "; %s", outcome);
    log_message(FERRY_LOG_ERROR, message.failed ? alone : ferry_strbuf_text(&message));
}
