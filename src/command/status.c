/* dbferry status: how jobs stand, by their history; no connection is opened. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/signals.h"
#include "command/command.h"
#include "command/status_table.h"
#include "report/state_dir.h"

#define WIDTH 80             /* where it is not told otherwise */
#define REDRAW_MS 2000       /* with --watch */
#define CLEAR "\033[H\033[J" /* the terminal, from its first line on */

/* What is shown: `names` and `standings` have `count` each. */
struct shown {
    const char **names;
    struct ferry_standing *standings;
    size_t *indexes; /* of the jobs; SIZE_MAX: one table of a job */
    size_t count;
};

/* ---- Which jobs ---- */

static ferry_status choose(const struct ferry_arguments *arguments,
                           const struct ferry_settings *settings, struct shown *shown,
                           struct ferry_error *error)
{
    bool all = arguments->operand_count == 0;
    shown->count = all ? ferry_settings_job_count(settings) : arguments->operand_count;
    shown->names = calloc(shown->count + 1, sizeof *shown->names);
    shown->indexes = calloc(shown->count + 1, sizeof *shown->indexes);
    shown->standings = calloc(shown->count + 1, sizeof *shown->standings);
    if (shown->names == NULL || shown->indexes == NULL || shown->standings == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    for (size_t i = 0; i < shown->count; i++) {
        const char *table;
        size_t index = i;
        shown->indexes[i] = i;
        shown->names[i] = all ? ferry_settings_job_name(settings, i) : arguments->operands[i];
        if (all)
            continue;
        if (ferry_settings_find_table(settings, shown->names[i], &index, &table))
            shown->indexes[i] = SIZE_MAX;
        else if (ferry_settings_find_job(settings, shown->names[i], &shown->indexes[i], error) !=
                 FERRY_OK)
            return error->status;
    }
    return FERRY_OK;
}

static void shown_done(struct shown *shown)
{
    for (size_t i = 0; i < shown->count && shown->standings != NULL; i++)
        ferry_standing_done(&shown->standings[i]);
    free((void *)shown->names);
    free(shown->indexes);
    free(shown->standings);
}

/* ---- How they stand ---- */

static int64_t expected(const struct ferry_settings *settings, size_t index)
{
    return index == SIZE_MAX
               ? 0
               : ferry_config_int(ferry_settings_job_keys(settings, index), "expect_every");
}

static ferry_status find_all(const struct ferry_settings *settings, struct ferry_history *history,
                             struct shown *shown, int64_t now_ms, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < shown->count; i++) {
        ferry_standing_done(&shown->standings[i]);
        status =
            ferry_standing_find(history, shown->names[i], expected(settings, shown->indexes[i]),
                                now_ms, &shown->standings[i], error);
    }
    return status;
}

/* Before the first run there is none. */
static ferry_status open_history(const struct ferry_settings *settings,
                                 struct ferry_history **ret_history, struct ferry_error *error)
{
    struct ferry_history *history = NULL;
    FERRY_AUTO_FREE char *folder =
        ferry_state_dir_find(ferry_config_string(ferry_settings_general(settings), "state_dir"));
    const struct ferry_config *general = ferry_settings_general(settings);
    struct ferry_history_keep keep = {0};
    (void)ferry_history_keep_parse(ferry_config_string(general, "history_keep"), &keep);
    if (keep.nothing || folder == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "no history is kept: see history_keep and state_dir in general");
    ferry_status status = ferry_history_open(folder, false, &history, error);
    if (status == FERRY_ERR_NOT_FOUND) {
        ferry_error_clear(error);
        status = FERRY_OK;
    }
    if (status == FERRY_OK)
        *ret_history = history;
    return status;
}

static ferry_status look(const struct ferry_settings *settings, struct shown *shown, int64_t now_ms,
                         struct ferry_error *error)
{
    struct ferry_history *history = NULL;
    ferry_status status = open_history(settings, &history, error);
    if (status == FERRY_OK)
        status = find_all(settings, history, shown, now_ms, error);
    ferry_history_close(history);
    return status;
}

/* ---- Telling it ---- */

static int width_of_terminal(void)
{
    struct winsize size = {0};
    bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : WIDTH;
}

static void tell(const struct shown *shown, bool one_by_one, int64_t now_ms)
{
    if (!one_by_one) {
        ferry_status_print_table(shown->names, shown->standings, shown->count, now_ms,
                                 width_of_terminal());
        return;
    }
    for (size_t i = 0; i < shown->count; i++)
        ferry_status_print_one(shown->names[i], &shown->standings[i], now_ms);
}

/* Late jobs make a script or a monitor look. */
static ferry_status judge(const struct shown *shown)
{
    bool any_late = false;
    for (size_t i = 0; i < shown->count; i++)
        any_late = any_late || shown->standings[i].is_late;
    return any_late ? FERRY_ERR_BUSY : FERRY_OK;
}

static ferry_status show_once(const struct ferry_arguments *arguments,
                              const struct ferry_settings *settings, struct shown *shown,
                              struct ferry_error *error)
{
    int64_t now_ms = ferry_clock_wall_ms();
    ferry_status status = look(settings, shown, now_ms, error);
    if (status != FERRY_OK)
        return status;
    if (arguments->watch)
        (void)fputs(CLEAR, stdout);
    tell(shown, arguments->operand_count > 0, now_ms);
    return judge(shown);
}

/* Until a signal comes. */
static ferry_status show_on(const struct ferry_arguments *arguments,
                            const struct ferry_settings *settings, struct shown *shown,
                            struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    if (isatty(STDOUT_FILENO) != 1)
        return ferry_fail(error, FERRY_ERR_USAGE,
                          "--watch draws on a terminal, which the standard output is not");
    while (ferry_signal_caught() == 0 && error->status == FERRY_OK) {
        struct ferry_wait wait;
        status = show_once(arguments, settings, shown, error);
        (void)fflush(stdout);
        ferry_wait_begin(&wait, REDRAW_MS);
        (void)ferry_wait_pause(&wait, REDRAW_MS, NULL, NULL);
    }
    return status;
}

ferry_status ferry_command_status(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct shown shown = {0};
    struct ferry_settings *settings = NULL;
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = choose(arguments, settings, &shown, &error);
    if (status == FERRY_OK)
        status = arguments->watch ? show_on(arguments, settings, &shown, &error)
                                  : show_once(arguments, settings, &shown, &error);
    if (error.status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    shown_done(&shown);
    ferry_settings_free(settings);
    return status;
}
