/* The parts of decoding that are files of their own. */

#ifndef DBFERRY_ODBC_DECODE_H
#define DBFERRY_ODBC_DECODE_H

#include "read/read.h"

/* ---- utf16.c: texts from the manager's wide characters ---- */

/* How many bytes of UTF-8 it has; what is wrong with it, or NULL. */
const char *odrv_utf16_measure(const char *data, size_t size, size_t *ret_size);
/* Into so many bytes; the text has been measured. */
void odrv_utf16_convert(const char *data, size_t size, char *text);

#endif /* DBFERRY_ODBC_DECODE_H */
