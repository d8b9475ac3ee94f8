/* What is worst of a job is what it is called. */

#include "report/page_parts.h"

const struct ferry_verdict_words ferry_verdicts[FERRY_VERDICTS] = {
    [FERRY_VERDICT_FAILED] = {"failed", "failed"},
    [FERRY_VERDICT_LATE] = {"late", "late"},
    [FERRY_VERDICT_FALLBACK] = {"fallback", "from fallback"},
    [FERRY_VERDICT_NONE] = {"idle", "no run yet"},
    [FERRY_VERDICT_WELL] = {"well", "well"},
};

enum ferry_verdict ferry_page_judge_run(const struct ferry_report *run)
{
    if (ferry_run_state_is_mute(run->state))
        return FERRY_VERDICT_NONE;
    if (run->state == FERRY_RUN_FALLBACK)
        return FERRY_VERDICT_FALLBACK;
    return ferry_run_state_is_success(run->state) ? FERRY_VERDICT_WELL : FERRY_VERDICT_FAILED;
}

const struct ferry_report *ferry_page_last_ended(const struct ferry_page_job *job)
{
    for (size_t i = job->run_count; i > 0; i--)
        if (!ferry_run_state_is_mute(job->runs[i - 1].state))
            return &job->runs[i - 1];
    return NULL;
}

enum ferry_verdict ferry_page_judge(const struct ferry_page_job *job)
{
    const struct ferry_report *last = ferry_page_last_ended(job);
    enum ferry_verdict verdict = last == NULL ? FERRY_VERDICT_NONE : ferry_page_judge_run(last);
    return verdict != FERRY_VERDICT_FAILED && job->standing.is_late ? FERRY_VERDICT_LATE : verdict;
}

void ferry_page_count_verdicts(const struct ferry_page *page, size_t ret_counts[FERRY_VERDICTS])
{
    for (size_t i = 0; i < FERRY_VERDICTS; i++)
        ret_counts[i] = 0;
    for (size_t i = 0; i < page->job_count; i++) {
        enum ferry_verdict verdict = ferry_page_judge(&page->jobs[i]);
        ret_counts[verdict]++;
        if (verdict == FERRY_VERDICT_FAILED && page->jobs[i].standing.is_late)
            ret_counts[FERRY_VERDICT_LATE]++;
    }
}

void ferry_page_add_verdict(struct ferry_strbuf *html, enum ferry_verdict verdict)
{
    ferry_strbuf_addf(html, "<span class=\"verdict %s\">%s</span>", ferry_verdicts[verdict].name,
                      ferry_verdicts[verdict].label);
}
