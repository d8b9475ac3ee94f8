/* What is found where a connection is examined: what its options say. */

#include "memory.h"

#include <string.h>

#define EXAMINE_SUBJECT "made-up"
#define EXAMINE_MEND "set finding to none"

const char memory_findings[] = "none|ok|warn|fail|unmended";

ferry_status memory_examine(void *conn, const struct ferry_examination *examination,
                            struct ferry_findings *findings, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    const char *kind = c->finding;
    ferry_status status = memory_fault_hit(c, "examine", MEMORY_NO_ROW, err);
    if (status != FERRY_OK || memory_fault_lie(c, "examine", &status, err))
        return status;
    if (strcmp(kind, "none") == 0 || examination->tables_only != 0)
        return FERRY_OK;
    if (strcmp(kind, "ok") == 0)
        return ferry_finding_ok(findings, err, EXAMINE_SUBJECT, "%s", c->finding_text);
    if (strcmp(kind, "fail") == 0)
        return ferry_finding_fail(findings, err, c->fault.status, EXAMINE_SUBJECT, EXAMINE_MEND,
                                  "%s", c->finding_text);
    return ferry_finding_warn(findings, err, EXAMINE_SUBJECT,
                              strcmp(kind, "warn") == 0 ? EXAMINE_MEND : "", "%s", c->finding_text);
}
