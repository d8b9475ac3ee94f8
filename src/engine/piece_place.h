/* Where the pieces of a prepared run lie: each is a table of the target's own driver.
 *
 * A target that is a file has a folder beside it, in which each piece is a file, so that loads do
 * not wait for each other.  Any other has them in the same place, as tables that are named by the
 * run. */

#ifndef FERRY_PIECE_PLACE_H
#define FERRY_PIECE_PLACE_H

#include "driver/connection.h"
#include "engine/job.h"
#include "engine/prepared.h"

#define FERRY_PIECE_TABLE 64 /* of its name, with the NUL */

/* Start as {0}. */
struct ferry_piece_place {
    const struct ferry_config *target; /* the connection to it */
    struct ferry_config *moved;        /* the same, where it is another than the job's */
    char table[FERRY_PIECE_TABLE];
};

/* Whether pieces are files of their own. */
bool ferry_piece_places_are_apart(const struct ferry_config *target);

/* Piece `number`, from 1.  To ferry_piece_place_done(). */
ferry_status ferry_piece_place_find(const struct ferry_config *target, const char *run_id,
                                    uint32_t number, struct ferry_piece_place *place,
                                    struct ferry_error *error);
void ferry_piece_place_done(struct ferry_piece_place *place);

/* Fails with FERRY_ERR_UNSUPPORTED where the driver of the open target can have no pieces. */
ferry_status ferry_piece_places_check(const struct ferry_connection *target,
                                      struct ferry_error *error);
/* Makes the folder, where there is to be one: FERRY_ERR_TARGET_OPEN. */
ferry_status ferry_piece_places_make(const struct ferry_config *target, const char *run_id,
                                     struct ferry_error *error);
/* Removes all pieces, whatever became of them; may be done again after a failure.  Nobody else is
 * at work on the run. */
ferry_status ferry_piece_places_clear(const struct ferry_job *job,
                                      const struct ferry_prepared *prepared,
                                      struct ferry_error *error);

#endif
