/* Changes and the rows that they are of: found by an index where there is one, and told apart by
 * the exact value of the key.
 */

#include "write/target.h"

#include <string.h>

bool pgdrv_match_is_key(const struct pgdrv_load *load, size_t i)
{
    for (size_t k = 0; k < load->spec->key_count; k++)
        if (load->spec->key[k] == i)
            return true;
    return false;
}

/* Both sides, each with `behind`. */
static void match_write_pair(const struct pgdrv_load *load, size_t i, const char *sign,
                             const char *behind, struct part_text *sql)
{
    const char *name = ferry_schema_column(load->layout->schema, i)->name;
    part_text_add(sql, PGDRV_MATCH_LIVE ".");
    pgdrv_text_add_name(sql, name);
    part_text_addf(sql, "%s %s " PGDRV_MATCH_CHANGES ".", behind, sign);
    pgdrv_text_add_name(sql, name);
    part_text_add(sql, behind);
}

static bool match_is_text(enum pgdrv_kind kind)
{
    return kind == PGDRV_KIND_TEXT || kind == PGDRV_KIND_VARCHAR || kind == PGDRV_KIND_CHAR;
}

/* A collation of the user's own may take 'A' for 'a'.  Its index serves all the same: it finds too
 * much and never too little. */
void pgdrv_match_write(const struct pgdrv_load *load, struct part_text *sql)
{
    for (size_t k = 0; k < load->spec->key_count; k++) {
        size_t i = load->spec->key[k];
        part_text_add(sql, k > 0 ? " AND " : "");
        match_write_pair(load, i, "=", "", sql);
        if (!match_is_text(load->changes->kinds[i]))
            continue;
        part_text_add(sql, " AND ");
        match_write_pair(load, i, "=", " COLLATE \"C\"", sql);
    }
}

/* The same as it is written, where a type takes different values for equal. */
void pgdrv_match_write_same(const struct pgdrv_load *load, size_t i, struct part_text *sql)
{
    enum pgdrv_kind kind = load->changes->kinds[i];
    bool written = kind == PGDRV_KIND_JSON || kind == PGDRV_KIND_INTERVAL;
    match_write_pair(load, i, "IS NOT DISTINCT FROM",
                     written               ? "::text COLLATE \"C\""
                     : match_is_text(kind) ? " COLLATE \"C\""
                                           : "",
                     sql);
}

bool pgdrv_match_write_set(const struct pgdrv_load *load, struct part_text *sql)
{
    const struct ferry_schema *schema = load->layout->schema;
    bool any = false;
    for (size_t i = 0; i < ferry_schema_count(schema); i++) {
        const char *name = ferry_schema_column(schema, i)->name;
        if (pgdrv_match_is_key(load, i))
            continue;
        part_text_add(sql, any ? ", " : " SET ");
        pgdrv_text_add_name(sql, name);
        part_text_add(sql, " = " PGDRV_MATCH_CHANGES ".");
        pgdrv_text_add_name(sql, name);
        any = true;
    }
    return any;
}
