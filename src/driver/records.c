/* The list that a driver fills record by record. */

#include "driver/records.h"

#include <stdlib.h>

ferry_status ferry_records_add(struct ferry_records *records, const char *table,
                               struct ferry_record **ret_record, struct ferry_error *err)
{
    struct ferry_record *list =
        reallocarray(records->list, records->count + 1, sizeof *records->list);
    if (list == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for the records of runs");
    records->list = list;
    ferry_status status = ferry_record_open(&list[records->count], table, err);
    if (status == FERRY_OK)
        *ret_record = &list[records->count++];
    return status;
}

void ferry_records_done(struct ferry_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        ferry_record_done(&records->list[i]);
    free(records->list);
    *records = (struct ferry_records){0};
}
