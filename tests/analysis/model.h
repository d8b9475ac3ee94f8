/* What the static analyzers cannot see in one file: a function that reports a failure returns it.
 *
 * ./bootstrap check puts this header before each file that it analyzes, except the files that
 * define these functions.
 */

#ifndef FERRY_ANALYSIS_MODEL_H
#define FERRY_ANALYSIS_MODEL_H

#include "dbferry/driver.h"
#include "driver/option.h"

#define ferry_fail(error, status, ...) (ferry_fail(error, status, __VA_ARGS__), (status))
#define ferry_fail_cell(error, status, ...) (ferry_fail_cell(error, status, __VA_ARGS__), (status))
#define ferry_fail_row(error, status, ...) (ferry_fail_row(error, status, __VA_ARGS__), (status))
#define ferry_origin_fail(origin, error, ...)                                                      \
    (ferry_origin_fail(origin, error, __VA_ARGS__), FERRY_ERR_CONFIG)

#endif
