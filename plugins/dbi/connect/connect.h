/* Connecting: what the files of this folder share, and what dialects need of them. */

#ifndef DBFERRY_DBI_CONNECT_H
#define DBFERRY_DBI_CONNECT_H

#include "dbi_driver.h"

/* ---- libdbi.c: handles of libdbi, in any thread ---- */

/* A handle that is not connected; the first call loads libdbi and the dialect's driver. */
ferry_status dbidrv_libdbi_open(const char *label, const struct dbidrv_dialect *dialect,
                                dbi_conn *ret_dbi, struct ferry_error *err);
/* False if there was no memory. */
bool dbidrv_libdbi_set(dbi_conn dbi, const char *key, const char *value);
/* Wipe the password and forget all options. */
void dbidrv_libdbi_forget_options(dbi_conn dbi);
void dbidrv_libdbi_close(dbi_conn dbi);

/* ---- settings.c: what a connection's keys become ---- */

/* Fails with CONFIG where something is missing, or is not for this dialect. */
ferry_status dbidrv_settings_check(const char *label, const struct dbidrv_dialect *dialect,
                                   const struct ferry_config *config, struct ferry_error *err);
/* All of them as libdbi's options; `password` may be NULL. */
bool dbidrv_settings_apply(const struct dbidrv_dialect *dialect, const struct ferry_config *config,
                           const char *password, dbi_conn dbi);
/* "PLACE", as dbidrv_place() tells it. */
void dbidrv_settings_place(const struct ferry_config *config, char *buffer, size_t size);

/* ---- dial.c: one login with one time limit for all of it ---- */

enum dbidrv_dial_end {
    DBIDRV_DIAL_DONE,      /* dbi_conn_connect() has returned: see the result */
    DBIDRV_DIAL_NO_THREAD, /* out of memory or threads */
    /* given up, and `dbi` with it, which the thread closes: */
    DBIDRV_DIAL_SLOW,
    DBIDRV_DIAL_STOPPED,
};
enum dbidrv_dial_end dbidrv_dial(dbi_conn dbi, int64_t timeout_ms, bool *ret_connected);
/* Whether one that was left behind has not come to its end yet. */
bool dbidrv_dial_has_strays(void);

/* ---- connect.c, for dialects ---- */

/* A copy of the connection's socket, by which cancel ends what waits. */
ferry_status dbidrv_conn_keep_socket(struct dbidrv_conn *conn, struct ferry_error *err);
/* Fail with what the client library says of a call that libdbi does not know of. */
ferry_status dbidrv_conn_fail_native(struct dbidrv_conn *conn, enum dbidrv_phase phase,
                                     const char *doing, struct ferry_error *err);

#endif /* DBFERRY_DBI_CONNECT_H */
