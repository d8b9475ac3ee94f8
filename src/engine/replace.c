/* Every row goes from the source into the load. */

#include "engine/replace.h"

#include "engine/guard.h"

ferry_status ferry_replace_move(struct ferry_transfer *transfer, struct ferry_error *error)
{
    struct ferry_sink sink = ferry_sink_load(transfer->load, transfer->session->target);
    ferry_status status = ferry_transfer_pump(transfer, &sink, error);
    if (status == FERRY_OK) {
        ferry_session_close_source(transfer->session);
        status = ferry_transfer_end_load(transfer, error);
    }
    if (status == FERRY_OK)
        status = ferry_transfer_check_guards(transfer, error);
    if (status == FERRY_OK)
        status = ferry_transfer_verify(transfer, error);
    return status;
}
