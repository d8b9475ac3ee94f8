/* Row batches: cells in a row-major array, their bytes in an arena of chunks. */

#ifndef FERRY_BATCH_H
#define FERRY_BATCH_H

#include <stdbool.h>

#include "dbferry/driver.h"
#include "driver/schema.h"

struct ferry_batch_limits {
    size_t rows;  /* full at so many rows */
    size_t bytes; /* full at so many bytes of cells and values; one row may exceed it */
};

/* Measured on 12 mixed columns: larger batches leave the second-level cache, smaller ones pay more
 * for each hand-over between the threads. */
extern const struct ferry_batch_limits ferry_batch_default_limits;

/* Makes an empty batch for rows of `schema`, which must outlive it.  NULL if out of memory. */
struct ferry_batch *ferry_batch_new(const struct ferry_schema *schema,
                                    const struct ferry_batch_limits *limits);
void ferry_batch_free(struct ferry_batch *batch);

/* Makes it empty; chunks that a large value needed are given back to the system.  `first_row` is
 * the number (from 1) of the stream's row that comes first in it. */
void ferry_batch_reset(struct ferry_batch *batch, uint64_t first_row);

/* From now until it is made empty, its rows are those of a part of the stream, which have numbers
 * of their own; messages say so.  `part` counts from 1. */
void ferry_batch_set_part(struct ferry_batch *batch, size_t part);

uint64_t ferry_batch_first_row(const struct ferry_batch *batch);
/* Bytes in use: cells and values. */
size_t ferry_batch_used(const struct ferry_batch *batch);
const struct ferry_schema *ferry_batch_schema(const struct ferry_batch *batch);
/* The cells of the first row, those of the others behind them; for the engine alone. */
struct ferry_cell *ferry_batch_cells_to_change(struct ferry_batch *batch);

#endif
