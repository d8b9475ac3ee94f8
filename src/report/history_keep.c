/* How much of the history is kept: so many runs of each job, and none that is too old. */

#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "report/history_file.h"

#define FORGOTTEN_AT_ONCE 100 /* so that no run has to pay for a history that was cut short */

/* Each of the two once, and not 0. */
static bool parse_part(const char *text, struct ferry_history_keep *keep)
{
    int64_t value = 0;
    int64_t *place = ferry_units_parse_duration(text, &value) ? &keep->age_ms
                     : ferry_units_parse_int(text, &value)    ? &keep->runs
                                                              : NULL;
    if (place == NULL || *place != 0 || value <= 0)
        return false;
    *place = value;
    return true;
}

bool ferry_history_keep_parse(const char *text, struct ferry_history_keep *ret_keep)
{
    struct ferry_history_keep keep = {.nothing = strcmp(text, "none") == 0};
    for (size_t i = 0; !keep.nothing; i++) {
        char part[24] = ""; /* nothing that is longer is a number */
        size_t length = strcspn(text, ", ");
        if (i == 2 || length >= sizeof part)
            return false;
        memcpy(part, text, length);
        if (!parse_part(part, &keep))
            return false;
        if (text[length] == '\0')
            break;
        text += length + strspn(text + length, ", ");
    }
    *ret_keep = keep;
    return true;
}

/* ---- Forgetting ---- */

/* The job, what is too much of it, and how old is too old. */
struct excess {
    const char *job;
    int64_t last_run, last_success, runs;
    int64_t most; /* 0: any number */
    char oldest[FERRY_CLOCK_TEXT];
};

static ferry_status read_job(struct ferry_history *history, struct excess *excess,
                             struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = ferry_history_prepare(
        history, "SELECT last_run, last_success, runs FROM job WHERE name = ?1", &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, excess->job, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return FERRY_OK;
    excess->last_run = sqlite3_column_int64(statement, 0);
    excess->last_success = sqlite3_column_int64(statement, 1);
    excess->runs = sqlite3_column_int64(statement, 2);
    return FERRY_OK;
}

static ferry_status delete_row(struct ferry_history *history, int64_t row,
                               struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status =
        ferry_history_prepare(history, "DELETE FROM run WHERE id = ?1", &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_int64(statement, 1, row);
    return ferry_history_step(history, statement, error);
}

/* The last runs are what `status` tells of. */
static bool is_kept(const struct excess *excess, int64_t row, const char *started)
{
    bool too_many = excess->most > 0 && excess->runs > excess->most;
    bool too_old = started != NULL && strcmp(started, excess->oldest) < 0;
    return row == excess->last_run || row == excess->last_success || !(too_many || too_old);
}

/* From the oldest one on, until one is to be kept. */
static ferry_status delete_rows(struct ferry_history *history, struct excess *excess,
                                struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = ferry_history_prepare(
        history, "SELECT id, started FROM run WHERE job = ?1 ORDER BY id LIMIT ?2", &statement,
        error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, excess->job, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, FORGOTTEN_AT_ONCE);
    while (status == FERRY_OK && sqlite3_step(statement) == SQLITE_ROW) {
        int64_t row = sqlite3_column_int64(statement, 0);
        if (row == excess->last_success)
            continue;
        if (is_kept(excess, row, (const char *)sqlite3_column_text(statement, 1)))
            break;
        status = delete_row(history, row, error);
        excess->runs--;
    }
    return status;
}

static ferry_status write_count(struct ferry_history *history, const struct excess *excess,
                                struct ferry_error *error)
{
    FERRY_AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    ferry_status status = ferry_history_prepare(history, "UPDATE job SET runs = ?2 WHERE name = ?1",
                                                &statement, error);
    if (status != FERRY_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, excess->job, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, excess->runs);
    return ferry_history_step(history, statement, error);
}

ferry_status ferry_history_forget(struct ferry_history *history, const char *job,
                                  const struct ferry_history_keep *keep, struct ferry_error *error)
{
    struct excess excess = {.job = job, .most = keep->runs};
    if (keep->age_ms > 0)
        ferry_clock_print(ferry_clock_wall_ms() - keep->age_ms, excess.oldest);
    ferry_status status = read_job(history, &excess, error);
    int64_t before = excess.runs;
    if (status == FERRY_OK)
        status = delete_rows(history, &excess, error);
    return status == FERRY_OK && excess.runs != before ? write_count(history, &excess, error)
                                                       : status;
}
