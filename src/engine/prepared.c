/* A line for each thing that is to be known, "NAME VALUE", with escapes for what would end it. */

#include "engine/prepared.h"

#include <dbferry/driver.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/log.h"
#include "base/publish.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "engine/partition.h"

#define FOLDER "prepared"
#define BEGIN "dbferry-run 1" /* the first line, with the version of the form */
#define SIZE_MOST (1 << 20)   /* of a file: 256 cuts of 64 KiB at most, in truth far less */
#define PAUSE_MS 50

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a prepared run");
}

bool ferry_prepared_id_is_sound(const char *word)
{
    return strlen(word) == FERRY_PREPARED_ID - 1 &&
           strspn(word, "0123456789abcdef") == FERRY_PREPARED_ID - 1;
}

/* ---- Lines ---- */

/* Whatever is no printable ASCII, and the escape itself, is %XX. */
static void add_line(struct ferry_strbuf *text, const char *name, const char *value)
{
    ferry_strbuf_addf(text, "%s ", name);
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++)
        if (*at > ' ' && *at < 0x7f && *at != '%')
            ferry_strbuf_append(text, (const char *)at, 1);
        else
            ferry_strbuf_addf(text, "%%%02X", *at);
    ferry_strbuf_add(text, "\n");
}

static int digit(char c)
{
    const char *digits = "0123456789ABCDEF", *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* In its place; false of what add_line() does not write. */
static bool unescape(char *value)
{
    char *to = value;
    for (const char *from = value; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int high = digit(from[1]);
        int low = high < 0 ? -1 : digit(from[2]);
        if (low < 0 || high + low == 0)
            return false;
        *to++ = (char)(16 * high + low);
        from += 2;
    }
    *to = '\0';
    return true;
}

static bool add_cut(struct ferry_prepared *prepared, char *value)
{
    char **cuts = NULL;
    if (prepared->cut_count < FERRY_PARTITIONS_MOST)
        cuts = reallocarray(prepared->cuts, prepared->cut_count + 1, sizeof *cuts);
    if (cuts == NULL)
        return false;
    prepared->cuts = cuts;
    cuts[prepared->cut_count] = strdup(value);
    return cuts[prepared->cut_count++] != NULL;
}

static bool set_text(char **text, const char *value)
{
    free(*text);
    *text = strdup(value);
    return *text != NULL;
}

static bool take_count(struct ferry_prepared *prepared, const char *value)
{
    int64_t count = 0;
    bool sound =
        ferry_units_parse_int(value, &count) && count > 0 && count <= FERRY_PARTITIONS_MOST;
    prepared->pieces = sound ? (uint32_t)count : 0;
    return sound;
}

/* False of a line that nobody has written here. */
static bool take_line(struct ferry_prepared *prepared, char *line)
{
    struct {
        const char *name;
        char **text;
    } const texts[] = {
        {"job", &prepared->job},       {"config", &prepared->config}, {"schema", &prepared->schema},
        {"before", &prepared->before}, {"column", &prepared->column}, {"finish", &prepared->finish},
        {"since", &prepared->since},
    };
    char *value = strchr(line, ' ');
    if (value == NULL)
        return false;
    *value++ = '\0';
    if (!unescape(value))
        return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(line, texts[i].name) == 0)
            return set_text(texts[i].text, value);
    if (strcmp(line, "pieces") == 0)
        return take_count(prepared, value);
    if (strcmp(line, "cut") == 0)
        return add_cut(prepared, value);
    prepared->abandoned = prepared->abandoned || strcmp(line, "abandoned") == 0;
    return prepared->abandoned;
}

static bool is_whole(const struct ferry_prepared *prepared)
{
    return prepared->job != NULL && prepared->config != NULL && prepared->schema != NULL &&
           prepared->before != NULL && prepared->column != NULL && prepared->since != NULL &&
           prepared->pieces > 0 && prepared->cut_count < prepared->pieces;
}

static void forget(struct ferry_prepared *prepared)
{
    char **const texts[] = {&prepared->job,    &prepared->config, &prepared->schema,
                            &prepared->before, &prepared->column, &prepared->finish,
                            &prepared->since};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
    for (size_t i = 0; i < prepared->cut_count; i++)
        free(prepared->cuts[i]);
    free(prepared->cuts);
    prepared->cuts = NULL;
    prepared->cut_count = 0;
}

/* ---- Writing ---- */

static ferry_status write_all(void *data, FILE *file, struct ferry_error *error)
{
    const struct ferry_prepared *prepared = data;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf count = {0};
    char since[FERRY_CLOCK_TEXT];
    ferry_strbuf_addf(&count, "%" PRIu32, prepared->pieces);
    ferry_clock_text(since);
    ferry_strbuf_add(&text, BEGIN "\n");
    add_line(&text, "since", since);
    add_line(&text, "job", prepared->job);
    add_line(&text, "config", prepared->config);
    add_line(&text, "schema", prepared->schema);
    add_line(&text, "before", prepared->before);
    add_line(&text, "pieces", ferry_strbuf_text(&count));
    add_line(&text, "column", prepared->column);
    for (size_t i = 0; i < prepared->cut_count; i++)
        add_line(&text, "cut", prepared->cuts[i]);
    if (text.failed || count.failed)
        return fail_memory(error);
    (void)fputs(ferry_strbuf_text(&text), file);
    return FERRY_OK;
}

static ferry_status name_file(const char *state, struct ferry_prepared *prepared,
                              struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf place = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&place, "%s/" FOLDER, state);
    ferry_strbuf_addf(&path, "%s/" FOLDER "/%s", state, prepared->id);
    prepared->place = ferry_strbuf_steal(&place);
    prepared->path = ferry_strbuf_steal(&path);
    return prepared->place != NULL && prepared->path != NULL ? FERRY_OK : fail_memory(error);
}

ferry_status ferry_prepared_write(const char *state, struct ferry_prepared *prepared,
                                  struct ferry_error *error)
{
    ferry_status status = name_file(state, prepared, error);
    if (status == FERRY_OK)
        status = ferry_folder_make(prepared->place, NULL, error);
    return status == FERRY_OK ? ferry_publish(prepared->path, 0600, write_all, prepared, error)
                              : status;
}

/* One write to the end of the file is whole, or a line without an end. */
static ferry_status append(struct ferry_prepared *prepared, const char *name, const char *value,
                           struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    add_line(&line, name, value);
    if (line.failed)
        return fail_memory(error);
    errno = 0;
    if (write(prepared->fd, ferry_strbuf_text(&line), line.length) == (ssize_t)line.length &&
        fdatasync(prepared->fd) == 0)
        return FERRY_OK;
    return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_IO),
                      "cannot write %s: %s", prepared->path, strerror(errno != 0 ? errno : ENOSPC));
}

/* ---- Reading ---- */

static ferry_status fail_gone(const struct ferry_prepared *prepared, struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_NOT_FOUND,
                      "there is no prepared run %s in %s: it was finished or abandoned, or "
                      "prepared with another state_dir; prepare the job again",
                      prepared->id, prepared->place);
}

static ferry_status fail_damaged(const struct ferry_prepared *prepared, const char *what,
                                 struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_CONFIG, "%s %s; remove it, and prepare the job again",
                      prepared->path, what);
}

static ferry_status check_file(const struct ferry_prepared *prepared, off_t *ret_size,
                               struct ferry_error *error)
{
    struct stat file;
    if (fstat(prepared->fd, &file) != 0)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot look at %s: %s", prepared->path,
                          strerror(errno));
    if (file.st_nlink == 0)
        return fail_gone(prepared, error);
    if (!S_ISREG(file.st_mode) || file.st_uid != geteuid() || (file.st_mode & 077) != 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "%s is not a file of this user alone; the pieces of a run are loaded by "
                          "the user who has prepared it",
                          prepared->path);
    if (file.st_size > SIZE_MOST)
        return fail_damaged(prepared, "is too large", error);
    *ret_size = file.st_size;
    return FERRY_OK;
}

/* A last line without an end was never written. */
static bool take_lines(struct ferry_prepared *prepared, char *text)
{
    bool first = true;
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        *end = '\0';
        if (first ? strcmp(text, BEGIN) != 0 : !take_line(prepared, text))
            return false;
        first = false;
    }
    return is_whole(prepared);
}

static ferry_status read_all(struct ferry_prepared *prepared, struct ferry_error *error)
{
    off_t size = 0;
    ferry_status status = check_file(prepared, &size, error);
    if (status != FERRY_OK)
        return status;
    FERRY_AUTO_FREE char *text = calloc(1, (size_t)size + 1);
    if (text == NULL)
        return fail_memory(error);
    ssize_t got = pread(prepared->fd, text, (size_t)size, 0);
    if (got < 0)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot read %s: %s", prepared->path,
                          strerror(errno));
    forget(prepared);
    return take_lines(prepared, text) ? FERRY_OK : fail_damaged(prepared, "is damaged", error);
}

ferry_status ferry_prepared_open(const char *state, const char *id, struct ferry_prepared *prepared,
                                 struct ferry_error *error)
{
    if (!ferry_prepared_id_is_sound(id))
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "'%s' is no run id: dbferry prepare prints one, of 32 digits and letters "
                          "from a to f",
                          id);
    memcpy(prepared->id, id, sizeof prepared->id);
    ferry_status status = name_file(state, prepared, error);
    if (status != FERRY_OK)
        return status;
    prepared->fd = open(prepared->path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (prepared->fd < 0 && errno == ENOENT)
        return fail_gone(prepared, error);
    if (prepared->fd < 0)
        return ferry_fail(error, FERRY_ERR_CONFIG, "cannot open %s: %s", prepared->path,
                          strerror(errno));
    return read_all(prepared, error);
}

/* ---- The locks ---- */

/* Bytes far behind the text: that of the run, and behind it one for each piece. */
#define LOCK_AT ((off_t)1 << 40)

/* What keeps others out is known by its byte: of the run as a whole, or of a piece. */
static int try_lock(const struct ferry_prepared *prepared, short type, uint32_t piece)
{
    struct flock byte = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = LOCK_AT + (off_t)piece, .l_len = 1};
    return fcntl(prepared->fd, F_OFD_SETLK, &byte);
}

static ferry_status fail_locked(const struct ferry_prepared *prepared, bool alone,
                                struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_BUSY,
                      alone
                          ? "run %s: a load, or another finish, is at work on it; wait for it, or "
                            "end it, and try again"
                          : "run %s is being finished or abandoned",
                      prepared->id);
}

/* False with an error where the lock was not got in time. */
static bool wait_for_lock(const struct ferry_prepared *prepared, short type, uint32_t piece,
                          int64_t wait_ms, struct ferry_error *error)
{
    struct ferry_wait wait;
    ferry_wait_begin(&wait, wait_ms);
    while (try_lock(prepared, type, piece) != 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            (void)ferry_fail(error, FERRY_ERR_SYSTEM, "cannot lock %s: %s", prepared->path,
                             strerror(errno));
        else if (ferry_wait_pause(&wait, PAUSE_MS, NULL, NULL) != 0)
            continue;
        else if (ferry_should_stop() != 0)
            (void)ferry_fail(error, FERRY_ERR_CANCELLED, "stopped while waiting for run %s",
                             prepared->id);
        else
            (void)fail_locked(prepared, type == F_WRLCK, error);
        return false;
    }
    return true;
}

ferry_status ferry_prepared_lock(struct ferry_prepared *prepared, bool alone, int64_t wait_ms,
                                 struct ferry_error *error)
{
    return wait_for_lock(prepared, alone ? F_WRLCK : F_RDLCK, 0, wait_ms, error)
               ? read_all(prepared, error)
               : error->status;
}

ferry_status ferry_prepared_lock_piece(struct ferry_prepared *prepared, uint32_t piece,
                                       struct ferry_error *error)
{
    if (try_lock(prepared, F_WRLCK, piece) == 0)
        return FERRY_OK;
    ferry_log(FERRY_LOG_INFO, "another load is at work on piece %" PRIu32 ": waiting for it",
              piece);
    return wait_for_lock(prepared, F_WRLCK, piece, INT64_MAX / 2, error) ? FERRY_OK : error->status;
}

ferry_status ferry_prepared_check(struct ferry_prepared *prepared, struct ferry_error *error)
{
    ferry_status status = read_all(prepared, error);
    if (status == FERRY_OK && prepared->abandoned)
        status = ferry_fail(error, FERRY_ERR_NOT_FOUND,
                            "run %s was abandoned: nothing more is loaded or finished of it; "
                            "prepare the job again",
                            prepared->id);
    return status;
}

/* ---- What becomes of it ---- */

ferry_status ferry_prepared_abandon(struct ferry_prepared *prepared, struct ferry_error *error)
{
    return prepared->abandoned ? FERRY_OK : append(prepared, "abandoned", "1", error);
}

ferry_status ferry_prepared_note_finish(struct ferry_prepared *prepared, const char *id,
                                        struct ferry_error *error)
{
    return append(prepared, "finish", id, error);
}

ferry_status ferry_prepared_remove(struct ferry_prepared *prepared, struct ferry_error *error)
{
    if (unlink(prepared->path) == 0 || errno == ENOENT)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_TARGET_IO, "cannot remove %s: %s", prepared->path,
                      strerror(errno));
}

/* Nobody waits for a lock here: what is read may be gone in a moment. */
static void visit_one(const char *state, const char *id, ferry_prepared_visit *visit, void *data)
{
    FERRY_AUTO_ERROR struct ferry_error unheard = {0};
    struct ferry_prepared prepared = {.fd = -1};
    if (ferry_prepared_id_is_sound(id) &&
        ferry_prepared_open(state, id, &prepared, &unheard) == FERRY_OK)
        visit(data, &prepared);
    ferry_prepared_done(&prepared);
}

void ferry_prepared_each(const char *state, ferry_prepared_visit *visit, void *data)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf place = {0};
    ferry_strbuf_addf(&place, "%s/" FOLDER, state);
    DIR *folder = place.failed ? NULL : opendir(ferry_strbuf_text(&place));
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        visit_one(state, entry->d_name, visit, data);
    if (folder != NULL)
        (void)closedir(folder);
}

void ferry_prepared_done(struct ferry_prepared *prepared)
{
    forget(prepared);
    free(prepared->path);
    free(prepared->place);
    if (prepared->fd >= 0)
        (void)close(prepared->fd);
    *prepared = (struct ferry_prepared){.fd = -1};
}
