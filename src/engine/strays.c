/* Records of the job are held against what its source lists; where a table is missing there, the
 * source itself is asked whether it is gone. */

#include "engine/strays.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "driver/source.h"
#include "driver/target.h"
#include "engine/run.h"
#include "engine/strategy.h"

struct search {
    struct ferry_run *run;
    struct ferry_strays *strays;
    const char *place; /* of the open source */
};

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the copies of earlier runs");
}

static const char *recorded(const struct ferry_record *record, const char *name)
{
    const char *value = ferry_record_value(record, name);
    return value == NULL ? "" : value;
}

/* ---- The list ---- */

static void stray_done(struct ferry_stray *stray)
{
    ferry_record_done(&stray->record);
    ferry_strbuf_done(&stray->why);
}

void ferry_strays_done(struct ferry_strays *strays)
{
    for (size_t i = 0; i < strays->count; i++)
        stray_done(&strays->list[i]);
    free(strays->list);
    strays->list = NULL;
    strays->count = 0;
}

/* Those that were dropped cannot be found again. */
static void keep_dropped(struct ferry_strays *strays)
{
    size_t kept = 0;
    for (size_t i = 0; i < strays->count; i++)
        if (strays->list[i].dropped)
            strays->list[kept++] = strays->list[i];
        else
            stray_done(&strays->list[i]);
    strays->count = kept;
}

/* Takes the record over. */
static ferry_status add_stray(struct ferry_strays *strays, struct ferry_record *record,
                              const char *name, struct ferry_error *error)
{
    struct ferry_stray *list = reallocarray(strays->list, strays->count + 1, sizeof *list);
    if (list == NULL)
        return fail_memory(error);
    strays->list = list;
    list[strays->count++] = (struct ferry_stray){.record = *record, .name = name};
    *record = (struct ferry_record){0};
    return FERRY_OK;
}

static int compare_strays(const void *one, const void *other)
{
    const struct ferry_stray *a = one, *b = other;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->record.table, b->record.table);
}

/* ---- What is carried ---- */

static bool is_carried_into(const struct ferry_tables *tables, const char *table)
{
    for (size_t i = 0; i < tables->count; i++)
        if (strcmp(tables->tasks[i].table, table) == 0)
            return true;
    return false;
}

/* A table of this name but for case, which may be the same one. */
static const char *find_alike(const struct ferry_tables *tables, const char *table)
{
    for (size_t i = 0; i < tables->count; i++)
        if (ferry_fold_compare(tables->tasks[i].table, table) == 0)
            return tables->tasks[i].table;
    return NULL;
}

/* Into which table what the source calls so is carried; NULL: it is not. */
static const char *find_carried(const struct ferry_tables *tables, const char *name)
{
    for (size_t i = 0; i < tables->count; i++)
        if (strcmp(tables->tasks[i].read.text, name) == 0)
            return tables->tasks[i].table;
    return NULL;
}

static bool is_listed(const struct ferry_listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->list[i].name, name) == 0)
            return true;
    return false;
}

/* Whether it was read here as what the source calls so, by a job of many tables; NULL: by a job of
 * one. */
static bool is_of(const struct search *search, const struct ferry_record *record, const char *name)
{
    char hash[FERRY_RECORD_PLACE_SIZE];
    ferry_record_hash_place(search->place, name, hash);
    return strcmp(recorded(record, FERRY_RECORD_PLACE), hash) == 0;
}

/* Names of jobs may have slashes: another configuration may have a job JOB/NAME of one table, or
 * JOB/PART of many. */
static bool is_of_another_job(const struct search *search, const struct ferry_record *record,
                              const char *name)
{
    bool is_another = is_of(search, record, NULL);
    while (!is_another && (name = strchr(name, '/')) != NULL)
        is_another = is_of(search, record, ++name);
    return is_another;
}

/* The records of the job's tables but for those that are carried. */
static ferry_status collect(const struct search *search, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf prefix = {0};
    struct ferry_records records = {0};
    search->strays->known = 0;
    ferry_strbuf_addf(&prefix, "%s/", search->run->job->name);
    if (prefix.failed)
        return fail_memory(error);
    ferry_status status = ferry_target_records(search->run->session.target,
                                               ferry_strbuf_text(&prefix), &records, error);
    for (size_t i = 0; i < records.count && status == FERRY_OK; i++) {
        struct ferry_record *record = &records.list[i];
        const char *job = recorded(record, FERRY_RECORD_JOB);
        if (strncmp(job, ferry_strbuf_text(&prefix), prefix.length) != 0)
            continue;
        if (is_carried_into(search->strays->tables, record->table))
            search->strays->known++;
        else if (!is_of_another_job(search, record, job + prefix.length))
            status = add_stray(search->strays, record, job + prefix.length, error);
    }
    ferry_records_done(&records);
    if (search->strays->count > 0)
        qsort(search->strays->list, search->strays->count, sizeof *search->strays->list,
              compare_strays);
    return status;
}

/* ---- Whether the source has it still ---- */

/* What the source says of one table alone; else the source itself has failed. */
static bool is_of_table(ferry_status status)
{
    return status == FERRY_ERR_CONFIG || status == FERRY_ERR_REFUSED ||
           status == FERRY_ERR_SCHEMA || status == FERRY_ERR_DATA || status == FERRY_ERR_BUSY ||
           status == FERRY_ERR_UNSUPPORTED;
}

/* A list is short, too, where the account has lost rights, so it proves nothing. */
static ferry_status ask_source(const struct search *search, struct ferry_stray *stray,
                               struct ferry_error *error)
{
    const struct ferry_read read = {.text = stray->name, .kind = FERRY_READ_TABLE};
    struct ferry_schema unused = {0};
    ferry_status status = ferry_source_describe(search->run->session.source, &read, &unused, error);
    ferry_schema_done(&unused);
    stray->is_gone = status == FERRY_ERR_NOT_FOUND;
    if (status == FERRY_OK)
        ferry_strbuf_add(&stray->why, "the source has it, though it does not list it");
    else if (is_of_table(status))
        ferry_strbuf_addf(&stray->why,
                          "the source does not list it, and does not say that it is gone: %s",
                          error->message);
    else if (!stray->is_gone)
        return status;
    ferry_error_clear(error);
    return FERRY_OK;
}

/* Why it cannot be gone, or not be known to be; false: nothing but the source itself can tell. */
static bool is_known(const struct search *search, struct ferry_stray *stray)
{
    const struct ferry_tables *tables = search->strays->tables;
    const struct ferry_config *source = search->run->job->route.source;
    const char *from = recorded(&stray->record, FERRY_RECORD_SOURCE);
    const char *now = find_carried(tables, stray->name);
    const char *alike = find_alike(tables, stray->record.table);
    if (strcmp(from, source->name) != 0)
        ferry_strbuf_addf(&stray->why, "it was read from source '%s'", from);
    else if (recorded(&stray->record, FERRY_RECORD_PLACE)[0] == '\0')
        ferry_strbuf_add(&stray->why, "its record, of an older release, does not say which place "
                                      "it was read from");
    else if (!is_of(search, &stray->record, stray->name))
        ferry_strbuf_addf(&stray->why, "source '%s' was another place then", from);
    else if (now != NULL)
        ferry_strbuf_addf(&stray->why, "its source is carried into table '%s' now", now);
    else if (alike != NULL)
        ferry_strbuf_addf(&stray->why, "table '%s' of the job is called so but for case", alike);
    else if (is_listed(&tables->listing, stray->name))
        ferry_strbuf_add(&stray->why, "the patterns of the job do not take its source any more");
    else
        return false;
    return true;
}

/* ---- The copy ---- */

/* What of it is known without a lock; `ret_found` keeps no columns. */
static ferry_status inspect_copy(const struct search *search, struct ferry_stray *stray,
                                 struct ferry_inspection *ret_found, struct ferry_error *error)
{
    struct ferry_schema columns = {0};
    struct ferry_inspection found = {.schema = &columns};
    ferry_status status =
        ferry_target_inspect(search->run->session.target, stray->record.table, &found, error);
    ferry_schema_done(&columns);
    found.schema = NULL;
    if (status == FERRY_ERR_SCHEMA) { /* a view by now, say */
        ferry_error_clear(error);
        found = (struct ferry_inspection){.exists = 1};
        status = FERRY_OK;
    }
    stray->exists = found.exists != 0;
    stray->definition = found.definition;
    *ret_found = found;
    return status;
}

/* Whether the table holds what the record says: so many rows, by that run. */
static ferry_status recall(const struct search *search, const struct ferry_stray *stray,
                           const struct ferry_inspection *found, bool *ret_fits,
                           struct ferry_error *error)
{
    struct ferry_record now = {0};
    char rows[FERRY_RECORD_NUMBER_SIZE];
    ferry_status status =
        ferry_connection_record_read(search->run->session.target, stray->record.table, &now, error);
    ferry_record_print_number(found->rows, rows);
    *ret_fits = status == FERRY_OK && ferry_record_fits_table(&now) &&
                recorded(&now, FERRY_RECORD_RUN_ID)[0] != '\0' &&
                recorded(&now, FERRY_RECORD_ROWS)[0] != '\0' &&
                strcmp(recorded(&now, FERRY_RECORD_RUN_ID),
                       recorded(&stray->record, FERRY_RECORD_RUN_ID)) == 0 &&
                (found->rows_known == 0 || strcmp(recorded(&now, FERRY_RECORD_ROWS), rows) == 0);
    ferry_record_done(&now);
    return status;
}

/* What speaks against dropping a copy whose source is gone. */
static ferry_status judge_copy(const struct search *search, struct ferry_stray *stray,
                               const struct ferry_inspection *found, struct ferry_error *error)
{
    bool fits = false;
    const char *strategy = recorded(&stray->record, FERRY_RECORD_STRATEGY);
    ferry_status status = recall(search, stray, found, &fits, error);
    if (status != FERRY_OK)
        return status;
    if (found->own == 0)
        ferry_strbuf_add(&stray->why, "it is not as dbferry has made it");
    else if (!fits)
        ferry_strbuf_add(&stray->why, "it does not hold what its record says");
    else if (!ferry_strategy_was_whole(strategy))
        ferry_strbuf_addf(&stray->why,
                          "strategy = \"%s\" keeps rows there that the source had no longer",
                          strategy);
    return FERRY_OK;
}

static ferry_status judge(const struct search *search, struct ferry_stray *stray,
                          struct ferry_error *error)
{
    struct ferry_inspection found = {0};
    ferry_status status = inspect_copy(search, stray, &found, error);
    if (status == FERRY_OK && !is_known(search, stray))
        status = ask_source(search, stray, error);
    if (status == FERRY_OK && stray->is_gone && stray->exists && search->run->job->group->prune)
        status = judge_copy(search, stray, &found, error);
    if (status == FERRY_OK && stray->why.failed)
        status = fail_memory(error);
    return status;
}

/* Records of tables that somebody has dropped tell nothing; those alone of which the source is
 * gone, too, may be cleared away. */
static void leave_out_absent(struct ferry_strays *strays)
{
    size_t kept = 0;
    for (size_t i = 0; i < strays->count; i++)
        if (strays->list[i].exists || strays->list[i].dropped || strays->list[i].is_gone)
            strays->list[kept++] = strays->list[i];
        else
            stray_done(&strays->list[i]);
    strays->count = kept;
}

/* ---- The whole ---- */

static ferry_status find(struct search *search, struct ferry_error *error)
{
    struct ferry_session *session = &search->run->session;
    struct ferry_strays *strays = search->strays;
    ferry_log_set_phase("copies");
    search->place = ferry_connection_place(session->source);
    keep_dropped(strays);
    ferry_status status = collect(search, error);
    for (size_t i = 0; i < strays->count && status == FERRY_OK; i++)
        if (!strays->list[i].dropped)
            status = judge(search, &strays->list[i], error);
    if (status == FERRY_OK)
        leave_out_absent(strays);
    return status;
}

/* A target in the very file that is read may need the reader gone before it can change. */
ferry_status ferry_strays_find(const struct ferry_job *job, struct ferry_retry *retry,
                               struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    (void)ret_result;
    struct ferry_run run = {.session.looks = job->shared->looks};
    struct search search = {.run = &run, .strays = job->shared->strays};
    ferry_status status = ferry_run_begin(&run, job, retry, error);
    if (status == FERRY_OK)
        status = ferry_session_open_source(&run.session, error);
    if (status == FERRY_OK)
        status = ferry_session_open_target(&run.session, error);
    if (status == FERRY_OK)
        status = find(&search, error);
    if (status == FERRY_OK)
        ferry_session_close_source(&run.session);
    if (status == FERRY_OK && job->group->prune)
        status = ferry_run_id_draw(run.id, error);
    if (status == FERRY_OK && job->group->prune)
        status = ferry_strays_prune(&run, search.strays, error);
    if (status != FERRY_OK)
        status = ferry_run_explain(&run, error);
    ferry_run_end(&run, status, NULL);
    return status;
}
