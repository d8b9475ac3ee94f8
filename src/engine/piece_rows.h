/* The rows of pieces: which of them a load reads, and how a finish takes them in. */

#ifndef FERRY_PIECE_ROWS_H
#define FERRY_PIECE_ROWS_H

#include "engine/transfer.h"

/* Decides transfer->plan->partitions by the run file: one range of it is read.  FERRY_ERR_SCHEMA
 * where the source has other columns than when the run was prepared. */
ferry_status ferry_piece_settle(struct ferry_transfer *transfer, struct ferry_error *error);

/* Moves the rows of a transfer whose job has pieces. */
ferry_status ferry_piece_rows_move(struct ferry_transfer *transfer, struct ferry_error *error);

#endif
