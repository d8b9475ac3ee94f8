/* dbferry report: makes a page of the history; no connection is opened. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/publish.h"
#include "command/command.h"
#include "command/watched.h"
#include "report/page.h"

#define FILE_MODE 0644 /* it is made to be looked at: by a web server, say */

/* What a page is made of. */
struct material {
    struct ferry_watched jobs;
    struct ferry_page page;
};

static bool is_repeated(const struct ferry_watched *jobs, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (strcmp(jobs->names[before], jobs->names[i]) == 0)
            return true;
    return false;
}

/* Each once, since a link must lead to one of them.  The first operand is the file. */
static ferry_status choose(const struct ferry_arguments *arguments,
                           const struct ferry_settings *settings, struct material *material,
                           struct ferry_error *error)
{
    struct ferry_watched *jobs = &material->jobs;
    struct ferry_page *page = &material->page;
    ferry_status status = ferry_watched_choose(settings, arguments->operands + 1,
                                               arguments->operand_count - 1, jobs, error);
    if (status != FERRY_OK)
        return status;
    page->jobs = calloc(jobs->count + 1, sizeof *page->jobs);
    if (page->jobs == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the jobs");
    for (size_t i = 0; i < jobs->count; i++)
        if (!is_repeated(jobs, i))
            page->jobs[page->job_count++] = (struct ferry_page_job){
                .name = jobs->names[i], .expect_every_ms = jobs->expect_every_ms[i]};
    return FERRY_OK;
}

static void material_done(struct material *material)
{
    ferry_page_done(&material->page);
    free(material->page.jobs);
    ferry_watched_done(&material->jobs);
}

static ferry_status read_page(const struct ferry_settings *settings, struct ferry_page *page,
                              struct ferry_error *error)
{
    struct ferry_history *history = NULL;
    ferry_status status = ferry_watched_open_history(settings, &history, error);
    if (status == FERRY_OK)
        status = ferry_page_read(page, history, error);
    ferry_history_close(history);
    return status;
}

static ferry_status print_page(void *page, FILE *file, struct ferry_error *error)
{
    return ferry_page_print(page, file, error);
}

static ferry_status write_page(const char *path, struct ferry_page *page, struct ferry_error *error)
{
    return strcmp(path, "-") == 0 ? ferry_page_print(page, stdout, error)
                                  : ferry_publish(path, FILE_MODE, print_page, page, error);
}

ferry_status ferry_command_report_page(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    struct material material = {.page.made_ms = ferry_clock_wall_ms()};
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = choose(arguments, settings, &material, &error);
    if (status == FERRY_OK)
        status = read_page(settings, &material.page, &error);
    if (status == FERRY_OK)
        (void)write_page(arguments->operands[0], &material.page, &error);
    material_done(&material);
    ferry_settings_free(settings);
    return ferry_command_report(&error, NULL);
}
