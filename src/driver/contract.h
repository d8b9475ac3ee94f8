/* What a driver promises about a call, checked after it. */

#ifndef FERRY_CONTRACT_H
#define FERRY_CONTRACT_H

#include <stdbool.h>

#include "driver/batch.h"
#include "driver/load.h"

/* Turns a broken promise about status and message into FERRY_ERR_INTERNAL that names the driver and
 * the callback; passes everything else on.  `result_written`: what `ret_` promises on success. */
ferry_status ferry_contract_check_call(const struct ferry_driver_handle *driver,
                                       const char *callback, ferry_status status,
                                       bool result_written, struct ferry_error *error);

/* Checks the rows of a batch that a source filled: kinds, widths, pointers. */
ferry_status ferry_contract_check_batch(const struct ferry_driver_handle *driver,
                                        const struct ferry_batch *batch, struct ferry_error *error);
/* The same of rows that a target had stored: FERRY_ERR_DATA, since others can write there too. With
 * `anything`, only what cannot be looked at safely is refused. */
ferry_status ferry_contract_check_stored(const struct ferry_batch *batch, bool anything,
                                         struct ferry_error *error);

#endif
