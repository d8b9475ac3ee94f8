/* Tests of the tables that users see: each row is in its manual page, and a page names no other.
 *
 * The pages are found below $FERRY_SOURCE, or below the working directory.
 */

#include "unit.h"

#include "command/cli.h"
#include "config/job.h"
#include "driver/connection_keys.h"
#include "driver/load.h"
#include "engine/job.h"

#define PROGRAM_PAGE "docs/dbferry.pod"
#define CONFIGURATION_PAGE "docs/dbferry.conf.pod"

/* The text of one =head1 of a page; the caller frees it. */
static char *read_section(const char *page, const char *title)
{
    const char *folder = getenv("FERRY_SOURCE");
    char *path = NULL;
    char *heading = NULL;
    assert_true(asprintf(&path, "%s/%s", folder == NULL ? "." : folder, page) > 0);
    assert_true(asprintf(&heading, "\n=head1 %s\n", title) > 0);
    char *text = read_file(path);
    char *start = strstr(text, heading);
    if (start == NULL) {
        fail_msg("%s has no section %s", path, title);
        abort(); /* for the compiler, which does not know that nobody comes here */
    }
    char *end = strstr(start + 1, "\n=head1 ");
    char *section = strndup(start, end == NULL ? strlen(start) : (size_t)(end - start));
    assert_non_null(section);
    free(text);
    free(path);
    free(heading);
    return section;
}

/* Where the reading of a text is: which line is next, and in how many lists it stands. */
struct reading {
    const char *at;
    int depth;
};

static bool line_is(const char *line, const char *command)
{
    return strncmp(line, command, strlen(command)) == 0;
}

/* The next item of the lists of a text, with the lists that it holds itself; the caller frees it.
 * NULL: there are no more. */
static char *next_item(struct reading *reading)
{
    const char *start = NULL;
    while (*reading->at != '\0') {
        const char *line = reading->at;
        bool here = reading->depth == 1;
        bool is_item = here && line_is(line, "=item ");
        if (start != NULL && (is_item || (here && line_is(line, "=back"))))
            return strndup(start, (size_t)(line - start));
        if (is_item)
            start = line;
        reading->depth += line_is(line, "=over") - line_is(line, "=back");
        reading->at += strcspn(line, "\n");
        reading->at += *reading->at == '\n';
    }
    return start == NULL ? NULL : strdup(start);
}

/* The item that has `name` in its heading as B<name>; the caller frees it.  NULL if there is none.
 */
static char *find_item(const char *text, const char *name)
{
    char *word = NULL;
    char *item;
    struct reading reading = {.at = text};
    assert_true(asprintf(&word, "B<%s>", name) > 0);
    while ((item = next_item(&reading)) != NULL) {
        const char *place = strstr(item, word);
        if (place != NULL && place < item + strcspn(item, "\n"))
            break;
        free(item);
    }
    free(word);
    return item;
}

static void assert_in_item(const char *item, const char *key, const char *text)
{
    if (strstr(item, text) == NULL)
        fail_msg("the item of '%s' does not say '%s'", key, text);
}

static void assert_choices(const char *item, const struct ferry_option *option)
{
    char *choices = strdup(option->choices);
    char *rest = choices;
    char *word;
    assert_non_null(choices);
    while ((word = strsep(&rest, "|")) != NULL)
        assert_in_item(item, option->name, word);
    free(choices);
}

static void assert_default(const char *item, const struct ferry_option *option)
{
    char *text = NULL;
    assert_true(asprintf(&text, "default C<%s>", option->default_value) > 0);
    assert_in_item(item, option->name, text);
    free(text);
}

static void assert_table(const char *text, const struct ferry_option *options, size_t count);

/* The item of a key says its type, its default and its choices, and has an item for each key of its
 * groups. */
static void assert_item(const char *item, const struct ferry_option *option)
{
    assert_in_item(item, option->name, ferry_option_type_name(option));
    if (option->default_value != NULL)
        assert_default(item, option);
    if ((option->flags & FERRY_OPTION_REQUIRED) != 0)
        assert_in_item(item, option->name, "required");
    if (option->choices != NULL)
        assert_choices(item, option);
    if (option->type == FERRY_OPTION_GROUPS)
        assert_table(item, option->group->options, option->group->option_count);
}

/* Of a group: the very row that its parent has, whose item tells of both. */
static bool is_told_by_parent(const struct ferry_option *option)
{
    for (size_t i = 0; i < ferry_job_option_count; i++)
        if (strcmp(ferry_job_options[i].name, option->name) == 0)
            return (option->flags & FERRY_OPTION_ASKS_PARENT) != 0 &&
                   strcmp(ferry_job_options[i].help, option->help) == 0;
    return false;
}

static void assert_keys(const char *text, const struct ferry_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ferry_option *option = &options[i];
        bool later = (option->flags & FERRY_OPTION_LATER) != 0;
        char *item = find_item(text, option->name);
        if (later && item != NULL)
            fail_msg("'%s' comes with a later version and has an item", option->name);
        if (!later && item == NULL && !is_told_by_parent(option))
            fail_msg("'%s' has no item", option->name);
        if (item != NULL)
            assert_item(item, option);
        free(item);
    }
}

static bool is_key(const struct ferry_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return (options[i].flags & FERRY_OPTION_LATER) == 0;
    return false;
}

/* Every item is a key. */
static void assert_no_other_keys(const char *text, const struct ferry_option *options, size_t count)
{
    static const char start[] = "=item B<";
    struct reading reading = {.at = text};
    size_t items = 0;
    char *item;
    while ((item = next_item(&reading)) != NULL) {
        if (line_is(item, start)) {
            char *name = strndup(item + strlen(start), strcspn(item + strlen(start), ">"));
            assert_non_null(name);
            if (!is_key(options, count, name))
                fail_msg("the page has an item '%s', which is no key", name);
            free(name);
            items++;
        }
        free(item);
    }
    assert_true(items > 0);
}

static void assert_table(const char *text, const struct ferry_option *options, size_t count)
{
    assert_keys(text, options, count);
    assert_no_other_keys(text, options, count);
}

static void check_section(const char *title, const struct ferry_option *options, size_t count)
{
    char *section = read_section(CONFIGURATION_PAGE, title);
    assert_table(section, options, count);
    free(section);
}

static void test_general_keys(void **state)
{
    (void)state;
    check_section("GENERAL", ferry_general_options, ferry_general_option_count);
}

static void test_job_keys(void **state)
{
    (void)state;
    check_section("JOBS", ferry_job_options, ferry_job_option_count);
}

/* A key of a group has its item within that of its list, and nowhere else. */
static void test_items_in_items(void **state)
{
    (void)state;
    static const char text[] = "\n=over\n\n=item B<a> (groups)\n\nOf a.\n\n=over\n\n"
                               "=item B<b> (string)\n\nOf b.\n\n=item B<c> (string)\n\nOf c.\n\n"
                               "=back\n\nMore of a.\n\n=item B<d> (string)\n\nOf d.\n\n=back\n";
    char *outer = find_item(text, "a");
    assert_non_null(outer);
    assert_non_null(strstr(outer, "More of a."));
    assert_null(strstr(outer, "Of d."));
    assert_null(find_item(text, "b"));
    assert_null(find_item(outer, "a"));
    assert_null(find_item(outer, "d"));
    char *inner = find_item(outer, "c");
    assert_string_equal(inner, "=item B<c> (string)\n\nOf c.\n\n");
    char *last = find_item(text, "d");
    assert_string_equal(last, "=item B<d> (string)\n\nOf d.\n\n");
    free(last);
    free(inner);
    free(outer);
}

/* The keys that a connection has whatever its driver: those of a driver without keys of its own. */
static void test_connection_keys(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_driver_handle bare = {.retries_text = "0"};
    struct ferry_config *config = ferry_config_new("connection", "bare");
    assert_non_null(config);
    assert_int_equal(ferry_connection_keys_add(config, &bare, &error), FERRY_OK);
    check_section("CONNECTIONS", config->options, config->count);
    ferry_config_free(config);
}

static void test_commands(void **state)
{
    (void)state;
    char *section = read_section(PROGRAM_PAGE, "COMMANDS");
    size_t runnable = 0;
    for (size_t i = 0; i < ferry_command_count; i++) {
        char *item = find_item(section, ferry_commands[i].name);
        if ((ferry_commands[i].run != NULL) != (item != NULL))
            fail_msg("the command '%s' %s", ferry_commands[i].name,
                     item == NULL ? "has no item" : "comes with a later version and has an item");
        runnable += item != NULL;
        free(item);
    }
    size_t items = 0;
    for (const char *at = strstr(section, "\n=item "); at != NULL; at = strstr(at + 1, "\n=item "))
        items++;
    assert_int_equal(items, runnable);
    free(section);
}

/* Calls `check` for each option that the help of any command shows: "-c", "--config". */
static size_t each_option(const char *help, void (*check)(const char *, const char *),
                          const char *section)
{
    size_t count = 0;
    for (const char *at = strstr(help, "\n  "); at != NULL; at = strstr(at + 1, "\n  ")) {
        const char *word = at + 1 + strspn(at + 1, " ");
        while (*word == '-') {
            size_t length = strcspn(word, ", [=\n");
            char *name = strndup(word, length);
            assert_non_null(name);
            check(section, name);
            free(name);
            count++;
            word += length;
            word += strspn(word, ", ");
        }
    }
    return count;
}

static void assert_option_item(const char *section, const char *name)
{
    char *item = find_item(section, name);
    if (item == NULL)
        fail_msg("the option %s has no item", name);
    free(item);
}

static void test_options(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf help = {0};
    char *section = read_section(PROGRAM_PAGE, "OPTIONS");
    ferry_cli_add_help(&help, NULL);
    assert_true(each_option(ferry_strbuf_text(&help), assert_option_item, section) >= 18);
    for (const char *at = strstr(section, "\n=item "); at != NULL;
         at = strstr(at + 1, "\n=item ")) {
        const char *dashes = strstr(at, "B<--");
        assert_non_null(dashes);
        char *name = strndup(dashes + 2, strcspn(dashes + 2, ">"));
        assert_non_null(name);
        if (strstr(ferry_strbuf_text(&help), name) == NULL)
            fail_msg("the page has an item %s, which is no option", name);
        free(name);
    }
    free(section);
}

static void test_exit_codes(void **state)
{
    (void)state;
    size_t count;
    const struct ferry_error_class *classes = ferry_error_classes(&count);
    char *section = read_section(PROGRAM_PAGE, "EXIT STATUS");
    for (int code = 0; code < 256; code++) {
        char name[8];
        bool known = code == FERRY_EXIT_OK;
        for (size_t i = 0; i < count; i++)
            known = known || classes[i].exit_code == code;
        assert_true(snprintf(name, sizeof name, "%d", code) > 0);
        char *item = find_item(section, name);
        if (known != (item != NULL))
            fail_msg("exit code %d %s", code,
                     known ? "has no item" : "has an item and is no class's");
        free(item);
    }
    free(section);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_general_keys),   cmocka_unit_test(test_job_keys),
        cmocka_unit_test(test_items_in_items), cmocka_unit_test(test_connection_keys),
        cmocka_unit_test(test_commands),       cmocka_unit_test(test_options),
        cmocka_unit_test(test_exit_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
