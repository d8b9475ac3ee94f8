/* The table of strategies, and which of them a plan gets: the job's, where nothing speaks against
 * it. */

#include "engine/strategy.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "driver/source.h"
#include "driver/target.h"
#include "engine/appending.h"
#include "engine/choose_key.h"
#include "engine/job.h"
#include "engine/merging.h"
#include "engine/replace.h"

static const struct ferry_strategy strategies[] = {
    [FERRY_STRATEGY_REPLACE] = {.name = "replace",
                                .load_kind = FERRY_LOAD_REPLACE,
                                .is_whole = true,
                                .move = ferry_replace_move},
    [FERRY_STRATEGY_APPEND] = {.name = "append",
                               .load_kind = FERRY_LOAD_CHANGES,
                               .move = ferry_append_move},
    [FERRY_STRATEGY_UPSERT] = {.name = "upsert",
                               .load_kind = FERRY_LOAD_CHANGES,
                               .move = ferry_upsert_move},
    [FERRY_STRATEGY_MERGE] = {.name = "merge",
                              .load_kind = FERRY_LOAD_CHANGES,
                              .is_whole = true,
                              .move = ferry_merge_move},
};

const char *ferry_strategy_name(enum ferry_strategy_id strategy)
{
    return strategies[strategy].name;
}

const char *ferry_strategy_of_driver(const struct ferry_driver_handle *driver, uint32_t role,
                                     size_t i)
{
    bool changes = (role & FERRY_ROLE_SOURCE) != 0
                       ? driver->is_source && (driver->source.abilities & FERRY_SCANS) != 0
                       : driver->is_target && (driver->target.abilities & FERRY_CHANGES) != 0;
    bool any = (role & FERRY_ROLE_SOURCE) != 0 ? driver->is_source : driver->is_target;
    size_t count =
        changes ? sizeof strategies / sizeof strategies[0] : any; /* the first needs none */
    return i < count ? strategies[i].name : NULL;
}

bool ferry_strategy_keeps_rows(const struct ferry_change_rules *rules)
{
    return !strategies[rules->strategy].is_whole;
}

bool ferry_strategy_was_whole(const char *name)
{
    bool was_whole = false;
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0] && name != NULL; i++)
        was_whole = was_whole || (strategies[i].is_whole && strcmp(strategies[i].name, name) == 0);
    return was_whole;
}

/* ---- What the last run has left ---- */

ferry_status ferry_strategy_recall(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                                   struct ferry_connection *target, const char *table,
                                   struct ferry_error *error)
{
    if (rules->strategy == FERRY_STRATEGY_REPLACE && !rules->skip_unchanged)
        return FERRY_OK;
    ferry_status status = ferry_connection_record_read(target, table, &plan->before, error);
    if (status == FERRY_OK && !ferry_record_fits_table(&plan->before)) {
        ferry_log(FERRY_LOG_INFO, "the record of the last run is not of what table '%s' holds now",
                  table);
        ferry_record_forget(&plan->before);
    }
    return status;
}

/* ---- Whether columns and drivers will do ---- */

/* With others, the target does nothing else. */
static bool must_replace(const struct ferry_strategy_facts *facts)
{
    return facts->together && !ferry_target_joins_changes(facts->target) &&
           !ferry_target_joins_alike(facts->target);
}

static ferry_status check_drivers(const struct ferry_strategy_facts *facts,
                                  struct ferry_error *error)
{
    const char *name = strategies[facts->rules->strategy].name;
    if (!ferry_source_scans(facts->source))
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          "strategy = \"%s\" reads in order or from a cursor on, which the driver "
                          "of %s cannot; choose strategy = \"replace\"",
                          name, ferry_connection_place(facts->source));
    if (!ferry_target_changes(facts->target))
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          "strategy = \"%s\" changes single rows, which the driver of %s cannot; "
                          "choose strategy = \"replace\"",
                          name, ferry_connection_place(facts->target));
    if (must_replace(facts) && ferry_strategy_keeps_rows(facts->rules))
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          "strategy = \"%s\" keeps rows of the table, and the driver of %s changes "
                          "many tables in one step by replacing each; choose commit = \"each\"",
                          name, ferry_connection_place(facts->target));
    return FERRY_OK;
}

static ferry_status need_key(const struct ferry_plan *plan, const char *name,
                             struct ferry_error *error)
{
    if (plan->key.count > 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "strategy = \"%s\" needs a key by which rows are told apart, and the source "
                      "tells of no primary key and no unique index without NULL; name columns "
                      "with key = [ \"...\" ]",
                      name);
}

/* A value that is stored otherwise than it was read would never be found to be the same. */
static ferry_status check_lossless(const struct ferry_plan *plan, struct ferry_error *error)
{
    for (size_t i = 0; i < plan->schema.count; i++)
        if (plan->mappings[i].fit == FERRY_FIT_LOSSY)
            return ferry_fail(error, FERRY_ERR_SCHEMA,
                              "strategy = \"merge\" compares what is stored with what is read, and "
                              "the target loses something of column '%s'; choose strategy = "
                              "\"replace\", or another type for the column",
                              plan->schema.columns[i].name);
    return FERRY_OK;
}

/* Rows that are read again are known by their key alone. */
static ferry_status check_without_key(const struct ferry_plan *plan,
                                      const struct ferry_change_rules *rules,
                                      struct ferry_error *error)
{
    const char *what = rules->lag.text != NULL ? "cursor_lag"
                       : rules->read_nulls     ? "cursor_nulls = \"read\""
                                               : NULL;
    if (plan->key.count > 0 || what == NULL)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "%s reads rows a second time, and without a key nobody knows that they are "
                      "there already; name columns with key = [ \"...\" ]",
                      what);
}

static ferry_status check_columns(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                                  struct ferry_error *error)
{
    const char *name = strategies[rules->strategy].name;
    ferry_status status = ferry_choose_key(plan, rules, error);
    if (status == FERRY_OK)
        status = rules->strategy == FERRY_STRATEGY_APPEND ? check_without_key(plan, rules, error)
                                                          : need_key(plan, name, error);
    if (status == FERRY_OK)
        status = ferry_choose_key_check(plan, error);
    if (status == FERRY_OK && rules->strategy == FERRY_STRATEGY_MERGE)
        status = check_lossless(plan, error);
    if (status == FERRY_OK && rules->cursor != NULL && ferry_strategy_keeps_rows(rules))
        status = ferry_bookmark_begin(&plan->cursor, rules, &plan->described, error);
    return status;
}

/* ---- Why all rows are read after all ---- */

static const char *recorded(const struct ferry_plan *plan, const char *name)
{
    const char *value = ferry_record_value(&plan->before, name);
    return value == NULL ? "" : value;
}

/* What is there does not need to be compared. */
static bool note_table(struct ferry_plan *plan)
{
    const char *why = plan->action == FERRY_TABLE_CREATE       ? "the table is new"
                      : plan->action == FERRY_TABLE_REBUILD    ? "the table is made anew"
                      : plan->rows_known && !plan->rows_before ? "the table is empty"
                                                               : NULL;
    if (why != NULL)
        ferry_strbuf_add(&plan->why, why);
    return why != NULL;
}

/* What the last run was told, or found, otherwise.  Rows that were added before stay good where
 * only the columns say more or less of themselves, and the table holds them as it is. */
static ferry_status note_differences(struct ferry_plan *plan, bool is_whole,
                                     struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf key = {0};
    char hash[17];
    const char *old_key = recorded(plan, FERRY_RECORD_KEY);
    const char *old_hash = recorded(plan, FERRY_RECORD_SCHEMA_HASH);
    ferry_chosen_key_add_record(plan, &key);
    ferry_status status = ferry_schema_hash(&plan->described, hash, error);
    if (status != FERRY_OK)
        return status;
    if (old_key[0] != '\0' && key.length > 0 && strcmp(old_key, ferry_strbuf_text(&key)) != 0)
        ferry_strbuf_addf(&plan->why, "the key is another one than at the last run (%s)", old_key);
    else if (is_whole && old_hash[0] != '\0' && strcmp(old_hash, hash) != 0)
        ferry_strbuf_add(&plan->why, "the source has other columns than at the last run");
    return FERRY_OK;
}

/* Without the state of an earlier run nobody knows which rows are there. */
static void note_state(struct ferry_plan *plan, const struct ferry_change_rules *rules)
{
    const char *column = recorded(plan, FERRY_RECORD_CURSOR_COLUMN);
    const char *cursor = recorded(plan, FERRY_RECORD_CURSOR);
    if (plan->cursor.column == NULL)
        return;
    if (column[0] == '\0' || cursor[0] == '\0')
        ferry_strbuf_add(&plan->why, "no run has left a cursor with the table");
    else if (strcmp(column, plan->cursor.column->name) != 0)
        ferry_strbuf_addf(&plan->why, "the cursor of the last run was '%s'", column);
    else if (!ferry_bookmark_recall(&plan->cursor, cursor, &rules->lag))
        ferry_strbuf_add(&plan->why, "the cursor that the last run has left cannot be read");
}

/* Without a record of a run that took all rows into account, one is due. */
static bool is_full_due(const struct ferry_plan *plan, const struct ferry_change_rules *rules)
{
    int64_t last = 0;
    return rules->full_every_ms > 0 && ferry_strategy_keeps_rows(rules) &&
           (!ferry_clock_read(ferry_record_value(&plan->before, FERRY_RECORD_FULL), &last) ||
            ferry_clock_wall_ms() - last >= rules->full_every_ms || last > ferry_clock_wall_ms());
}

static void note_full(struct ferry_plan *plan, const struct ferry_change_rules *rules)
{
    if (rules->full) {
        ferry_strbuf_add(&plan->why, "--full asks for all rows");
    } else if (is_full_due(plan, rules)) {
        ferry_strbuf_add(&plan->why, "the last run over all rows is longer ago than full_every = ");
        ferry_units_add_duration(&plan->why, rules->full_every_ms);
    }
}

/* ---- The decision ---- */

static bool can_merge(const struct ferry_plan *plan)
{
    struct ferry_error unheard = {0};
    bool can = plan->key.count > 0 && ferry_choose_key_check(plan, &unheard) == FERRY_OK &&
               check_lossless(plan, &unheard) == FERRY_OK;
    ferry_error_clear(&unheard);
    return can;
}

/* All rows: by a merge where there is something to be compared. */
static enum ferry_strategy_id
choose(struct ferry_plan *plan, const struct ferry_strategy_facts *facts, struct ferry_error *error)
{
    const struct ferry_change_rules *rules = facts->rules;
    if (note_table(plan))
        return FERRY_STRATEGY_REPLACE;
    if (must_replace(facts)) {
        ferry_strbuf_add(&plan->why,
                         "the target changes many tables in one step by replacing each");
        return FERRY_STRATEGY_REPLACE;
    }
    if (note_differences(plan, strategies[rules->strategy].is_whole, error) == FERRY_OK &&
        plan->why.length == 0)
        note_state(plan, rules);
    if (error->status != FERRY_OK || plan->why.length > 0)
        return FERRY_STRATEGY_REPLACE;
    note_full(plan, rules);
    if (plan->why.length == 0)
        return rules->strategy;
    if (rules->strategy == FERRY_STRATEGY_MERGE)
        ferry_strbuf_reset(&plan->why); /* that is what a merge does */
    return can_merge(plan) ? FERRY_STRATEGY_MERGE : FERRY_STRATEGY_REPLACE;
}

/* How far one job has read says nothing of what another one has. */
static ferry_status check_job(const struct ferry_plan *plan,
                              const struct ferry_strategy_facts *facts, struct ferry_error *error)
{
    const char *other = recorded(plan, FERRY_RECORD_JOB);
    const char *read = recorded(plan, FERRY_RECORD_READ);
    bool is_other =
        (other[0] != '\0' && strcmp(other, facts->job) != 0) ||
        (read[0] != '\0' && facts->read_hash != NULL && strcmp(read, facts->read_hash) != 0);
    if (!is_other || facts->rules->full || plan->action != FERRY_TABLE_KEEP ||
        !ferry_strategy_keeps_rows(facts->rules))
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_DATA,
                      "the table was last written by %s '%s'%s, and how far that has read says "
                      "nothing of this source; write to a table of its own, or take over the table "
                      "with --full, by which rows go that this source does not have",
                      strcmp(other, facts->job) == 0 ? "a job" : "job", other,
                      strcmp(other, facts->job) == 0 ? " that read something else" : "");
}

static ferry_status check(struct ferry_plan *plan, const struct ferry_strategy_facts *facts,
                          struct ferry_error *error)
{
    ferry_status status = check_drivers(facts, error);
    if (status == FERRY_OK)
        status = check_columns(plan, facts->rules, error);
    return status == FERRY_OK ? check_job(plan, facts, error) : status;
}

/* A fallback that cannot be read in order, or tells of no key, is read as it is. */
static bool can_do_without(const struct ferry_strategy_facts *facts, ferry_status status)
{
    return facts->fell_back && (status == FERRY_ERR_SCHEMA || status == FERRY_ERR_UNSUPPORTED);
}

ferry_status ferry_strategy_decide(struct ferry_plan *plan,
                                   const struct ferry_strategy_facts *facts,
                                   struct ferry_error *error)
{
    enum ferry_strategy_id chosen = FERRY_STRATEGY_REPLACE;
    ferry_status status = FERRY_OK;
    if (facts->rules->strategy != FERRY_STRATEGY_REPLACE)
        status = check(plan, facts, error);
    if (can_do_without(facts, status)) {
        ferry_error_clear(error);
        ferry_strbuf_add(&plan->why, "the fallback does not suit the job's strategy");
    } else if (status == FERRY_OK && facts->rules->strategy != FERRY_STRATEGY_REPLACE) {
        chosen = choose(plan, facts, error);
    }
    if (error->status == FERRY_OK && plan->why.failed)
        (void)ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the plan");
    if (error->status == FERRY_OK)
        plan->strategy = &strategies[chosen];
    return error->status;
}

/* Of a table without data there are no rows, and so no key is needed. */
bool ferry_strategy_can_fill(const struct ferry_plan *plan, const struct ferry_task *task)
{
    bool is_empty = plan->action == FERRY_TABLE_KEEP && plan->rows_known && plan->rows_before == 0;
    return is_empty &&
           (task->no_data || (task->changes.strategy != FERRY_STRATEGY_REPLACE && can_merge(plan)));
}

void ferry_strategy_fill(struct ferry_plan *plan, const struct ferry_task *task)
{
    if (task->no_data || task->changes.strategy == FERRY_STRATEGY_MERGE)
        ferry_strbuf_reset(&plan->why); /* that is what a merge does */
    plan->strategy = &strategies[FERRY_STRATEGY_MERGE];
}

ferry_status ferry_strategy_replace_with(struct ferry_plan *plan, const char *other,
                                         struct ferry_error *error)
{
    ferry_strbuf_reset(&plan->why);
    ferry_strbuf_addf(&plan->why, "table '%s' of the same step is replaced", other);
    if (plan->why.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the plan");
    plan->strategy = &strategies[FERRY_STRATEGY_REPLACE];
    return FERRY_OK;
}
