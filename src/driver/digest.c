/* The hashes of all rows, added modulo 2^128: so their order does not matter and their number does.
 */

#include "driver/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cell.h"

struct ferry_digest {
    unsigned __int128 sum;
    uint64_t rows;
    struct ferry_cell_hasher *hasher;
};

struct ferry_digest *ferry_digest_new(const struct ferry_schema *schema)
{
    struct ferry_digest *digest = calloc(1, sizeof *digest);
    if (digest == NULL)
        return NULL;
    digest->hasher = ferry_cell_hasher_new(schema);
    if (digest->hasher == NULL) {
        free(digest);
        return NULL;
    }
    return digest;
}

void ferry_digest_free(struct ferry_digest *digest)
{
    if (digest == NULL)
        return;
    ferry_cell_hasher_free(digest->hasher);
    free(digest);
}

void ferry_digest_add(struct ferry_digest *digest, const struct ferry_cell *cells)
{
    digest->sum += ferry_cell_hash(digest->hasher, cells);
    digest->rows++;
}

void ferry_digest_add_batch(struct ferry_digest *digest, const struct ferry_batch *batch)
{
    for (size_t row = 0; row < ferry_batch_count(batch); row++)
        ferry_digest_add(digest, ferry_batch_cells(batch, row));
}

void ferry_digest_merge(struct ferry_digest *digest, const struct ferry_digest *from)
{
    digest->sum += from->sum;
    digest->rows += from->rows;
}

bool ferry_digest_merge_text(struct ferry_digest *digest, const char *text, uint64_t rows)
{
    static const char digits[] = "0123456789abcdef";
    unsigned __int128 sum = 0;
    if (strlen(text) != FERRY_DIGEST_TEXT - 1 || strspn(text, digits) != FERRY_DIGEST_TEXT - 1)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        sum = sum << 4 | (unsigned __int128)(strchr(digits, *at) - digits);
    digest->sum += sum;
    digest->rows += rows;
    return true;
}

uint64_t ferry_digest_rows(const struct ferry_digest *digest)
{
    return digest->rows;
}

bool ferry_digest_equal(const struct ferry_digest *a, const struct ferry_digest *b)
{
    return a->rows == b->rows && a->sum == b->sum;
}

void ferry_digest_print(const struct ferry_digest *digest, char ret_text[FERRY_DIGEST_TEXT])
{
    (void)snprintf(ret_text, FERRY_DIGEST_TEXT, "%016" PRIx64 "%016" PRIx64,
                   (uint64_t)(digest->sum >> 64), (uint64_t)digest->sum);
}
