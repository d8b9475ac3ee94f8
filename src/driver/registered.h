/* What a driver registers, as long as our header has it. */

#ifndef FERRY_REGISTERED_H
#define FERRY_REGISTERED_H

#include "driver/load.h"

/* Copies what `driver` has registered into the handle, whichever header of this version it was
 * built with.  Fails with FERRY_ERR_CONFIG where it is none of this version, naming `path`.  What
 * it has taken by then ferry_registered_release() gives back. */
ferry_status ferry_registered_copy(struct ferry_driver_handle *handle,
                                   const struct ferry_driver *driver, struct ferry_error *error);

/* Frees what ferry_registered_copy() has allocated for a driver that is refused after all; one that
 * is taken keeps it until the program ends. */
void ferry_registered_release(struct ferry_driver_handle *handle);

#endif
