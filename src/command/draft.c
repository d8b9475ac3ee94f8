/* Answers, and the text that they make.  Values are quoted as the parser of the file reads them. */

#include "command/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* ---- Answers ---- */

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
}

static struct ferry_draft_key *find(const struct ferry_draft_side *side, const char *key)
{
    for (size_t i = 0; i < side->count; i++)
        if (strcmp(side->keys[i].key, key) == 0)
            return &side->keys[i];
    return NULL;
}

const char *ferry_draft_value(const struct ferry_draft_side *side, const char *key)
{
    const struct ferry_draft_key *found = find(side, key);
    return found == NULL ? NULL : found->value;
}

static void take_out(struct ferry_draft_side *side, struct ferry_draft_key *key)
{
    size_t behind = (size_t)(side->keys + side->count - (key + 1));
    free(key->key);
    free(key->value);
    memmove(key, key + 1, behind * sizeof *key);
    side->count--;
}

static ferry_status add(struct ferry_draft_side *side, const char *key, const char *value,
                        bool bare, struct ferry_error *error)
{
    struct ferry_draft_key *keys = reallocarray(side->keys, side->count + 1, sizeof *keys);
    if (keys == NULL)
        return fail_memory(error);
    side->keys = keys;
    struct ferry_draft_key added = {.key = strdup(key), .value = strdup(value), .bare = bare};
    if (added.key == NULL || added.value == NULL) {
        free(added.key);
        free(added.value);
        return fail_memory(error);
    }
    keys[side->count++] = added;
    return FERRY_OK;
}

ferry_status ferry_draft_set(struct ferry_draft_side *side, const char *key, const char *value,
                             bool bare, struct ferry_error *error)
{
    struct ferry_draft_key *old = find(side, key);
    if (old == NULL)
        return value == NULL ? FERRY_OK : add(side, key, value, bare, error);
    if (value == NULL) {
        take_out(side, old);
        return FERRY_OK;
    }
    char *copy = strdup(value);
    if (copy == NULL)
        return fail_memory(error);
    free(old->value);
    old->value = copy;
    return FERRY_OK;
}

void ferry_draft_forget_keys(struct ferry_draft_side *side)
{
    while (side->count > 0)
        take_out(side, &side->keys[side->count - 1]);
}

void ferry_draft_forget_secret(struct ferry_draft_side *side)
{
    ferry_secret_free(side->secret);
    free(side->secret_key);
    side->secret = NULL;
    side->secret_key = NULL;
}

static void side_done(struct ferry_draft_side *side)
{
    ferry_draft_forget_keys(side);
    ferry_draft_forget_secret(side);
    free(side->keys);
    free(side->driver);
}

void ferry_draft_done(struct ferry_draft *draft)
{
    side_done(&draft->source);
    side_done(&draft->target);
    free(draft->read);
    free(draft->table);
    free(draft->job);
    *draft = (struct ferry_draft){0};
}

/* ---- The text ---- */

static void add_quoted(struct ferry_strbuf *text, const char *value)
{
    ferry_strbuf_add(text, "\"");
    for (const char *at = value; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            ferry_strbuf_addf(text, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7F)
            ferry_strbuf_addf(text, "\\x%02x", byte);
        else
            ferry_strbuf_append(text, at, 1);
    }
    ferry_strbuf_add(text, "\"");
}

static void add_text(struct ferry_strbuf *text, const char *key, const char *value)
{
    ferry_strbuf_addf(text, "    %s = ", key);
    add_quoted(text, value);
    ferry_strbuf_add(text, ";\n");
}

static void add_side(struct ferry_strbuf *text, const struct ferry_draft_side *side,
                     const char *secret_file)
{
    ferry_strbuf_addf(text, "  %s = {\n", side->name);
    add_text(text, "driver", side->driver);
    for (size_t i = 0; i < side->count; i++)
        if (side->keys[i].bare)
            ferry_strbuf_addf(text, "    %s = %s;\n", side->keys[i].key, side->keys[i].value);
        else
            add_text(text, side->keys[i].key, side->keys[i].value);
    if (side->secret_key != NULL) {
        ferry_strbuf_addf(text, "    %s_file = ", side->secret_key);
        add_quoted(text, secret_file);
        ferry_strbuf_add(text, "; # beside this file, mode 0600\n");
    }
    ferry_strbuf_addf(text, "    # other keys: dbferry drivers %s\n  };\n", side->driver);
}

void ferry_draft_write(const struct ferry_draft *draft, const char *source_file,
                       const char *target_file, struct ferry_strbuf *text)
{
    ferry_strbuf_add(text,
                     "# dbferry configuration; see dbferry.conf(5).  Keep it closed to others: "
                     "chmod 600.\n"
                     "# Try it:  dbferry check      what would happen:  dbferry plan      do it:  "
                     "dbferry run\n\n"
                     "connections = {\n"
                     "  # The database to read from.\n");
    add_side(text, &draft->source, source_file);
    ferry_strbuf_add(text, "\n  # The one to write to.\n");
    add_side(text, &draft->target, target_file);
    ferry_strbuf_add(text, "};\n\njobs = (\n  {\n");
    add_text(text, "name", draft->job);
    add_text(text, "source", draft->source.name);
    add_text(text, draft->is_view ? "view" : "table", draft->read);
    add_text(text, "target", draft->target.name);
    add_text(text, "target_table", draft->table);
    ferry_strbuf_add(text,
                     "    # strategy = \"merge\"; key = [\"id\"];  # write only the rows that "
                     "differ\n  }\n"
                     "  # , { ... }                           # more jobs\n);\n");
}
