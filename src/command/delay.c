/* A number of milliseconds is drawn once, and shown as it runs down. */

#include "command/delay.h"

#include <sys/random.h>

#include "base/log.h"
#include "base/units.h"
#include "engine/show.h"

#define STEP_MS 1000

/* From 0 to `most`; where chance is not to be had, nothing is waited for. */
static int64_t draw_delay(int64_t most)
{
    uint64_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        return 0;
    return (int64_t)(chance % ((uint64_t)most + 1));
}

static void show_delay(int64_t left_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf state = {0};
    ferry_strbuf_add(&state, "the first job begins in ");
    ferry_units_add_duration(&state, left_ms);
    ferry_show_state("random delay", ferry_strbuf_text(&state));
}

void ferry_command_delay(const struct ferry_arguments *arguments)
{
    if (arguments->random_delay_ms == 0 || arguments->dry_run)
        return;
    struct ferry_wait wait;
    FERRY_AUTO_STRBUF struct ferry_strbuf time = {0};
    ferry_wait_begin(&wait, draw_delay(arguments->random_delay_ms));
    ferry_units_add_duration(&time, ferry_wait_left(&wait));
    ferry_log_set_phase("wait");
    ferry_log(FERRY_LOG_INFO, "the first job begins in %s, by chance", ferry_strbuf_text(&time));
    do
        show_delay(ferry_wait_left(&wait));
    while (ferry_wait_pause(&wait, STEP_MS, NULL, NULL) != 0);
    ferry_show_clear();
    ferry_log_set_phase(NULL);
}
