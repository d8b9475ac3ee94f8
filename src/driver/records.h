/* The records of many tables, as a driver finds them. */

#ifndef FERRY_RECORDS_H
#define FERRY_RECORDS_H

#include "driver/record.h"

/* Start as {0}. */
struct ferry_records {
    struct ferry_record *list;
    size_t count;
};

/* Frees all and makes it empty. */
void ferry_records_done(struct ferry_records *records);

#endif
