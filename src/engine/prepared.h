/* The run file: what the pieces of a prepared run share, in a private file that is also their lock.
 *
 * It is written once, whole.  What becomes of the run is appended: a line that a killed process has
 * left unended does not count.  Loads hold a shared lock on it for as long as they live, and who
 * finishes or abandons the run an exclusive one; the kernel frees both, however their holder ends.
 */

#ifndef FERRY_PREPARED_H
#define FERRY_PREPARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define FERRY_PREPARED_ID 33   /* of a run id: 32 hexadecimal digits and the NUL */
#define FERRY_PREPARED_HASH 17 /* 16 hexadecimal digits and the NUL */

/* Start as {.fd = -1}, and fill in for ferry_prepared_write() all up to `cuts`. */
struct ferry_prepared {
    char id[FERRY_PREPARED_ID];
    char *job;
    char *config;    /* a hash of the keys of the job and of its connections */
    char *schema;    /* a hash of the source's columns */
    char *since;     /* RFC 3339, UTC: when it was prepared; written by ferry_prepared_write() */
    char *before;    /* the run that has written the target's table; "": none */
    uint32_t pieces; /* as many as were asked for */
    char *column;    /* by which the table is parted */
    char **cuts; /* values of it: piece I begins with the cut before it, and ends below its own */
    size_t cut_count;
    /* What has become of it: */
    bool abandoned;
    char *finish; /* the run that was about to commit the pieces, last; NULL: none was */
    int fd;
    char *path;
    char *place; /* the folder of the run files */
};

/* Whether a word can be a run id: it becomes part of paths and names. */
bool ferry_prepared_id_is_sound(const char *word);

/* A new file in the folder `prepared` of the state folder, which is made where it is not there.
 * FERRY_ERR_TARGET_OPEN or FERRY_ERR_TARGET_IO where it cannot be written. */
ferry_status ferry_prepared_write(const char *state, struct ferry_prepared *prepared,
                                  struct ferry_error *error);
/* Reads that of a run.  FERRY_ERR_USAGE of a word that is no run id, FERRY_ERR_NOT_FOUND where
 * there is none, FERRY_ERR_CONFIG of a file that others may have written, or that is damaged.  To
 * ferry_prepared_done(). */
ferry_status ferry_prepared_open(const char *state, const char *id, struct ferry_prepared *prepared,
                                 struct ferry_error *error);
/* Takes its lock, waiting `wait_ms` for others, and reads again what has become of it.
 * FERRY_ERR_BUSY where others have it, FERRY_ERR_NOT_FOUND where they have ended the run. */
ferry_status ferry_prepared_lock(struct ferry_prepared *prepared, bool alone, int64_t wait_ms,
                                 struct ferry_error *error);
/* One load of a piece at a time: waits for another one until that has ended, or the run is to stop.
 */
ferry_status ferry_prepared_lock_piece(struct ferry_prepared *prepared, uint32_t piece,
                                       struct ferry_error *error);
/* Fails with FERRY_ERR_NOT_FOUND where somebody has abandoned it since. */
ferry_status ferry_prepared_check(struct ferry_prepared *prepared, struct ferry_error *error);

/* From now on its loads are refused, and those under way stop before their commit. */
ferry_status ferry_prepared_abandon(struct ferry_prepared *prepared, struct ferry_error *error);
/* The run `id` is about to commit the pieces. */
ferry_status ferry_prepared_note_finish(struct ferry_prepared *prepared, const char *id,
                                        struct ferry_error *error);
/* The last step: the file goes. */
ferry_status ferry_prepared_remove(struct ferry_prepared *prepared, struct ferry_error *error);

/* Those of all runs that are neither finished nor abandoned, in no order; of a file that cannot be
 * read nothing is told.  Without a folder there are none. */
typedef void ferry_prepared_visit(void *data, const struct ferry_prepared *prepared);
void ferry_prepared_each(const char *state, ferry_prepared_visit *visit, void *data);

/* Frees what it holds, and the lock. */
void ferry_prepared_done(struct ferry_prepared *prepared);

#endif
