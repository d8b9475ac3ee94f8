/* The keys of a connection: those that every one has, and those of its driver. */

#ifndef FERRY_CONNECTION_KEYS_H
#define FERRY_CONNECTION_KEYS_H

#include "driver/load.h"
#include "driver/option.h"

/* Adds every key that a connection of this driver takes, those of the engine first.  CONFIG if the
 * driver declares one that is there already; SYSTEM if out of memory. */
ferry_status ferry_connection_keys_add(struct ferry_config *config,
                                       struct ferry_driver_handle *driver,
                                       struct ferry_error *error);

#endif
