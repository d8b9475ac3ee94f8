/* Finds drivers, loads them, and refuses what is not one. */

#ifndef FERRY_DRIVER_LOAD_H
#define FERRY_DRIVER_LOAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

/* No run is tried again more often. */
#define FERRY_RETRIES_MOST 1000

/* A loaded driver: the core's own copy of its tables, in which every optional callback that is
 * absent has become a stub.  Lives until the program ends. */
struct ferry_driver_handle {
    struct ferry_driver driver;
    struct ferry_source source; /* meaningful if is_source */
    struct ferry_target target; /* meaningful if is_target */
    bool is_source;
    bool is_target;
    bool lists;                   /* source.list is the driver's own */
    bool parts;                   /* source.part is the driver's own */
    bool tells_stored;            /* target.stored_begin is the driver's own */
    bool keeps_records;           /* driver.record_read is the driver's own */
    bool prunes;                  /* target.prune is the driver's own */
    bool examines;                /* driver.examine is the driver's own */
    char retries_text[12];        /* driver.retries, as it would stand in a configuration */
    char *path;                   /* of the shared object */
    struct ferry_option *options; /* driver.options, once they are the core's own copy */
    pthread_mutex_t lock;         /* held around each call of a driver that allows one at a time */
    struct ferry_driver_handle *next;
};

/* The folder of the drivers: the one compiled in, or $DBFERRY_DRIVER_DIR unless the process is
 * privileged.  Never NULL. */
const char *ferry_driver_folder(void);

/* The driver of that name ([a-z0-9-]+), loaded at the first call.  The file and its folder must
 * belong to root or this user and be closed to writing by others.  Fails with FERRY_ERR_CONFIG,
 * naming path and reason.  Main thread only. */
ferry_status ferry_driver_get(const char *name, struct ferry_driver_handle **ret_driver,
                              struct ferry_error *error);

/* The names of the files that look like drivers, sorted; the caller frees each and the array.  An
 * unreadable folder is FERRY_ERR_CONFIG. */
ferry_status ferry_driver_list(char ***ret_names, size_t *ret_count, struct ferry_error *error);

#endif
