/* The keys of a job that say how one table is carried; in a group, for each of them or for one.
 *
 * They are listed once: a job has them, and an override of a group has them again, where it asks
 * the job for what it does not say. */

#ifndef FERRY_JOB_TABLE_H
#define FERRY_JOB_TABLE_H

#include "config/job_columns.h"
#include "config/job_indexes.h"
#include "engine/change_rules.h"
#include "engine/verify.h"
#include "engine/wish.h"

#define FERRY_CURSOR_NULLS_CHOICES "refuse|read"
#define FERRY_FIND_DELETED_CHOICES "never|keys"
#define FERRY_SCHEMA_CHANGES_CHOICES "rebuild|refuse"
#define FERRY_REBUILD_LOSSES_CHOICES "refuse|allow"
#define FERRY_STALES_CHOICES "warn|rebuild|refuse" /* in the order of FERRY_STALE_ */
#define FERRY_LOSSES_CHOICES "refuse|allow"
#define FERRY_WARNINGS_CHOICES "auto|refuse|allow" /* in the order of FERRY_WARNINGS_ */

/* Rows of a table of options, each with these flags besides. */
#define FERRY_JOB_TABLE_KEYS(more)                                                                 \
    {.name = "strategy",                                                                           \
     .type = FERRY_OPTION_CHOICE,                                                                  \
     .flags = (more),                                                                              \
     .choices = FERRY_STRATEGY_CHOICES,                                                            \
     .default_value = "replace",                                                                   \
     .help = "how the target changes: all rows are replaced, or only what differs is written"},    \
        {.name = "key",                                                                            \
         .type = FERRY_OPTION_STRINGS,                                                             \
         .flags = (more),                                                                          \
         .help =                                                                                   \
             "columns by which rows are told apart: [\"a\", \"b\"]; default: the source's own"},   \
        {.name = "cursor",                                                                         \
         .type = FERRY_OPTION_STRING,                                                              \
         .flags = (more),                                                                          \
         .help = "append, upsert: column from whose highest value on rows are read"},              \
        {.name = "cursor_lag",                                                                     \
         .type = FERRY_OPTION_STRING,                                                              \
         .flags = (more),                                                                          \
         .help = "how far before that the read begins: \"10m\", of a number \"1000\""},            \
        {.name = "cursor_nulls",                                                                   \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_CURSOR_NULLS_CHOICES,                                                    \
         .default_value = "refuse",                                                                \
         .help = "what to do with rows whose cursor is NULL: \"read\" = each time"},               \
        {.name = "find_deleted",                                                                   \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_FIND_DELETED_CHOICES,                                                    \
         .default_value = "never",                                                                 \
         .help = "upsert: \"keys\" = compare all keys, and delete what is gone"},                  \
        {.name = "full_every",                                                                     \
         .type = FERRY_OPTION_DURATION,                                                            \
         .flags = (more),                                                                          \
         .help = "append, upsert: as often, a run takes all rows into account; unset = never"},    \
        {.name = "skip_unchanged",                                                                 \
         .type = FERRY_OPTION_BOOL,                                                                \
         .flags = (more),                                                                          \
         .default_value = "false",                                                                 \
         .help = "true: a source that says that it is unchanged is not read"},                     \
        {.name = "change_query",                                                                   \
         .type = FERRY_OPTION_STRING,                                                              \
         .flags = (more),                                                                          \
         .help = "SELECT of one row by which it says so; default: what its driver can tell"},      \
        {.name = "on_lossy",                                                                       \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_LOSSES_CHOICES,                                                          \
         .default_value = "refuse",                                                                \
         .help = "what to do where the target's type loses something"},                            \
        {.name = "on_warning",                                                                     \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_WARNINGS_CHOICES,                                                        \
         .default_value = "auto",                                                                  \
         .help = "what to do where the source's server warns of what it has read"},                \
        {.name = "on_schema_change",                                                               \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_SCHEMA_CHANGES_CHOICES,                                                  \
         .default_value = "rebuild",                                                               \
         .help = "what to do where the target table has other columns"},                           \
        {.name = "on_rebuild_loss",                                                                \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_REBUILD_LOSSES_CHOICES,                                                  \
         .default_value = "refuse",                                                                \
         .help = "what to do where a table made anew lacks what its definition says now"},         \
        {.name = "on_stale",                                                                       \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_STALES_CHOICES,                                                          \
         .default_value = "warn",                                                                  \
         .help = "what to do about copies of the rows that do not follow the table"},              \
        {.name = "allow_empty",                                                                    \
         .type = FERRY_OPTION_BOOL,                                                                \
         .flags = (more),                                                                          \
         .default_value = "false",                                                                 \
         .help = "true: no rows may replace some"},                                                \
        {.name = "min_rows",                                                                       \
         .type = FERRY_OPTION_INT,                                                                 \
         .flags = (more),                                                                          \
         .min = 0,                                                                                 \
         .max = INT64_MAX,                                                                         \
         .default_value = "0",                                                                     \
         .help = "refuse to load fewer rows; 0 = off"},                                            \
        {.name = "max_shrink_percent",                                                             \
         .type = FERRY_OPTION_INT,                                                                 \
         .flags = (more),                                                                          \
         .min = 0,                                                                                 \
         .max = 100,                                                                               \
         .help = "refuse to lose more of the rows than this; unset = off"},                        \
        {.name = "verify",                                                                         \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_VERIFY_CHOICES,                                                          \
         .default_value = "count",                                                                 \
         .help = "how the rows in the target are checked before they become visible"},             \
        {.name = "indexes",                                                                        \
         .type = FERRY_OPTION_GROUPS,                                                              \
         .flags = (more),                                                                          \
         .group = &ferry_job_index_group,                                                          \
         .help = "indexes of the target table: ( { columns = [\"a\", \"b\"]; unique = true; } )"}, \
        {.name = "copy_indexes",                                                                   \
         .type = FERRY_OPTION_BOOL,                                                                \
         .flags = (more),                                                                          \
         .default_value = "true",                                                                  \
         .help = "false: without the primary key and the indexes of the source's table"},          \
        {.name = "decimal",                                                                        \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_DECIMAL_CHOICES,                                                         \
         .default_value = "auto",                                                                  \
         .help = "how decimals are stored where the target has no exact type for them"},           \
        {.name = "big_unsigned",                                                                   \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_BIG_UNSIGNED_CHOICES,                                                    \
         .default_value = "refuse",                                                                \
         .help = "what to do with integers that may exceed the target's largest"},                 \
        {.name = "zero_date",                                                                      \
         .type = FERRY_OPTION_CHOICE,                                                              \
         .flags = (more),                                                                          \
         .choices = FERRY_ZERO_DATE_CHOICES,                                                       \
         .default_value = "keep",                                                                  \
         .help = "what to do with dates without year, month or day"},                              \
    {                                                                                              \
        .name = "columns", .type = FERRY_OPTION_GROUPS, .flags = (more),                           \
        .group = &ferry_job_column_group,                                                          \
        .help = "single columns: ( { name = \"a\"; type = \"TEXT\"; decimal = \"text\"; } )"       \
    }

#endif
