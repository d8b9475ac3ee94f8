/* A configuration's text: what the lint lets through, the parser takes or refuses in good order, an
 * integer that it takes is the one that was written, and what it takes fills the keys of a job or
 * is refused with a message. */

#include "fuzz.h"

#include <libconfig.h>

#include "config/fill.h"
#include "config/job.h"
#include "config/lint.h"

/* The whole text as the keys of one job, lists and their groups among them. */
static void read_as_job(struct ferry_config_file *file)
{
    struct ferry_error error = {0};
    struct ferry_job job = {0};
    struct ferry_config *keys = ferry_config_new("job", "j");
    MUST(keys != NULL && ferry_config_add_options(keys, ferry_job_options, ferry_job_option_count));
    ferry_status status = ferry_config_fill(keys, file, config_root_setting(&file->tree), &error);
    if (status == FERRY_OK)
        status = ferry_job_read(&job, keys, &error);
    MUST((status == FERRY_OK) == (error.message == NULL));
    MUST(status == FERRY_OK || status == FERRY_ERR_CONFIG);
    MUST(job.task_count <= 1 && (status != FERRY_OK || job.task_count == 1));
    for (size_t t = 0; t < job.task_count; t++) {
        const struct ferry_task *task = &job.tasks[t];
        MUST(status != FERRY_OK || task->index_count == ferry_config_length(keys, "indexes"));
        for (size_t i = 0; i < task->index_count; i++)
            MUST(task->indexes[i].column_count > 0 && task->indexes[i].columns[0] != NULL);
        for (size_t i = 0; i < task->columns.count; i++)
            MUST(ferry_column_rules_find(&task->columns, task->columns.list[i].name) ==
                 &task->columns.list[i]); /* no two of one name */
    }
    ferry_job_done(&job);
    ferry_config_free(keys);
    ferry_error_clear(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ferry_error error = {0};
    char *text = fuzz_text(data, size);
    if (ferry_config_lint("fuzz", text, size, &error) == FERRY_OK) {
        MUST(error.message == NULL);
        MUST(strlen(text) == size); /* no NUL, behind which the parser would see nothing */
        char path[] = "fuzz";
        struct ferry_config_file file = {.path = path};
        config_init(&file.tree);
        if (config_read_string(&file.tree, text) == CONFIG_TRUE) {
            const config_setting_t *root = config_root_setting(&file.tree);
            for (int i = 0; i < config_setting_length(root); i++)
                MUST(config_setting_get_elem(root, (unsigned)i) != NULL);
            read_as_job(&file);
        } else {
            MUST(config_error_type(&file.tree) == CONFIG_ERR_PARSE);
        }
        config_destroy(&file.tree);
    } else {
        MUST(error.message != NULL && error.message[0] != '\0');
        ferry_error_clear(&error);
    }
    free(text);
    return 0;
}
