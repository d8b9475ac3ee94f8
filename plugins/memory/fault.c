/* Faults on request: a chosen callback fails, stalls, crawls, crashes, or breaks the contract. */

#include "memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20 /* between two looks for the file `fail_until` */
#define LOOKS 9000 /* three minutes */

const char memory_fault_classes[] =
    "internal|system|config|usage|refused|schema|data|not-found|target-io|target-open|stream|busy|"
    "unreachable|cancelled|unsupported";

/* In the order of the text above. */
static const ferry_status class_statuses[] = {
    FERRY_ERR_INTERNAL,    FERRY_ERR_SYSTEM,      FERRY_ERR_CONFIG,      FERRY_ERR_USAGE,
    FERRY_ERR_REFUSED,     FERRY_ERR_SCHEMA,      FERRY_ERR_DATA,        FERRY_ERR_NOT_FOUND,
    FERRY_ERR_TARGET_IO,   FERRY_ERR_TARGET_OPEN, FERRY_ERR_STREAM,      FERRY_ERR_BUSY,
    FERRY_ERR_UNREACHABLE, FERRY_ERR_CANCELLED,   FERRY_ERR_UNSUPPORTED,
};

/* The place of `word` among choices that '|' separates. */
static size_t choice_place(const char *choices, const char *word)
{
    size_t place = 0, length = strlen(word);
    for (const char *at = choices; *at != '\0'; place++) {
        size_t size = strcspn(at, "|");
        if (size == length && memcmp(at, word, size) == 0)
            break;
        at += size + (at[size] == '|');
    }
    return place;
}

void memory_fault_read(struct memory_fault *fault, const struct ferry_config *config)
{
    size_t class = choice_place(memory_fault_classes, ferry_config_string(config, "fail_class"));
    fault->status = class < sizeof class_statuses / sizeof class_statuses[0] ? class_statuses[class]
                                                                             : FERRY_ERR_INTERNAL;
    fault->how = (enum memory_how)choice_place("error|stall|slow|crash",
                                               ferry_config_string(config, "fail_how"));
    fault->may_pass = ferry_config_int(config, "fail_may_pass") != 0;
    fault->row = (uint64_t)ferry_config_int(config, "fail_row");
    fault->times = ferry_config_int(config, "fail_times");
    fault->delay_ms = ferry_config_int(config, "fail_delay");
}

/* Tells a test that a fault was reached, so that it need not guess how long that takes. */
static void fault_mark(const struct memory_fault *fault)
{
    if (fault->mark == NULL)
        return;
    int fd = open(fault->mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
}

/* How often each connection has failed so far.  Kept over reconnects, so that a retry may succeed.
 */
struct tally {
    struct tally *next;
    int64_t count;
    char name[];
};

static pthread_mutex_t tally_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tally *tallies;

__attribute__((destructor)) static void tally_free(void)
{
    while (tallies != NULL) {
        struct tally *next = tallies->next;
        free(tallies);
        tallies = next;
    }
}

/* Counts one more failure; false if the connection has failed often enough. */
static bool tally_count(const char *name, int64_t times)
{
    if (times == 0)
        return true;
    bool again = true;
    (void)pthread_mutex_lock(&tally_lock);
    struct tally *tally = tallies;
    while (tally != NULL && strcmp(tally->name, name) != 0)
        tally = tally->next;
    if (tally == NULL) {
        tally = calloc(1, sizeof *tally + strlen(name) + 1);
        if (tally != NULL) {
            memcpy(tally->name, name, strlen(name));
            tally->next = tallies;
            tallies = tally;
        }
    }
    if (tally != NULL)
        again = tally->count++ < times;
    (void)pthread_mutex_unlock(&tally_lock);
    return again;
}

ferry_status memory_cancelled(struct memory_conn *conn, struct ferry_error *err)
{
    (void)pthread_mutex_lock(&conn->lock);
    bool cancelled = conn->cancelled;
    (void)pthread_mutex_unlock(&conn->lock);
    return cancelled && err != NULL ? ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled") : FERRY_OK;
}

/* Waits `ms` (for ever if negative) or until cancel. */
static ferry_status wait_for_cancel(struct memory_conn *conn, int64_t ms, struct ferry_error *err)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&conn->lock);
    int waited = 0;
    while (!conn->cancelled && waited == 0)
        waited = ms < 0
                     ? pthread_cond_wait(&conn->changed, &conn->lock)
                     : pthread_cond_clockwait(&conn->changed, &conn->lock, CLOCK_MONOTONIC, &until);
    (void)pthread_mutex_unlock(&conn->lock);
    return memory_cancelled(conn, err);
}

/* Waits until the file `fail_until` is there, or until cancel.  A test that failed makes none. */
static ferry_status wait_for_file(struct memory_conn *conn, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    int looks = 0;
    while (status == FERRY_OK && access(conn->fault.until, F_OK) != 0) {
        if (looks++ == LOOKS)
            return ferry_fail(err, FERRY_ERR_STREAM, "nobody made the file '%s'",
                              conn->fault.until);
        status = wait_for_cancel(conn, LOOK_MS, err);
    }
    return status;
}

static bool fault_is_at(const struct memory_conn *conn, const char *at)
{
    return strcmp(conn->fault.at, at) == 0;
}

ferry_status memory_fault_hit(struct memory_conn *conn, const char *at, uint64_t row,
                              struct ferry_error *err)
{
    const struct memory_fault *fault = &conn->fault;
    if (!fault_is_at(conn, at) || strcmp(fault->break_contract, "none") != 0)
        return FERRY_OK;
    bool has_rows = strstr(at, "_batch") != NULL;
    /* Slow is once per call, all else at one row. */
    if (has_rows && (row == MEMORY_NO_ROW) != (fault->how == MEMORY_HOW_SLOW))
        return FERRY_OK;
    if (row != MEMORY_NO_ROW && row != fault->row)
        return FERRY_OK;
    if (err == NULL && fault->how == MEMORY_HOW_ERROR)
        return FERRY_OK;
    if (!tally_count(conn->name, fault->times))
        return FERRY_OK;
    fault_mark(fault);
    switch (fault->how) {
    case MEMORY_HOW_STALL:
        if (fault->until != NULL)
            return wait_for_file(conn, err);
        /* connect has no connection yet that could be cancelled, so it ends by its own limit. */
        if (strcmp(at, "connect") != 0)
            return wait_for_cancel(conn, -1, err);
        (void)wait_for_cancel(conn, fault->delay_ms, err);
        return ferry_fail(err, FERRY_ERR_UNREACHABLE, "no answer within %" PRId64 " ms",
                          fault->delay_ms);
    case MEMORY_HOW_SLOW:
        return wait_for_cancel(conn, fault->delay_ms, err);
    case MEMORY_HOW_CRASH:
        abort();
    case MEMORY_HOW_ERROR:
        break;
    }
    ferry_status status = ferry_fail(
        err, fault->status, "%s failed as `fail_at` of connection '%s' wants", at, conn->name);
    if (fault->may_pass)
        ferry_error_may_pass(err);
    return status;
}

bool memory_fault_breaks(const struct memory_conn *conn, const char *way)
{
    return strcmp(conn->fault.break_contract, way) == 0;
}

bool memory_fault_skips(const struct memory_conn *conn, const char *at)
{
    return fault_is_at(conn, at) && memory_fault_breaks(conn, "no-result");
}

bool memory_fault_lie(struct memory_conn *conn, const char *at, ferry_status *ret_status,
                      struct ferry_error *err)
{
    if (!fault_is_at(conn, at))
        return false;
    if (memory_fault_breaks(conn, "silent-error"))
        *ret_status = FERRY_ERR_STREAM;
    else if (memory_fault_breaks(conn, "unknown-status"))
        *ret_status = 99;
    else if (memory_fault_breaks(conn, "negative-status"))
        *ret_status = -1;
    else if (memory_fault_breaks(conn, "ok-after-fail")) {
        (void)ferry_fail(err, FERRY_ERR_DATA, "%s reports a failure and then success", at);
        *ret_status = FERRY_OK;
    } else if (memory_fault_breaks(conn, "other-status")) {
        (void)ferry_fail(err, FERRY_ERR_DATA, "%s reports one class and returns another", at);
        *ret_status = FERRY_ERR_BUSY;
    } else {
        return false;
    }
    return true;
}
