/* What a run puts into its record: who ran what, when, and what came of it. */

#ifndef FERRY_RECORD_H
#define FERRY_RECORD_H

#include "driver/record.h"
#include "driver/schema.h"

#define FERRY_RUN_ID_SIZE 33 /* of 16 random bytes in hexadecimal digits, and the NUL */

/* A new one, that no other run has. */
ferry_status ferry_run_id_draw(char ret_run_id[FERRY_RUN_ID_SIZE], struct ferry_error *error);

/* A run into `table` begins at this moment.  The caller frees the record. */
ferry_status ferry_record_begin(struct ferry_record *ret_record, const char *table,
                                const char *run_id, struct ferry_error *error);
/* The moment before the commit, and what was read. */
ferry_status ferry_record_finish(struct ferry_record *record, const struct ferry_schema *schema,
                                 struct ferry_error *error);
#define FERRY_RECORD_PLACE_SIZE 17 /* 16 hexadecimal digits and the NUL */
/* As a record has the place that was read, and the name of a table there that is one of a job of
 * many (NULL: of a job of its own). */
void ferry_record_hash_place(const char *place, const char *table,
                             char ret_hash[FERRY_RECORD_PLACE_SIZE]);
#define FERRY_RECORD_NUMBER_SIZE 21 /* of 64 bits, and the NUL */
/* A number as a record has it. */
void ferry_record_print_number(uint64_t value, char ret_text[FERRY_RECORD_NUMBER_SIZE]);
ferry_status ferry_record_set_number(struct ferry_record *record, const char *name, uint64_t value,
                                     struct ferry_error *error);

#endif
