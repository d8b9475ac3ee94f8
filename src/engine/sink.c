/* The sinks that more than one strategy uses. */

#include "engine/sink.h"
#include "driver/target.h"
#include "engine/merge.h"

static ferry_status insert(void *to, const struct ferry_batch *batch, struct ferry_error *error)
{
    return ferry_target_load_batch(to, FERRY_OP_INSERT, batch, error);
}

struct ferry_sink ferry_sink_load(struct ferry_load *load, struct ferry_connection *target)
{
    return (struct ferry_sink){.take = insert, .to = load, .connection = target};
}

static ferry_status meet(void *to, const struct ferry_batch *batch, struct ferry_error *error)
{
    return ferry_merge_take(to, batch, error);
}

struct ferry_sink ferry_sink_merge(struct ferry_merge *merge, struct ferry_connection *target)
{
    return (struct ferry_sink){.take = meet, .to = merge, .connection = target};
}

static ferry_status add_up(void *to, const struct ferry_batch *batch, struct ferry_error *error)
{
    (void)error;
    ferry_digest_add_batch(to, batch);
    return FERRY_OK;
}

struct ferry_sink ferry_sink_digest(struct ferry_digest *digest)
{
    return (struct ferry_sink){.take = add_up, .to = digest};
}
