/* The parts of decoding that are files of their own. */

#ifndef DBFERRY_DBI_DECODE_H
#define DBFERRY_DBI_DECODE_H

#include "read/read.h"

/* ---- moment.c: dates and times ---- */

const char *dbidrv_decode_moment(enum dbidrv_codec codec, uint32_t scale,
                                 const struct dbidrv_value *value, struct ferry_batch *batch,
                                 struct ferry_cell *cell);

#endif /* DBFERRY_DBI_DECODE_H */
