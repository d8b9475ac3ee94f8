/* Tests of cli.c: what is understood, what is refused, and that a help names only what there is. */

#include "unit.h"

#include "command/cli.h"

/* Parses words after "dbferry"; ends with NULL. */
static ferry_status parse(struct ferry_arguments *arguments, struct ferry_error *error, ...)
{
    static char *words[32];
    int count = 0;
    va_list list;
    va_start(list, error);
    words[count++] = (char[]){"dbferry"};
    for (const char *word; (word = va_arg(list, const char *)) != NULL;)
        words[count++] = (char *)(uintptr_t)word;
    va_end(list);
    words[count] = NULL;
    return ferry_cli_parse(count, words, arguments, error);
}

#define PARSES(...)                                                                                \
    do {                                                                                           \
        FERRY_AUTO_ERROR struct ferry_error parse_error = {0};                                     \
        ferry_cli_done(&arguments);                                                                \
        (void)parse(&arguments, &parse_error, __VA_ARGS__, NULL);                                  \
        assert_no_error(&parse_error);                                                             \
    } while (0)

#define REFUSES(text, ...)                                                                         \
    do {                                                                                           \
        FERRY_AUTO_ERROR struct ferry_error parse_error = {0};                                     \
        struct ferry_arguments refused = {0};                                                      \
        assert_int_equal(parse(&refused, &parse_error, __VA_ARGS__, NULL), FERRY_ERR_USAGE);       \
        assert_error(&parse_error, FERRY_ERR_USAGE, text);                                         \
        assert_null(refused.command);                                                              \
    } while (0)

static void test_options(void **state)
{
    (void)state;
    struct ferry_arguments arguments = {0};
    PARSES("run", "-c", "x.conf", "--dry-run", "-q", "-vv", "--source", "s", "--target=t", "a",
           "b");
    assert_string_equal(arguments.command->name, "run");
    assert_string_equal(arguments.config, "x.conf");
    assert_string_equal(arguments.source, "s");
    assert_string_equal(arguments.target, "t");
    assert_true(arguments.dry_run);
    assert_true(arguments.quiet);
    assert_int_equal(arguments.verbose, 2);
    assert_int_equal(arguments.operand_count, 2);
    assert_string_equal(arguments.operands[1], "b");
    PARSES("run");
    assert_int_equal(arguments.operand_count, 0);
    assert_null(arguments.config);
    PARSES("copy", "-o", "source.a=1", "--table", "t", "from", "-o", "target.b=2", "to");
    assert_int_equal(arguments.settings.count, 2);
    assert_string_equal(arguments.settings.list[1], "target.b=2");
    assert_int_equal(arguments.operand_count, 2);
    assert_string_equal(arguments.operands[0], "from");
    ferry_cli_done(&arguments);
}

static void test_operands_that_look_like_options(void **state)
{
    (void)state;
    struct ferry_arguments arguments = {0};
    PARSES("run", "--", "--dry-run");
    assert_false(arguments.dry_run);
    assert_int_equal(arguments.operand_count, 1);
    assert_string_equal(arguments.operands[0], "--dry-run");
    PARSES("run", "-");
    assert_string_equal(arguments.operands[0], "-");
    PARSES("copy", "--query", "--not an option", "a", "b");
    assert_string_equal(arguments.query, "--not an option");
    ferry_cli_done(&arguments);
}

static void test_refusals(void **state)
{
    (void)state;
    REFUSES("did you mean 'run'", "rum");
    REFUSES("unknown command", "frobnicate");
    REFUSES("unknown command ''", "");
    REFUSES("--json", "init", "--json");
    REFUSES("did you mean --dry-run", "run", "--dryrun");
    REFUSES("-x", "run", "-x");
    REFUSES("--table", "run", "--table", "t");
    REFUSES("needs a value", "run", "--source");
    REFUSES("given twice", "run", "--source", "a", "--source", "b");
    REFUSES("copy", "copy", "a");
    REFUSES("too many", "copy", "a", "b", "c");
    REFUSES("too many", "drivers", "a", "b");
    REFUSES("command comes first", "--quiet", "run");
    REFUSES("a\\x1B", "a\x1B");
}

static void test_nothing(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_arguments arguments = {0};
    char name[] = "dbferry", *words[] = {name, NULL};
    int saved = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)dup2(nowhere, STDERR_FILENO); /* the help goes there */
    ferry_status status = ferry_cli_parse(1, words, &arguments, &error);
    ferry_status none = ferry_cli_parse(0, words + 1, &arguments, &error);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    (void)close(nowhere);
    assert_int_equal(status, FERRY_ERR_USAGE);
    assert_int_equal(none, FERRY_ERR_USAGE); /* execve() may leave out the program's name */
}

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < ferry_command_count; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf help = {0};
        const struct ferry_command *command = &ferry_commands[i];
        assert_true(command->max_operands < 0 || command->min_operands <= command->max_operands);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(command->name, ferry_commands[k].name);
        if (command->run == NULL)
            continue;
        ferry_cli_add_help(&help, command);
        assert_non_null(strstr(ferry_strbuf_text(&help), command->help));
        assert_non_null(strstr(ferry_strbuf_text(&help), "--help"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),  cmocka_unit_test(test_operands_that_look_like_options),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
