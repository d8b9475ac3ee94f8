/* The rows of the table under the keys that came in: by an index from each change to its row, or,
 * where there is none, by an index of the changes in one pass over the table.
 *
 * A row is found by the exact value of its key, whatever the collation of its columns; an index of
 * another collation only makes the choice smaller.
 */

#include "changes.h"

#define FIND_GROUP 32 /* terms in one pair of brackets: expressions have a greatest depth */

static const char *find_name(const struct sqldrv_load *load, size_t i)
{
    return ferry_schema_column(load->layout->schema, i)->name;
}

static void find_add_key(sqlite3_str *out, const struct sqldrv_load *load, size_t k)
{
    const char *collation = load->changes->collations[k];
    size_t column = load->spec->key[k];
    const char *name = find_name(load, column);
    unsigned long long number = column;
    sqlite3_str_appendall(out, k > 0 ? " AND " : "");
    if (collation != NULL && sqlite3_stricmp(collation, "BINARY") != 0) {
        sqlite3_str_appendf(out, "t.\"%w\" COLLATE %s = x.c%llu AND ", name, collation, number);
    }
    sqlite3_str_appendf(out,
                        "t.\"%w\" COLLATE BINARY = x.c%llu AND typeof(t.\"%w\") = typeof(x.c%llu)",
                        name, number, name, number);
}

void sqldrv_changes_add_join(sqlite3_str *out, const struct sqldrv_load *load)
{
    const char *table = load->layout->table;
    if (load->changes->by_index) {
        sqlite3_str_appendf(out, " FROM " SQLDRV_CHANGES " AS x CROSS JOIN main.\"%w\" AS t ON ",
                            table);
    } else {
        sqlite3_str_appendf(out, " FROM main.\"%w\" AS t CROSS JOIN " SQLDRV_CHANGES " AS x ON ",
                            table);
    }
    for (size_t k = 0; k < load->spec->key_count; k++) {
        find_add_key(out, load, k);
    }
}

/* ---- Which columns differ ---- */

/* Not the same value of the same storage class: 5 is not 5.0, and 'a' not 'A'. */
static void find_add_differs(sqlite3_str *out, const struct sqldrv_load *load, size_t i)
{
    const char *name = find_name(load, i);
    unsigned long long number = i;
    sqlite3_str_appendf(out,
                        "x.c%llu IS NOT t.\"%w\" COLLATE BINARY OR typeof(x.c%llu) <> "
                        "typeof(t.\"%w\")",
                        number, name, number, name);
}

static void find_add_mask(sqlite3_str *out, const struct sqldrv_load *load)
{
    const uint8_t *bits = load->changes->bits;
    size_t terms = 0;
    sqlite3_str_appendall(out, "((0");
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (bits[i] != 0 || sqldrv_changes_is_key(load, i)) {
            continue;
        }
        sqlite3_str_appendall(out, terms > 0 && terms % FIND_GROUP == 0 ? ") OR (" : " OR ");
        find_add_differs(out, load, i);
        terms++;
    }
    sqlite3_str_appendall(out, "))");
    for (size_t i = 0; i < ferry_schema_count(load->layout->schema); i++) {
        if (bits[i] != 0 && !sqldrv_changes_is_key(load, i)) {
            sqlite3_str_appendall(out, " | ((");
            find_add_differs(out, load, i);
            sqlite3_str_appendf(out, ") << %d)", (int)bits[i]);
        }
    }
}

/* ---- Finding ---- */

static char *find_sql(const struct sqldrv_load *load)
{
    const struct sqldrv_changes *changes = load->changes;
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, "INSERT INTO " SQLDRV_FOUND " SELECT ");
    for (size_t i = 0; i < changes->place_count; i++) {
        sqlite3_str_appendf(out, "t.\"%w\", ", changes->places[i]);
    }
    sqlite3_str_appendf(out, "x.at, x.op, CASE x.op WHEN %d THEN 0 ELSE ", FERRY_OP_DELETE);
    find_add_mask(out, load);
    sqlite3_str_appendall(out, " END");
    sqldrv_changes_add_join(out, load);
    return sqlite3_str_finish(out);
}

/* What else would tell that a key came twice, and what finds a change without an index of the
 * table. */
static int find_make_index(struct sqldrv_load *load)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    for (size_t k = 0; k < load->spec->key_count; k++) {
        sqlite3_str_appendf(out, "%sc%llu", k > 0 ? ", " : "",
                            (unsigned long long)load->spec->key[k]);
    }
    char *columns = sqlite3_str_finish(out);
    int rc =
        columns == NULL
            ? SQLITE_NOMEM
            : sqldrv_run(load->conn->db,
                         "CREATE UNIQUE INDEX temp._dbferry_changes_key ON _dbferry_changes(%s)",
                         columns);
    sqlite3_free(columns);
    return rc;
}

static int find_count(struct sqldrv_load *load, bool *ret_twice)
{
    struct sqldrv_changes *changes = load->changes;
    sqlite3_stmt *stmt = NULL;
    bool twice = false;
    int rc = sqldrv_prepare(
        load->conn->db, &stmt,
        "SELECT op, count(*), count(DISTINCT at), total(mask <> 0) FROM " SQLDRV_FOUND
        " GROUP BY op");
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        int operation = sqlite3_column_int(stmt, 0);
        changes->found[operation] = (uint64_t)sqlite3_column_int64(stmt, 2);
        changes->differ[operation] = (uint64_t)sqlite3_column_int64(stmt, 3);
        twice = twice || sqlite3_column_int64(stmt, 1) != sqlite3_column_int64(stmt, 2);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    *ret_twice = twice;
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- What should be there ---- */

/* The names of the key's columns, from sqlite3_malloc; NULL if out of memory. */
static char *find_key_names(const struct sqldrv_load *load)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    for (size_t k = 0; k < load->spec->key_count; k++) {
        sqlite3_str_appendf(out, "%s%s", k > 0 ? ", " : "", find_name(load, load->spec->key[k]));
    }
    return sqlite3_str_finish(out);
}

static ferry_status find_fail_key(struct sqldrv_load *load, const char *what,
                                  struct ferry_error *err)
{
    char *names = find_key_names(load);
    ferry_status status = names == NULL
                              ? sqldrv_fail_memory(err)
                              : ferry_fail(err, FERRY_ERR_DATA, "'%s': table '%s': %s (%s)",
                                           load->conn->path, load->layout->table, what, names);
    sqlite3_free(names);
    return status;
}

#define FIND_CAME_TWICE                                                                            \
    "two rows that came in have the same key; choose another with key, or strategy = \"replace\""
#define FIND_IS_TWICE                                                                              \
    "two of its rows have the same key; choose another with key, or strategy = \"replace\""
#define FIND_DIFFERS                                                                               \
    "a row that came in is there already, with other values; strategy = \"upsert\" would change "  \
    "it"

static ferry_status find_check(struct sqldrv_load *load, bool twice, struct ferry_error *err)
{
    const struct sqldrv_changes *changes = load->changes;
    if (twice) {
        return find_fail_key(load, FIND_IS_TWICE, err);
    }
    if (changes->found[FERRY_OP_INSERT] > 0 ||
        changes->found[FERRY_OP_UPDATE] != changes->counts[FERRY_OP_UPDATE] ||
        changes->found[FERRY_OP_DELETE] != changes->counts[FERRY_OP_DELETE]) {
        return ferry_load_fail_changed(load->spec, load->conn->path, err);
    }
    return changes->differ[FERRY_OP_ADD] > 0 ? find_fail_key(load, FIND_DIFFERS, err) : FERRY_OK;
}

ferry_status sqldrv_changes_find(struct sqldrv_load *load, struct ferry_error *err)
{
    struct sqldrv_changes *changes = load->changes;
    bool twice = false;
    if (load->spec->key_count == 0) {
        return FERRY_OK;
    }
    int rc = changes->by_index && changes->unique ? SQLITE_OK : find_make_index(load);
    if (rc == SQLITE_OK) {
        char *sql = find_sql(load);
        rc = sql == NULL ? SQLITE_NOMEM : sqlite3_exec(load->conn->db, sql, NULL, NULL, NULL);
        sqlite3_free(sql);
    }
    if ((rc & 0xff) == SQLITE_CONSTRAINT) { /* of the two tables that are ours */
        return find_fail_key(load, FIND_CAME_TWICE, err);
    }
    if (rc == SQLITE_OK) {
        rc = find_count(load, &twice);
    }
    return rc == SQLITE_OK ? find_check(load, twice, err) : sqldrv_changes_fail(load, rc, err);
}
