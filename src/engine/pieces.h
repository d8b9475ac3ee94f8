/* A run in pieces: prepared once, loaded by processes of their own, here or elsewhere, and finished
 * in one step.  A scheduler drives them; each step may be killed at any moment and done again. */

#ifndef FERRY_PIECES_H
#define FERRY_PIECES_H

#include "engine/piece_place.h"
#include "engine/sync.h"

/* What a run that loads or finishes has to know besides its job. */
struct ferry_pieces {
    struct ferry_prepared *prepared;
    uint32_t number;            /* of the piece that is loaded, from 1; 0: all are taken in */
    struct ferry_record before; /* of a finish: the record that the new one takes the place of */
    uint64_t rows;              /* of a finish: of all pieces, by their records */
};

/* A job as a run of pieces has it.  Start as {0}; it stays where it is. */
struct ferry_piece_job {
    struct ferry_job job;
    struct ferry_task task;
    struct ferry_pieces pieces;
    struct ferry_piece_place place;
};
void ferry_piece_job_done(struct ferry_piece_job *piece);

/* Makes the task of a job that of one of its pieces: rows alone, without keys and guards. */
void ferry_piece_task(struct ferry_task *task);

/* Whether it is a run that takes pieces in from the very place that it writes to. */
bool ferry_pieces_are_here(const struct ferry_job *job);

/* Parts the job's table and writes the run file, with everything that pieces need.  A failure
 * leaves nothing.  FERRY_ERR_CONFIG or FERRY_ERR_UNSUPPORTED of a job that cannot go in pieces. */
ferry_status ferry_pieces_prepare(const struct ferry_job *job, const char *state,
                                  struct ferry_prepared *prepared, struct ferry_error *error);

/* Fails with FERRY_ERR_CONFIG where the job's keys, or its connections', are others by now. */
ferry_status ferry_pieces_check_job(const struct ferry_job *job,
                                    const struct ferry_prepared *prepared,
                                    struct ferry_error *error);

/* The run that loads piece `number`, for ferry_sync_run(); `prepared` is locked, and stays.  With
 * `*ret_done` there is nothing to do: the piece is there, or has no rows by its nature. */
ferry_status ferry_pieces_begin_load(const struct ferry_job *job, struct ferry_prepared *prepared,
                                     uint32_t number, struct ferry_piece_job *piece, bool *ret_done,
                                     struct ferry_error *error);

/* The run that finishes; `prepared` is locked for it alone.  With `*ret_done` an earlier finish has
 * got through, and only the pieces are left to be cleared.  FERRY_ERR_NOT_FOUND names pieces that
 * are missing; FERRY_ERR_DATA where another run has written the table since. */
ferry_status ferry_pieces_begin_finish(const struct ferry_job *job, struct ferry_prepared *prepared,
                                       struct ferry_piece_job *piece, bool *ret_done,
                                       struct ferry_error *error);

/* Removes the pieces, and then the run file. */
ferry_status ferry_pieces_clear(const struct ferry_job *job, struct ferry_prepared *prepared,
                                struct ferry_error *error);

#endif
