/* The settings of a run: a configuration file, or a command line, turned into connections and jobs.
 */

#ifndef FERRY_SETTINGS_H
#define FERRY_SETTINGS_H

#include "config/connections.h"
#include "engine/job.h"

struct ferry_settings;

/* Reads and checks a file: its groups, `general`, and every job; connections when they are first
 * asked for (a driver that no chosen job needs may be absent).  `path` NULL: see
 * ferry_config_file_open(). */
ferry_status ferry_settings_load(const char *path, struct ferry_settings **ret_settings,
                                 struct ferry_error *error);
/* Settings without a file, for `copy` with URLs. */
ferry_status ferry_settings_new(struct ferry_settings **ret_settings, struct ferry_error *error);
void ferry_settings_free(struct ferry_settings *settings);

const struct ferry_config *ferry_settings_general(const struct ferry_settings *settings);
/* The file that was read; NULL: none was. */
const char *ferry_settings_path(const struct ferry_settings *settings);
/* Live as long as the settings. */
struct ferry_connections *ferry_settings_connections(struct ferry_settings *settings);

size_t ferry_settings_job_count(const struct ferry_settings *settings);
const char *ferry_settings_job_name(const struct ferry_settings *settings, size_t i);

/* The checked values of its keys. */
const struct ferry_config *ferry_settings_job_keys(const struct ferry_settings *settings, size_t i);

/* What the command line overrides. */
struct ferry_settings_override {
    const char *source; /* connection names, or NULL */
    const char *target;
};

/* Job `i` with its connections.  FERRY_ERR_USAGE for an override that is refused or unknown. */
ferry_status ferry_settings_job(struct ferry_settings *settings, size_t i,
                                const struct ferry_settings_override *override,
                                struct ferry_job *ret_job, struct ferry_error *error);
/* The index of the job of that name, or FERRY_ERR_CONFIG with the nearest name. */
ferry_status ferry_settings_find_job(const struct ferry_settings *settings, const char *name,
                                     size_t *ret_index, struct ferry_error *error);
/* Whether `word` is JOB/TABLE, of a job that names its tables by patterns; `*ret_table` points into
 * it.  Which tables there are is not known here. */
bool ferry_settings_find_table(const struct ferry_settings *settings, const char *word,
                               size_t *ret_index, const char **ret_table);

#endif
