/* Which indexes the table of a load gets: those of the job and of the source, but for a primary key
 * that the table's definition says already.
 */

#include "target.h"

#include <stdlib.h>
#include <strings.h>

/* 1 if the column alone is the table's key by its own definition. */
static bool indexes_is_rowid(const struct ferry_layout *layout, const char *name)
{
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        if (strcasecmp(ferry_schema_column(layout->schema, i)->name, name) == 0) {
            return sqldrv_rowid_is_made(layout, i);
        }
    }
    return false;
}

/* 1 if a table that stays has the index's columns as its primary key. */
static bool indexes_is_key(const struct sqldrv_table *table, const struct ferry_index *index)
{
    size_t found = 0;
    size_t keys = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sqldrv_column *column = &table->columns[i];
        size_t at = (size_t)column->key;
        keys += at > 0 ? 1 : 0;
        found += at > 0 && at <= index->column_count &&
                         strcasecmp(column->name, index->columns[at - 1]) == 0
                     ? 1
                     : 0;
    }
    return keys == index->column_count && found == keys;
}

/* The primary key is no index of its own where the definition says it already. */
static bool indexes_is_needed(const struct sqldrv_load *load, const struct ferry_index *index)
{
    return !index->primary ||
           !(load->spec->action == FERRY_TABLE_KEEP
                 ? indexes_is_key(&load->table, index)
                 : index->column_count == 1 && indexes_is_rowid(load->layout, index->columns[0]));
}

bool sqldrv_indexes_choose(struct sqldrv_load *load)
{
    const struct ferry_load_spec *spec = load->spec;
    struct sqldrv_objects *objects = &load->objects;
    objects->indexes = calloc(spec->index_count + 1, sizeof *objects->indexes);
    if (objects->indexes == NULL) {
        return false;
    }
    for (size_t i = 0; i < spec->index_count; i++) {
        if (indexes_is_needed(load, spec->indexes[i])) {
            FERRY_COPY(ferry_index, &objects->indexes[objects->index_count++], spec->indexes[i]);
        }
    }
    return true;
}
