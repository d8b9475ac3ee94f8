/* One line, drawn anew over itself, and cleared before anything else is printed. */

#include "command/progress.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "command/fitted_line.h"
#include "command/pace.h"
#include "engine/show.h"

#define NAME_LIMIT 40

/* What a narrow terminal leaves out first stands first. */
enum worth {
    WORTH_BYTES,
    WORTH_RATE,
    WORTH_PLACE,
    WORTH_FALLBACK,
    WORTH_ELAPSED,
    WORTH_ROWS,
    WORTH_LEFT,
    WORTH_PERCENT,
    WORTH_DOING,
    WORTH_NAME,
};

/* Of the rows that are shown now.  The watch draws, and nobody clears meanwhile. */
static struct {
    const struct ferry_pump *of;
    struct ferry_pace pace;
} shown;

static void add_about(struct ferry_fitted_line *line, const struct ferry_progress *progress,
                      uint64_t rows)
{
    if (shown.of != progress->pump)
        shown.pace = (struct ferry_pace){0};
    shown.of = progress->pump;
    ferry_pace_take(&shown.pace, ferry_clock_ms(), rows);
    const struct ferry_forecast forecast = ferry_pace_forecast(&shown.pace, progress->expected);
    if (forecast.has_percent)
        ferry_strbuf_addf(ferry_fitted_line_part(line, WORTH_PERCENT), "%u %%", forecast.percent);
    if (!forecast.has_left)
        return;
    struct ferry_strbuf *left = ferry_fitted_line_part(line, WORTH_LEFT);
    ferry_strbuf_add(left, "about ");
    ferry_units_add_age(left, forecast.left_ms);
    ferry_strbuf_add(left, " left");
}

static void add_name(struct ferry_fitted_line *line, const struct ferry_progress *progress)
{
    ferry_escape_text(ferry_fitted_line_part(line, WORTH_NAME), progress->job,
                      strlen(progress->job), NAME_LIMIT);
    if (progress->place_count > 1)
        ferry_strbuf_addf(ferry_fitted_line_part(line, WORTH_PLACE), "%zu of %zu tables",
                          progress->place, progress->place_count);
    if (progress->fallback != NULL)
        ferry_strbuf_addf(ferry_fitted_line_part(line, WORTH_FALLBACK), "from fallback '%s'",
                          progress->fallback);
}

static void progress_draw(const struct ferry_progress *progress)
{
    FERRY_AUTO_FITTED_LINE struct ferry_fitted_line line = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    int64_t elapsed = ferry_clock_ms() - progress->started_ms;
    uint64_t rows = atomic_load(&progress->pump->rows_loaded);
    add_name(&line, progress);
    struct ferry_strbuf *count = ferry_fitted_line_part(&line, WORTH_ROWS);
    ferry_units_add_count(count, rows);
    ferry_strbuf_add(count, " rows");
    ferry_units_add_bytes(ferry_fitted_line_part(&line, WORTH_BYTES),
                          atomic_load(&progress->pump->bytes));
    if (progress->doing == NULL)
        ferry_units_add_rate(ferry_fitted_line_part(&line, WORTH_RATE), rows, elapsed);
    else
        ferry_strbuf_add(ferry_fitted_line_part(&line, WORTH_DOING), progress->doing);
    ferry_units_add_duration(ferry_fitted_line_part(&line, WORTH_ELAPSED), elapsed);
    if (progress->doing == NULL)
        add_about(&line, progress, rows);
    ferry_fitted_line_write(&line, ferry_log_status_columns(), &text);
    ferry_log_draw_status(ferry_strbuf_text(&text));
}

static void progress_draw_state(const char *job, const char *state)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_escape_text(&line, job, strlen(job), NAME_LIMIT);
    ferry_strbuf_addf(&line, "  %s", state);
    ferry_log_draw_status(ferry_strbuf_text(&line));
}

/* The next run may have its numbers at the same place. */
static void progress_clear(void)
{
    shown.of = NULL;
    ferry_log_wipe_status();
}

static const struct ferry_show progress_show = {
    .draw = progress_draw,
    .draw_state = progress_draw_state,
    .clear = progress_clear,
};

static bool is_watched;

/* What runs in a pipeline may have a terminal, which nobody looks at. */
static bool is_in_ci(void)
{
    const char *said = getenv("CI");
    return said != NULL && said[0] != '\0' && strcmp(said, "false") != 0;
}

void ferry_progress_enable(bool wanted)
{
    is_watched = wanted && isatty(STDERR_FILENO) == 1 && !is_in_ci();
    ferry_show_by(is_watched ? &progress_show : NULL);
}

bool ferry_progress_is_enabled(void)
{
    return is_watched;
}

void ferry_progress_leave_line(void)
{
    ferry_show_by(NULL);
}
