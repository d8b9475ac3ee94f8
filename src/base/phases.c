/* A run comes to a phase again for each of its tables and attempts: those times are added up. */

#include "base/phases.h"

#include <inttypes.h>
#include <string.h>

static void count(struct ferry_phases *phases, const char *name, int64_t ms)
{
    size_t i = 0;
    while (i < phases->count && strcmp(phases->list[i].name, name) != 0)
        i++;
    if (i == FERRY_PHASES_MOST)
        return;
    if (i == phases->count)
        phases->list[phases->count++].name = name;
    phases->list[i].ms += ms;
}

void ferry_phases_enter(struct ferry_phases *phases, const char *name, int64_t now_ms)
{
    if (phases->current != NULL)
        count(phases, phases->current, now_ms - phases->since_ms);
    phases->current = name;
    phases->since_ms = now_ms;
}

void ferry_phases_add_json(struct ferry_strbuf *text, const struct ferry_phases *phases)
{
    ferry_strbuf_add(text, "{");
    for (size_t i = 0; i < phases->count; i++)
        ferry_strbuf_addf(text, "%s\"%s\":%" PRId64 ".%03" PRId64, i == 0 ? "" : ",",
                          phases->list[i].name, phases->list[i].ms / 1000,
                          phases->list[i].ms % 1000);
    ferry_strbuf_add(text, "}");
}
