/* What a driver registers, as long as our header has it. */

#ifndef FERRY_REGISTERED_H
#define FERRY_REGISTERED_H

#include "driver/load.h"

/* Copies what `driver` has registered into the handle, whichever header of this version it was
 * built with.  Fails with FERRY_ERR_CONFIG where it is none of this version, naming `path`.  The
 * tables of options live as long as the program. */
ferry_status ferry_registered_copy(struct ferry_driver_handle *handle,
                                   const struct ferry_driver *driver, struct ferry_error *error);

#endif
