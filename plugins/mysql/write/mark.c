/* How a table tells that this driver has made it, and in which run: by a mark at the end of its
 * comment, with a hash of the definition that it had then.
 */

#include "write/table.h"

#include <string.h>

#define MARK_BEGINS " [dbferry "

/* ---- The hash ---- */

/* What differs between two tables of the same definition: a foreign key follows the table that it
 * refers to from name to name, and has a name of its own for each run. */
static const char *mark_skip_variable(const char *at)
{
    static const char counter[] = " AUTO_INCREMENT=";
    static const char comment[] = " COMMENT='";
    static const char constraint[] = "CONSTRAINT `";
    static const char referred[] = " REFERENCES `";
    if (strncmp(at, counter, sizeof counter - 1) == 0) {
        at += sizeof counter - 1;
        return at + strspn(at, "0123456789");
    }
    if (strncmp(at, comment, sizeof comment - 1) == 0)
        return mydrv_text_skip_quoted(at + sizeof comment - 2);
    if (strncmp(at, constraint, sizeof constraint - 1) == 0) {
        const char *end = mydrv_text_skip_quoted(at + sizeof constraint - 2);
        return strncmp(end, " FOREIGN KEY ", 13) == 0 ? end : at;
    }
    if (strncmp(at, referred, sizeof referred - 1) == 0)
        return mydrv_text_skip_quoted(at + sizeof referred - 2);
    return at;
}

uint64_t mydrv_table_hash(const char *definition)
{
    uint64_t hash = FERRY_HASH_SEED;
    bool empty = true;
    const char *at = definition + strcspn(definition, "`"); /* behind CREATE TABLE: the name */
    if (*at == '`')
        at = mydrv_text_skip_quoted(at);
    while (*at != '\0') {
        const char *next = mark_skip_variable(at);
        if (next == at) {
            next = *at == '\'' || *at == '`' ? mydrv_text_skip_quoted(at) : at + 1;
            hash = ferry_hash_bytes(hash, at, (size_t)(next - at));
            empty = false;
        }
        at = next;
    }
    return empty ? 0 : ferry_hash_name(hash, "");
}

/* ---- The mark ---- */

void mydrv_table_mark(struct part_text *out, const char *comment, const char *run_id,
                      const char *own_hash)
{
    part_text_add(out, comment);
    part_text_addf(out, "%srun %s%s%s]", *comment == '\0' ? &MARK_BEGINS[1] : MARK_BEGINS, run_id,
                   own_hash == NULL ? "" : " own ", own_hash == NULL ? "" : own_hash);
}

const char *mydrv_table_read_mark(const char *comment, char ret_run_id[MYDRV_RUN_ID_SIZE],
                                  char ret_hash[MYDRV_OWN_HASH_SIZE])
{
    size_t length = strlen(comment);
    const char *mark = NULL;
    char hash[MYDRV_OWN_HASH_SIZE] = "";
    for (const char *at = comment; (at = strstr(at, &MARK_BEGINS[1])) != NULL; at++)
        if (at == comment || at[-1] == ' ')
            mark = at;
    if (mark == NULL || length == 0 || comment[length - 1] != ']' ||
        sscanf(mark, "[dbferry run %64[0-9a-f-] own %16[0-9a-f]]", ret_run_id, hash) < 1)
        return NULL;
    if (ret_hash != NULL)
        memcpy(ret_hash, hash, sizeof hash);
    return mark == comment ? mark : mark - 1;
}
