/* Which jobs are looked at, and where their history is. */

#include "command/watched.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "report/state_dir.h"

static ferry_status choose_one(const struct ferry_settings *settings, const char *word,
                               int64_t *ret_expect_every_ms, struct ferry_error *error)
{
    const char *table;
    size_t index = 0;
    *ret_expect_every_ms = 0;
    if (ferry_settings_find_table(settings, word, &index, &table))
        return FERRY_OK;
    ferry_status status = ferry_settings_find_job(settings, word, &index, error);
    if (status == FERRY_OK)
        *ret_expect_every_ms =
            ferry_config_int(ferry_settings_job_keys(settings, index), "expect_every");
    return status;
}

ferry_status ferry_watched_choose(const struct ferry_settings *settings, char *const *words,
                                  size_t word_count, struct ferry_watched *watched,
                                  struct ferry_error *error)
{
    bool all = word_count == 0;
    ferry_status status = FERRY_OK;
    watched->count = all ? ferry_settings_job_count(settings) : word_count;
    watched->names = calloc(watched->count + 1, sizeof *watched->names);
    watched->expect_every_ms = calloc(watched->count + 1, sizeof *watched->expect_every_ms);
    if (watched->names == NULL || watched->expect_every_ms == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    for (size_t i = 0; i < watched->count && status == FERRY_OK; i++) {
        watched->names[i] = all ? ferry_settings_job_name(settings, i) : words[i];
        if (all)
            watched->expect_every_ms[i] =
                ferry_config_int(ferry_settings_job_keys(settings, i), "expect_every");
        else
            status = choose_one(settings, words[i], &watched->expect_every_ms[i], error);
    }
    return status;
}

void ferry_watched_done(struct ferry_watched *watched)
{
    free((void *)watched->names);
    free(watched->expect_every_ms);
    *watched = (struct ferry_watched){0};
}

char *ferry_watched_folder(const struct ferry_config *general, struct ferry_history_keep *ret_keep)
{
    (void)ferry_history_keep_parse(ferry_config_string(general, "history_keep"), ret_keep);
    return ferry_state_dir_find(ferry_config_string(general, "state_dir"));
}

ferry_status ferry_watched_open_history(const struct ferry_settings *settings,
                                        struct ferry_history **ret_history,
                                        struct ferry_error *error)
{
    struct ferry_history *history = NULL;
    struct ferry_history_keep keep = {0};
    FERRY_AUTO_FREE char *folder = ferry_watched_folder(ferry_settings_general(settings), &keep);
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
