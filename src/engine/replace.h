/* The strategy `replace`: all rows are read, and the table holds them afterwards. */

#ifndef FERRY_REPLACE_H
#define FERRY_REPLACE_H

#include "engine/transfer.h"

ferry_status ferry_replace_move(struct ferry_transfer *transfer, struct ferry_error *error);

#endif
