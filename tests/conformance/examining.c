/* What a driver finds where it is asked what may stand in the way of a run. */

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "driver/source.h"

static bool is_one_line(const char *text)
{
    return text[0] != '\0' && strpbrk(text, "\n\r") == NULL;
}

/* The core's functions refuse what says nothing; here it is about how it reads. */
static void test_findings(const struct ferry_findings *findings, const char *side)
{
    bool told = true, mended = true;
    for (size_t i = 0; i < findings->count; i++) {
        const struct ferry_finding *finding = &findings->list[i];
        told = told && is_one_line(finding->subject) && is_one_line(finding->text);
        mended = mended && (finding->level == FERRY_FINDING_OK || is_one_line(finding->mend));
    }
    tap_ok(told, "each of %zu findings about the %s has a subject and one line of text",
           findings->count, side);
    tap_ok(mended, "each finding about the %s that is not well says in one line what to do", side);
}

static bool examine(struct ferry_connection *connection,
                    const struct ferry_examination *examination, const char *side)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_findings findings = {0};
    ferry_status status = ferry_connection_examine(connection, examination, &findings, &error);
    bool examined = tap_ok(status == FERRY_OK, "the %s is examined", side);
    tap_error(&error);
    if (examined)
        test_findings(&findings, side);
    ferry_findings_done(&findings);
    return examined;
}

/* In the middle of a snapshot, as for a job of many tables, which goes on. */
static void test_source(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    char *text = NULL;
    const struct ferry_read read = suite_read(suite, &text);
    const struct ferry_read *const reads[] = {&read};
    const struct ferry_examination examination = {.reads = reads, .read_count = 1};
    struct ferry_schema schema = {0};
    struct ferry_connection *source =
        suite_open(suite, "source", FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK, &config);
    if (source != NULL && ferry_source_snapshot_begin(source, &error) == FERRY_OK &&
        examine(source, &examination, "source")) {
        tap_ok(ferry_source_describe(source, &read, &schema, &error) == FERRY_OK,
               "the source is described in the snapshot in which it was examined");
        ferry_source_snapshot_end(source);
    }
    tap_error(&error);
    ferry_schema_done(&schema);
    ferry_connection_close(source);
    ferry_config_free(config);
    free(text);
}

/* For each kind of load, of a table that is there. */
static void test_target(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals;
    bool planned = target_open(suite, SIZE_MAX, &target_no_wish, &target) &&
                   target_replace(&target, 0, 5, &totals, NULL);
    target_close(&target);
    if (!planned || !target_open(suite, SIZE_MAX, &target_no_wish, &target))
        return;
    char *before = quirks_run(suite->quirks, "content");
    struct ferry_layout layout = ferry_plan_layout(&target.plan, target.table);
    struct ferry_load_spec spec = ferry_plan_load(&target.plan, &layout, NULL);
    const struct ferry_load_spec *const loads[] = {&spec};
    const struct ferry_examination examination = {.loads = loads, .load_count = 1};
    (void)examine(target.connection, &examination, "target of a load");
    if ((suite->driver->target.abilities & FERRY_CHANGES) != 0) {
        spec.kind = FERRY_LOAD_CHANGES;
        (void)examine(target.connection, &examination, "target of changes");
    }
    char *after = quirks_run(suite->quirks, "content");
    tap_ok(before != NULL && after != NULL && strcmp(before, after) == 0,
           "a target that is examined is as it was");
    free(before);
    free(after);
    target_close(&target);
}

void test_examining(const struct suite *suite)
{
    if (!suite->driver->examines) {
        tap_skip("the driver has no examine", "a connection is examined");
        return;
    }
    if (suite->driver->is_source)
        test_source(suite);
    if (suite->driver->is_target)
        test_target(suite);
}
