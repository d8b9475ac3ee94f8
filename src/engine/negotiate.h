/* Negotiation: what each column becomes, and what happens to the table. */

#ifndef FERRY_NEGOTIATE_H
#define FERRY_NEGOTIATE_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "driver/mapping.h"
#include "driver/notes.h"
#include "driver/record.h"
#include "driver/schema.h"
#include "engine/bookmark.h"
#include "engine/partition.h"
#include "engine/zero_date.h"

struct ferry_connection;
struct ferry_strategy;

/* Why a table that is there keeps what its definition says beside names and types: what a source
 * does not know must not weaken it. */
enum ferry_keeps {
    FERRY_KEEPS_NOTHING, /* the source has told all that it is */
    FERRY_KEEPS_UNKNOWN, /* it could not: the notes say what */
    FERRY_KEEPS_PRIMARY, /* the rows are a fallback's, the definition is the primary's */
};

/* The columns by which rows are told apart. */
enum ferry_key_from { FERRY_KEY_OF_JOB, FERRY_KEY_PRIMARY, FERRY_KEY_UNIQUE };

struct ferry_plan_key {
    size_t *columns; /* of the plan's schema */
    size_t count;    /* 0: there is none */
    enum ferry_key_from from;
};

struct ferry_plan {
    struct ferry_schema described;    /* as the source said it: what is read */
    struct ferry_schema schema;       /* its columns as the job wants them: what is written */
    struct ferry_mapping *mappings;   /* one per column */
    struct ferry_wish *wishes;        /* one per column: what the job wants of it */
    enum ferry_zero_date *zero_dates; /* one per column; NULL: all are kept */
    struct ferry_index *indexes;      /* of the target's table; their strings belong to the job and
                                         to `described` */
    size_t index_count;
    struct ferry_foreign_key *foreign_keys; /* of the target's table: see foreign_keys.h */
    size_t foreign_key_count;
    bool foreign_keys_known;               /* all of them; else a table keeps those that it has */
    const char **key_columns;              /* of a primary key that no index of the source tells */
    const char **natives;                  /* of the mappings, as a layout wants them */
    const char **clauses;                  /* the same */
    const struct ferry_wish **wish_list;   /* the same of `wishes` */
    const struct ferry_index **index_list; /* of `indexes`, as a load wants them */
    const struct ferry_foreign_key **foreign_key_list; /* the same */
    uint32_t action;                                   /* FERRY_TABLE_ */
    const struct ferry_strategy *strategy;             /* by which the rows get there */
    struct ferry_strbuf why;      /* it is another one than the job's; else empty */
    struct ferry_record before;   /* of the last run; empty: none, or nobody has asked */
    struct ferry_plan_key key;    /* where the job's strategy has one */
    struct ferry_bookmark cursor; /* where the job has one */
    struct ferry_partitions partitions;
    uint64_t rows_before; /* meaningful if rows_known */
    bool rows_known;
    enum ferry_keeps keeps;         /* before the target is asked: why a table would keep it */
    struct ferry_strbuf difference; /* what the existing table has otherwise, for REBUILD */
    struct ferry_notes losses;      /* what its definition says besides, and a new one would not */
    struct ferry_notes stale;       /* copies of the rows that would not follow them */
    uint64_t definition;            /* of the existing table, as the target tells it */
};

struct ferry_plan_policy {
    bool is_typed; /* on the command line: advice is given in its words */
    bool allow_lossy;
    bool refuse_schema_change;
    bool allow_rebuild_loss;
    uint32_t on_stale; /* FERRY_STALE_ */
};

/* Frees what it holds and makes it empty. */
void ferry_plan_done(struct ferry_plan *plan);
/* A list of them, made by calloc(); or NULL. */
void ferry_plans_free(struct ferry_plan *plans, size_t count);

/* Starts plan->schema from plan->described: the same columns, without indexes and notes. */
ferry_status ferry_plan_take_columns(struct ferry_plan *plan, struct ferry_error *error);

/* Asks the target about every column of plan->schema, with plan->wishes (NULL: none). */
ferry_status ferry_plan_map(struct ferry_plan *plan, struct ferry_connection *target,
                            struct ferry_error *error);
/* Does that where it was not done, and asks about the table as it is; fills in the rest of the
 * plan.  Judges nothing: see policy.h.  `policy` (NULL: the default one) is for what the target has
 * to know beforehand. */
ferry_status ferry_plan_negotiate(struct ferry_plan *plan, struct ferry_connection *target,
                                  const char *table, const struct ferry_plan_policy *policy,
                                  struct ferry_error *error);

/* How the plan's rows lie in the table; lives as long as the plan and `table`. */
struct ferry_layout ferry_plan_layout(const struct ferry_plan *plan, const char *table);
/* A load by the plan that replaces all rows; lives as long as the plan and `layout`. */
struct ferry_load_spec ferry_plan_load(const struct ferry_plan *plan,
                                       const struct ferry_layout *layout,
                                       const struct ferry_plan_policy *policy);

/* One difference more between the table as it is and as it would be.  `is` NULL: the column is new;
 * `will_be` NULL: it goes; "" stands for no type. */
void ferry_plan_note_difference(struct ferry_plan *plan, const char *name, const char *is,
                                const char *will_be);

/* What the plan and the log say of losses that the policy allows; nothing if there are none. */
void ferry_plan_add_losses(const struct ferry_plan *plan, struct ferry_strbuf *text);

#endif
