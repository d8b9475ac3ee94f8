/* The names that go with a table: its stage, the place of its changes, its lock. */

#include "write/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

ferry_status pgdrv_names_make(const struct pgdrv_conn *conn, const char *table,
                              struct pgdrv_names *names, struct ferry_error *err)
{
    struct part_text path = {0};
    uint64_t own = ferry_hash_name(FERRY_HASH_SEED, table);
    uint64_t place = ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, conn->schema), table);
    pgdrv_text_add_path(&path, conn->schema, table);
    names->table = path.data; /* it is cleared with them */
    memcpy(&names->lock, &place, sizeof names->lock);
    if (asprintf(&names->stage, "_dbferry_stage_%016" PRIx64, own) < 0)
        names->stage = NULL;
    if (asprintf(&names->gather, "_dbferry_changes_%016" PRIx64, own) < 0)
        names->gather = NULL;
    return path.failed || names->stage == NULL || names->gather == NULL ? pgdrv_fail_memory(err)
                                                                        : FERRY_OK;
}

void pgdrv_names_clear(struct pgdrv_names *names)
{
    free(names->table);
    free(names->stage);
    free(names->gather);
    *names = (struct pgdrv_names){0};
}
