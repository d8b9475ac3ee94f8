/* What a driver sets of its answer for one column (driver.h), and what the engine frees of it. */

#include "driver/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void ferry_mapping_done(struct ferry_mapping *mapping)
{
    free(mapping->native);
    free(mapping->clauses);
    free(mapping->note);
    free(mapping->charset);
    *mapping = (struct ferry_mapping){0};
}

ferry_status ferry_mapping_join_note(struct ferry_mapping *mapping, const char *first,
                                     const char *then, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf note = {0};
    ferry_strbuf_addf(&note, "%s%s%s", first == NULL ? "" : first,
                      first == NULL || then == NULL ? "" : "; ", then == NULL ? "" : then);
    char *text = ferry_strbuf_steal(&note);
    if (text == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a note");
    free(mapping->note);
    mapping->note = text;
    return FERRY_OK;
}

ferry_status ferry_mapping_set(struct ferry_mapping *mapping, uint32_t fit, const char *native,
                               const char *note, struct ferry_error *err)
{
    struct ferry_mapping copy = {.fit = fit, .set = true};
    if (fit > FERRY_FIT_NONE || native == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "a mapping without a fit or a type");
    copy.native = strdup(native);
    copy.note = note == NULL ? NULL : strdup(note);
    if (copy.native == NULL || (note != NULL && copy.note == NULL)) {
        ferry_mapping_done(&copy);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a mapping");
    }
    ferry_mapping_done(mapping);
    *mapping = copy;
    return FERRY_OK;
}

ferry_status ferry_mapping_set_clauses(struct ferry_mapping *mapping, const char *clauses,
                                       struct ferry_error *err)
{
    if (!mapping->set || clauses == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "no clauses, or a mapping that was not set");
    char *copy = strdup(clauses);
    if (copy == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a mapping");
    free(mapping->clauses);
    mapping->clauses = copy;
    return FERRY_OK;
}

ferry_status ferry_mapping_set_ordered(struct ferry_mapping *mapping, struct ferry_error *err)
{
    if (!mapping->set)
        return ferry_fail(err, FERRY_ERR_INTERNAL, "an order of a mapping that was not set");
    mapping->ordered = true;
    return FERRY_OK;
}

ferry_status ferry_mapping_set_charset(struct ferry_mapping *mapping, const char *charset,
                                       struct ferry_error *err)
{
    if (!mapping->set || charset == NULL)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "no character set, or a mapping that was not set");
    char *copy = strdup(charset);
    if (copy == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a mapping");
    free(mapping->charset);
    mapping->charset = copy;
    return FERRY_OK;
}
