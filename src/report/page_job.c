/* All that a page tells of one job. */

#include <inttypes.h>

#include "base/units.h"
#include "report/page_chart.h"
#include "report/page_html.h"
#include "report/page_parts.h"

static void begin_fact(struct ferry_strbuf *html, const char *subject)
{
    ferry_strbuf_addf(html, "<li><span>%s</span>", subject);
}

static void end_fact(struct ferry_strbuf *html)
{
    ferry_strbuf_add(html, "</li>\n");
}

static void add_age(struct ferry_strbuf *html, int64_t ms, int64_t now_ms)
{
    ferry_units_add_age(html, now_ms - ms);
    ferry_strbuf_add(html, " before this page");
}

/* What was last begun, which may still go on. */
static void add_last_run(struct ferry_strbuf *html, const struct ferry_report *last, int64_t now_ms)
{
    begin_fact(html, "Last run");
    ferry_html_add_time(html, last->started_ms);
    ferry_strbuf_addf(html, " UTC<small>%s, ", ferry_run_state_name(last->state));
    add_age(html, last->started_ms, now_ms);
    ferry_strbuf_add(html, "</small>");
    end_fact(html);
    begin_fact(html, "Took");
    ferry_html_add_duration(html, last->elapsed_ms);
    if (last->attempts > 0)
        ferry_strbuf_addf(html, "<small>%" PRId64 " attempt%s</small>", last->attempts,
                          last->attempts == 1 ? "" : "s");
    end_fact(html);
}

static void add_route(struct ferry_strbuf *html, const struct ferry_report *last)
{
    begin_fact(html, "Source");
    ferry_html_add_text(html, last->source == NULL ? FERRY_HTML_NONE : last->source,
                        FERRY_PAGE_NAME);
    if (last->fallback != NULL) {
        ferry_strbuf_add(html, "<small class=\"fallback\">not reached; read from the fallback ");
        ferry_html_add_text(html, last->fallback, FERRY_PAGE_NAME);
        ferry_strbuf_add(html, "</small>");
    }
    end_fact(html);
    begin_fact(html, "Target");
    ferry_html_add_text(html, last->target == NULL ? FERRY_HTML_NONE : last->target,
                        FERRY_PAGE_NAME);
    end_fact(html);
}

static void add_last_success(struct ferry_strbuf *html, const struct ferry_report *success,
                             int64_t now_ms)
{
    begin_fact(html, "Last success");
    if (success->job == NULL)
        ferry_strbuf_add(html, "none");
    else
        ferry_html_add_time(html, success->ended_ms);
    if (success->job != NULL && success->ended_ms >= 0) {
        ferry_strbuf_add(html, " UTC<small>");
        add_age(html, success->ended_ms, now_ms);
        ferry_strbuf_add(html, "</small>");
    }
    end_fact(html);
}

static void add_rows(struct ferry_strbuf *html, const struct ferry_report *success)
{
    begin_fact(html, "Rows");
    ferry_html_add_count(html, success->rows);
    ferry_strbuf_add(html, "<small>");
    ferry_html_add_bytes(html, success->bytes);
    ferry_strbuf_add(html, "</small>");
    end_fact(html);
}

static void add_facts(struct ferry_strbuf *html, const struct ferry_page_job *job, int64_t now_ms)
{
    ferry_strbuf_add(html, "<ul class=\"facts\">\n");
    add_last_success(html, &job->standing.success, now_ms);
    if (job->standing.last.job != NULL)
        add_last_run(html, &job->standing.last, now_ms);
    if (job->standing.success.job != NULL)
        add_rows(html, &job->standing.success);
    if (job->standing.last.job != NULL)
        add_route(html, &job->standing.last);
    if (job->expect_every_ms > 0) {
        begin_fact(html, "Expected every");
        ferry_html_add_duration(html, job->expect_every_ms);
        end_fact(html);
    }
    ferry_strbuf_add(html, "</ul>\n");
}

/* The worst of it first; that it is late, too, and that it runs. */
static void add_verdicts(struct ferry_strbuf *html, const struct ferry_page_job *job)
{
    enum ferry_verdict verdict = ferry_page_judge(job);
    ferry_strbuf_add(html, "<p class=\"verdicts\">");
    ferry_page_add_verdict(html, verdict);
    if (verdict == FERRY_VERDICT_FAILED && job->standing.is_late) {
        ferry_strbuf_add(html, " ");
        ferry_page_add_verdict(html, FERRY_VERDICT_LATE);
    }
    if (job->standing.last.job != NULL && job->standing.last.state == FERRY_RUN_RUNNING)
        ferry_strbuf_add(html, " <span class=\"verdict idle\">running</span>");
    ferry_strbuf_add(html, "</p>");
}

void ferry_page_add_job(struct ferry_strbuf *html, const struct ferry_page *page, size_t i)
{
    const struct ferry_page_job *job = &page->jobs[i];
    struct ferry_timeline timeline;
    ferry_strbuf_addf(html,
                      "<section class=\"job\" id=\"job-%zu\" aria-labelledby=\"job-%zu-name\">\n"
                      "<header><h2 id=\"job-%zu-name\">",
                      i + 1, i + 1, i + 1);
    ferry_html_add_text(html, job->name, FERRY_PAGE_NAME);
    ferry_strbuf_add(html, "</h2>");
    add_verdicts(html, job);
    ferry_strbuf_add(html, "<a class=\"up\" href=\"#jobs\">all jobs</a></header>\n");
    add_facts(html, job, page->made_ms);
    if (job->run_count > 0) {
        if (!ferry_timeline_begin(&timeline, job, i + 1)) {
            html->failed = true;
            return;
        }
        ferry_page_add_charts(html, &timeline);
        ferry_timeline_done(&timeline);
        ferry_page_add_messages(html, job);
        ferry_page_add_runs(html, job);
    }
    ferry_strbuf_add(html, "</section>\n");
}
