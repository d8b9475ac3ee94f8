/* Wishes: what a job wants of single columns, where source or target leave a choice. */

#ifndef FERRY_WISH_H
#define FERRY_WISH_H

#include "driver/option.h"
#include "engine/negotiate.h"
#include "engine/zero_date.h"

/* What is to become of one column. */
struct ferry_column_rule {
    const char *name; /* of the column; NULL: all that no other rule names */
    struct ferry_wish wish;
    enum ferry_zero_date zero_date;
    struct ferry_origin origin; /* where the rule stands, for messages */
};

struct ferry_column_rules {
    struct ferry_column_rule all;
    struct ferry_column_rule *list;
    size_t count;
};

/* Frees what it holds and makes it empty. */
void ferry_column_rules_done(struct ferry_column_rules *rules);

/* The rule of the column of that name: ASCII letters are alike but for case, as in both databases.
 * No two columns of a schema differ in case only. */
const struct ferry_column_rule *ferry_column_rules_find(const struct ferry_column_rules *rules,
                                                        const char *name);

/* Fills plan->wishes and plan->zero_dates for the columns of plan->schema.  A rule for a column
 * that is not there fails as its origin says, with the nearest name. */
ferry_status ferry_wish_fill(struct ferry_plan *plan, const struct ferry_column_rules *rules,
                             struct ferry_error *error);

#endif
