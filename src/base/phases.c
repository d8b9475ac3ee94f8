/* A run comes to a phase again for each of its tables and attempts: those times are added up. */

#include "base/phases.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

/* NULL: there are too many, or no memory. */
static struct ferry_phase *find(struct ferry_phases *phases, const char *name)
{
    for (size_t i = 0; i < phases->count; i++)
        if (strcmp(phases->list[i].name, name) == 0)
            return &phases->list[i];
    char *copy = phases->count < FERRY_PHASES_MOST ? strdup(name) : NULL;
    if (copy == NULL)
        return NULL;
    phases->list[phases->count].name = copy;
    return &phases->list[phases->count++];
}

void ferry_phases_enter(struct ferry_phases *phases, const char *name, int64_t now_ms)
{
    if (phases->current != NULL)
        phases->current->ms += now_ms - phases->since_ms;
    phases->current = name == NULL ? NULL : find(phases, name);
    phases->since_ms = now_ms;
}

void ferry_phases_done(struct ferry_phases *phases)
{
    for (size_t i = 0; i < phases->count; i++)
        free(phases->list[i].name);
    *phases = (struct ferry_phases){0};
}

void ferry_phases_add_json(struct ferry_strbuf *text, const struct ferry_phases *phases)
{
    ferry_strbuf_add(text, "{");
    for (size_t i = 0; i < phases->count; i++) {
        const struct ferry_phase *phase = &phases->list[i];
        ferry_strbuf_add(text, i == 0 ? "\"" : ",\"");
        ferry_escape_json(text, phase->name, strlen(phase->name));
        ferry_strbuf_addf(text, "\":%" PRId64 ".%03" PRId64, phase->ms / 1000, phase->ms % 1000);
    }
    ferry_strbuf_add(text, "}");
}
