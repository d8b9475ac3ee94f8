/* Tests of option_list.c: groups that have keys of their own, and what their parent says. */

#include "house.h"

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

int main(void)
{
#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
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
        WITH_HOUSE(test_words_for_groups),
        WITH_HOUSE(test_wrong_words_for_groups),
    };
    return cmocka_run_group_tests_name("option_list", tests, NULL, NULL);
}
