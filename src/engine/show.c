/* There is one line on one terminal: runs that go on at one time do not draw over each other. */

#include "engine/show.h"

#include <stdatomic.h>

#include "base/context.h"

enum { PERSON, SERVICE, LOOKERS };
static const struct ferry_show *shows[LOOKERS]; /* NULL: nobody */
/* Whose line it is; NULL: nobody's.  No lock: the watch draws, and whoever clears may have to wait
 * for the terminal. */
static _Atomic(const struct ferry_context *) shown;

void ferry_show_by(const struct ferry_show *show)
{
    shows[PERSON] = show;
}

const struct ferry_show *ferry_show(void)
{
    return shows[PERSON];
}

void ferry_show_service_by(const struct ferry_show *show)
{
    shows[SERVICE] = show;
}

/* Whether the calling thread's run may draw. */
static bool take_line(void)
{
    const struct ferry_context *holder = NULL;
    const struct ferry_context *run = ferry_context_current();
    return (shows[PERSON] != NULL || shows[SERVICE] != NULL) &&
           (atomic_compare_exchange_strong(&shown, &holder, run) || holder == run);
}

void ferry_show_progress(const struct ferry_progress *progress)
{
    if (!take_line())
        return;
    for (size_t i = 0; i < LOOKERS; i++)
        if (shows[i] != NULL)
            shows[i]->draw(progress);
}

void ferry_show_state(const char *job, const char *state)
{
    if (!take_line())
        return;
    for (size_t i = 0; i < LOOKERS; i++)
        if (shows[i] != NULL)
            shows[i]->draw_state(job, state);
}

void ferry_show_phase(const char *job)
{
    for (size_t i = 0; i < LOOKERS; i++)
        if (shows[i] != NULL && shows[i]->draw_phase != NULL && take_line())
            shows[i]->draw_phase(job);
}

void ferry_show_clear(void)
{
    if (atomic_load(&shown) != ferry_context_current())
        return;
    for (size_t i = 0; i < LOOKERS; i++)
        if (shows[i] != NULL && shows[i]->clear != NULL)
            shows[i]->clear();
    atomic_store(&shown, NULL);
}
