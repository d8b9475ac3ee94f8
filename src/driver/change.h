/* A change and its loads, as the layer to drivers holds them. */

#ifndef FERRY_CHANGE_H
#define FERRY_CHANGE_H

#include "driver/connection.h"

struct ferry_load {
    struct ferry_connection *connection;
    void *load; /* the driver's own */
    struct ferry_load *next;
};

struct ferry_change {
    struct ferry_connection *connection;
    void *change; /* the driver's own */
    struct ferry_load *loads;
};

#endif
