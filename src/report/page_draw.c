/* Paths of SVG, each in one colour, so that a chart of a hundred runs is a few lines of text. */

#include "report/page_draw.h"

#include "report/page_parts.h"

/* ---- What the runs came to ---- */

double ferry_chart_duration(const struct ferry_report *run)
{
    return (double)run->elapsed_ms;
}

double ferry_chart_rows(const struct ferry_report *run)
{
    return ferry_run_state_is_success(run->state) ? (double)run->rows : -1;
}

static double inserted_of(const struct ferry_report *run)
{
    return (double)run->inserted;
}

static double updated_of(const struct ferry_report *run)
{
    return (double)run->updated;
}

static double deleted_of(const struct ferry_report *run)
{
    return (double)run->deleted;
}

double ferry_chart_changes(const struct ferry_report *run)
{
    if (run->inserted < 0 || run->updated < 0 || run->deleted < 0)
        return -1;
    return inserted_of(run) + updated_of(run) + deleted_of(run);
}

/* ---- Drawing ---- */

static double height_of(double value, const struct ferry_axis *axis)
{
    double height = FERRY_CHART_HEIGHT * value / ferry_axis_top(axis);
    return value > 0 && height < 1 ? 1 : height; /* what is there is seen */
}

static void add_bar(struct ferry_strbuf *html, size_t place, double foot, double height)
{
    ferry_strbuf_addf(html, "M%.6g %.4gv-%.4gh%.1gv%.4gz", (double)place + FERRY_CHART_BAR_LEFT,
                      foot, height, FERRY_CHART_BAR_WIDTH, height);
}

/* Bars in the colours of what the runs came to. */
void ferry_draw_durations(struct ferry_strbuf *html, const struct ferry_timeline *timeline,
                          const struct ferry_axis *axis)
{
    static const enum ferry_verdict kinds[] = {FERRY_VERDICT_WELL, FERRY_VERDICT_FALLBACK,
                                               FERRY_VERDICT_FAILED};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        ferry_strbuf_addf(html, "<path class=\"%s\" d=\"", ferry_verdicts[kinds[k]].name);
        for (size_t i = 0; i < timeline->job->run_count; i++) {
            const struct ferry_report *run = &timeline->job->runs[i];
            if (ferry_page_judge_run(run) == kinds[k] && ferry_chart_duration(run) > 0)
                add_bar(html, timeline->places[i], FERRY_CHART_HEIGHT,
                        height_of(ferry_chart_duration(run), axis));
        }
        ferry_strbuf_add(html, "\"/>");
    }
}

static bool has_rows(const struct ferry_timeline *timeline, size_t i)
{
    return i < timeline->job->run_count && ferry_chart_rows(&timeline->job->runs[i]) >= 0;
}

/* Whether a line leads to run `i` from the one before: both have rows, and there was no pause. */
static bool is_joined(const struct ferry_timeline *timeline, size_t i)
{
    return i > 0 && has_rows(timeline, i - 1) && has_rows(timeline, i) &&
           timeline->places[i] == timeline->places[i - 1] + 1;
}

/* The points of the runs from `*at` on that are joined, and moves behind them.  A run by itself is
 * as wide as a bar. */
static void add_stretch(struct ferry_strbuf *html, const struct ferry_timeline *timeline,
                        const struct ferry_axis *axis, size_t *at, char first)
{
    size_t i = *at;
    double x = (double)timeline->places[i] + 0.5;
    double y = FERRY_CHART_HEIGHT - height_of(ferry_chart_rows(&timeline->job->runs[i]), axis);
    *at = i + 1;
    if (!is_joined(timeline, i + 1)) {
        ferry_strbuf_addf(html, "%c%.6g %.4gh%.1g", first, x - FERRY_CHART_BAR_WIDTH / 2, y,
                          FERRY_CHART_BAR_WIDTH);
        return;
    }
    ferry_strbuf_addf(html, "%c%.6g %.4g", first, x, y);
    for (; is_joined(timeline, *at); ++*at)
        ferry_strbuf_addf(html, "L%.6g %.4g", (double)timeline->places[*at] + 0.5,
                          FERRY_CHART_HEIGHT -
                              height_of(ferry_chart_rows(&timeline->job->runs[*at]), axis));
}

static void add_line(struct ferry_strbuf *html, const struct ferry_timeline *timeline,
                     const struct ferry_axis *axis)
{
    ferry_strbuf_add(html, "<path class=\"line\" d=\"");
    for (size_t i = 0; i < timeline->job->run_count;)
        if (has_rows(timeline, i))
            add_stretch(html, timeline, axis, &i, 'M');
        else
            i++;
    ferry_strbuf_add(html, "\"/>");
}

/* What is below the line: each stretch goes up from the foot, along, and down again. */
void ferry_draw_rows(struct ferry_strbuf *html, const struct ferry_timeline *timeline,
                     const struct ferry_axis *axis)
{
    ferry_strbuf_add(html, "<path class=\"area\" d=\"");
    for (size_t i = 0; i < timeline->job->run_count;) {
        if (!has_rows(timeline, i)) {
            i++;
            continue;
        }
        double x = (double)timeline->places[i] + 0.5;
        x -= is_joined(timeline, i + 1) ? 0 : FERRY_CHART_BAR_WIDTH / 2;
        ferry_strbuf_addf(html, "M%.6g %d", x, FERRY_CHART_HEIGHT);
        add_stretch(html, timeline, axis, &i, 'L');
        ferry_strbuf_addf(html, "V%dz", FERRY_CHART_HEIGHT);
    }
    ferry_strbuf_add(html, "\"/>");
    add_line(html, timeline, axis);
}

static const struct change_kind {
    const char *name;
    ferry_chart_value *value;
} change_kinds[] = {
    {"inserted", inserted_of},
    {"updated", updated_of},
    {"deleted", deleted_of},
};
#define CHANGE_KINDS (sizeof change_kinds / sizeof change_kinds[0])

/* One upon the other. */
void ferry_draw_changes(struct ferry_strbuf *html, const struct ferry_timeline *timeline,
                        const struct ferry_axis *axis)
{
    for (size_t k = 0; k < CHANGE_KINDS; k++) {
        ferry_strbuf_addf(html, "<path class=\"%s\" d=\"", change_kinds[k].name);
        for (size_t i = 0; i < timeline->job->run_count; i++) {
            const struct ferry_report *run = &timeline->job->runs[i];
            double foot = FERRY_CHART_HEIGHT;
            if (ferry_chart_changes(run) <= 0 || change_kinds[k].value(run) <= 0)
                continue;
            for (size_t below = 0; below < k; below++)
                foot -= height_of(change_kinds[below].value(run), axis);
            add_bar(html, timeline->places[i], foot, height_of(change_kinds[k].value(run), axis));
        }
        ferry_strbuf_add(html, "\"/>");
    }
}
