/* A column that is declared INTEGER PRIMARY KEY is the rowid under another name: NULL there would
 * become a number, and no index of its own is needed.
 */

#include "target.h"
#include "values.h"

bool sqldrv_rowid_is_made(const struct ferry_layout *layout, size_t i)
{
    const struct ferry_column *column = ferry_schema_column(layout->schema, i);
    const struct sqldrv_type_rule *rule = sqldrv_type_rule(column, layout->wishes[i]);
    return rule != NULL && sqldrv_clauses_make_rowid(column, rule);
}

/* In a table that stays, by its own definition. */
static bool rowid_is_there(const struct sqldrv_load *load, size_t i)
{
    const struct sqldrv_table *table = &load->table;
    const char *name = ferry_schema_column(load->layout->schema, i)->name;
    return table->integer_key >= 0 &&
           sqlite3_stricmp(table->columns[table->integer_key].name, name) == 0;
}

int sqldrv_rowid_find(const struct sqldrv_load *load)
{
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (load->spec->action == FERRY_TABLE_KEEP ? rowid_is_there(load, i)
                                                   : sqldrv_rowid_is_made(load->layout, i)) {
            return (int)i;
        }
    }
    return -1;
}
