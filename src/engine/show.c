/* One for the whole program: there is one terminal. */

#include "engine/show.h"

static const struct ferry_show *show_used;

void ferry_show_by(const struct ferry_show *show)
{
    show_used = show;
}

const struct ferry_show *ferry_show(void)
{
    return show_used;
}
