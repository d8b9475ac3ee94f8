/* One place after another where a secret may be; whatever was read is wiped. */

#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/program.h"
#include "base/signals.h"
#include "base/strbuf.h"

#define SECRET_LIMIT ((size_t)64 * 1024)
#define COMMAND_SECONDS 30
/* How long a signal may go unnoticed meanwhile. */
#define WAIT_STEP_MS 100
/* How long a command may stay after it has closed its output. */
#define LINGER_MS 5000

static bool prompt_allowed;

void ferry_secret_allow_prompt(bool allowed)
{
    prompt_allowed = allowed;
}

/* A secret while it is read; wiped, wherever it ends. */
struct secret_buffer {
    char *data;
    size_t length;
};

static void secret_buffer_done(struct secret_buffer *buffer)
{
    if (buffer->data == NULL)
        return;
    explicit_bzero(buffer->data, SECRET_LIMIT + 1);
    free(buffer->data);
}

static ferry_status wait_readable(int fd, const char *origin, int64_t deadline_ms,
                                  struct ferry_error *error)
{
    if (deadline_ms == 0)
        return FERRY_OK;
    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (poll(&waiting, 1, WAIT_STEP_MS) > 0)
            return FERRY_OK; /* an error shows in read() */
        if (ferry_signal_caught() != 0)
            return ferry_fail(error, FERRY_ERR_CANCELLED, "stopped while waiting for %s", origin);
        if (ferry_clock_ms() >= deadline_ms)
            return ferry_fail(error, FERRY_ERR_CONFIG, "%s gave no answer in %d s", origin,
                              COMMAND_SECONDS);
    }
}

/* What was read is a password once one line end is taken off, unless it cannot be one. */
static ferry_status take_secret(const char *text, size_t length, const char *origin,
                                char **ret_secret, struct ferry_error *error)
{
    if (length > SECRET_LIMIT)
        return ferry_fail(error, FERRY_ERR_CONFIG, "%s holds more than %zu bytes", origin,
                          SECRET_LIMIT);
    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    if (memchr(text, '\0', length) != NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG, "%s holds a NUL byte; it is not a password",
                          origin);
    if (length == 0)
        return ferry_fail(error, FERRY_ERR_CONFIG, "%s is empty", origin);
    char *secret = strndup(text, length);
    if (secret == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a secret");
    *ret_secret = secret;
    return FERRY_OK;
}

/* Reads to the end of `fd`, at most until `deadline_ms` of the monotonic clock (0 = no limit). */
static ferry_status read_secret(int fd, const char *origin, int64_t deadline_ms, char **ret_secret,
                                struct ferry_error *error)
{
    __attribute__((cleanup(secret_buffer_done))) struct secret_buffer buffer = {0};
    buffer.data = malloc(SECRET_LIMIT + 1);
    if (buffer.data == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a secret");
    for (;;) {
        ferry_status status = wait_readable(fd, origin, deadline_ms, error);
        if (status != FERRY_OK)
            return status;
        ssize_t size = read(fd, buffer.data + buffer.length, SECRET_LIMIT + 1 - buffer.length);
        if (size < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (size < 0)
            return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                              "cannot read %s: %s", origin, strerror(errno));
        if (size == 0)
            break;
        buffer.length += (size_t)size;
        if (buffer.length > SECRET_LIMIT)
            return ferry_fail(error, FERRY_ERR_CONFIG, "%s holds more than %zu bytes", origin,
                              SECRET_LIMIT);
    }
    return take_secret(buffer.data, buffer.length, origin, ret_secret, error);
}

/* ---- From a file ---- */

#define OPEN_TO_OTHERS 077
#define OPEN_TO_WORLD                                                                              \
    007 /* systemd gives its credentials to a user by an ACL, seen as group bits */

static ferry_status secret_from_file(const char *path, mode_t forbidden, char **ret_secret,
                                     struct ferry_error *error)
{
    FERRY_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) != 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot open the password file %s: %s", path, strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return ferry_fail(error, FERRY_ERR_CONFIG, "the password file %s is not a plain file",
                          path);
    if (stat.st_uid != 0 && stat.st_uid != geteuid())
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "the password file %s belongs to another user (uid %ju)", path,
                          (uintmax_t)stat.st_uid);
    if ((stat.st_mode & forbidden) != 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "the password file %s is open to others (mode %04o); chmod 600 it", path,
                          (unsigned)(stat.st_mode & 07777));
    return read_secret(fd, path, 0, ret_secret, error);
}

/* ---- From systemd's credentials ---- */

/* False if there is none; one that cannot be reached is there. */
static bool find_credential(const char *connection, const char *key, struct ferry_strbuf *path)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] != '/' || strchr(connection, '/') != NULL)
        return false;
    ferry_strbuf_addf(path, "%s/%s.%s", folder, connection, key);
    return !path->failed && (access(ferry_strbuf_text(path), F_OK) == 0 || errno != ENOENT);
}

/* ---- From a command ---- */

static ferry_status secret_from_command(const char *key, const char *command, char **ret_secret,
                                        struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf origin = {0};
    ferry_strbuf_addf(&origin, "the output of %s_command", key);
    const char *const arguments[] = {"/bin/sh", "-c", command, NULL};
    struct ferry_program program = {0};
    ferry_status status = ferry_program_start(arguments, 0, &program, error);
    if (status != FERRY_OK)
        return status;
    FERRY_AUTO_FD int fd = program.output;
    char *secret = NULL;
    status = read_secret(fd, ferry_strbuf_text(&origin),
                         ferry_clock_ms() + INT64_C(1000) * COMMAND_SECONDS, &secret, error);
    int result = ferry_program_end(&program, status == FERRY_OK ? LINGER_MS : 0);
    if (status == FERRY_OK && !(WIFEXITED(result) && WEXITSTATUS(result) == 0))
        status = ferry_fail(error, FERRY_ERR_CONFIG,
                            "%s_command failed (%s %d); run it by hand to see why", key,
                            WIFEXITED(result) ? "exit code" : "signal",
                            WIFEXITED(result) ? WEXITSTATUS(result) : WTERMSIG(result));
    if (status != FERRY_OK) {
        ferry_secret_free(secret);
        return status;
    }
    *ret_secret = secret;
    return FERRY_OK;
}

/* ---- From a person ---- */

/* The kernel's: what is typed or pasted beyond it is lost before a program sees it. */
#define LINE_LIMIT 4096

static ferry_status ask_hidden(int fd, const struct ferry_strbuf *question, char **ret_secret,
                               struct ferry_error *error)
{
    struct termios old;
    if (tcgetattr(fd, &old) != 0)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot use the terminal: %s", strerror(errno));
    struct termios hidden = old;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    /* It throws away what was typed before, which the answer to the question must not be. */
    (void)tcsetattr(fd, TCSAFLUSH, &hidden);
    (void)!write(fd, ferry_strbuf_text(question), question->length);
    char line[LINE_LIMIT + 1] = {0};
    ferry_status status = wait_readable(fd, "the password", INT64_MAX, error);
    ssize_t size = status == FERRY_OK ? read(fd, line, LINE_LIMIT) : 0;
    (void)tcsetattr(fd, TCSAFLUSH, &old);
    (void)!write(fd, "\n", 1);
    if (status == FERRY_OK && size <= 0)
        status = ferry_fail(error, FERRY_ERR_CONFIG, "no password was given");
    else if (size >= LINE_LIMIT - 1)
        status = ferry_fail(error, FERRY_ERR_CONFIG,
                            "the password is longer than a terminal's line can be; use "
                            "password_file or password_command");
    /* An empty line is an answer too: the account has no password. */
    else if (size > 1 || (size == 1 && line[0] != '\n'))
        status = take_secret(line, (size_t)size, "the password", ret_secret, error);
    explicit_bzero(line, sizeof line);
    return status;
}

/* What a person has typed so far in this process: a connection is made again for each attempt and
 * each job, and nobody wants to sit by.  Main thread only. */
struct typed {
    struct typed *next;
    char *secret; /* NULL: an empty line */
    char name[];  /* "KEY for CONNECTION" */
};

static struct typed *all_typed;

static void forget(struct typed **place)
{
    struct typed *typed = *place;
    *place = typed->next;
    ferry_secret_free(typed->secret);
    free(typed);
}

void ferry_secret_forget_typed(void)
{
    while (all_typed != NULL)
        forget(&all_typed);
}

static ferry_status copy_secret(const char *secret, char **ret_copy, struct ferry_error *error)
{
    char *copy = secret == NULL ? NULL : strdup(secret);
    if (secret != NULL && copy == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a secret");
    *ret_copy = copy;
    return FERRY_OK;
}

/* Without room for it, it is only asked for again. */
static void remember_typed(const char *name, const char *secret)
{
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    struct typed *typed = calloc(1, sizeof *typed + strlen(name) + 1);
    if (typed == NULL || copy_secret(secret, &typed->secret, &ignored) != FERRY_OK) {
        free(typed);
        return;
    }
    memcpy(typed->name, name, strlen(name));
    typed->next = all_typed;
    all_typed = typed;
}

/* Where what was typed for this name stands in the list, or NULL does. */
static struct typed **find_typed(const char *name)
{
    struct typed **place = &all_typed;
    while (*place != NULL && strcmp((*place)->name, name) != 0)
        place = &(*place)->next;
    return place;
}

static void add_name(struct ferry_strbuf *name, const char *connection, const char *key)
{
    ferry_strbuf_addf(name, "%s for %s", key, connection);
}

const char *ferry_secret_typed(const struct ferry_config *config, const char *key)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    add_name(&name, config->name, key);
    const struct typed *typed = *find_typed(ferry_strbuf_text(&name));
    return typed == NULL ? NULL : typed->secret;
}

void ferry_secret_forget(const char *connection, const char *key)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    add_name(&name, connection, key);
    struct typed **place = find_typed(ferry_strbuf_text(&name));
    if (*place != NULL)
        forget(place);
}

static ferry_status secret_from_prompt(const struct ferry_config *config, const char *key,
                                       char **ret_secret, struct ferry_error *error)
{
    if (!prompt_allowed || isatty(STDIN_FILENO) == 0)
        return FERRY_OK;
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    add_name(&name, config->name, key);
    if (name.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a secret");
    const struct typed *typed = *find_typed(ferry_strbuf_text(&name));
    if (typed != NULL)
        return copy_secret(typed->secret, ret_secret, error);
    FERRY_AUTO_FD int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return FERRY_OK;
    FERRY_AUTO_STRBUF struct ferry_strbuf prompt = {0};
    ferry_strbuf_addf(&prompt, "%s: ", ferry_strbuf_text(&name));
    ferry_status status = ask_hidden(fd, &prompt, ret_secret, error);
    if (status == FERRY_OK)
        remember_typed(ferry_strbuf_text(&name), *ret_secret);
    return status;
}

/* ---- The order in which they are tried ---- */

/* The value of `key`_`suffix`, or NULL; false if out of memory. */
static bool find_sibling(const struct ferry_config *config, const char *key, const char *suffix,
                         const char **ret_value)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
    ferry_strbuf_addf(&name, "%s_%s", key, suffix);
    if (name.failed)
        return false;
    *ret_value = ferry_config_string(config, ferry_strbuf_text(&name));
    return true;
}

static ferry_status secret_from_environment(const char *key, const char *name, char **ret_secret,
                                            struct ferry_error *error)
{
    const char *value = ferry_environment_value(name);
    FERRY_AUTO_STRBUF struct ferry_strbuf origin = {0};
    ferry_strbuf_addf(&origin, "the environment variable %s, named by %s_env,", name, key);
    if (value == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG, "%s is not set", ferry_strbuf_text(&origin));
    return take_secret(value, strlen(value), ferry_strbuf_text(&origin), ret_secret, error);
}

static ferry_status fetch(const struct ferry_config *config, const char *key, char **ret_secret,
                          struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf credential = {0};
    const char *value = ferry_config_string(config, key);
    const char *file, *variable, *command;
    if (value != NULL)
        return copy_secret(value, ret_secret, error);
    if (!find_sibling(config, key, "file", &file) || !find_sibling(config, key, "env", &variable) ||
        !find_sibling(config, key, "command", &command))
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a secret");
    if (file != NULL)
        return secret_from_file(file, OPEN_TO_OTHERS, ret_secret, error);
    if (variable != NULL)
        return secret_from_environment(key, variable, ret_secret, error);
    if (command != NULL)
        return secret_from_command(key, command, ret_secret, error);
    bool given = find_credential(config->name, key, &credential);
    if (credential.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a secret");
    if (given)
        return secret_from_file(ferry_strbuf_text(&credential), OPEN_TO_WORLD, ret_secret, error);
    return secret_from_prompt(config, key, ret_secret, error);
}

ferry_status ferry_config_secret(const struct ferry_config *config, const char *key,
                                 char **ret_secret, struct ferry_error *err)
{
    char *secret = NULL;
    ferry_status status = fetch(config, key, &secret, err);
    if (status == FERRY_OK)
        *ret_secret = secret;
    else
        ferry_error_prefix(err, "connection '%s': ", config->name);
    return status;
}
