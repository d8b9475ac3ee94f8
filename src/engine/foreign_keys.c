/* Each key of the source is followed to the table that it refers to, and there to a unique index.
 */

#include "engine/foreign_keys.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "driver/target.h"
#include "engine/run.h"

/* ---- In words ---- */

static void add_names(struct ferry_strbuf *text, const char *const *names, size_t count)
{
    ferry_strbuf_add(text, "(");
    for (size_t i = 0; i < count; i++)
        ferry_strbuf_addf(text, "%s%s", i > 0 ? ", " : "", names[i]);
    ferry_strbuf_add(text, ")");
}

void ferry_foreign_key_add(struct ferry_strbuf *text, const struct ferry_foreign_key *key)
{
    ferry_strbuf_add(text, "foreign key ");
    add_names(text, key->columns, key->column_count);
    ferry_strbuf_addf(text, " to '%s'", key->table);
    if (key->referred == NULL)
        return;
    ferry_strbuf_add(text, " ");
    add_names(text, key->referred, key->column_count);
}

const char *ferry_foreign_key_action(uint32_t action)
{
    static const char *const words[] = {
        [FERRY_ACTION_NONE] = "no action",          [FERRY_ACTION_RESTRICT] = "restrict",
        [FERRY_ACTION_CASCADE] = "cascade",         [FERRY_ACTION_SET_NULL] = "set null",
        [FERRY_ACTION_SET_DEFAULT] = "set default",
    };
    return words[action];
}

/* ---- Those that are the same ---- */

static bool are_same_names(const char *const *one, const char *const *other, size_t count)
{
    bool same = true;
    for (size_t i = 0; i < count && same; i++)
        same = strcasecmp(one[i], other[i]) == 0;
    return same;
}

/* Many a server takes none and restrict for one (FERRY_TELLS_RESTRICT). */
static uint32_t effect_of(uint32_t action, bool strict)
{
    return action == FERRY_ACTION_RESTRICT && !strict ? FERRY_ACTION_NONE : action;
}

/* Of one target, which may have changed the case of names. */
static bool are_same(const struct ferry_foreign_key *one, const struct ferry_foreign_key *other,
                     bool strict)
{
    return one->column_count == other->column_count &&
           ferry_fold_compare(one->table, other->table) == 0 &&
           effect_of(one->on_delete, strict) == effect_of(other->on_delete, strict) &&
           effect_of(one->on_update, strict) == effect_of(other->on_update, strict) &&
           are_same_names(one->columns, other->columns, one->column_count) &&
           one->referred != NULL && other->referred != NULL &&
           are_same_names(one->referred, other->referred, one->column_count);
}

static bool is_among(const struct ferry_foreign_key *key, const struct ferry_foreign_key *keys,
                     size_t count, bool strict)
{
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = are_same(key, &keys[i], strict);
    return found;
}

/* ---- One key of the source ---- */

/* The table of the run that the source's key refers to; NULL: none. */
static const struct ferry_transfer *find_referred(const struct ferry_run *run,
                                                  const struct ferry_foreign_key *said)
{
    for (size_t i = 0; i < run->job->task_count; i++) {
        const struct ferry_read *read = ferry_transfer_read(&run->transfers[i]);
        if (read->kind == FERRY_READ_TABLE && strcmp(read->text, said->table) == 0)
            return &run->transfers[i];
    }
    return NULL;
}

/* Its columns as they are called in the plan; the list is the caller's to free.  A NULL in it: that
 * column is not carried. */
static const char **find_columns(const struct ferry_schema *schema, const char *const *names,
                                 size_t count)
{
    const char **found = calloc(count, sizeof *found);
    for (size_t i = 0; found != NULL && i < count; i++) {
        ptrdiff_t at = ferry_schema_find_name(schema, names[i]);
        found[i] = at < 0 ? NULL : schema->columns[at].name;
    }
    return found;
}

static bool are_found(const char *const *names, size_t count)
{
    bool found = true;
    for (size_t i = 0; i < count && found; i++)
        found = names[i] != NULL;
    return found;
}

/* The primary key of a plan: NULL where it has none of so many columns. */
static const char *const *find_primary(const struct ferry_plan *plan, size_t count)
{
    for (size_t i = 0; i < plan->index_count; i++)
        if (plan->indexes[i].primary != 0 && plan->indexes[i].column_count == count)
            return plan->indexes[i].columns;
    return NULL;
}

/* In this order: servers look a key up by the beginning of an index. */
static bool is_unique(const struct ferry_plan *plan, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < plan->index_count; i++) {
        const struct ferry_index *index = &plan->indexes[i];
        if (index->unique != 0 && index->column_count == count &&
            are_same_names(index->columns, columns, count))
            return true;
    }
    return false;
}

static ferry_status leave_out(struct ferry_plan *plan, const struct ferry_foreign_key *said,
                              bool warns, const char *why, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_foreign_key_add(&text, said);
    return warns ? ferry_schema_warn(&plan->schema, error, "the %s is not carried: %s",
                                     ferry_strbuf_text(&text), why)
                 : ferry_schema_note(&plan->schema, error, "the %s is not carried: %s",
                                     ferry_strbuf_text(&text), why);
}

/* Of a table of which not all is known, no flaw is: a table that is there stays as it is. */
static ferry_status keep_keys(struct ferry_plan *plan, const struct ferry_foreign_key *said,
                              struct ferry_error *error)
{
    plan->keeps = FERRY_KEEPS_UNKNOWN;
    return leave_out(plan, said, true, "not all of that table's definition is known", error);
}

/* The target has the last word. */
static ferry_status ask_target(const struct ferry_transfer *transfer,
                               const struct ferry_transfer *referred,
                               const struct ferry_foreign_key *key, struct ferry_notes *against,
                               struct ferry_error *error)
{
    const struct ferry_layout layout = ferry_plan_layout(transfer->plan, transfer->task->table);
    const struct ferry_layout other = ferry_plan_layout(referred->plan, referred->task->table);
    const struct ferry_load_spec spec =
        ferry_plan_load(transfer->plan, &layout, &transfer->task->policy);
    const struct ferry_load_spec other_spec =
        ferry_plan_load(referred->plan, &other, &referred->task->policy);
    return ferry_target_judge_key(transfer->session->target, &spec, key, &other_spec, against,
                                  error);
}

static void take(struct ferry_plan *plan, struct ferry_foreign_key *key, bool strict)
{
    if (is_among(key, plan->foreign_keys, plan->foreign_key_count, strict))
        return;
    plan->foreign_key_list[plan->foreign_key_count] = &plan->foreign_keys[plan->foreign_key_count];
    plan->foreign_keys[plan->foreign_key_count++] = *key;
    *key = (struct ferry_foreign_key){0};
}

/* What of the source's key shows without the target: why it cannot be carried, or NULL. */
static const char *find_flaw(const struct ferry_transfer *referred,
                             const struct ferry_foreign_key *key, const char *const *wanted)
{
    if (wanted == NULL)
        return "that table has no such primary key";
    if (!are_found(key->columns, key->column_count) || !are_found(key->referred, key->column_count))
        return "not all of its columns are carried";
    if (!is_unique(referred->plan, key->referred, key->column_count))
        return "the copy of that table has no unique index of just these columns, in this order";
    return NULL;
}

static ferry_status settle_key(struct ferry_transfer *transfer,
                               const struct ferry_transfer *referred,
                               const struct ferry_foreign_key *said, struct ferry_foreign_key *key,
                               struct ferry_error *error)
{
    struct ferry_plan *plan = transfer->plan;
    struct ferry_notes against = {0};
    const char *const *wanted =
        said->referred != NULL ? said->referred : find_primary(referred->plan, said->column_count);
    key->columns = find_columns(&plan->schema, said->columns, said->column_count);
    if (wanted != NULL)
        key->referred = find_columns(&referred->plan->schema, wanted, said->column_count);
    if (key->columns == NULL || (wanted != NULL && key->referred == NULL))
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a foreign key");
    const char *flaw = find_flaw(referred, key, wanted);
    if (flaw != NULL && referred->plan->keeps == FERRY_KEEPS_UNKNOWN)
        return keep_keys(plan, said, error);
    if (flaw != NULL)
        return leave_out(plan, said, true, flaw, error);
    ferry_status status = ask_target(transfer, referred, key, &against, error);
    if (status == FERRY_OK && against.count > 0)
        status = leave_out(plan, said, true, against.list[0], error);
    else if (status == FERRY_OK)
        take(plan, key, ferry_target_tells_restrict(transfer->session->target));
    ferry_notes_done(&against);
    return status;
}

static void free_key(struct ferry_foreign_key *key)
{
    free((void *)key->columns);
    free((void *)key->referred);
}

static ferry_status settle_one(struct ferry_transfer *transfer,
                               const struct ferry_foreign_key *said, struct ferry_error *error)
{
    const struct ferry_transfer *referred = find_referred(transfer->run, said);
    if (referred == NULL)
        return leave_out(transfer->plan, said, false, "the job does not carry that table", error);
    struct ferry_foreign_key key = *said;
    key.columns = key.referred = NULL;
    key.table = referred->task->table;
    ferry_status status = settle_key(transfer, referred, said, &key, error);
    free_key(&key); /* of which nothing is left where it was taken */
    return status;
}

/* ---- The keys of a table ---- */

ferry_status ferry_foreign_keys_settle(struct ferry_transfer *transfer, struct ferry_error *error)
{
    struct ferry_plan *plan = transfer->plan;
    const struct ferry_schema *described = &plan->described;
    ferry_status status = FERRY_OK;
    plan->foreign_keys = calloc(described->foreign_key_count + 1, sizeof *plan->foreign_keys);
    plan->foreign_key_list =
        calloc(described->foreign_key_count + 1, sizeof *plan->foreign_key_list);
    if (plan->foreign_keys == NULL || plan->foreign_key_list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for foreign keys");
    for (size_t i = 0; i < described->foreign_key_count && status == FERRY_OK; i++)
        status = settle_one(transfer, &described->foreign_keys[i], error);
    plan->foreign_keys_known = status == FERRY_OK;
    return status;
}

static void note_difference(struct ferry_plan *plan, const struct ferry_foreign_key *key,
                            const char *what)
{
    ferry_strbuf_add(&plan->difference, plan->difference.length > 0 ? ", the " : "the ");
    ferry_foreign_key_add(&plan->difference, key);
    ferry_strbuf_addf(&plan->difference, " is %s", what);
}

/* One that has other actions is both new and gone. */
static void note_differences(struct ferry_plan *plan, const struct ferry_schema *existing,
                             bool strict)
{
    for (size_t i = 0; i < plan->foreign_key_count; i++)
        if (!is_among(&plan->foreign_keys[i], existing->foreign_keys, existing->foreign_key_count,
                      strict))
            note_difference(plan, &plan->foreign_keys[i], "new");
    for (size_t i = 0; i < existing->foreign_key_count; i++)
        if (!is_among(&existing->foreign_keys[i], plan->foreign_keys, plan->foreign_key_count,
                      strict))
            note_difference(plan, &existing->foreign_keys[i], "gone");
}

/* Of those that the table is to have, it has these already. */
static ferry_status keep_existing(struct ferry_plan *plan, const struct ferry_schema *existing,
                                  bool strict, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    size_t kept = 0;
    for (size_t i = 0; i < plan->foreign_key_count; i++) {
        struct ferry_foreign_key *key = &plan->foreign_keys[i];
        if (is_among(key, existing->foreign_keys, existing->foreign_key_count, strict)) {
            plan->foreign_keys[kept++] = *key;
            continue;
        }
        if (status == FERRY_OK)
            status =
                leave_out(plan, key, true,
                          "the table has a definition of its own, which stays as it is", error);
        free_key(key);
    }
    plan->foreign_key_count = kept;
    return status;
}

ferry_status ferry_foreign_keys_compare(struct ferry_plan *plan,
                                        const struct ferry_connection *target,
                                        const struct ferry_schema *existing, bool own,
                                        struct ferry_error *error)
{
    bool strict = ferry_target_tells_restrict(target);
    if (own)
        note_differences(plan, existing, strict);
    else if (plan->difference.length == 0) /* else it is made anew, with all of them */
        return keep_existing(plan, existing, strict, error);
    return FERRY_OK;
}

void ferry_foreign_keys_free(struct ferry_plan *plan)
{
    for (size_t i = 0; i < plan->foreign_key_count; i++)
        free_key(&plan->foreign_keys[i]);
    free(plan->foreign_keys);
    free((void *)plan->foreign_key_list);
    plan->foreign_keys = NULL;
    plan->foreign_key_list = NULL;
    plan->foreign_key_count = 0;
}
