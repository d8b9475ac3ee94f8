/* Three charts that share the axis along which the runs stand.
 *
 * The page may be as narrow as a phone or as wide as a wall, and no script measures it.  So what is
 * drawn stands in an inner <svg> that is stretched to the width there is, one unit for each run,
 * and all letters in the outer one, at percentages of the width.
 */

#include "report/page_chart.h"

#include "report/page_axis.h"
#include "report/page_draw.h"
#include "report/page_html.h"
#include "report/page_parts.h"

#define STRIP_TOP 124  /* below it, runs that did not go well have a mark */
#define STRIP_HEIGHT 6 /* of the mark of a failure */
#define LABEL_TOP 146  /* the foot of the letters below */

/* ---- In words ---- */

static void say_duration(struct ferry_strbuf *html, const struct ferry_report *run)
{
    ferry_html_add_duration(html, run->elapsed_ms);
}

static void say_rows(struct ferry_strbuf *html, const struct ferry_report *run)
{
    ferry_html_add_count(html, run->rows);
    ferry_strbuf_add(html, run->rows == 1 ? " row" : " rows");
}

static void say_changes(struct ferry_strbuf *html, const struct ferry_report *run)
{
    ferry_html_add_count(html, run->inserted);
    ferry_strbuf_add(html, " inserted, ");
    ferry_html_add_count(html, run->updated);
    ferry_strbuf_add(html, " updated, ");
    ferry_html_add_count(html, run->deleted);
    ferry_strbuf_add(html, " deleted");
}

static void say_changed(struct ferry_strbuf *html, const struct ferry_report *run)
{
    double changes = ferry_chart_changes(run);
    ferry_strbuf_addf(html, changes == 1 ? "%.0f row" : "%.0f rows", changes);
}

/* ---- Charts ---- */

struct legend {
    const char *name; /* of the colour, too */
    const char *label;
};

static const struct chart {
    const char *name; /* in ids */
    const char *heading;
    bool is_duration;
    ferry_chart_value *value;
    ferry_chart_draw *draw;
    void (*say)(struct ferry_strbuf *html, const struct ferry_report *run);
    void (*say_shortly)(struct ferry_strbuf *html, const struct ferry_report *run);
    const char *none; /* told where no run has a number */
    struct legend legend[4];
} charts[] = {
    {"duration",
     "Duration",
     true,
     ferry_chart_duration,
     ferry_draw_durations,
     say_duration,
     say_duration,
     "No run has ended yet.",
     {{"well", "done"}, {"fallback", "from fallback"}, {"failed", "failed"}}},
    {"rows",
     "Rows",
     false,
     ferry_chart_rows,
     ferry_draw_rows,
     say_rows,
     say_rows,
     "No run has brought rows yet.",
     {{"rows", "rows in the target"}}},
    {"changes",
     "Changes",
     false,
     ferry_chart_changes,
     ferry_draw_changes,
     say_changes,
     say_changed,
     "The runs replace all rows, so single changes are not counted.",
     {{"inserted", "inserted"}, {"updated", "updated"}, {"deleted", "deleted"}}},
};

/* The last run that has a number; NULL: none has. */
static const struct ferry_report *last_with(const struct chart *chart,
                                            const struct ferry_page_job *job)
{
    for (size_t i = job->run_count; i > 0; i--)
        if (chart->value(&job->runs[i - 1]) >= 0)
            return &job->runs[i - 1];
    return NULL;
}

static double most_of(const struct chart *chart, const struct ferry_page_job *job)
{
    double most = 0;
    for (size_t i = 0; i < job->run_count; i++)
        if (chart->value(&job->runs[i]) > most)
            most = chart->value(&job->runs[i]);
    return most;
}

static double percent(const struct ferry_timeline *timeline, double place)
{
    return 100 * place / (double)timeline->width;
}

/* What the chart shows, for those who do not see it. */
static void add_description(struct ferry_strbuf *html, const struct chart *chart,
                            const struct ferry_timeline *timeline, const struct ferry_report *last,
                            const char *id)
{
    const struct ferry_page_job *job = timeline->job;
    const struct ferry_report *least = last, *most = last;
    for (size_t i = 0; i < job->run_count; i++) {
        const struct ferry_report *run = &job->runs[i];
        if (chart->value(run) < 0)
            continue;
        if (chart->value(run) < chart->value(least))
            least = run;
        if (chart->value(run) > chart->value(most))
            most = run;
    }
    ferry_strbuf_addf(html, "<title id=\"%s-title\">%s of the last %zu run%s of ", id,
                      chart->heading, job->run_count, job->run_count == 1 ? "" : "s");
    ferry_html_add_text(html, job->name, FERRY_PAGE_NAME);
    ferry_strbuf_addf(html, "</title><desc id=\"%s-desc\">Least: ", id);
    chart->say(html, least);
    ferry_strbuf_add(html, ". Most: ");
    chart->say(html, most);
    ferry_strbuf_add(html, ". Last: ");
    chart->say(html, last);
    ferry_strbuf_add(html, ".</desc>");
}

/* Lines across, with their labels on the left. */
static void add_scale(struct ferry_strbuf *html, const struct ferry_axis *axis)
{
    for (int step = 0; step <= axis->steps; step++) {
        double y = FERRY_CHART_HEIGHT - (double)FERRY_CHART_HEIGHT * step / axis->steps;
        ferry_strbuf_addf(html, "<line class=\"%s\" x2=\"100%%\" y1=\"%.4g\" y2=\"%.4g\"/>",
                          step == 0 ? "foot" : "grid", y, y);
        ferry_strbuf_addf(html, "<text class=\"scale\" x=\"-8\" y=\"%.4g\" dy=\".32em\">", y);
        ferry_axis_add_label(html, axis, step);
        ferry_strbuf_add(html, "</text>");
    }
}

static void add_marks(struct ferry_strbuf *html, const struct ferry_timeline *timeline)
{
    struct ferry_axis_mark marks[FERRY_AXIS_MARKS];
    size_t count = ferry_axis_mark_moments(timeline->moments, timeline->places,
                                           timeline->job->run_count, timeline->width, marks);
    for (size_t i = 0; i < count; i++) {
        double at = percent(timeline, (double)marks[i].place);
        ferry_strbuf_addf(html,
                          "<line class=\"mark\" x1=\"%.4g%%\" x2=\"%.4g%%\" y1=\"%d\" y2=\"%d\"/>"
                          "<text class=\"%s\" x=\"%.4g%%\" y=\"%d\">%s</text>",
                          at, at, FERRY_CHART_HEIGHT, STRIP_TOP + 2,
                          marks[i].place == 0 ? "start" : "middle", at, LABEL_TOP, marks[i].label);
    }
}

/* Where no run was, a broken line. */
static void add_pauses(struct ferry_strbuf *html, const struct ferry_timeline *timeline)
{
    for (size_t i = 1; i < timeline->job->run_count; i++) {
        double at = percent(timeline, (double)timeline->places[i] - 0.5);
        if (timeline->places[i] == timeline->places[i - 1] + 1)
            continue;
        ferry_strbuf_addf(html,
                          "<line class=\"pause\" x1=\"%.4g%%\" x2=\"%.4g%%\" y2=\"%d\">"
                          "<title>no run for ",
                          at, at, FERRY_CHART_HEIGHT);
        ferry_html_add_duration(html, timeline->moments[i] - timeline->moments[i - 1]);
        ferry_strbuf_add(html, "</title></line>");
    }
}

/* Below the line: a failure is a whole block, the fallback half of one, so that nobody needs the
 * colours. */
static void add_troubles(struct ferry_strbuf *html, const struct ferry_timeline *timeline)
{
    for (size_t i = 0; i < timeline->job->run_count; i++) {
        enum ferry_verdict verdict = ferry_page_judge_run(&timeline->job->runs[i]);
        if (verdict == FERRY_VERDICT_FAILED || verdict == FERRY_VERDICT_FALLBACK)
            ferry_strbuf_addf(html,
                              "<rect class=\"%s\" x=\"%.6g\" y=\"%d\" width=\"%.1g\" "
                              "height=\"%d\"/>",
                              ferry_verdicts[verdict].name,
                              (double)timeline->places[i] + FERRY_CHART_BAR_LEFT, STRIP_TOP,
                              FERRY_CHART_BAR_WIDTH,
                              verdict == FERRY_VERDICT_FAILED ? STRIP_HEIGHT : STRIP_HEIGHT / 2);
    }
}

/* What each run came to, where the pointer is upon it. */
static void add_hints(struct ferry_strbuf *html, const struct chart *chart,
                      const struct ferry_timeline *timeline)
{
    ferry_strbuf_add(html, "<g class=\"hints\">");
    for (size_t i = 0; i < timeline->job->run_count; i++) {
        const struct ferry_report *run = &timeline->job->runs[i];
        ferry_strbuf_addf(html, "<rect x=\"%zu\" width=\"1\" height=\"%d\"><title>",
                          timeline->places[i], STRIP_TOP + STRIP_HEIGHT);
        ferry_html_add_moment(html, run->started_ms);
        ferry_strbuf_addf(html, " UTC: %s", ferry_run_state_name(run->state));
        if (chart->value(run) >= 0) {
            ferry_strbuf_add(html, ", ");
            chart->say(html, run);
        }
        ferry_strbuf_add(html, "</title></rect>");
    }
    ferry_strbuf_add(html, "</g>");
}

static void add_legend(struct ferry_strbuf *html, const struct chart *chart)
{
    ferry_strbuf_add(html, "<ul class=\"legend\">");
    for (const struct legend *entry = chart->legend; entry->name != NULL; entry++)
        ferry_strbuf_addf(html, "<li class=\"%s\">%s</li>", entry->name, entry->label);
    ferry_strbuf_add(html, "</ul>");
}

static void add_svg(struct ferry_strbuf *html, const struct chart *chart,
                    const struct ferry_timeline *timeline, const struct ferry_report *last)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf id = {0};
    struct ferry_axis axis;
    ferry_axis_choose(most_of(chart, timeline->job), chart->is_duration, &axis);
    ferry_strbuf_addf(&id, "job-%zu-%s", timeline->number, chart->name);
    ferry_strbuf_addf(html,
                      "<svg class=\"chart\" role=\"img\" aria-labelledby=\"%s-title\" "
                      "aria-describedby=\"%s-desc\">",
                      ferry_strbuf_text(&id), ferry_strbuf_text(&id));
    add_description(html, chart, timeline, last, ferry_strbuf_text(&id));
    add_scale(html, &axis);
    add_marks(html, timeline);
    add_pauses(html, timeline);
    ferry_strbuf_addf(html,
                      "<svg width=\"100%%\" height=\"%d\" viewBox=\"0 0 %zu %d\" "
                      "preserveAspectRatio=\"none\">",
                      STRIP_TOP + STRIP_HEIGHT, timeline->width, STRIP_TOP + STRIP_HEIGHT);
    chart->draw(html, timeline, &axis);
    add_troubles(html, timeline);
    add_hints(html, chart, timeline);
    ferry_strbuf_add(html, "</svg></svg>\n");
}

/* Why there is nothing to be drawn. */
static const char *reason_for_none(const struct chart *chart, const struct ferry_page_job *job)
{
    bool has_success = job->standing.success.job != NULL;
    return chart->value == ferry_chart_changes && !has_success ? "No run has brought rows yet."
                                                               : chart->none;
}

static void add_chart(struct ferry_strbuf *html, const struct chart *chart,
                      const struct ferry_timeline *timeline)
{
    const struct ferry_report *last = last_with(chart, timeline->job);
    ferry_strbuf_addf(html, "<figure class=\"%s\">\n<figcaption><h3>%s</h3>", chart->name,
                      chart->heading);
    if (last != NULL) {
        ferry_strbuf_add(html, "<p><span>last</span> ");
        chart->say_shortly(html, last);
        ferry_strbuf_add(html, "</p>");
    }
    ferry_strbuf_add(html, "</figcaption>\n");
    if (last != NULL) {
        add_svg(html, chart, timeline, last);
        add_legend(html, chart);
    } else {
        ferry_strbuf_addf(html, "<p class=\"none\">%s</p>", reason_for_none(chart, timeline->job));
    }
    ferry_strbuf_add(html, "\n</figure>\n");
}

void ferry_page_add_charts(struct ferry_strbuf *html, const struct ferry_timeline *timeline)
{
    ferry_strbuf_add(html, "<div class=\"charts\">\n");
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++)
        add_chart(html, &charts[i], timeline);
    ferry_strbuf_add(html, "</div>\n");
}
