/* What runs said that did not go well: a failure that comes again and again is told once. */

#include <inttypes.h>
#include <string.h>

#include "report/page_html.h"
#include "report/page_parts.h"

#define MESSAGES_MOST 8
#define LONG_MESSAGE 1000 /* bytes: it is looked at through a window */

static bool is_worth_it(const struct ferry_report *run)
{
    enum ferry_verdict verdict = ferry_page_judge_run(run);
    return verdict == FERRY_VERDICT_FAILED || verdict == FERRY_VERDICT_FALLBACK;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same(const struct ferry_report *a, const struct ferry_report *b)
{
    return a->state == b->state && a->exit_code == b->exit_code &&
           is_same_text(a->message, b->message);
}

/* Of runs one after another that said the same, `first` to `last`. */
static void add_message(struct ferry_strbuf *html, const struct ferry_report *first,
                        const struct ferry_report *last)
{
    size_t count = (size_t)(last - first) + 1;
    ferry_strbuf_addf(html, "<li class=\"%s\"><p><strong>%s",
                      ferry_verdicts[ferry_page_judge_run(last)].name,
                      ferry_run_state_name(last->state));
    if (last->exit_code >= 0)
        ferry_strbuf_addf(html, ", exit code %" PRId64, last->exit_code);
    ferry_strbuf_add(html, "</strong> <span>");
    if (count > 1) {
        ferry_strbuf_addf(html, "%zu times, ", count);
        ferry_html_add_time(html, first->started_ms);
        ferry_strbuf_add(html, " to ");
    }
    ferry_html_add_time(html, last->started_ms);
    ferry_strbuf_add(html, " UTC</span></p>");
    if (last->message != NULL) {
        bool is_long = strlen(last->message) > LONG_MESSAGE;
        ferry_strbuf_addf(html, "<p class=\"message%s>",
                          is_long ? " long\" role=\"region\" tabindex=\"0\" "
                                    "aria-label=\"long message\""
                                  : "\"");
        ferry_html_add_text(html, last->message, FERRY_PAGE_MESSAGE);
        ferry_strbuf_add(html, "</p>");
    }
    ferry_strbuf_add(html, "</li>\n");
}

void ferry_page_add_messages(struct ferry_strbuf *html, const struct ferry_page_job *job)
{
    size_t told = 0;
    for (size_t i = job->run_count; i > 0 && told < MESSAGES_MOST; i--) {
        const struct ferry_report *last = &job->runs[i - 1];
        if (!is_worth_it(last))
            continue;
        while (i > 1 && is_same(&job->runs[i - 2], last))
            i--;
        if (told++ == 0)
            ferry_strbuf_add(html, "<h3>Failures and fallbacks</h3>\n<ol class=\"messages\">\n");
        add_message(html, &job->runs[i - 1], last);
    }
    if (told > 0)
        ferry_strbuf_add(html, "</ol>\n");
}
