/* The names of things that dbferry makes: files beside the database, indexes, reserved tables. */

#include "sqlite_driver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_OURS "dbferry_"
#define NAME_PREFIX_MAX 48 /* readable part of an index's name, per component */

static char name_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static uint64_t name_hash_more(uint64_t hash, const char *name)
{
    for (; *name != '\0'; name++) {
        char lower = name_lower(*name);
        hash = ferry_hash_bytes(hash, &lower, 1);
    }
    return ferry_hash_name(hash, ""); /* its end */
}

uint64_t sqldrv_name_hash(const char *name)
{
    return name_hash_more(FERRY_HASH_SEED, name);
}

char *sqldrv_name_beside(const char *real, const char *table, const char *suffix)
{
    char *name = NULL;
    if (asprintf(&name, "%s-dbferry-%016" PRIx64 "%s", real, sqldrv_name_hash(table), suffix) < 0) {
        return NULL;
    }
    return name;
}

/* Letters, digits and '_' of `name`, in lower case; everything else becomes '_'. */
static void name_append_plain(sqlite3_str *out, const char *name)
{
    size_t length = strnlen(name, NAME_PREFIX_MAX);
    for (size_t i = 0; i < length; i++) {
        char c = name_lower(name[i]);
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain) {
            c = '_';
        }
        sqlite3_str_appendchar(out, 1, c);
    }
}

char *sqldrv_name_index(const char *table, const struct ferry_index *index)
{
    if (index->name != NULL && !index->copied) {
        return strdup(index->name);
    }
    sqlite3_str *out = sqlite3_str_new(NULL);
    uint64_t hash = sqldrv_name_hash(table);
    sqlite3_str_appendall(out, NAME_OURS);
    name_append_plain(out, table);
    for (size_t i = 0; i < index->column_count; i++) {
        hash = name_hash_more(hash, index->columns[i]);
        sqlite3_str_appendchar(out, 1, '_');
        name_append_plain(out, index->columns[i]);
    }
    hash = name_hash_more(hash, index->unique ? "unique" : "");
    sqlite3_str_appendf(out, "_%08x", (unsigned)(hash ^ (hash >> 32)));
    char *text = sqlite3_str_finish(out);
    char *name = text == NULL ? NULL : strdup(text);
    sqlite3_free(text);
    return name;
}

bool sqldrv_name_is_ours(const char *index)
{
    return strncasecmp(index, NAME_OURS, strlen(NAME_OURS)) == 0;
}

bool sqldrv_name_reserved(const char *table)
{
    return strncasecmp(table, "sqlite_", 7) == 0 || strncasecmp(table, "_dbferry_", 9) == 0;
}
