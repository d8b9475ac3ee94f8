/* A job of many tables: which tables of its source these are, and a job for each. */

#ifndef FERRY_GROUP_H
#define FERRY_GROUP_H

#include "driver/listing.h"
#include "engine/job.h"

#define FERRY_GROUP_NAME "{name}" /* stands for a table's name in that of its target */

/* Globs; the strings are those of the job's keys. */
struct ferry_patterns {
    const char **list;
    size_t count;
};

/* What is another for one table than for the rest. */
struct ferry_override {
    const char *table;
    const char *target_table; /* its whole name; NULL: as for the rest */
    struct ferry_origin origin;
    struct ferry_task task; /* how it is carried; its names are not filled in */
};

/* Of a job that has one, the one task says how each table is carried that no override names. */
struct ferry_group {
    bool together; /* all tables change in one step, or none does; else each in a step of its own */
    bool foreign_keys; /* those among them are carried */
    bool prune;        /* copies whose table is gone from the source are dropped (strays.h) */
    struct ferry_patterns tables, views, exclude;
    const char *target_table; /* with FERRY_GROUP_NAME in it */
    struct ferry_override *overrides;
    size_t override_count;
};

void ferry_group_free(struct ferry_group *group);

/* What a table of that name is called in the target; the caller frees it.  NULL: no memory. */
char *ferry_group_name_target(const struct ferry_group *group, const char *table);

/* The tables as they were found, in order of their names: a job for each, with one task, which is
 * called JOB/TABLE.  Start as {0}; the group's job must outlive it. */
struct ferry_tables {
    struct ferry_listing listing; /* what the source has */
    struct ferry_job *jobs;
    struct ferry_task *tasks; /* those of the jobs */
    size_t count;
};

/* Chooses by the patterns of `job` what of the listing is carried: all, or what is called `only`
 * (NULL: all).  The listing goes over to `ret_tables`, also on failure: FERRY_ERR_NOT_FOUND where a
 * pattern fits nothing, or an override or `only` names what is not carried; FERRY_ERR_SCHEMA where
 * two tables would get one name. */
ferry_status ferry_group_choose(const struct ferry_job *job, struct ferry_listing *listing,
                                const char *only, struct ferry_tables *ret_tables,
                                struct ferry_error *error);
/* Whether all of them go by one run, which then carries the foreign keys among them. */
void ferry_tables_join(struct ferry_tables *tables, bool joined);
/* Frees all and makes it empty. */
void ferry_tables_done(struct ferry_tables *tables);

#endif
