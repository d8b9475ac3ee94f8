/* The digest of a table's content: the same for the same rows, in whatever order and database. */

#ifndef FERRY_DIGEST_H
#define FERRY_DIGEST_H

#include <stdbool.h>

#include "driver/batch.h"

#define FERRY_DIGEST_TEXT 33 /* 32 hexadecimal digits and the NUL */

/* An empty digest for rows of `schema`, which it does not keep.  NULL if out of memory. */
struct ferry_digest *ferry_digest_new(const struct ferry_schema *schema);
void ferry_digest_free(struct ferry_digest *digest); /* NULL allowed */

/* Adds one row: cells as a source of this schema would give them, valid for the call.  One thread
 * at a time. */
void ferry_digest_add(struct ferry_digest *digest, const struct ferry_cell *cells);
/* Adds every row of a batch. */
void ferry_digest_add_batch(struct ferry_digest *digest, const struct ferry_batch *batch);

/* Adds all that was added to `from`, a digest of the same schema. */
void ferry_digest_merge(struct ferry_digest *digest, const struct ferry_digest *from);

/* The same of `rows` rows whose digest was printed; false where that is no digest. */
bool ferry_digest_merge_text(struct ferry_digest *digest, const char *text, uint64_t rows);

/* How many rows were added. */
uint64_t ferry_digest_rows(const struct ferry_digest *digest);
/* Whether both hold the same rows, each as often. */
bool ferry_digest_equal(const struct ferry_digest *a, const struct ferry_digest *b);
void ferry_digest_print(const struct ferry_digest *digest, char ret_text[FERRY_DIGEST_TEXT]);

#endif
