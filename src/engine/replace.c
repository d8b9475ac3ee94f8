/* Every row goes from the source into the load. */

#include "engine/replace.h"

ferry_status ferry_replace_move(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_sink sink = ferry_sink_load(transfer->load, transfer->session->target);
    return ferry_transfer_pump(transfer, NULL, &sink, error);
}
