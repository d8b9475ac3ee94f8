/* One connection: its driver's own table says what is asked, and the driver whether it will do. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/signals.h"
#include "command/ask.h"
#include "command/interview.h"
#include "config/secret.h"
#include "driver/connection.h"
#include "driver/connection_keys.h"
#include "driver/option_type.h"
#include "driver/source.h"

static const struct ferry_origin typed = {.status = FERRY_ERR_USAGE};

/* The parts of a URL are what a driver calls the usual keys. */
#define USUAL                                                                                      \
    (FERRY_OPTION_REQUIRED | FERRY_OPTION_URL_USER | FERRY_OPTION_URL_HOST |                       \
     FERRY_OPTION_URL_PORT | FERRY_OPTION_URL_PATH)

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a connection");
}

/* ---- The driver ---- */

struct drivers {
    struct ferry_driver_handle **list;
    struct ferry_choice *choices;
    size_t count;
};

static void drivers_done(struct drivers *drivers)
{
    free((void *)drivers->list);
    free(drivers->choices);
}

static bool has_role(const struct ferry_driver_handle *driver, uint32_t role)
{
    return (role & FERRY_ROLE_SOURCE) != 0 ? driver->is_source : driver->is_target;
}

/* Those that can be loaded and have the role. */
static ferry_status find_drivers(uint32_t role, struct drivers *drivers, struct ferry_error *error)
{
    char **names = NULL;
    size_t count = 0;
    ferry_status status = ferry_driver_list(&names, &count, error);
    if (status != FERRY_OK)
        return status;
    drivers->list = calloc(count + 1, sizeof *drivers->list);
    drivers->choices = calloc(count + 1, sizeof *drivers->choices);
    if (drivers->list == NULL || drivers->choices == NULL)
        status = fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        struct ferry_driver_handle *driver;
        FERRY_AUTO_ERROR struct ferry_error unusable = {0};
        if (status == FERRY_OK && ferry_driver_get(names[i], &driver, &unusable) == FERRY_OK &&
            has_role(driver, role)) {
            drivers->choices[drivers->count] = (struct ferry_choice){
                .name = driver->driver.name, .note = driver->driver.description};
            drivers->list[drivers->count++] = driver;
        }
        free(names[i]);
    }
    free(names);
    if (status == FERRY_OK && drivers->count == 0)
        status =
            ferry_fail(error, FERRY_ERR_CONFIG, "no driver in %s can do it", ferry_driver_folder());
    return status;
}

static bool is_of_files(const struct ferry_driver *driver)
{
    for (size_t i = 0; i < driver->option_count; i++)
        if ((driver->options[i].flags & FERRY_OPTION_URL_PATH) != 0)
            return driver->options[i].type == FERRY_OPTION_PATH;
    return false;
}

/* Where a file is proposed, its driver is. */
static const char *propose_driver(const struct ferry_interview_side *side,
                                  const struct drivers *drivers)
{
    if (side->draft->driver != NULL)
        return side->draft->driver;
    for (size_t i = 0; i < drivers->count && side->file_proposed != NULL; i++)
        if (is_of_files(&drivers->list[i]->driver))
            return drivers->list[i]->driver.name;
    return drivers->count == 1 ? drivers->list[0]->driver.name : NULL;
}

static ferry_status ask_driver(const struct ferry_interview_side *side,
                               struct ferry_driver_handle **ret_driver, struct ferry_error *error)
{
    __attribute__((cleanup(drivers_done))) struct drivers drivers = {0};
    char *name = NULL;
    ferry_status status = find_drivers(side->role, &drivers, error);
    if (status == FERRY_OK)
        status = ferry_ask_choice("driver", drivers.choices, drivers.count, false,
                                  propose_driver(side, &drivers), &name, error);
    if (status != FERRY_OK)
        return status;
    if (side->draft->driver != NULL && strcmp(side->draft->driver, name) != 0)
        ferry_draft_forget_keys(side->draft);
    free(side->draft->driver);
    side->draft->driver = name;
    return ferry_driver_get(name, ret_driver, error);
}

/* ---- Its keys ---- */

bool ferry_interview_is_variable(const char *answer)
{
    if (strncmp(answer, "${", 2) != 0)
        return false;
    ferry_ask_tell("  A text that begins with ${ would stand for a variable of the environment "
                   "there.");
    return true;
}

ferry_status ferry_interview_ask(const char *question, const char *preset, char **ret_answer,
                                 struct ferry_error *error)
{
    for (;;) {
        char *answer = NULL;
        ferry_status status = ferry_ask(question, preset, &answer, error);
        if (status == FERRY_OK && ferry_interview_is_variable(answer)) {
            free(answer);
            continue;
        }
        if (status == FERRY_OK)
            *ret_answer = answer;
        return status;
    }
}

/* Relative paths of a person start where that person is, those of a file where the file is. */
static ferry_status make_absolute(char **path, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf whole = {0};
    if ((*path)[0] == '/' || (*path)[0] == '~' || (*path)[0] == '\0')
        return FERRY_OK;
    FERRY_AUTO_FREE char *here = getcwd(NULL, 0);
    if (here == NULL)
        return FERRY_OK;
    ferry_strbuf_addf(&whole, "%s/%s", here, *path);
    char *absolute = ferry_strbuf_steal(&whole);
    if (absolute == NULL)
        return fail_memory(error);
    free(*path);
    *path = absolute;
    return FERRY_OK;
}

/* Every key that the driver has, none of them set. */
static ferry_status make_keys(const struct ferry_draft_side *draft,
                              struct ferry_driver_handle *driver, struct ferry_config **ret_keys,
                              struct ferry_error *error)
{
    struct ferry_config *keys = ferry_config_new("connection", draft->name);
    if (keys == NULL)
        return fail_memory(error);
    ferry_status status = ferry_connection_keys_add(keys, driver, error);
    if (status != FERRY_OK) {
        ferry_config_free(keys);
        return status;
    }
    *ret_keys = keys;
    return FERRY_OK;
}

/* Whether the value can stand there; if so, the draft has it. */
static ferry_status keep_value(struct ferry_draft_side *draft, struct ferry_config *keys,
                               const char *key, char **value, struct ferry_error *error)
{
    const struct ferry_option *option = ferry_config_find(keys, key);
    bool is_list = option != NULL && ferry_option_type(option->type)->storage == FERRY_STORE_LIST;
    ferry_status status = FERRY_OK;
    if (is_list || strchr(key, '.') != NULL || strcmp(key, "driver") == 0)
        return ferry_fail(error, FERRY_ERR_USAGE, "'%s' cannot be set here", key);
    if (option != NULL && option->type == FERRY_OPTION_PATH)
        status = make_absolute(value, error);
    if (status == FERRY_OK)
        status = ferry_config_set_word(keys, key, *value, &typed, error);
    if (status == FERRY_OK && option != NULL)
        status = ferry_draft_set(draft, key, *value, ferry_option_type(option->type)->bare_in_file,
                                 error);
    return status;
}

static const char *propose_value(const struct ferry_interview_side *side,
                                 const struct ferry_option *option)
{
    const char *before = ferry_draft_value(side->draft, option->name);
    bool is_file =
        option->type == FERRY_OPTION_PATH && (option->flags & FERRY_OPTION_URL_PATH) != 0;
    if (before != NULL)
        return before;
    return is_file && side->file_proposed != NULL ? side->file_proposed : option->default_value;
}

static ferry_status ask_key(const struct ferry_interview_side *side, struct ferry_config *keys,
                            const struct ferry_option *option, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf help = {0};
    ferry_strbuf_addf(&help, "  %s", option->help);
    ferry_ask_tell(ferry_strbuf_text(&help));
    for (;;) {
        FERRY_AUTO_FREE char *value = NULL;
        FERRY_AUTO_ERROR struct ferry_error unfit = {0};
        ferry_status status =
            ferry_interview_ask(option->name, propose_value(side, option), &value, error);
        if (status != FERRY_OK)
            return status;
        bool is_default =
            option->default_value != NULL && strcmp(value, option->default_value) == 0;
        if (is_default || (value[0] == '\0' && (option->flags & FERRY_OPTION_REQUIRED) == 0))
            return ferry_draft_set(side->draft, option->name, NULL, false, error);
        if (value[0] == '\0')
            ferry_ask_tell("  It is needed.");
        else if (keep_value(side->draft, keys, option->name, &value, &unfit) == FERRY_OK)
            return FERRY_OK;
        else
            ferry_ask_tell_error(&unfit);
    }
}

static ferry_status ask_keys(const struct ferry_interview_side *side,
                             struct ferry_driver_handle *driver, struct ferry_error *error)
{
    struct ferry_config *keys = NULL;
    ferry_status status = make_keys(side->draft, driver, &keys, error);
    for (size_t i = 0; i < driver->driver.option_count && status == FERRY_OK; i++)
        if ((driver->driver.options[i].flags & USUAL) != 0)
            status = ask_key(side, keys, &driver->driver.options[i], error);
    ferry_config_free(keys);
    return status;
}

/* ---- The connection ---- */

static ferry_status fill_keys(const struct ferry_draft_side *draft, struct ferry_config *keys,
                              struct ferry_error *error)
{
    ferry_status status = ferry_config_set_text(keys, "driver", draft->driver, &typed, error);
    for (size_t i = 0; i < draft->count && status == FERRY_OK; i++)
        status =
            ferry_config_set_word(keys, draft->keys[i].key, draft->keys[i].value, &typed, error);
    return status == FERRY_OK ? ferry_config_finish(keys, &typed, error) : status;
}

static ferry_status list_source(struct ferry_connection *source, struct ferry_listing *ret_listing,
                                struct ferry_error *error)
{
    ferry_status status = ferry_source_snapshot_begin(source, error);
    if (status != FERRY_OK)
        return status;
    status = ferry_source_list(source, ret_listing, error);
    ferry_source_snapshot_end(source);
    if (status != FERRY_ERR_UNSUPPORTED) /* then a name is typed */
        return status;
    ferry_error_clear(error);
    return FERRY_OK;
}

static ferry_status open_once(const struct ferry_config *keys, uint32_t role,
                              struct ferry_listing *ret_listing, struct ferry_error *error)
{
    struct ferry_connection *connection = NULL;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_status status = ferry_connection_open(keys, role | FERRY_ROLE_LOOK, &connection, error);
    if (status == FERRY_OK && (role & FERRY_ROLE_SOURCE) != 0)
        status = list_source(connection, ret_listing, error);
    if (status == FERRY_OK) {
        ferry_strbuf_addf(&text, "  ok: %s", ferry_connection_place(connection));
        ferry_ask_tell(ferry_strbuf_text(&text));
    }
    ferry_connection_close(connection);
    return status;
}

/* The driver has asked for it where it needs one. */
static ferry_status take_secret(const struct ferry_config *keys, struct ferry_draft_side *draft,
                                struct ferry_error *error)
{
    ferry_draft_forget_secret(draft);
    for (size_t i = 0; i < keys->count; i++) {
        const char *secret = keys->options[i].type == FERRY_OPTION_SECRET
                                 ? ferry_secret_typed(keys, keys->options[i].name)
                                 : NULL;
        if (secret == NULL)
            continue;
        draft->secret_key = strdup(keys->options[i].name);
        draft->secret = strdup(secret);
        return draft->secret_key == NULL || draft->secret == NULL ? fail_memory(error) : FERRY_OK;
    }
    return FERRY_OK;
}

/* Opens it once.  `*ret_failed` is why it cannot be. */
static ferry_status try(const struct ferry_interview_side *side, struct ferry_driver_handle *driver,
                        struct ferry_listing *ret_listing, struct ferry_error *ret_failed,
                        struct ferry_error *error)
{
    struct ferry_config *keys = NULL;
    ferry_status status = make_keys(side->draft, driver, &keys, error);
    if (status != FERRY_OK)
        return status;
    if (fill_keys(side->draft, keys, ret_failed) == FERRY_OK)
        (void)open_once(keys, side->role, ret_listing, ret_failed);
    status = take_secret(keys, side->draft, error);
    ferry_config_free(keys);
    if (status == FERRY_OK && ferry_signal_caught() != 0)
        status = ferry_fail(error, FERRY_ERR_CANCELLED, "stopped; nothing is written");
    return status;
}

enum next { ASK_AGAIN, TRY_AGAIN, GO_ON };

static ferry_status set_more(const struct ferry_interview_side *side,
                             struct ferry_driver_handle *driver, char *answer, char *equals,
                             struct ferry_error *error)
{
    struct ferry_config *keys = NULL;
    FERRY_AUTO_FREE char *value = strdup(equals + 1);
    *equals = '\0';
    if (value == NULL)
        return fail_memory(error);
    ferry_status status = make_keys(side->draft, driver, &keys, error);
    if (status == FERRY_OK)
        status = keep_value(side->draft, keys, answer, &value, error);
    ferry_config_free(keys);
    return status;
}

static ferry_status ask_next(const struct ferry_interview_side *side,
                             struct ferry_driver_handle *driver, enum next *ret_next,
                             struct ferry_error *error)
{
    for (;;) {
        FERRY_AUTO_FREE char *answer = NULL;
        FERRY_AUTO_ERROR struct ferry_error unfit = {0};
        ferry_status status = ferry_interview_ask(
            "Enter asks again, KEY=VALUE sets another key, \"go\" goes on all the same", NULL,
            &answer, error);
        if (status != FERRY_OK)
            return status;
        char *equals = strchr(answer, '=');
        if (answer[0] == '\0')
            *ret_next = ASK_AGAIN;
        else if (strcmp(answer, "go") == 0)
            *ret_next = GO_ON;
        else if (equals == NULL)
            continue;
        else if (set_more(side, driver, answer, equals, &unfit) == FERRY_OK)
            *ret_next = TRY_AGAIN;
        else {
            ferry_ask_tell_error(&unfit);
            continue;
        }
        return FERRY_OK;
    }
}

/* What was typed wrong must be asked for again. */
static void forget_secrets(const struct ferry_draft_side *draft,
                           const struct ferry_driver_handle *driver)
{
    for (size_t i = 0; i < driver->driver.option_count; i++)
        if (driver->driver.options[i].type == FERRY_OPTION_SECRET)
            ferry_secret_forget(draft->name, driver->driver.options[i].name);
}

ferry_status ferry_interview_side(const struct ferry_interview_side *side,
                                  struct ferry_listing *ret_listing, struct ferry_error *error)
{
    struct ferry_driver_handle *driver = NULL;
    enum next next = ASK_AGAIN;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK && next != GO_ON) {
        struct ferry_error failed = {0};
        if (next == ASK_AGAIN) {
            if (driver != NULL)
                forget_secrets(side->draft, driver);
            status = ask_driver(side, &driver, error);
            if (status == FERRY_OK)
                status = ask_keys(side, driver, error);
        }
        if (status == FERRY_OK)
            status = try(side, driver, ret_listing, &failed, error);
        next = GO_ON;
        if (status == FERRY_OK && failed.status != FERRY_OK) {
            ferry_ask_tell(failed.message);
            status = ask_next(side, driver, &next, error);
        }
        ferry_error_clear(&failed);
    }
    return status;
}
