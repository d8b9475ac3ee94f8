/* The keys of one job, from a file that is gone when the test ends. */

#ifndef JOB_KEYS_H
#define JOB_KEYS_H

#include "config/fill.h"
#include "config/job.h"

struct job_keys {
    char *folder;
    struct ferry_config_file *file;
    struct ferry_config *keys;
};

static void job_keys_begin(struct job_keys *from)
{
    from->folder = make_folder();
}

/* What was read last. */
static void job_keys_forget(struct job_keys *from)
{
    ferry_config_free(from->keys);
    ferry_config_file_free(from->file);
    from->keys = NULL;
    from->file = NULL;
}

static void job_keys_end(struct job_keys *from)
{
    job_keys_forget(from);
    remove_folder(from->folder);
}

static ferry_status job_keys_read(struct job_keys *from, const char *text,
                                  struct ferry_error *error)
{
    char *path = write_file(from->folder, "a.conf", text, strlen(text), 0600);
    assert_int_equal(ferry_config_file_open(path, &from->file, error), FERRY_OK);
    free(path);
    from->keys = ferry_config_new("job", "j");
    assert_true(ferry_config_add_options(from->keys, ferry_job_options, ferry_job_option_count));
    return ferry_config_fill(from->keys, from->file, config_root_setting(&from->file->tree), error);
}

#endif
