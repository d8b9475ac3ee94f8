/* What a table of somebody's own says that a table made anew for a load would not say, as SHOW
 * CREATE TABLE tells it.
 */

#include "write/table.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LOSSES_SHOWN 80 /* bytes of a definition */

struct losses {
    const struct ferry_load_spec *spec;
    const struct mydrv_table *table;
    struct ferry_notes *notes;
    struct ferry_error *err;
};

/* ---- Words ---- */

static bool losses_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Behind the word, quoted text or single character at `at`. */
static const char *losses_skip(const char *at)
{
    if (*at == '\'' || *at == '`' || *at == '"')
        return mydrv_text_skip_quoted(at);
    if (!losses_is_letter(*at))
        return at + 1;
    while (losses_is_letter(*at))
        at++;
    return at;
}

/* Where the word stands before `end`, outside of quotes, or NULL. */
static const char *losses_find(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    while (at < end) {
        const char *next = losses_skip(at);
        if ((size_t)(next - at) == length && strncasecmp(at, word, length) == 0)
            return at;
        at = next;
    }
    return NULL;
}

/* The end of the line that begins at `at`; a name or text may hold line breaks. */
static const char *losses_line_end(const char *at)
{
    while (*at != '\0' && *at != '\n')
        at = losses_skip(at);
    return at;
}

/* A text without the comma at its end, and not longer than is good in a message. */
static ferry_status losses_add_text(const struct losses *losses, const char *at, const char *end)
{
    while (end > at && (end[-1] == ',' || end[-1] == ' '))
        end--;
    size_t length = (size_t)(end - at);
    bool cut = length > LOSSES_SHOWN;
    length = cut ? LOSSES_SHOWN : length;
    while (cut && length > 0 && ((unsigned char)at[length] & 0xC0) == 0x80)
        length--; /* not within a character */
    return ferry_note(losses->notes, losses->err, "%.*s%s", (int)length, at, cut ? "..." : "");
}

/* ---- Columns ---- */

static ptrdiff_t losses_new_column(const struct losses *losses, const char *name)
{
    for (size_t i = 0; i < ferry_schema_count(losses->spec->layout->schema); i++)
        if (strcasecmp(ferry_schema_column(losses->spec->layout->schema, i)->name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static const char *losses_old_clauses(const struct losses *losses, const char *name)
{
    for (size_t i = 0; i < losses->table->column_count; i++)
        if (strcmp(losses->table->columns[i].name, name) == 0)
            return losses->table->columns[i].clauses;
    return "";
}

/* The part of this driver's clauses that begins with `word`: up to the next of them. */
static const char *losses_clause(const char *clauses, const char *word, size_t *ret_length)
{
    static const char *const words[] = {"COLLATE",       "NOT",     "NULL",  "SRID",
                                        "REF_SYSTEM_ID", "DEFAULT", "CHECK", "AUTO_INCREMENT"};
    const char *end = clauses + strlen(clauses);
    const char *from = losses_find(clauses, end, word);
    if (from == NULL)
        return NULL;
    const char *next = end;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = losses_find(losses_skip(from), end, words[i]);
        if (at != NULL && at < next)
            next = at;
    }
    while (next > from && next[-1] == ' ')
        next--;
    *ret_length = (size_t)(next - from);
    return from;
}

/* A clause of the old column, unless the new one has the same. */
static ferry_status losses_compare_clause(const struct losses *losses, const char *name,
                                          const char *old, const char *new, const char *word)
{
    size_t length = 0;
    size_t new_length = 0;
    const char *is = losses_clause(old, word, &length);
    const char *will_be = losses_clause(new, word, &new_length);
    if (is == NULL ||
        (will_be != NULL && length == new_length && strncmp(is, will_be, length) == 0))
        return FERRY_OK;
    if (strcmp(word, "NOT") == 0)
        return ferry_note(losses->notes, losses->err, "NOT NULL of '%s'", name);
    return ferry_note(losses->notes, losses->err, "%.*s of '%s'",
                      (int)(length > LOSSES_SHOWN ? LOSSES_SHOWN : length), is, name);
}

/* What the server says of the column, and this driver never does. */
static ferry_status losses_of_words(const struct losses *losses, const char *name, const char *line,
                                    const char *end, const char *new)
{
    static const struct {
        const char *word, *what;
    } words[] = {{"COMMENT", "the comment"},        {"UPDATE", "ON UPDATE"},
                 {"INVISIBLE", "INVISIBLE"},        {"CHECK", "CHECK"},
                 {"VERSIONING", "VERSIONING"},      {"COMPRESSED", "COMPRESSED"},
                 {"COLUMN_FORMAT", "COLUMN_FORMAT"}};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words && status == FERRY_OK; i++) {
        bool json =
            strcmp(words[i].word, "CHECK") == 0 && strstr(new, "CHECK (json_valid(") != NULL;
        if (!json && losses_find(line, end, words[i].word) != NULL)
            status = ferry_note(losses->notes, losses->err, "%s of '%s'", words[i].what, name);
    }
    return status;
}

/* The key that some servers add to a table without one: they do so again. */
static bool losses_is_servers_key(const char *line, const char *end)
{
    static const char name[] = "`my_row_id` ";
    return strncmp(line, name, sizeof name - 1) == 0 &&
           losses_find(line, end, "INVISIBLE") != NULL &&
           losses_find(line, end, "AUTO_INCREMENT") != NULL;
}

static ferry_status losses_of_column(const struct losses *losses, const char *line, const char *end)
{
    static const char *const words[] = {"COLLATE",        "NOT",  "DEFAULT",
                                        "AUTO_INCREMENT", "SRID", "REF_SYSTEM_ID"};
    PART_AUTO_TEXT struct part_text name = {0};
    if (!mydrv_text_take_name(line, &name))
        return mydrv_fail_memory(losses->err);
    ptrdiff_t at = losses_new_column(losses, name.data);
    const char *new = at < 0 ? "" : losses->spec->layout->clauses[at];
    const char *old = losses_old_clauses(losses, name.data);
    const char *rest = mydrv_text_skip_quoted(line);
    size_t length;
    if (losses_find(rest, end, "GENERATED") != NULL)
        return ferry_note(losses->notes, losses->err, "the generated column '%s'", name.data);
    ferry_status status = FERRY_OK;
    for (size_t i = at < 0 ? 1 : 0; i < sizeof words / sizeof *words && status == FERRY_OK; i++)
        status = losses_compare_clause(losses, name.data, old, new, words[i]);
    const char *given = losses_find(rest, end, "DEFAULT");
    bool null = given != NULL && strncmp(given, "DEFAULT NULL", 12) == 0;
    if (status == FERRY_OK && given != NULL && !null &&
        losses_clause(old, "DEFAULT", &length) == NULL)
        status = ferry_note(losses->notes, losses->err, "DEFAULT of '%s'", name.data);
    return status == FERRY_OK ? losses_of_words(losses, name.data, rest, end, new) : status;
}

/* ---- Keys ---- */

/* Behind the name in backticks at `at`, where it is `name` but for case; else NULL. */
static const char *losses_skip_column(const char *at, const char *end, const char *name)
{
    if (at >= end || *at++ != '`')
        return NULL;
    for (; *name != '\0'; name++, at++) {
        if (at >= end || tolower((unsigned char)*at) != tolower((unsigned char)*name))
            return NULL;
        if (*name == '`' && (++at >= end || *at != '`'))
            return NULL;
    }
    return at < end && *at == '`' ? at + 1 : NULL;
}

/* Whether the columns of a plain key, in brackets at `at`, are those of the index. */
static bool losses_same_columns(const char *at, const char *end, const char *const *columns,
                                size_t count)
{
    for (size_t i = 0; i < count && at != NULL; i++)
        at = at < end && *at == (i == 0 ? '(' : ',') ? losses_skip_column(at + 1, end, columns[i])
                                                     : NULL;
    return at != NULL && at < end && *at == ')';
}

static ferry_status losses_of_key(const struct losses *losses, const char *line, const char *end)
{
    const struct ferry_load_spec *spec = losses->spec;
    bool primary = strncmp(line, "PRIMARY KEY ", 12) == 0;
    bool unique = primary || strncmp(line, "UNIQUE KEY ", 11) == 0;
    bool plain = unique || strncmp(line, "KEY ", 4) == 0;
    const char *at = losses_find(line, end, "(");
    bool kept = false;
    for (size_t i = 0; plain && at != NULL && !kept && i < spec->index_count; i++) {
        const struct ferry_index *index = spec->indexes[i];
        kept = (!primary || index->primary != 0) && (!unique || index->unique != 0) &&
               losses_same_columns(at, end, index->columns, index->column_count);
    }
    return kept ? FERRY_OK : losses_add_text(losses, line, end);
}

/* ---- The table ---- */

static ferry_status losses_of_engine(const struct losses *losses)
{
    return strcasecmp(losses->table->engine, "InnoDB") == 0
               ? FERRY_OK
               : ferry_note(losses->notes, losses->err, "ENGINE=%s", losses->table->engine);
}

/* NAME=VALUE of the options behind the columns, but for what differs from table to table or is
 * told elsewhere. */
static ferry_status losses_of_options(const struct losses *losses, const char *at, const char *end)
{
    static const char *const known[] = {"ENGINE", "AUTO_INCREMENT", "CHARSET", "COLLATE",
                                        "COMMENT"};
    ferry_status status = FERRY_OK;
    while (at < end && status == FERRY_OK) {
        const char *next = losses_skip(at);
        if (*next != '=' || !losses_is_letter(*at)) {
            at = next;
            continue;
        }
        const char *value = losses_skip(next + 1);
        bool skipped = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            skipped = skipped || (strlen(known[i]) == (size_t)(next - at) &&
                                  strncasecmp(known[i], at, (size_t)(next - at)) == 0);
        if (!skipped)
            status = losses_add_text(losses, at, value);
        at = value;
    }
    return status;
}

static ferry_status losses_of_tail(const struct losses *losses, const char *tail)
{
    const char *end = tail + strlen(tail);
    const char *parts = losses_find(tail, end, "PARTITION");
    ferry_status status = losses_of_engine(losses);
    if (status == FERRY_OK)
        status = losses_of_options(losses, tail, parts == NULL ? end : parts);
    if (status == FERRY_OK && losses->table->comment[0] != '\0')
        status = ferry_note(losses->notes, losses->err, "the table's comment");
    if (status == FERRY_OK && losses_find(tail, end, "VERSIONING") != NULL)
        status = ferry_note(losses->notes, losses->err, "SYSTEM VERSIONING");
    return status == FERRY_OK && parts != NULL
               ? ferry_note(losses->notes, losses->err, "the partitions")
               : status;
}

/* Lines of a definition: "  `column` ...,", "  KEY ...,", and ") ENGINE=..." for the rest. */
static ferry_status losses_find_all(const struct losses *losses)
{
    static const char servers_key[] = "PRIMARY KEY (`my_row_id`)";
    ferry_status status = FERRY_OK;
    bool has_servers_key = false;
    const char *line = losses_line_end(losses->table->definition);
    while (*line == '\n' && status == FERRY_OK) {
        line++;
        line += strspn(line, " ");
        if (*line == ')')
            return losses_of_tail(losses, line);
        const char *end = losses_line_end(line);
        if (losses_is_servers_key(line, end))
            has_servers_key = true;
        else if (*line == '`')
            status = losses_of_column(losses, line, end);
        else if (!has_servers_key || strncmp(line, servers_key, sizeof servers_key - 1) != 0)
            status = losses_of_key(losses, line, end);
        line = end;
    }
    return status;
}

ferry_status mydrv_foresee(void *conn, const struct ferry_load_spec *spec,
                           struct ferry_notes *losses, struct ferry_notes *stale,
                           struct ferry_error *err)
{
    struct mydrv_table table = {0};
    (void)stale; /* triggers fire, and indexes of any kind are part of the table */
    bool demanded = false;
    bool rebuilt = spec->action == FERRY_TABLE_REBUILD;
    ferry_status status = mydrv_indexes_ask_demand(conn, &demanded, err);
    if (status == FERRY_OK && (rebuilt || (demanded && spec->action != FERRY_TABLE_CREATE)))
        status = mydrv_table_load(conn, spec->layout->table, &table, err);
    if (status == FERRY_OK && demanded)
        status = mydrv_indexes_check_demand(conn, spec, &table, err);
    const struct losses all = {spec, &table, losses, err};
    if (status == FERRY_OK && rebuilt && table.exists && !table.own && table.definition != NULL)
        status = losses_find_all(&all);
    mydrv_table_clear(&table);
    return status;
}
