/* The connections of one attempt: a source in one snapshot, or its fallback, and a target. */

#ifndef FERRY_SESSION_H
#define FERRY_SESSION_H

#include "driver/listing.h"
#include "engine/fallback.h"
#include "engine/job.h"
#include "engine/retry.h"

struct ferry_strays;

/* What stays open from one job to the next, for all tables of a group: a source in one snapshot,
 * unless the target is in the same place, and a target.  Start with `target_role` and `looks`. */
struct ferry_shared {
    uint32_t target_role; /* FERRY_ROLE_, of all those jobs together */
    struct ferry_connection *source;
    struct ferry_connection *target;
    bool source_was_lost;         /* a snapshot has ended before its time */
    bool looks;                   /* nothing is to be written by any of them */
    struct ferry_listing listing; /* what the source has, once it was asked; the owner's to free */
    struct ferry_strays *strays;  /* the owner's too; NULL: nobody asks for them */
};

/* Closes what is open; whoever needs it opens it again. */
void ferry_shared_close(struct ferry_shared *shared);

/* Start with `job`, and what of the next three is to hold. */
struct ferry_session {
    const struct ferry_job *job;
    bool may_fall_back;
    bool looks;                /* nothing is to be written */
    struct ferry_retry *retry; /* NULL: this is the only attempt */
    /* What is read, once ferry_session_open_source() was called: */
    const struct ferry_config *reads_from; /* the job's source, or its fallback's */
    struct ferry_provenance from;          /* of the oldest table */
    struct ferry_error unreached;          /* why it fell back: what the primary's failure was */
    bool fell_back;                        /* the fallback is open, and young enough */
    struct ferry_connection *source;
    bool snapshot;
    struct ferry_connection *target;
};

/* Connects and holds a snapshot.  A failure of the source to be reached lets the job's fallback
 * take its place. */
ferry_status ferry_session_open_source(struct ferry_session *session, struct ferry_error *error);
/* The source is let go before the target's last steps: it need not wait for them, and a target in
 * the same file needs its lock. */
void ferry_session_close_source(struct ferry_session *session);
/* One more connection to what is read, without a snapshot; the caller closes it. */
ferry_status ferry_session_open_reader(const struct ferry_session *session,
                                       struct ferry_connection **ret_reader,
                                       struct ferry_error *error);
ferry_status ferry_session_open_target(struct ferry_session *session, struct ferry_error *error);
/* Both are open, and what is read is in the very place that is written. */
bool ferry_session_is_one_place(const struct ferry_session *session);
/* After a failure, where others share the connections: the target is opened anew for the next, and
 * so is the source with `source_too`, in another snapshot. */
void ferry_session_lose(struct ferry_session *session, bool source_too);
/* The role in which the job's target is opened. */
uint32_t ferry_session_target_role(const struct ferry_job *job);
/* Whatever is open and not shared; may be called twice. */
void ferry_session_close(struct ferry_session *session);

/* Puts the limit that has ended a call in the place of what the call knew, `rows` being those that
 * were read; with `committing`, only where nothing is known of the commit.  Where primary and
 * fallback both fail, tells of the primary first.  Returns the error's class. */
ferry_status ferry_session_explain(const struct ferry_session *session, bool committing,
                                   uint64_t rows, struct ferry_error *error);

#endif
