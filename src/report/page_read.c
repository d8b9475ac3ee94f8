/* The last runs of each job, taken from the history into the memory of a page. */

#include <stdlib.h>

#include "report/page.h"

#define RUNS_MOST 120  /* of a job */
#define RUNS_LEAST 20  /* of a job, however many there are */
#define RUNS_ALL 12000 /* of all jobs: a page of some megabytes */

size_t ferry_page_most_runs(size_t job_count)
{
    size_t most = job_count > 0 ? RUNS_ALL / job_count : RUNS_MOST;
    return most > RUNS_MOST ? RUNS_MOST : most < RUNS_LEAST ? RUNS_LEAST : most;
}

static ferry_status take_run(void *data, const struct ferry_report *report,
                             struct ferry_error *error)
{
    struct ferry_page_job *job = data;
    struct ferry_report *copy = &job->runs[job->run_count];
    if (!ferry_report_copy(copy, report))
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the runs of '%s'", job->name);
    if (ferry_report_is_abandoned(copy))
        copy->state = FERRY_RUN_KILLED;
    job->run_count++;
    return FERRY_OK;
}

/* The history tells the last one first. */
static void turn_round(struct ferry_page_job *job)
{
    for (size_t i = 0; i < job->run_count / 2; i++) {
        struct ferry_report run = job->runs[i];
        job->runs[i] = job->runs[job->run_count - 1 - i];
        job->runs[job->run_count - 1 - i] = run;
    }
}

static ferry_status read_job(struct ferry_page_job *job, struct ferry_history *history, size_t most,
                             int64_t now_ms, struct ferry_error *error)
{
    ferry_status status = ferry_standing_find(history, job->name, job->expect_every_ms, now_ms,
                                              &job->standing, error);
    if (status != FERRY_OK || history == NULL)
        return status;
    job->runs = calloc(most, sizeof *job->runs);
    if (job->runs == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the runs of '%s'", job->name);
    status = ferry_history_each(history, job->name, (int64_t)most, take_run, job, error);
    turn_round(job);
    return status;
}

ferry_status ferry_page_read(struct ferry_page *page, struct ferry_history *history,
                             struct ferry_error *error)
{
    size_t most = ferry_page_most_runs(page->job_count);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < page->job_count && status == FERRY_OK; i++)
        status = read_job(&page->jobs[i], history, most, page->made_ms, error);
    return status;
}

void ferry_page_done(struct ferry_page *page)
{
    for (size_t i = 0; i < page->job_count; i++) {
        struct ferry_page_job *job = &page->jobs[i];
        for (size_t k = 0; k < job->run_count; k++)
            ferry_report_done(&job->runs[k]);
        free(job->runs);
        ferry_standing_done(&job->standing);
        job->runs = NULL;
        job->run_count = 0;
    }
}
