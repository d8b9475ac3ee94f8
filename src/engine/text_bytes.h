/* Texts that travel as bytes: since the job wants it so, or since the target stores the very
 * character set of the source. */

#ifndef FERRY_TEXT_BYTES_H
#define FERRY_TEXT_BYTES_H

#include "engine/negotiate.h"

/* Makes columns of bytes, in what is read and in what is written, of those that plan->wishes wants
 * so.  Fails with FERRY_ERR_CONFIG where such a column holds no texts. */
ferry_status ferry_text_bytes_prepare(struct ferry_plan *plan, struct ferry_error *error);

/* Once it is known what becomes of the table, whose columns now are `existing`: chooses which
 * columns with PARTIAL_TEXT come RAW.  The rest of them are CHECKED, with a note. */
ferry_status ferry_text_bytes_choose(struct ferry_plan *plan, const struct ferry_schema *existing,
                                     struct ferry_error *error);

#endif
