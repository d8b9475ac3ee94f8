/* The runs of a job as a table: what the charts show, to the last digit. */

#include <inttypes.h>

#include "report/page_html.h"
#include "report/page_parts.h"

#define MESSAGE_SHOWN 160 /* bytes: the rest is told among the messages */

static void add_number_cell(struct ferry_strbuf *html, int64_t number)
{
    ferry_strbuf_add(html, "<td>");
    ferry_html_add_count(html, number);
    ferry_strbuf_add(html, "</td>");
}

static void add_seconds_cell(struct ferry_strbuf *html, int64_t ms)
{
    if (ms < 0)
        ferry_strbuf_add(html, "<td>" FERRY_HTML_NONE "</td>");
    else
        ferry_strbuf_addf(html, "<td>%" PRId64 ".%03" PRId64 "</td>", ms / 1000, ms % 1000);
}

static void add_text_cell(struct ferry_strbuf *html, const char *text, size_t limit)
{
    ferry_strbuf_add(html, "<td class=\"text\">");
    ferry_html_add_text(html, text == NULL ? FERRY_HTML_NONE : text, limit);
    ferry_strbuf_add(html, "</td>");
}

static void add_source_cell(struct ferry_strbuf *html, const struct ferry_report *run)
{
    if (run->fallback == NULL) {
        add_text_cell(html, run->source, FERRY_PAGE_NAME);
        return;
    }
    ferry_strbuf_add(html, "<td class=\"text\">");
    ferry_html_add_text(html, run->fallback, FERRY_PAGE_NAME);
    ferry_strbuf_add(html, " (fallback)</td>");
}

/* A success says what stands in the other cells. */
static const char *message_of(const struct ferry_report *run)
{
    return ferry_page_judge_run(run) == FERRY_VERDICT_WELL ? "" : run->message;
}

static void add_row(struct ferry_strbuf *html, const struct ferry_report *run)
{
    const int64_t numbers[] = {run->rows,    run->rows_before, run->inserted, run->updated,
                               run->deleted, run->unchanged,   run->bytes};
    ferry_strbuf_add(html, "<tr><th scope=\"row\">");
    ferry_html_add_time(html, run->started_ms);
    ferry_strbuf_addf(html, "</th><td class=\"text %s\">%s</td>",
                      ferry_verdicts[ferry_page_judge_run(run)].name,
                      ferry_run_state_name(run->state));
    add_seconds_cell(html, run->elapsed_ms);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        add_number_cell(html, numbers[i]);
    add_source_cell(html, run);
    add_number_cell(html, run->attempts);
    add_number_cell(html, run->exit_code);
    add_text_cell(html, message_of(run), MESSAGE_SHOWN);
    ferry_strbuf_add(html, "</tr>\n");
}

static void add_head(struct ferry_strbuf *html)
{
    static const struct {
        const char *label;
        bool is_text;
    } columns[] = {{"Started (UTC)", true}, {"State", true},        {"Seconds", false},
                   {"Rows", false},         {"Rows before", false}, {"Inserted", false},
                   {"Updated", false},      {"Deleted", false},     {"Unchanged", false},
                   {"Bytes", false},        {"Source", true},       {"Attempts", false},
                   {"Exit code", false},    {"Message", true}};
    ferry_strbuf_add(html, "<thead><tr>");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        ferry_strbuf_addf(html, "<th scope=\"col\"%s>%s</th>",
                          columns[i].is_text ? " class=\"text\"" : "", columns[i].label);
    ferry_strbuf_add(html, "</tr></thead>\n<tbody>\n");
}

void ferry_page_add_runs(struct ferry_strbuf *html, const struct ferry_page_job *job)
{
    if (job->run_count == 1)
        ferry_strbuf_add(html, "<details><summary>The only run in numbers</summary>\n");
    else
        ferry_strbuf_addf(html, "<details><summary>The last %zu runs in numbers</summary>\n",
                          job->run_count);
    ferry_strbuf_add(html,
                     "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Runs of ");
    ferry_html_add_text(html, job->name, FERRY_PAGE_NAME);
    ferry_strbuf_add(html, "\">\n<table class=\"runs\">\n");
    add_head(html);
    for (size_t i = job->run_count; i > 0; i--)
        add_row(html, &job->runs[i - 1]);
    ferry_strbuf_add(html, "</tbody>\n</table>\n</div>\n</details>\n");
}
