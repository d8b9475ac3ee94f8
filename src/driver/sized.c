/* Of two sizes of a struct that grows at its end only, the smaller is what both sides know. */

#include "driver/sized.h"

#include <string.h>

#include "dbferry/driver.h"

bool ferry_sized_copy(void *ret_copy, size_t size, size_t first, const void *theirs,
                      size_t their_size)
{
    if (their_size < first)
        return false;
    size_t both = their_size < size ? their_size : size;
    memcpy(ret_copy, theirs, both);
    memset((char *)ret_copy + both, 0, size - both);
    return true;
}

#define SIZE_OF(name)                                                                              \
    {                                                                                              \
#name, sizeof(struct name)                                                                 \
    }

/* Each struct of the header with members, so that a driver can ask how long ours is. */
static const struct {
    const char *name;
    size_t size;
} sizes[] = {
    SIZE_OF(ferry_bound),        SIZE_OF(ferry_cell),        SIZE_OF(ferry_change_spec),
    SIZE_OF(ferry_column),       SIZE_OF(ferry_driver),      SIZE_OF(ferry_examination),
    SIZE_OF(ferry_field),        SIZE_OF(ferry_foreign_key), SIZE_OF(ferry_index),
    SIZE_OF(ferry_inspection),   SIZE_OF(ferry_layout),      SIZE_OF(ferry_listed),
    SIZE_OF(ferry_load_spec),    SIZE_OF(ferry_load_totals), SIZE_OF(ferry_option),
    SIZE_OF(ferry_option_group), SIZE_OF(ferry_prune_spec),  SIZE_OF(ferry_read),
    SIZE_OF(ferry_scan),         SIZE_OF(ferry_share_spec),  SIZE_OF(ferry_source),
    SIZE_OF(ferry_target),       SIZE_OF(ferry_wait),        SIZE_OF(ferry_wish),
};

size_t ferry_struct_size(const char *name)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (strcmp(sizes[i].name, name) == 0)
            return sizes[i].size;
    return 0;
}

void ferry_struct_copy(const char *name, void *ret_copy, size_t size, const void *from)
{
    (void)ferry_sized_copy(ret_copy, size, 0, from, ferry_struct_size(name));
}
