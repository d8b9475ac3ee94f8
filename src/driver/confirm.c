/* The one comparison of a table with what a load was planned for, and what is said where another
 * connection was quicker. */

#include "base/error.h"

ferry_status ferry_load_fail_changed(const struct ferry_load_spec *spec, const char *place,
                                     struct ferry_error *err)
{
    ferry_status status = ferry_fail(
        err, FERRY_ERR_BUSY,
        "%s: table '%s' was changed by another connection meanwhile; this run has left it as it "
        "is; run again",
        place, spec->layout->table);
    ferry_error_may_pass(err);
    return status;
}

ferry_status ferry_load_confirm(const struct ferry_load_spec *spec, const char *place, int exists,
                                uint64_t definition, struct ferry_error *err)
{
    bool wanted = spec->action != FERRY_TABLE_CREATE;
    bool same = wanted == (exists != 0) && (!wanted || definition == spec->definition);
    return same ? FERRY_OK : ferry_load_fail_changed(spec, place, err);
}
