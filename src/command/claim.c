/* Places are compared as they are spelled, tables by their names without regard to case.  Where it
 * cannot be told that two tables differ, they are taken for one. */

#include "command/claim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "driver/connection.h"
#include "engine/group.h"

void ferry_claim_make(struct ferry_settings *settings, size_t i,
                      const struct ferry_settings_override *override, const char *only,
                      struct ferry_claim *ret_claim)
{
    struct ferry_claim claim = {0};
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    *ret_claim = claim;
    if (ferry_settings_job(settings, i, override, &claim.job, &ignored) != FERRY_OK)
        return;
    struct ferry_connections *connections = ferry_settings_connections(settings);
    const struct ferry_route *route = &claim.job.route;
    if (claim.job.group != NULL && only != NULL)
        claim.only = ferry_group_name_target(claim.job.group, only);
    claim.target = ferry_connections_place(connections, route->target);
    claim.source = ferry_connections_place(connections, route->source);
    if (route->fallback.source != NULL)
        claim.fallback = ferry_connections_place(connections, route->fallback.source);
    claim.side_by_side = ferry_connection_goes_side_by_side(route->target);
    *ret_claim = claim;
}

void ferry_claim_done(struct ferry_claim *claim)
{
    ferry_job_done(&claim->job);
    free(claim->only);
    *claim = (struct ferry_claim){0};
}

/* ---- Tables ---- */

/* One table, or all whose names FERRY_GROUP_NAME in it stands for. */
struct names {
    const char *text;
    bool many;
};

/* How many bytes all these names begin with alike.  A letter beyond ASCII may be one with another
 * of another length, so that nothing is said of what follows it. */
static size_t length_of_beginning(const struct names *names)
{
    const char *hole = names->many ? strstr(names->text, FERRY_GROUP_NAME) : NULL;
    size_t length = hole != NULL ? (size_t)(hole - names->text) : strlen(names->text);
    size_t plain = 0;
    while (plain < length && (unsigned char)names->text[plain] < 0x80)
        plain++;
    return plain;
}

/* What they all end with, likewise. */
static const char *find_end(const struct names *names)
{
    const char *end = names->text, *hole = end;
    while (names->many && (hole = strstr(hole, FERRY_GROUP_NAME)) != NULL)
        end = hole += strlen(FERRY_GROUP_NAME);
    for (const char *at = end; *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80)
            end = at + 1;
    return end;
}

static bool may_meet(const struct names *one, const struct names *other)
{
    if (!one->many && !other->many)
        return ferry_fold_compare(one->text, other->text) == 0;
    size_t left = length_of_beginning(one), right = length_of_beginning(other);
    if (strncasecmp(one->text, other->text, left < right ? left : right) != 0)
        return false;
    const char *end = find_end(one), *others_end = find_end(other);
    left = strlen(end);
    right = strlen(others_end);
    if (left < right)
        others_end += right - left;
    else
        end += left - right;
    return strcasecmp(end, others_end) == 0;
}

/* The next of the names that the job writes, `*at` counting from 0; false after the last. */
static bool next_names(const struct ferry_claim *claim, size_t *at, struct names *ret_names)
{
    const struct ferry_group *group = claim->job.group;
    size_t i = (*at)++;
    if (i == 0) {
        ret_names->many = group != NULL && claim->only == NULL;
        ret_names->text = group == NULL         ? claim->job.tasks[0].table
                          : claim->only != NULL ? claim->only
                                                : group->target_table;
        return true;
    }
    if (group == NULL || claim->only != NULL)
        return false;
    while (i <= group->override_count && group->overrides[i - 1].target_table == NULL)
        i = (*at)++;
    if (i > group->override_count)
        return false;
    *ret_names = (struct names){.text = group->overrides[i - 1].target_table};
    return true;
}

static bool tables_may_meet(const struct ferry_claim *one, const struct ferry_claim *other)
{
    struct names names, others_names;
    for (size_t i = 0; next_names(one, &i, &names);)
        for (size_t k = 0; next_names(other, &k, &others_names);)
            if (may_meet(&names, &others_names))
                return true;
    return false;
}

/* ---- Places ---- */

static bool is_same(const char *place, const char *other)
{
    return place != NULL && other != NULL && strcmp(place, other) == 0;
}

/* Which tables are read, behind a view or by a query, nobody knows before the source does. */
static bool may_read(const struct ferry_claim *reader, const struct ferry_claim *writer)
{
    return is_same(reader->source, writer->target) || is_same(reader->fallback, writer->target);
}

bool ferry_claims_collide(const struct ferry_claim *one, const struct ferry_claim *other)
{
    if (may_read(one, other) || may_read(other, one))
        return true;
    return is_same(one->target, other->target) &&
           (!one->side_by_side || !other->side_by_side || tables_may_meet(one, other));
}
