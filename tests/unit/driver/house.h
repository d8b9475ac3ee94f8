/* Tables of keys on three levels, a house with rooms and doors, for the tests of option_list.c. */

#ifndef FERRY_UNIT_DRIVER_HOUSE_H
#define FERRY_UNIT_DRIVER_HOUSE_H

#include "unit.h"

#include "driver/option.h"
#include "driver/option_set.h"

#define FLAG FERRY_OPTION_ASKS_PARENT

/* Two levels of groups: rooms have a name and doors, which have none. */
static const struct ferry_option door_rows[] = {
    {.name = "keys", .type = FERRY_OPTION_STRINGS, .help = "keys", .flags = FERRY_OPTION_REQUIRED},
    {.name = "width", .type = FERRY_OPTION_INT, .help = "width", .min = 1, .max = 9, .flags = FLAG},
};
static const struct ferry_option_group doors = {"door", door_rows, COUNT(door_rows)};

static const struct ferry_option room_rows[] = {
    {.name = "title",
     .type = FERRY_OPTION_STRING,
     .help = "its name",
     .flags = FERRY_OPTION_REQUIRED | FERRY_OPTION_NAMES_GROUP | FERRY_OPTION_ANY_CASE},
    {.name = "colour",
     .type = FERRY_OPTION_CHOICE,
     .help = "colour",
     .choices = "red|green|blue",
     .flags = FLAG | FERRY_OPTION_REQUIRED},
    {.name = "width",
     .type = FERRY_OPTION_INT,
     .help = "width",
     .flags = FLAG,
     .default_value = "9"},
    {.name = "tags", .type = FERRY_OPTION_STRINGS, .help = "words", .flags = FLAG},
    {.name = "path", .type = FERRY_OPTION_PATH, .help = "a path"},
    {.name = "name", .type = FERRY_OPTION_STRING, .help = "another name"},
    {.name = "doors", .type = FERRY_OPTION_GROUPS, .help = "doors", .group = &doors},
    {.name = "later", .type = FERRY_OPTION_STRING, .help = "x", .flags = FERRY_OPTION_LATER},
};
static const struct ferry_option_group rooms = {"room", room_rows, COUNT(room_rows)};

static const struct ferry_option house_rows[] = {
    {.name = "name", .type = FERRY_OPTION_STRING, .help = "name"},
    {.name = "colour",
     .type = FERRY_OPTION_CHOICE,
     .help = "colour",
     .choices = "red|green|blue",
     .default_value = "green"},
    {.name = "width", .type = FERRY_OPTION_INT, .help = "width", .default_value = "4"},
    {.name = "tags", .type = FERRY_OPTION_STRINGS, .help = "words"},
    {.name = "extra", .type = FERRY_OPTION_PAIRS, .help = "pairs"},
    {.name = "rooms", .type = FERRY_OPTION_GROUPS, .help = "rooms", .group = &rooms},
    {.name = "doors", .type = FERRY_OPTION_GROUPS, .help = "doors", .group = &doors},
};

static const struct ferry_origin in_file = {
    .status = FERRY_ERR_CONFIG, .file = "/etc/x.conf", .line = 7};
static const struct ferry_origin below = {
    .status = FERRY_ERR_CONFIG, .file = "/etc/x.conf", .line = 9};
static const struct ferry_origin on_line = {.status = FERRY_ERR_USAGE};

/* A house that is freed with its test, and the error of the last call. */
struct fixture {
    struct ferry_config *config;
    struct ferry_error error;
};

static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->config = ferry_config_new("house", "h");
    assert_non_null(fixture->config);
    assert_true(ferry_config_add_options(fixture->config, house_rows, COUNT(house_rows)));
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    ferry_config_free(fixture->config);
    ferry_error_clear(&fixture->error);
    free(fixture);
    return 0;
}

static inline void add_tag(struct fixture *f, struct ferry_config *config, const char *text)
{
    (void)ferry_config_add_string(config, "tags", text, &in_file, &f->error);
    assert_no_error(&f->error);
}

static inline struct ferry_config *add_group(struct fixture *f, struct ferry_config *config,
                                             const char *key, const char *name)
{
    struct ferry_config *group = NULL;
    (void)ferry_config_add_group(config, key, name, &in_file, &group, &f->error);
    assert_no_error(&f->error);
    assert_non_null(group);
    return group;
}

/* A room whose key `title` is set, too. */
static inline struct ferry_config *add_room(struct fixture *f, const char *name)
{
    struct ferry_config *room = add_group(f, f->config, "rooms", name);
    (void)ferry_config_set_text(room, "title", name, &in_file, &f->error);
    assert_no_error(&f->error);
    return room;
}

static inline void finish(struct fixture *f)
{
    (void)ferry_config_finish(f->config, &below, &f->error);
    assert_no_error(&f->error);
}

static inline void refuse_to_finish(struct fixture *f, const char *message)
{
    if (ferry_config_finish(f->config, &below, &f->error) == FERRY_OK)
        fail_msg("finished without: %s", message);
    assert_error(&f->error, FERRY_ERR_CONFIG, message);
}

/* ---- Words of the command line ---- */

static inline void take_word(struct fixture *f, const char *key, const char *word)
{
    (void)ferry_config_set_word(f->config, key, word, &on_line, &f->error);
    assert_no_error(&f->error);
}

static inline void refuse_word(struct fixture *f, const char *key, const char *word,
                               const char *message)
{
    if (ferry_config_set_word(f->config, key, word, &on_line, &f->error) == FERRY_OK)
        fail_msg("%s=%s was taken", key, word);
    assert_error(&f->error, FERRY_ERR_USAGE, message);
}

#endif
