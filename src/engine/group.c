/* Patterns held against what a source lists, and what each table that fits becomes. */

#include "engine/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/nearest.h"
#include "base/strbuf.h"

#define EXAMPLES 5 /* so many names are told where nothing fits and none is near */

/* ---- Which tables ---- */

/* What is known while the listing is gone through. */
struct choice {
    const struct ferry_job *job;
    const struct ferry_group *group;
    const char *only;
    struct ferry_tables *tables;
};

static bool fits_any(const struct ferry_patterns *patterns, const char *name)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (ferry_glob_fits(patterns->list[i], name))
            return true;
    return false;
}

static bool is_wanted(const struct ferry_group *group, const struct ferry_listed *listed)
{
    const struct ferry_patterns *patterns =
        listed->kind == FERRY_READ_VIEW ? &group->views : &group->tables;
    return fits_any(patterns, listed->name) && !fits_any(&group->exclude, listed->name);
}

/* ", did you mean 'orders'?", or what there is, of this kind (0: of any). */
static void add_advice(struct ferry_strbuf *text, const struct ferry_listing *listing,
                       uint32_t kind, const char *wanted)
{
    struct ferry_nearest nearest = {.wanted = wanted};
    size_t told = 0, of_kind = 0;
    for (size_t i = 0; i < listing->count; i++)
        if (kind == 0 || listing->list[i].kind == kind) {
            ferry_nearest_offer(&nearest, listing->list[i].name);
            of_kind++;
        }
    if (nearest.best != NULL) {
        ferry_strbuf_addf(text, "; did you mean '%s'?", nearest.best);
        return;
    }
    ferry_strbuf_add(text, of_kind == 0 ? "; it has none that this account may see" : "; it has ");
    for (size_t i = 0; i < listing->count && told < EXAMPLES; i++)
        if (kind == 0 || listing->list[i].kind == kind)
            ferry_strbuf_addf(text, "%s'%s'", told++ > 0 ? ", " : "", listing->list[i].name);
    if (of_kind > told)
        ferry_strbuf_addf(text, " and %zu more", of_kind - told);
}

/* A pattern for which there is nothing is a mistake, or its tables are gone: either must show. */
static ferry_status check_patterns(const struct choice *choice,
                                   const struct ferry_patterns *patterns, uint32_t kind,
                                   struct ferry_error *error)
{
    const struct ferry_listing *listing = &choice->tables->listing;
    for (size_t i = 0; i < patterns->count; i++) {
        bool fits = false;
        for (size_t k = 0; k < listing->count && !fits; k++)
            fits = listing->list[k].kind == kind &&
                   ferry_glob_fits(patterns->list[i], listing->list[k].name);
        if (fits)
            continue;
        FERRY_AUTO_STRBUF struct ferry_strbuf advice = {0};
        add_advice(&advice, listing, kind, patterns->list[i]);
        return ferry_fail(error, FERRY_ERR_NOT_FOUND, "source '%s' has no %s that fits '%s'%s",
                          choice->job->route.source->name,
                          kind == FERRY_READ_VIEW ? "view" : "table", patterns->list[i],
                          ferry_strbuf_text(&advice));
    }
    return FERRY_OK;
}

static ferry_status fail_not_carried(const struct choice *choice, const char *name,
                                     struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf advice = {0};
    add_advice(&advice, &choice->tables->listing, 0, name);
    return ferry_fail(error, FERRY_ERR_NOT_FOUND,
                      "'%s' is none of the tables of job '%s', by its patterns and what source "
                      "'%s' has%s",
                      name, choice->job->name, choice->job->route.source->name,
                      ferry_strbuf_text(&advice));
}

/* Whether the patterns choose something of this name. */
static bool is_carried(const struct choice *choice, const char *name)
{
    const struct ferry_listing *listing = &choice->tables->listing;
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->list[i].name, name) == 0)
            return is_wanted(choice->group, &listing->list[i]);
    return false;
}

static ferry_status check_overrides(const struct choice *choice, struct ferry_error *error)
{
    for (size_t i = 0; i < choice->group->override_count; i++) {
        const struct ferry_override *override = &choice->group->overrides[i];
        if (is_carried(choice, override->table))
            continue;
        ferry_status status = fail_not_carried(choice, override->table, error);
        ferry_error_prefix(error, "the override for '%s' has no effect: ", override->table);
        return status;
    }
    return FERRY_OK;
}

/* ---- What becomes of each ---- */

static const struct ferry_override *find_override(const struct ferry_group *group, const char *name)
{
    for (size_t i = 0; i < group->override_count; i++)
        if (strcmp(group->overrides[i].table, name) == 0)
            return &group->overrides[i];
    return NULL;
}

/* The pattern with the name in the place of each {name}; NULL if out of memory. */
static char *name_target(const char *pattern, const char *name)
{
    struct ferry_strbuf text = {0};
    const char *at = pattern, *next;
    while ((next = strstr(at, FERRY_GROUP_NAME)) != NULL) {
        ferry_strbuf_append(&text, at, (size_t)(next - at));
        ferry_strbuf_add(&text, name);
        at = next + strlen(FERRY_GROUP_NAME);
    }
    ferry_strbuf_add(&text, at);
    return ferry_strbuf_steal(&text);
}

char *ferry_group_name_target(const struct ferry_group *group, const char *table)
{
    const struct ferry_override *override = find_override(group, table);
    return override != NULL && override->target_table != NULL
               ? strdup(override->target_table)
               : name_target(group->target_table, table);
}

/* All that it holds, but for its names, stays the group's. */
static ferry_status add_table(const struct choice *choice, const struct ferry_listed *listed,
                              struct ferry_error *error)
{
    struct ferry_tables *tables = choice->tables;
    const struct ferry_override *override = find_override(choice->group, listed->name);
    struct ferry_task *task = &tables->tasks[tables->count];
    struct ferry_job *job = &tables->jobs[tables->count];
    struct ferry_strbuf name = {0};
    ferry_strbuf_addf(&name, "%s/%s", choice->job->name, listed->name);
    *task = override != NULL ? override->task : choice->job->tasks[0];
    task->read.text = listed->name;
    task->read.kind = listed->kind;
    task->table = ferry_group_name_target(choice->group, listed->name);
    *job = (struct ferry_job){.keys = choice->job->keys,
                              .name = ferry_strbuf_steal(&name),
                              .route = choice->job->route,
                              .tasks = task,
                              .task_count = 1,
                              .ret_certificates = choice->job->ret_certificates};
    task->name = job->name;
    tables->count++; /* what there is of it is freed with the rest */
    return job->name != NULL && task->table != NULL
               ? FERRY_OK
               : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the tables of job '%s'",
                            choice->job->name);
}

static ferry_status add_tables(const struct choice *choice, struct ferry_error *error)
{
    struct ferry_tables *tables = choice->tables;
    ferry_status status = FERRY_OK;
    tables->jobs = calloc(tables->listing.count + 1, sizeof *tables->jobs);
    tables->tasks = calloc(tables->listing.count + 1, sizeof *tables->tasks);
    if (tables->jobs == NULL || tables->tasks == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the tables of job '%s'",
                          choice->job->name);
    for (size_t i = 0; i < tables->listing.count && status == FERRY_OK; i++) {
        const struct ferry_listed *listed = &tables->listing.list[i];
        if (is_wanted(choice->group, listed))
            status = add_table(choice, listed, error);
    }
    return status;
}

/* ---- Names of targets ---- */

static int compare_targets(const void *one, const void *other)
{
    const struct ferry_task *const *a = one;
    const struct ferry_task *const *b = other;
    return ferry_fold_compare((*a)->table, (*b)->table);
}

/* Case is no difference: it is none in SQLite, and on servers it may not be, in any alphabet. */
static ferry_status check_targets(const struct ferry_tables *tables, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    const struct ferry_task **sorted = calloc(tables->count + 1, sizeof *sorted);
    if (sorted == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the names of tables");
    for (size_t i = 0; i < tables->count; i++)
        sorted[i] = &tables->tasks[i];
    qsort(sorted, tables->count, sizeof *sorted, compare_targets);
    for (size_t i = 1; i < tables->count && status == FERRY_OK; i++)
        if (compare_targets(&sorted[i - 1], &sorted[i]) == 0)
            status = ferry_fail(error, FERRY_ERR_SCHEMA,
                                "'%s' and '%s' would both become table '%s'; give one of them a "
                                "target_table of its own in overrides, or exclude it",
                                sorted[i - 1]->read.text, sorted[i]->read.text, sorted[i]->table);
    free(sorted);
    return status;
}

/* ---- Those that are meant ---- */

static void drop_table(struct ferry_tables *tables, size_t i)
{
    free((char *)tables->jobs[i].name);
    free((char *)tables->tasks[i].table);
}

/* Once the names of all are known to be apart: a run of one must not write what is another's. */
static void keep_only(struct ferry_tables *tables, const char *only)
{
    size_t kept = 0;
    for (size_t i = 0; i < tables->count; i++) {
        if (strcmp(tables->tasks[i].read.text, only) != 0) {
            drop_table(tables, i);
            continue;
        }
        tables->tasks[kept] = tables->tasks[i];
        tables->jobs[kept] = tables->jobs[i];
        tables->jobs[kept].tasks = &tables->tasks[kept];
        kept++;
    }
    tables->count = kept;
}

static void number_tables(const struct choice *choice)
{
    struct ferry_tables *tables = choice->tables;
    for (size_t i = 0; i < tables->count; i++) {
        tables->tasks[i].place = i + 1;
        tables->tasks[i].place_count = tables->count;
        tables->tasks[i].together = choice->group->together && tables->count > 1;
        tables->tasks[i].foreign_keys = choice->group->foreign_keys;
    }
}

ferry_status ferry_group_choose(const struct ferry_job *job, struct ferry_listing *listing,
                                const char *only, struct ferry_tables *ret_tables,
                                struct ferry_error *error)
{
    const struct choice choice = {
        .job = job, .group = job->group, .only = only, .tables = ret_tables};
    ret_tables->listing = *listing;
    *listing = (struct ferry_listing){0};
    ferry_status status = check_patterns(&choice, &job->group->tables, FERRY_READ_TABLE, error);
    if (status == FERRY_OK)
        status = check_patterns(&choice, &job->group->views, FERRY_READ_VIEW, error);
    if (status == FERRY_OK)
        status = check_overrides(&choice, error);
    if (status == FERRY_OK && only != NULL && !is_carried(&choice, only))
        status = fail_not_carried(&choice, only, error);
    if (status == FERRY_OK)
        status = add_tables(&choice, error);
    if (status == FERRY_OK && ret_tables->count == 0)
        status =
            ferry_fail(error, FERRY_ERR_NOT_FOUND,
                       "job '%s' has no table: its exclude leaves nothing of what fits", job->name);
    if (status == FERRY_OK)
        status = check_targets(ret_tables, error);
    if (status == FERRY_OK && only != NULL)
        keep_only(ret_tables, only);
    if (status == FERRY_OK)
        number_tables(&choice);
    return status;
}

void ferry_tables_join(struct ferry_tables *tables, bool joined)
{
    for (size_t i = 0; i < tables->count; i++)
        tables->tasks[i].read.foreign_keys = joined && tables->tasks[i].foreign_keys;
}

/* ---- Its end ---- */

void ferry_tables_done(struct ferry_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        drop_table(tables, i);
    free(tables->jobs);
    free(tables->tasks);
    ferry_listing_done(&tables->listing);
    *tables = (struct ferry_tables){0};
}

void ferry_group_free(struct ferry_group *group)
{
    if (group == NULL)
        return;
    for (size_t i = 0; i < group->override_count; i++)
        ferry_task_done(&group->overrides[i].task);
    free(group->overrides);
    free(group->tables.list);
    free(group->views.list);
    free(group->exclude.list);
    free(group);
}
