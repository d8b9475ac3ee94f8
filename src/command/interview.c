/* Source first, then what is to be read of it, then the target and the job. */

#include "command/interview.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/ask.h"

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* Replaces a text of the draft. */
static void put(char **place, char *text)
{
    free(*place);
    *place = text;
}

/* ---- What is read ---- */

static const struct ferry_listed *find_listed(const struct ferry_listing *listing, const char *name)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->list[i].name, name) == 0)
            return &listing->list[i];
    return NULL;
}

/* What was chosen before is proposed while it is there; one thing alone, too. */
static const char *propose(const struct ferry_draft *draft, const struct ferry_listing *listing)
{
    if (draft->read != NULL && (listing->count == 0 || find_listed(listing, draft->read) != NULL))
        return draft->read;
    return listing->count == 1 ? listing->list[0].name : NULL;
}

/* A name that is not in the list may be one that this account sees by name alone. */
static ferry_status ask_read(struct ferry_draft *draft, const struct ferry_listing *listing,
                             struct ferry_error *error)
{
    FERRY_AUTO_FREE struct ferry_choice *choices = calloc(listing->count + 1, sizeof *choices);
    char *name = NULL;
    if (choices == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the list of tables");
    for (size_t i = 0; i < listing->count; i++)
        choices[i] =
            (struct ferry_choice){.name = listing->list[i].name,
                                  .note = listing->list[i].kind == FERRY_READ_VIEW ? "view" : NULL};
    ferry_status status = ferry_ask_choice(
        listing->count > 0 ? "table or view to copy, by number or name" : "table or view to copy",
        choices, listing->count, true, propose(draft, listing), &name, error);
    if (status != FERRY_OK)
        return status;
    if (ferry_interview_is_variable(name)) {
        free(name);
        return ask_read(draft, listing, error);
    }
    const struct ferry_listed *listed = find_listed(listing, name);
    draft->is_view = listed == NULL || listed->kind == FERRY_READ_VIEW;
    put(&draft->read, name);
    return FERRY_OK;
}

/* ---- Where it goes ---- */

/* A file beside the configuration, called as the table is if that is a name for a file. */
static void propose_file(const struct ferry_draft *draft, const char *folder,
                         struct ferry_strbuf *path)
{
    bool is_name = draft->read[strspn(draft->read, NAME_LETTERS)] == '\0';
    ferry_strbuf_addf(path, "%s/%s.db", folder, is_name ? draft->read : "copy");
}

static ferry_status ask_target(struct ferry_draft *draft, const char *folder,
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    struct ferry_listing none = {0};
    propose_file(draft, folder, &path);
    const struct ferry_interview_side side = {.draft = &draft->target,
                                              .role = FERRY_ROLE_TARGET,
                                              .file_proposed = ferry_strbuf_text(&path)};
    ferry_ask_tell("");
    ferry_ask_tell("Where the copy goes:");
    return ferry_interview_side(&side, &none, error);
}

static ferry_status ask_text(const char *question, const char *preset, char **place,
                             struct ferry_error *error)
{
    char *text = NULL;
    ferry_status status = ferry_interview_ask(question, preset, &text, error);
    if (status == FERRY_OK)
        put(place, text);
    return status;
}

ferry_status ferry_interview(struct ferry_draft *draft, const char *folder,
                             struct ferry_error *error)
{
    struct ferry_listing listing = {0};
    const struct ferry_interview_side source = {.draft = &draft->source, .role = FERRY_ROLE_SOURCE};
    ferry_ask_tell("Where the rows come from:");
    ferry_status status = ferry_interview_side(&source, &listing, error);
    if (status == FERRY_OK)
        status = ask_read(draft, &listing, error);
    ferry_listing_done(&listing);
    if (status == FERRY_OK)
        status = ask_target(draft, folder, error);
    if (status == FERRY_OK)
        status = ask_text("table to write", draft->table != NULL ? draft->table : draft->read,
                          &draft->table, error);
    if (status == FERRY_OK)
        status = ask_text("name of the job", draft->job != NULL ? draft->job : draft->table,
                          &draft->job, error);
    return status;
}
