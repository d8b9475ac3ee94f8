/* Tests of option_list.c: keys that hold several values, groups that have keys of their own, and
 * what words and readers make of them. */

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

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->config = ferry_config_new("house", "h");
    assert_non_null(fixture->config);
    assert_true(ferry_config_add_options(fixture->config, house_rows, COUNT(house_rows)));
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    ferry_config_free(fixture->config);
    ferry_error_clear(&fixture->error);
    free(fixture);
    return 0;
}

static void add_tag(struct fixture *f, struct ferry_config *config, const char *text)
{
    (void)ferry_config_add_string(config, "tags", text, &in_file, &f->error);
    assert_no_error(&f->error);
}

static struct ferry_config *add_group(struct fixture *f, struct ferry_config *config,
                                      const char *key, const char *name)
{
    struct ferry_config *group = NULL;
    (void)ferry_config_add_group(config, key, name, &in_file, &group, &f->error);
    assert_no_error(&f->error);
    assert_non_null(group);
    return group;
}

/* A room whose key `title` is set, too. */
static struct ferry_config *add_room(struct fixture *f, const char *name)
{
    struct ferry_config *room = add_group(f, f->config, "rooms", name);
    (void)ferry_config_set_text(room, "title", name, &in_file, &f->error);
    assert_no_error(&f->error);
    return room;
}

static void finish(struct fixture *f)
{
    (void)ferry_config_finish(f->config, &below, &f->error);
    assert_no_error(&f->error);
}

static void refuse_to_finish(struct fixture *f, const char *message)
{
    if (ferry_config_finish(f->config, &below, &f->error) == FERRY_OK)
        fail_msg("finished without: %s", message);
    assert_error(&f->error, FERRY_ERR_CONFIG, message);
}

/* ---- Strings ---- */

static void test_strings(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ferry_config_length(f->config, "tags"), 0);
    assert_null(ferry_config_string_at(f->config, "tags", 0));
    for (int i = 0; i < 100; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "t%d", i);
        add_tag(f, f->config, text);
    }
    assert_int_equal(ferry_config_add_string(f->config, "tags", "", &below, &f->error), FERRY_OK);
    finish(f);
    assert_int_equal(ferry_config_key_origin(f->config, "tags")->line, 7); /* where it begins */
    assert_int_equal(ferry_config_length(f->config, "tags"), 101);
    assert_string_equal(ferry_config_string_at(f->config, "tags", 0), "t0");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 99), "t99");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 100), "");
    assert_null(ferry_config_string_at(f->config, "tags", 101));
    assert_null(ferry_config_string_at(f->config, "tags", SIZE_MAX));
    assert_true(ferry_config_is_set(f->config, "tags"));
}

/* An empty list is not the same as none. */
static void test_empty_lists(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *key;
        uint32_t type;
    } lists[] = {{"tags", FERRY_OPTION_STRINGS},
                 {"extra", FERRY_OPTION_PAIRS},
                 {"rooms", FERRY_OPTION_GROUPS}};
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_false(ferry_config_is_set(f->config, lists[i].key));
        assert_int_equal(
            ferry_config_begin_list(f->config, lists[i].key, lists[i].type, &in_file, &f->error),
            FERRY_OK);
        assert_true(ferry_config_is_set(f->config, lists[i].key));
        assert_int_equal(ferry_config_length(f->config, lists[i].key), 0);
    }
    finish(f);
}

static void test_limits(void **state)
{
    struct fixture *f = *state;
    char *text = malloc(65538);
    assert_non_null(text);
    memset(text, 'x', 65537);
    text[65537] = '\0';
    assert_int_equal(ferry_config_add_string(f->config, "tags", text, &in_file, &f->error),
                     FERRY_ERR_CONFIG);
    assert_error(&f->error, FERRY_ERR_CONFIG, "'tags' of house 'h' is longer than 65536 bytes");
    assert_int_equal(ferry_config_add_pair(f->config, "extra", "n", text, &in_file, &f->error),
                     FERRY_ERR_CONFIG);
    assert_error(&f->error, FERRY_ERR_CONFIG, "longer than 65536 bytes");
    assert_int_equal(ferry_config_length(f->config, "tags"), 0);
    assert_false(ferry_config_is_set(f->config, "tags"));
    text[65536] = '\0';
    add_tag(f, f->config, text);
    free(text);
}

/* What is no list of that kind, and what no list is. */
static void test_wrong_types(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *group = NULL;
    static const char *const no_strings[] = {"name", "width", "extra", "rooms"};
    static const char *const no_groups[] = {"name", "width", "extra", "tags"};
    for (size_t i = 0; i < COUNT(no_strings); i++) {
        assert_int_equal(
            ferry_config_add_string(f->config, no_strings[i], "a", &in_file, &f->error),
            FERRY_ERR_CONFIG);
        assert_error(&f->error, FERRY_ERR_CONFIG, "must be");
        assert_int_equal(
            ferry_config_add_group(f->config, no_groups[i], "a", &in_file, &group, &f->error),
            FERRY_ERR_CONFIG);
        assert_error(&f->error, FERRY_ERR_CONFIG, "must be");
        assert_null(group);
    }
    static const char *const lists[][2] = {
        {"tags", "'tags' of house 'h' must be a list of strings such as [\"a\", \"b\"]"},
        {"rooms", "'rooms' of house 'h' must be a list of groups: ( { title = \"...\"; ... } )"},
        {"doors", "must be a list of groups: ( { keys = [\"...\"]; ... } )"}};
    for (size_t i = 0; i < COUNT(lists); i++) {
        const char *key = lists[i][0], *message = lists[i][1];
        (void)ferry_config_set_text(f->config, key, "a", &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_set_int(f->config, key, 1, &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_set_bool(f->config, key, true, &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_add_pair(f->config, key, "a", "b", &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        (void)ferry_config_refuse(f->config, key, &in_file, &f->error);
        assert_error(&f->error, FERRY_ERR_CONFIG, message);
        assert_false(ferry_config_is_set(f->config, key));
    }
    (void)ferry_config_add_string(f->config, "tagz", "a", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "unknown key 'tagz' in house 'h'; did you mean 'tags'?");
    (void)ferry_config_refuse(f->config, "xylophone", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG, "there are name, colour, width, tags, extra, rooms");
}

/* ---- Groups ---- */

static void test_groups(void **state)
{
    struct fixture *f = *state;
    assert_null(ferry_config_group_at(f->config, "rooms", 0));
    for (int i = 0; i < 20; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "r%d", i);
        struct ferry_config *room = add_room(f, name);
        assert_int_equal(ferry_config_set_int(room, "width", i + 1, &in_file, &f->error), FERRY_OK);
    }
    finish(f);
    assert_int_equal(ferry_config_length(f->config, "rooms"), 20);
    const struct ferry_config *last = ferry_config_group_at(f->config, "rooms", 19);
    assert_string_equal(ferry_config_name(last), "r19");
    assert_string_equal(ferry_config_string(last, "title"), "r19");
    assert_int_equal(ferry_config_int(last, "width"), 20);
    assert_null(ferry_config_group_at(f->config, "rooms", 20));
    assert_null(ferry_config_group_at(f->config, "rooms", SIZE_MAX));
}

/* The keys of a group are checked as those of any config, and are told by name or by place. */
static void test_keys_of_groups(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *room = add_room(f, "hall\n");
    struct ferry_config *door = add_group(f, room, "doors", NULL);
    struct ferry_config *second = add_group(f, f->config, "doors", NULL);
    second = add_group(f, f->config, "doors", NULL);
    (void)ferry_config_set_text(room, "colour", "mauve", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "/etc/x.conf:7: 'colour' of room 'hall\\n' must be one of red|green|blue");
    (void)ferry_config_set_text(room, "color", "red", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "unknown key 'color' in room 'hall\\n'; did you mean 'colour'?");
    (void)ferry_config_set_text(room, "later", "x", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG, "later version");
    (void)ferry_config_set_text(room, "xylophone", "x", &in_file, &f->error);
    assert_null(strstr(f->error.message, "later"));
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "there are title, colour, width, tags, path, name, doors");
    (void)ferry_config_set_int(door, "width", 10, &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "'width' of door 1 of room 'hall\\n' is out of range: 1 to 9");
    (void)ferry_config_set_int(second, "widht", 5, &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG,
                 "unknown key 'widht' in door 2 of house 'h'; did you mean 'width'?");
    assert_string_equal(ferry_config_name(second), "2");
}

/* A name that says nothing, or too much, gives way to the place. */
static void test_titles(void **state)
{
    struct fixture *f = *state;
    char *name = calloc(1, 70000);
    assert_non_null(name);
    memset(name, 'x', 69999);
    struct ferry_config *nameless = add_group(f, f->config, "rooms", NULL);
    struct ferry_config *empty = add_group(f, f->config, "rooms", "");
    struct ferry_config *endless = add_group(f, f->config, "rooms", name);
    assert_string_equal(nameless->title, "room 1 of house 'h'");
    assert_string_equal(empty->title, "room 2 of house 'h'");
    assert_string_equal(endless->title, "room 3 of house 'h'");
    (void)ferry_config_set_text(empty, "title", "", &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG, "'title' of room 2 of house 'h' is empty");
    (void)ferry_config_set_text(endless, "title", name, &in_file, &f->error);
    assert_error(&f->error, FERRY_ERR_CONFIG, "'title' of room 3 of house 'h' is longer than");
    (void)ferry_config_set_text(empty, "name", "", &in_file, &f->error); /* this names nothing */
    assert_no_error(&f->error);
    free(name);
}

static void test_required_in_groups(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *room = add_group(f, f->config, "rooms", NULL);
    refuse_to_finish(f, "/etc/x.conf:7: room 1 of house 'h' needs the key 'title' (its name)");
    (void)ferry_config_set_text(room, "title", "hall", &in_file, &f->error);
    finish(f);
    struct ferry_config *door = add_group(f, room, "doors", NULL);
    refuse_to_finish(f, "/etc/x.conf:7: door 1 of room 1 of house 'h' needs the key 'keys' (keys)");
    assert_int_equal(ferry_config_begin_list(door, "keys", FERRY_OPTION_STRINGS, &below, &f->error),
                     FERRY_OK);
    refuse_to_finish(f, "/etc/x.conf:9: 'keys' of door 1 of room 1 of house 'h' is empty (keys)");
    assert_int_equal(ferry_config_add_string(door, "keys", "k", &below, &f->error), FERRY_OK);
    finish(f);
}

static void test_names_differ(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *same;
    (void)add_room(f, "hall");
    (void)add_room(f, "attic");
    finish(f);
    same = add_group(f, f->config, "rooms", "Hall");
    (void)ferry_config_set_text(same, "title", "Hall", &below, &f->error);
    (void)add_room(f, "ATTIC");
    (void)add_room(f, "attic");
    /* the first of those that are too many, where its name stands */
    refuse_to_finish(f, "/etc/x.conf:9: 'rooms' of house 'h' names 'Hall' a second time");
    (void)ferry_config_set_text(same, "title", "Hull", &below, &f->error);
    refuse_to_finish(f, "names 'ATTIC' a second time");
}

/* Where case counts: the same rows without ANY_CASE. */
static void test_names_differ_in_case(void **state)
{
    (void)state;
    static const struct ferry_option tables_rows[] = {{.name = "table",
                                                       .type = FERRY_OPTION_STRING,
                                                       .help = "x",
                                                       .flags = FERRY_OPTION_NAMES_GROUP}};
    static const struct ferry_option_group tables = {"table", tables_rows, 1};
    static const struct ferry_option rows[] = {
        {.name = "overrides", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &tables}};
    struct fixture f = {.config = ferry_config_new("job", "j")};
    struct ferry_config *group;
    assert_true(ferry_config_add_options(f.config, rows, 1));
    static const char *const names[] = {"b", "a", "A", NULL, NULL, "c", "B"};
    for (size_t i = 0; i < COUNT(names); i++) {
        group = add_group(&f, f.config, "overrides", names[i]);
        if (names[i] != NULL)
            (void)ferry_config_set_text(group, "table", names[i], &in_file, &f.error);
    }
    finish(&f);
    group = add_group(&f, f.config, "overrides", "a");
    (void)ferry_config_set_text(group, "table", "a", &in_file, &f.error);
    refuse_to_finish(&f, "'overrides' of job 'j' names 'a' a second time");
    ferry_config_free(f.config);
}

/* As long as a list in a file of a megabyte can be. */
static void test_huge_counts(void **state)
{
    struct fixture *f = *state;
    char name[32];
    for (int i = 0; i < 60000; i++) {
        (void)snprintf(name, sizeof name, "%d", i);
        (void)add_room(f, name);
    }
    finish(f);
    (void)add_room(f, "59999");
    refuse_to_finish(f, "names '59999' a second time");
}

/* ---- What the parent says ---- */

static void test_parent(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *plain = add_room(f, "plain");
    struct ferry_config *own = add_room(f, "own");
    struct ferry_config *door = add_group(f, plain, "doors", NULL);
    assert_int_equal(ferry_config_add_string(door, "keys", "k", &in_file, &f->error), FERRY_OK);
    assert_int_equal(ferry_config_set_text(own, "colour", "blue", &in_file, &f->error), FERRY_OK);
    assert_int_equal(ferry_config_set_int(own, "width", 7, &in_file, &f->error), FERRY_OK);
    add_tag(f, own, "mine");
    finish(f);
    /* the parent's default */
    assert_string_equal(ferry_config_string(plain, "colour"), "green");
    assert_int_equal(ferry_config_choice(plain, "colour"), 1);
    assert_int_equal(ferry_config_int(plain, "width"), 4);
    assert_int_equal(ferry_config_int(door, "width"), 4); /* of its parent's parent */
    assert_int_equal(ferry_config_length(plain, "tags"), 0);
    assert_false(ferry_config_is_set(plain, "width"));
    assert_int_equal(ferry_config_key_origin(plain, "width")->line, 9);
    /* what is set in it */
    assert_int_equal(ferry_config_choice(own, "colour"), 2);
    assert_int_equal(ferry_config_int(own, "width"), 7);
    assert_string_equal(ferry_config_string_at(own, "tags", 0), "mine");
    assert_int_equal(ferry_config_key_origin(own, "width")->line, 7);
    /* what is set in the parent */
    assert_int_equal(ferry_config_set_text(f->config, "colour", "red", &below, &f->error),
                     FERRY_OK);
    assert_int_equal(ferry_config_set_int(f->config, "width", 1, &below, &f->error), FERRY_OK);
    add_tag(f, f->config, "all");
    assert_int_equal(ferry_config_choice(plain, "colour"), 0);
    assert_int_equal(ferry_config_int(plain, "width"), 1);
    assert_int_equal(ferry_config_int(door, "width"), 1);
    assert_true(ferry_config_is_set(door, "width"));
    assert_string_equal(ferry_config_string_at(plain, "tags", 0), "all");
    assert_int_equal(ferry_config_key_origin(door, "width")->line, 9);
    assert_int_equal(ferry_config_int(own, "width"), 7);
}

/* The same rows in a config that has no parent: their own defaults, and what is required. */
static void test_no_parent(void **state)
{
    (void)state;
    struct fixture f = {.config = ferry_config_new("room", "alone")};
    assert_true(ferry_config_add_options(f.config, room_rows, COUNT(room_rows)));
    (void)ferry_config_set_text(f.config, "title", "alone", &in_file, &f.error);
    refuse_to_finish(&f, "room 'alone' needs the key 'colour'");
    (void)ferry_config_set_text(f.config, "colour", "blue", &in_file, &f.error);
    finish(&f);
    assert_int_equal(ferry_config_int(f.config, "width"), 9);
    assert_int_equal(ferry_config_length(f.config, "tags"), 0);
    ferry_config_free(f.config);
}

/* A key that does not ask is its own, whatever the parent calls so. */
static void test_parent_is_not_asked(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *room = add_room(f, "hall");
    assert_int_equal(ferry_config_set_text(f->config, "name", "Usher", &in_file, &f->error),
                     FERRY_OK);
    finish(f);
    assert_null(ferry_config_string(room, "name"));
    assert_false(ferry_config_is_set(room, "name"));
    assert_int_equal(ferry_config_key_origin(room, "name")->line, 7); /* of the room */
}

static void test_paths_start_at_the_parents_folder(void **state)
{
    struct fixture *f = *state;
    struct ferry_config *room = add_room(f, "hall");
    assert_int_equal(ferry_config_set_text(room, "path", "x", &in_file, &f->error), FERRY_OK);
    assert_string_equal(ferry_config_string(room, "path"), "x");
    f->config->folder = strdup("/etc/dbferry");
    assert_int_equal(ferry_config_set_text(room, "path", "x", &in_file, &f->error), FERRY_OK);
    assert_string_equal(ferry_config_string(room, "path"), "/etc/dbferry/x");
}

/* ---- Words of the command line ---- */

static void take_word(struct fixture *f, const char *key, const char *word)
{
    (void)ferry_config_set_word(f->config, key, word, &on_line, &f->error);
    assert_no_error(&f->error);
}

static void refuse_word(struct fixture *f, const char *key, const char *word, const char *message)
{
    if (ferry_config_set_word(f->config, key, word, &on_line, &f->error) == FERRY_OK)
        fail_msg("%s=%s was taken", key, word);
    assert_error(&f->error, FERRY_ERR_USAGE, message);
}

static void test_words_for_strings(void **state)
{
    struct fixture *f = *state;
    take_word(f, "tags", "a");
    take_word(f, "tags", "b c,d=e,\"f\"");
    assert_int_equal(ferry_config_length(f->config, "tags"), 4);
    assert_string_equal(ferry_config_string_at(f->config, "tags", 1), "b c");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 2), "d=e");
    assert_string_equal(ferry_config_string_at(f->config, "tags", 3), "\"f\"");
    static const char *const wrong[] = {"", ",", "a,", ",a", "a,,b"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        refuse_word(f, "tags", wrong[i], "'tags' of house 'h' takes A or A,B,..., and none empty");
    refuse_word(f, "tags.a", "b", "must be a list of strings");
}

static void test_words_for_groups(void **state)
{
    struct fixture *f = *state;
    take_word(f, "rooms.hall.colour", "red");
    take_word(f, "rooms.a.b.width", "8");
    take_word(f, "rooms.hall.width", "2");
    take_word(f, "rooms.hall.tags", "x,y");
    take_word(f, "rooms.hall.tags", "z");
    take_word(f, "rooms...width", "3");
    finish(f);
    assert_int_equal(ferry_config_length(f->config, "rooms"), 3);
    const struct ferry_config *hall = ferry_config_group_at(f->config, "rooms", 0);
    assert_string_equal(ferry_config_string(hall, "title"), "hall");
    assert_string_equal(ferry_config_string(hall, "colour"), "red");
    assert_int_equal(ferry_config_int(hall, "width"), 2);
    assert_int_equal(ferry_config_length(hall, "tags"), 3);
    const struct ferry_config *dotted = ferry_config_group_at(f->config, "rooms", 1);
    assert_string_equal(ferry_config_string(dotted, "title"), "a.b");
    assert_int_equal(ferry_config_int(dotted, "width"), 8);
    assert_string_equal(ferry_config_name(ferry_config_group_at(f->config, "rooms", 2)), ".");
}

static void test_wrong_words_for_groups(void **state)
{
    struct fixture *f = *state;
    take_word(f, "rooms.hall.colour", "red");
    static const char *const shapes[] = {"rooms",   "rooms.",   "rooms.hall",
                                         "rooms..", "rooms.a.", "rooms..width"};
    for (size_t i = 0; i < COUNT(shapes); i++)
        refuse_word(f, shapes[i], "x", "set the keys of each one by one, as rooms.NAME.KEY=VALUE");
    refuse_word(f, "rooms.hall.colour", "blue", "'colour' of room 'hall' is given twice");
    refuse_word(f, "rooms.hall.title", "x", "'title' of room 'hall' is given twice");
    refuse_word(f, "rooms.attic.colour", "mauve", "'colour' of room 'attic' must be one of");
    refuse_word(f, "rooms.hall.width", "wide", "'width' of room 'hall' must be an integer");
    refuse_word(f, "rooms.hall.colur", "red", "did you mean 'colour'?");
    refuse_word(f, "rooms.hall.doors", "x", "doors can be given in a configuration file only");
    refuse_word(f, "doors", "x", "doors can be given in a configuration file only");
    refuse_word(f, "doors.a.keys", "x", "doors can be given in a configuration file only");
    refuse_word(f, "romms.hall.colour", "red",
                "unknown key 'romms' in house 'h'; did you mean 'rooms'?");
    take_word(f, "rooms.Hall.colour", "blue");
    if (ferry_config_finish(f->config, &on_line, &f->error) == FERRY_OK)
        fail_msg("two rooms have one name");
    assert_error(&f->error, FERRY_ERR_USAGE, "names 'Hall' a second time");
}

/* ---- Tables ---- */

static void test_flaws_of_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(house_rows); i++)
        assert_null(ferry_option_flaw(&house_rows[i]));
    static const struct ferry_option sound = {
        .name = "a", .type = FERRY_OPTION_STRING, .help = "x"};
    static const struct ferry_option child_rows[][2] = {
        {{.name = "a", .type = FERRY_OPTION_SECRET, .help = "x"}},
        {{.name = "A", .type = FERRY_OPTION_STRING, .help = "x"}},
        {{.name = "a", .type = FERRY_OPTION_INT, .help = "x", .flags = FERRY_OPTION_NAMES_GROUP}},
        {{.name = "a", .type = FERRY_OPTION_GROUPS, .help = "x"}},
    };
    for (size_t i = 0; i < COUNT(child_rows); i++) {
        const struct ferry_option_group group = {"g", child_rows[i], 1};
        const struct ferry_option row = {
            .name = "b", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &group};
        if (ferry_option_flaw(&row) == NULL)
            fail_msg("table %zu of the flawed ones was taken", i);
    }
    static const struct ferry_option twice[] = {
        {.name = "a", .type = FERRY_OPTION_STRING, .help = "x"},
        {.name = "a", .type = FERRY_OPTION_INT, .help = "x"}};
    const struct ferry_option_group groups[] = {
        {"g", twice, 2}, {"g", twice, 0}, {NULL, &sound, 1}};
    for (size_t i = 0; i < COUNT(groups); i++) {
        const struct ferry_option row = {
            .name = "b", .type = FERRY_OPTION_GROUPS, .help = "x", .group = &groups[i]};
        if (ferry_option_flaw(&row) == NULL)
            fail_msg("group %zu of the flawed ones was taken", i);
    }
    const struct ferry_option_group good = {"g", &sound, 1};
    const struct ferry_option with_default = {.name = "b",
                                              .type = FERRY_OPTION_GROUPS,
                                              .help = "x",
                                              .group = &good,
                                              .default_value = "()"};
    assert_non_null(ferry_option_flaw(&with_default));
    const struct ferry_option strings = {
        .name = "b", .type = FERRY_OPTION_STRINGS, .help = "x", .default_value = "a"};
    assert_non_null(ferry_option_flaw(&strings));
}

/* A table that holds itself. */
static void test_endless_table(void **state)
{
    (void)state;
    static struct ferry_option row = {.name = "a", .type = FERRY_OPTION_GROUPS, .help = "x"};
    static const struct ferry_option_group group = {"g", &row, 1};
    row.group = &group;
    assert_string_equal(ferry_option_flaw(&row), "groups that are nested too deep");
}

int main(void)
{
#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_HOUSE(test_strings),
        WITH_HOUSE(test_empty_lists),
        WITH_HOUSE(test_limits),
        WITH_HOUSE(test_wrong_types),
        WITH_HOUSE(test_groups),
        WITH_HOUSE(test_keys_of_groups),
        WITH_HOUSE(test_titles),
        WITH_HOUSE(test_required_in_groups),
        WITH_HOUSE(test_names_differ),
        cmocka_unit_test(test_names_differ_in_case),
        WITH_HOUSE(test_huge_counts),
        WITH_HOUSE(test_parent),
        cmocka_unit_test(test_no_parent),
        WITH_HOUSE(test_parent_is_not_asked),
        WITH_HOUSE(test_paths_start_at_the_parents_folder),
        WITH_HOUSE(test_words_for_strings),
        WITH_HOUSE(test_words_for_groups),
        WITH_HOUSE(test_wrong_words_for_groups),
        cmocka_unit_test(test_flaws_of_tables),
        cmocka_unit_test(test_endless_table),
    };
    return cmocka_run_group_tests_name("option_list", tests, NULL, NULL);
}
