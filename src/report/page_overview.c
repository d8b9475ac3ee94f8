/* How all jobs stand: numbers for a glance, then those that want one, then each in a line. */

#include "base/units.h"
#include "report/page_chart.h"
#include "report/page_html.h"
#include "report/page_parts.h"

static void add_tiles(struct ferry_strbuf *html, const struct ferry_page *page)
{
    static const enum ferry_verdict order[] = {FERRY_VERDICT_WELL, FERRY_VERDICT_FAILED,
                                               FERRY_VERDICT_LATE, FERRY_VERDICT_FALLBACK,
                                               FERRY_VERDICT_NONE};
    size_t counts[FERRY_VERDICTS];
    ferry_page_count_verdicts(page, counts);
    ferry_strbuf_add(html, "<ul class=\"tiles\">\n");
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        ferry_strbuf_addf(html, "<li class=\"%s%s\"><b>%zu</b> %s</li>\n",
                          ferry_verdicts[order[i]].name, counts[order[i]] == 0 ? " zero" : "",
                          counts[order[i]], ferry_verdicts[order[i]].label);
    ferry_strbuf_add(html, "</ul>\n");
}

static void add_link(struct ferry_strbuf *html, const struct ferry_page *page, size_t i)
{
    ferry_strbuf_addf(html, "<a href=\"#job-%zu\">", i + 1);
    ferry_html_add_text(html, page->jobs[i].name, FERRY_PAGE_NAME);
    ferry_strbuf_add(html, "</a>");
}

static void add_success_age(struct ferry_strbuf *html, const struct ferry_page *page, size_t i)
{
    const struct ferry_report *success = &page->jobs[i].standing.success;
    if (success->job == NULL || success->ended_ms < 0) {
        ferry_strbuf_add(html, "never");
        return;
    }
    ferry_units_add_age(html, page->made_ms - success->ended_ms);
    ferry_strbuf_add(html, " ago");
}

static void add_rows_cells(struct ferry_strbuf *html, const struct ferry_report *success)
{
    bool any = success->job != NULL;
    ferry_strbuf_add(html, "<td class=\"wide\">");
    ferry_html_add_duration(html, any ? success->elapsed_ms : FERRY_REPORT_NONE);
    ferry_strbuf_add(html, "</td><td class=\"rows\">");
    ferry_html_add_count(html, any ? success->rows : FERRY_REPORT_NONE);
    ferry_strbuf_add(html, "</td>");
}

static void add_line(struct ferry_strbuf *html, const struct ferry_page *page, size_t i)
{
    ferry_strbuf_add(html, "<tr><th scope=\"row\">");
    add_link(html, page, i);
    ferry_strbuf_add(html, "</th><td class=\"text\">");
    ferry_page_add_verdict(html, ferry_page_judge(&page->jobs[i]));
    ferry_strbuf_add(html, "</td><td class=\"wide text\">");
    ferry_page_add_strip(html, &page->jobs[i]);
    ferry_strbuf_add(html, "</td><td>");
    add_success_age(html, page, i);
    ferry_strbuf_add(html, "</td>");
    add_rows_cells(html, &page->jobs[i].standing.success);
    ferry_strbuf_add(html, "</tr>\n");
}

void ferry_page_add_overview(struct ferry_strbuf *html, const struct ferry_page *page)
{
    ferry_strbuf_add(html, "<section id=\"jobs\" aria-labelledby=\"jobs-name\">\n"
                           "<h2 id=\"jobs-name\">Jobs</h2>\n");
    add_tiles(html, page);
    ferry_strbuf_add(html, "<table class=\"jobs\">\n<thead><tr><th scope=\"col\">Job</th>"
                           "<th scope=\"col\" class=\"text\">State</th>"
                           "<th scope=\"col\" class=\"wide text\">Last runs</th>"
                           "<th scope=\"col\">Last success</th>"
                           "<th scope=\"col\" class=\"wide\">Took</th>"
                           "<th scope=\"col\" class=\"rows\">Rows</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->job_count; i++)
        add_line(html, page, i);
    ferry_strbuf_add(html, "</tbody>\n</table>\n</section>\n");
}
