/* The axis that the charts of a job share, and the strip that shows no more than how the runs
 * went. */

#include <stdlib.h>

#include "report/page_axis.h"
#include "report/page_chart.h"
#include "report/page_parts.h"

#define WIDTH_LEAST 24 /* runs: a single one is a bar and no wall */
#define STRIP_RUNS 30
#define STRIP_HEIGHT 10

bool ferry_timeline_begin(struct ferry_timeline *ret_timeline, const struct ferry_page_job *job,
                          size_t number)
{
    struct ferry_timeline timeline = {.job = job,
                                      .number = number,
                                      .moments = calloc(job->run_count + 1, sizeof(int64_t)),
                                      .places = calloc(job->run_count + 1, sizeof(size_t)),
                                      .width = WIDTH_LEAST};
    bool is_made = timeline.moments != NULL && timeline.places != NULL;
    for (size_t i = 0; is_made && i < job->run_count; i++)
        timeline.moments[i] = job->runs[i].started_ms;
    is_made = is_made && ferry_axis_place(timeline.moments, job->run_count, job->expect_every_ms,
                                          timeline.places);
    if (!is_made) {
        ferry_timeline_done(&timeline);
        return false;
    }
    if (job->run_count > 0 && timeline.places[job->run_count - 1] >= WIDTH_LEAST)
        timeline.width = timeline.places[job->run_count - 1] + 1;
    *ret_timeline = timeline;
    return true;
}

void ferry_timeline_done(struct ferry_timeline *timeline)
{
    free(timeline->moments);
    free(timeline->places);
    *timeline = (struct ferry_timeline){0};
}

/* The worse, the higher. */
static int height_of(enum ferry_verdict verdict)
{
    return verdict == FERRY_VERDICT_FAILED     ? STRIP_HEIGHT
           : verdict == FERRY_VERDICT_FALLBACK ? STRIP_HEIGHT * 7 / 10
                                               : STRIP_HEIGHT * 4 / 10;
}

void ferry_page_add_strip(struct ferry_strbuf *html, const struct ferry_page_job *job)
{
    static const enum ferry_verdict kinds[] = {FERRY_VERDICT_WELL, FERRY_VERDICT_FALLBACK,
                                               FERRY_VERDICT_FAILED};
    size_t count = job->run_count < STRIP_RUNS ? job->run_count : STRIP_RUNS;
    size_t first = job->run_count - count;
    size_t well = 0;
    for (size_t i = 0; i < count; i++)
        well += ferry_page_judge_run(&job->runs[first + i]) == FERRY_VERDICT_WELL;
    ferry_strbuf_addf(html,
                      "<svg class=\"strip\" role=\"img\" viewBox=\"0 0 %d %d\" "
                      "preserveAspectRatio=\"none\"><title>%zu of the last %zu runs went "
                      "well</title>",
                      STRIP_RUNS, STRIP_HEIGHT, well, count);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        ferry_strbuf_addf(html, "<path class=\"%s\" d=\"", ferry_verdicts[kinds[k]].name);
        for (size_t i = 0; i < count; i++)
            if (ferry_page_judge_run(&job->runs[first + i]) == kinds[k])
                ferry_strbuf_addf(html, "M%zu.15 %dv-%dh.7v%dz", STRIP_RUNS - count + i,
                                  STRIP_HEIGHT, height_of(kinds[k]), height_of(kinds[k]));
        ferry_strbuf_add(html, "\"/>");
    }
    ferry_strbuf_add(html, "</svg>");
}
