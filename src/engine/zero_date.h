/* Zero dates: days that no calendar has, such as '0000-00-00' and '2024-02-00', and what is done
 * with them. */

#ifndef FERRY_ZERO_DATE_H
#define FERRY_ZERO_DATE_H

#include <stdbool.h>

#include "base/error.h"
#include "driver/batch.h"
#include "driver/schema.h"

struct ferry_plan;

/* In the order of the choices of the key `zero_date`. */
enum ferry_zero_date {
    FERRY_ZERO_DATE_KEEP,   /* carried as the text that it is */
    FERRY_ZERO_DATE_NULL,   /* becomes NULL */
    FERRY_ZERO_DATE_REFUSE, /* ends the load */
};

/* Whether a DATE or DATETIME of this text has no year, no month or no day. */
bool ferry_zero_date_is_one(const char *text, size_t length);

/* Makes the policies of plan->zero_dates fit the columns of plan->schema, before these are mapped:
 * a column whose zero dates become NULL is no longer NOT NULL; one in the primary key, where NULL
 * cannot stand, refuses them instead; what is no date has no policy. */
void ferry_zero_date_prepare(struct ferry_plan *plan);
/* Adds to the notes of the columns what will be done.  FERRY_ERR_SYSTEM if out of memory. */
ferry_status ferry_zero_date_note(struct ferry_plan *plan, struct ferry_error *error);

/* Does what `policies` say, one per column (NULL: all are kept), to the rows of a batch.  Fails
 * with FERRY_ERR_DATA that names row and column. */
ferry_status ferry_zero_date_apply(const enum ferry_zero_date *policies, struct ferry_batch *batch,
                                   struct ferry_error *error);

#endif
