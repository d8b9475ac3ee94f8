/* By which columns the rows of a plan are told apart. */

#ifndef FERRY_CHOOSE_KEY_H
#define FERRY_CHOOSE_KEY_H

#include "engine/change_rules.h"
#include "engine/negotiate.h"

/* Fills plan->key: the columns that the job names, else the source's primary key, else its first
 * unique index of columns that are never NULL; none where there is nothing of that.
 * FERRY_ERR_SCHEMA where a column is not there; then there is none either.  It may be asked again.
 */
ferry_status ferry_choose_key(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                              struct ferry_error *error);

/* FERRY_ERR_SCHEMA, naming the column, where source or target cannot order rows by plan->key, or
 * find them by it. */
ferry_status ferry_choose_key_check(const struct ferry_plan *plan, struct ferry_error *error);

/* "(a, b)" */
void ferry_chosen_key_add(const struct ferry_plan *plan, struct ferry_strbuf *text);
/* The names as the record of a run keeps them: one behind the other, with commas between and a
 * backslash before a comma or backslash of a name. */
void ferry_chosen_key_add_record(const struct ferry_plan *plan, struct ferry_strbuf *text);

#endif
