/* One line about the job, without what changes with the window of a terminal. */

#include "command/service.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "engine/show.h"

/* "erp: 60,123 rows, 50.1 k rows/s" */
static void service_draw(const struct ferry_progress *progress)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    uint64_t rows = atomic_load(&progress->pump->rows_loaded);
    ferry_strbuf_addf(&line, "%s: ", progress->job);
    if (progress->place_count > 1)
        ferry_strbuf_addf(&line, "%zu of %zu tables, ", progress->place, progress->place_count);
    if (progress->fallback != NULL)
        ferry_strbuf_addf(&line, "from fallback '%s', ", progress->fallback);
    ferry_units_add_count(&line, rows);
    ferry_strbuf_add(&line, rows == 1 ? " row, " : " rows, ");
    ferry_units_add_rate(&line, rows, ferry_clock_ms() - progress->started_ms);
    ferry_notify_status(ferry_strbuf_text(&line));
}

static void service_draw_state(const char *job, const char *state)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_strbuf_addf(&line, "%s: %s", job, state);
    ferry_notify_status(ferry_strbuf_text(&line));
}

static void service_draw_phase(const char *job)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_strbuf_addf(&line, "%s: ", job);
    ferry_log_add_phase(&line);
    ferry_notify_status(ferry_strbuf_text(&line));
}

static const struct ferry_show service_show = {
    .draw = service_draw,
    .draw_state = service_draw_state,
    .draw_phase = service_draw_phase,
};

void ferry_service_show(void)
{
    if (ferry_notify_is_open())
        ferry_show_service_by(&service_show);
}

void ferry_service_tell(const char *job, const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    if (job != NULL)
        ferry_strbuf_addf(&line, "%s: ", job);
    ferry_strbuf_add(&line, text);
    ferry_notify_result(ferry_strbuf_text(&line));
}
