/* Opening a connection: what the files of this folder have to themselves. */

#ifndef DBFERRY_ODBC_CONNECT_H
#define DBFERRY_ODBC_CONNECT_H

#include "odbc_driver.h"
#include "parts/text.h"

/* ---- string.c: the connection string ---- */

/* KEY=VALUE;KEY=VALUE for the manager, with the password, and with the attributes of the dialect
 * that is expected there.  To be wiped by odrv_string_clear().  Fails with CONFIG. */
ferry_status odrv_string_make(const struct ferry_config *config, const struct odrv_dialect *dialect,
                              bool target, struct part_text *ret_string, struct ferry_error *err);
void odrv_string_clear(struct part_text *string);
#define ODRV_AUTO_SECRET __attribute__((cleanup(odrv_string_clear)))
/* The file name of the ODBC driver that the configuration leads to, as far as the manager's own
 * files tell; NULL: they do not.  The caller frees it. */
char *odrv_string_library(const struct ferry_config *config);
/* A line of one of the manager's files; NULL where there is none.  The caller frees it. */
char *odrv_string_setting(const char *section, const char *key, const char *file);

/* ---- dial.c: what may have to be left behind ---- */

enum odrv_dial_end {
    ODRV_DIAL_DONE,      /* `*ret_result` is what ODBC returned */
    ODRV_DIAL_SLOW,      /* not within the limit ... */
    ODRV_DIAL_STOPPED,   /* the run is to end ... */
    ODRV_DIAL_NO_THREAD, /* out of memory: nothing was begun */
};
/* ... and then `dbc` belongs to the thread that was left behind. */
enum odrv_dial_end odrv_dial(SQLHDBC dbc, const char *string, int64_t timeout_ms,
                             SQLRETURN *ret_result);
/* SQL_COMMIT or SQL_ROLLBACK, of a connection without a statement. */
enum odrv_dial_end odrv_dial_end_transaction(SQLHDBC dbc, SQLSMALLINT how, int64_t timeout_ms,
                                             SQLRETURN *ret_result);
/* Disconnects it and frees it. */
enum odrv_dial_end odrv_dial_hang_up(SQLHDBC dbc, int64_t timeout_ms);

/* ---- place.c: where a connection leads ---- */

/* An attribute of the connection: of its group `attributes`, else of its data source; by any of the
 * names, of which the last is followed by NULL.  NULL: none says so.  The caller frees it. */
char *odrv_place_attribute(const struct ferry_config *config, const char *const *names);
/* Fails with CONFIG where two words say where one part of the place is, or an option of libpq's
 * does.
 */
ferry_status odrv_place_check(const struct ferry_config *config, struct ferry_error *err);
/* Whether every word for a server names this machine, or there is none. */
bool odrv_place_is_local(const struct ferry_config *config);

#endif /* DBFERRY_ODBC_CONNECT_H */
