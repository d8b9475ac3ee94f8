/* Puts a stub in the place of each optional callback that a driver lacks, so that the rest of the
 * engine never asks whether one is there. */

#ifndef FERRY_DRIVER_STUB_H
#define FERRY_DRIVER_STUB_H

#include "driver/load.h"

/* Fills the handle's copies.  Returns NULL, or the name of a required callback that is absent
 * (static text); then the driver must not be used. */
const char *ferry_driver_stub_fill(struct ferry_driver_handle *handle);

#endif
