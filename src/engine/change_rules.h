/* What a job says of how a table follows its source. */

#ifndef FERRY_CHANGE_RULES_H
#define FERRY_CHANGE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of their names in FERRY_STRATEGY_CHOICES. */
enum ferry_strategy_id {
    FERRY_STRATEGY_REPLACE,
    FERRY_STRATEGY_APPEND,
    FERRY_STRATEGY_UPSERT,
    FERRY_STRATEGY_MERGE,
};
#define FERRY_STRATEGY_CHOICES "replace|append|upsert|merge"

/* How far before the highest value seen a read begins again. */
struct ferry_lag {
    const char *text; /* as it was given; NULL: not at all */
    bool is_time;
    int64_t ms;     /* of a time */
    uint64_t units; /* else: of a number */
};

/* Start as {0}: replace.  Strings belong to the job's keys. */
struct ferry_change_rules {
    enum ferry_strategy_id strategy;
    const char **key;   /* column names */
    size_t key_count;   /* 0: the source's own */
    const char *cursor; /* a column's name, or NULL */
    struct ferry_lag lag;
    bool read_nulls;       /* rows without a cursor are read each time; else they are refused */
    bool find_deleted;     /* by comparing the keys */
    int64_t full_every_ms; /* 0: never */
    bool skip_unchanged;
    const char *change_query; /* what the source says of its state; NULL: what its driver does */
    bool full;                /* this run takes all rows into account, whatever the strategy */
};

#endif
