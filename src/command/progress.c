/* One line, drawn anew over itself, and cleared before anything else is printed. */

#include "command/progress.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "engine/show.h"

static void progress_draw(const struct ferry_progress *progress)
{
    int64_t elapsed = ferry_clock_ms() - progress->started_ms;
    uint64_t rows = atomic_load(&progress->pump->rows_loaded);
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_escape_text(&line, progress->job, strlen(progress->job), 40);
    if (progress->place_count > 1)
        ferry_strbuf_addf(&line, "  %zu of %zu tables", progress->place, progress->place_count);
    if (progress->fallback != NULL)
        ferry_strbuf_addf(&line, "  from fallback '%s'", progress->fallback);
    ferry_strbuf_add(&line, "  ");
    ferry_units_add_count(&line, rows);
    ferry_strbuf_add(&line, " rows  ");
    ferry_units_add_bytes(&line, atomic_load(&progress->pump->bytes));
    ferry_strbuf_add(&line, "  ");
    ferry_units_add_rate(&line, rows, elapsed);
    ferry_strbuf_add(&line, "  ");
    ferry_units_add_duration(&line, elapsed);
    ferry_log_draw_status(ferry_strbuf_text(&line));
}

static void progress_draw_state(const char *job, const char *state)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_escape_text(&line, job, strlen(job), 40);
    ferry_strbuf_addf(&line, "  %s", state);
    ferry_log_draw_status(ferry_strbuf_text(&line));
}

static const struct ferry_show progress_show = {
    .draw = progress_draw,
    .draw_state = progress_draw_state,
    .clear = ferry_log_wipe_status,
};

static bool is_watched;

void ferry_progress_enable(bool enabled)
{
    is_watched = enabled;
    ferry_show_by(enabled ? &progress_show : NULL);
}

bool ferry_progress_is_enabled(void)
{
    return is_watched;
}

void ferry_progress_leave_line(void)
{
    ferry_show_by(NULL);
}
