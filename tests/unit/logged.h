/* A log in a folder of its own, and what stands in it; for programs that include unit.h. */

#ifndef FERRY_UNIT_LOGGED_H
#define FERRY_UNIT_LOGGED_H

#include "base/log.h"

static char *log_folder, *log_path;

/* Opens it, with each line down to debug. */
static inline void log_begin(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    log_folder = make_folder();
    log_path = write_file(log_folder, "log", "", 0, 0600);
    const struct ferry_log_settings settings = {.file_level = FERRY_LOG_DEBUG, .file = log_path};
    assert_int_equal(ferry_log_open(&settings, &error), FERRY_OK);
}

static inline void log_end(void)
{
    ferry_log_close();
    ferry_log_set_phase(NULL);
    free(log_path);
    remove_folder(log_folder);
}

#endif
