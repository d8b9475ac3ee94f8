/* Folders beside a file, or tables in the same place. */

#include "engine/piece_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "driver/option_path.h"
#include "driver/target.h"

#define TABLE_APART "piece"

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the pieces of a run");
}

/* ---- Where they are ---- */

bool ferry_piece_places_are_apart(const struct ferry_config *target)
{
    return ferry_config_path(target) != NULL;
}

static void add_folder(struct ferry_strbuf *path, const struct ferry_config *target,
                       const char *run_id)
{
    ferry_strbuf_addf(path, "%s.pieces-%s", ferry_config_path(target), run_id);
}

ferry_status ferry_piece_place_find(const struct ferry_config *target, const char *run_id,
                                    uint32_t number, struct ferry_piece_place *place,
                                    struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    place->target = target;
    if (!ferry_piece_places_are_apart(target)) {
        (void)snprintf(place->table, sizeof place->table, FERRY_TABLES_OF_PIECES "%s_%" PRIu32,
                       run_id, number);
        return FERRY_OK;
    }
    (void)snprintf(place->table, sizeof place->table, TABLE_APART);
    add_folder(&path, target, run_id);
    ferry_strbuf_addf(&path, "/%" PRIu32, number);
    if (!path.failed)
        place->moved = ferry_config_move(target, ferry_strbuf_text(&path));
    if (place->moved == NULL)
        return fail_memory(error);
    place->target = place->moved;
    return FERRY_OK;
}

void ferry_piece_place_done(struct ferry_piece_place *place)
{
    ferry_config_free_moved(place->moved);
    *place = (struct ferry_piece_place){0};
}

ferry_status ferry_piece_places_check(const struct ferry_connection *target,
                                      struct ferry_error *error)
{
    if (ferry_target_tells_stored(target) && ferry_target_prunes(target))
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                      "the driver of %s cannot take a table in pieces: it does not %s; use dbferry "
                      "run",
                      ferry_connection_place(target),
                      ferry_target_tells_stored(target) ? "drop tables with their records"
                                                        : "read back what it has stored");
}

ferry_status ferry_piece_places_make(const struct ferry_config *target, const char *run_id,
                                     struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    if (!ferry_piece_places_are_apart(target))
        return FERRY_OK;
    add_folder(&path, target, run_id);
    if (path.failed)
        return fail_memory(error);
    if (mkdir(ferry_strbuf_text(&path), 0700) == 0)
        return FERRY_OK;
    return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                      "cannot make the folder for the pieces, '%s': %s", ferry_strbuf_text(&path),
                      strerror(errno));
}

/* ---- Removing ---- */

static ferry_status fail_folder(const char *path, struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_TARGET_IO,
                      "cannot remove the pieces in '%s': %s; mend it, and try again", path,
                      strerror(errno));
}

/* Whatever lies in it is a piece or belongs to one; it has no folders. */
static int empty_folder(int folder)
{
    DIR *list = fdopendir(folder);
    int failure = list == NULL ? errno : 0;
    if (list == NULL)
        (void)close(folder);
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(list), entry->d_name, 0) != 0 && errno != ENOENT)
            failure = errno;
    }
    if (list != NULL)
        (void)closedir(list);
    errno = failure;
    return failure == 0 ? 0 : -1;
}

static ferry_status clear_folder(const struct ferry_config *target, const char *run_id,
                                 struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    add_folder(&path, target, run_id);
    if (path.failed)
        return fail_memory(error);
    int folder = open(ferry_strbuf_text(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0 && errno == ENOENT)
        return FERRY_OK;
    if (folder < 0 || empty_folder(folder) != 0 || rmdir(ferry_strbuf_text(&path)) != 0)
        return fail_folder(ferry_strbuf_text(&path), error);
    return FERRY_OK;
}

static ferry_status fail_obstacles(const char *table, const struct ferry_notes *obstacles,
                                   struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf list = {0};
    ferry_notes_add_list(obstacles, &list);
    return ferry_fail(error, FERRY_ERR_SCHEMA, "the piece in table '%s' cannot be dropped: %s",
                      table, ferry_strbuf_text(&list));
}

/* As the target is now; nobody else is at work on it. */
static ferry_status drop_as_is(struct ferry_connection *target,
                               const struct ferry_prune_spec *as_is, struct ferry_record *record,
                               struct ferry_error *error)
{
    struct ferry_schema columns = {0};
    struct ferry_notes obstacles = {0};
    struct ferry_inspection found = {.schema = &columns};
    struct ferry_prune_spec spec = *as_is;
    ferry_status status = ferry_target_inspect(target, spec.table, &found, error);
    ferry_schema_done(&columns);
    spec.exists = found.exists;
    spec.definition = found.definition;
    spec.record = record;
    if (status == FERRY_OK && (spec.exists != 0 || ferry_record_is_there(record)))
        status = ferry_target_prune(target, &spec, &obstacles, error);
    if (status == FERRY_OK && obstacles.count > 0)
        status = fail_obstacles(spec.table, &obstacles, error);
    ferry_notes_done(&obstacles);
    return status;
}

static ferry_status drop(struct ferry_connection *target, const struct ferry_prune_spec *as_is,
                         struct ferry_error *error)
{
    struct ferry_record record = {0};
    ferry_status status = ferry_connection_record_read(target, as_is->table, &record, error);
    if (status == FERRY_OK)
        status = ferry_record_follow(&record, &record, error);
    if (status == FERRY_OK)
        status = drop_as_is(target, as_is, &record, error);
    ferry_record_done(&record);
    return status;
}

static ferry_status clear_tables(const struct ferry_job *job, const struct ferry_prepared *prepared,
                                 struct ferry_error *error)
{
    struct ferry_connection *target = NULL;
    ferry_status status =
        ferry_connection_open(job->route.target, FERRY_ROLE_TARGET, &target, error);
    for (uint32_t i = 1; i <= prepared->cut_count + 1 && status == FERRY_OK; i++) {
        struct ferry_piece_place place = {0};
        status = ferry_piece_place_find(job->route.target, prepared->id, i, &place, error);
        const struct ferry_prune_spec as_is = {.job = job->name,
                                               .run_id = prepared->id,
                                               .lock_wait_ms = job->route.lock_wait_ms,
                                               .table = place.table};
        if (status == FERRY_OK)
            status = drop(target, &as_is, error);
        ferry_piece_place_done(&place);
    }
    ferry_connection_close(target);
    return status;
}

ferry_status ferry_piece_places_clear(const struct ferry_job *job,
                                      const struct ferry_prepared *prepared,
                                      struct ferry_error *error)
{
    return ferry_piece_places_are_apart(job->route.target)
               ? clear_folder(job->route.target, prepared->id, error)
               : clear_tables(job, prepared, error);
}
