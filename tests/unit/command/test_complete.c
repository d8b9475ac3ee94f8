/* Tests of complete.c: what is offered for the last word of a line, and what is not. */

#include "unit.h"

#include "command/complete.h"
#include "driver/load.h"

/* What is printed for these words; ends with NULL.  The caller frees it. */
static char *complete(const char *first, ...)
{
    static char *words[32];
    size_t count = 0;
    va_list list;
    va_start(list, first);
    for (const char *word = first; word != NULL; word = va_arg(list, const char *))
        words[count++] = (char *)(uintptr_t)word;
    va_end(list);
    struct ferry_offers offers = {0};
    ferry_complete(words, count, &offers);
    char *text = strdup(ferry_strbuf_text(&offers.text));
    assert_non_null(text);
    ferry_offers_done(&offers);
    return text;
}

#define OFFERS(expected, ...)                                                                      \
    do {                                                                                           \
        char *offered = complete(__VA_ARGS__, NULL);                                               \
        assert_string_equal(offered, expected);                                                    \
        free(offered);                                                                             \
    } while (0)

/* Whether a line of the text is this word. */
static bool has(const char *text, const char *word)
{
    char *line = NULL;
    assert_true(asprintf(&line, "\n%s", word) > 0);
    bool found = strstr(text, line) != NULL;
    free(line);
    return found;
}

/* `word` is offered, `other` is not. */
#define OFFERS_BUT(word, other, ...)                                                               \
    do {                                                                                           \
        char *offered = complete(__VA_ARGS__, NULL);                                               \
        if (!has(offered, word) || has(offered, other))                                            \
            fail_msg("expected %s, and not %s, in: %s", word, other, offered);                     \
        free(offered);                                                                             \
    } while (0)

static void test_commands(void **state)
{
    (void)state;
    OFFERS("words\nrun\trun jobs: all of the configuration if none is named\n", "ru");
    OFFERS_BUT("verify", "complete", "");
    OFFERS("words\n--help\tprint this help\n--version\tprint the version\n", "-");
    OFFERS("", "no");
    OFFERS("", "no", "");
}

static void test_options(void **state)
{
    (void)state;
    OFFERS_BUT("--dry-run", "--table", "run", "-");
    OFFERS_BUT("--table", "--rows", "copy", "--");
    OFFERS("words\n--dry-run\tdo all but write: say what would happen\n", "run", "-n", "a", "--dr");
    OFFERS("", "run", "--", "--dr"); /* a job's name */
    OFFERS("", "init", "--table");
}

static void test_values(void **state)
{
    (void)state;
    OFFERS("files \n", "run", "-c", "x");
    OFFERS("files \n", "run", "--conf", ""); /* as getopt_long() understands it */
    OFFERS("files \n", "run", "-nc", "");
    OFFERS("files --config=\n", "run", "--config=x");
    OFFERS("folders \n", "init", "");
    OFFERS("", "init", "a", "");
    OFFERS("words\nmerge\n", "copy", "--strategy", "m");
    OFFERS("words\n--strategy=merge\n", "copy", "--strategy=m");
    OFFERS("", "copy", "--key", "");
    OFFERS("", "copy", "--dry-run=x");
    OFFERS("", "copy", "--view", "--");
}

static void test_settings(void **state)
{
    (void)state;
    OFFERS("words\nsource.\tkeys of the source\n", "copy", "-o", "so");
    OFFERS("words\n--option=job.\tkeys of the job\n", "copy", "--option=j");
    OFFERS("words\njob.decimal=auto\njob.decimal=real\njob.decimal=text\n", "copy", "-o",
           "job.decimal=");
    OFFERS("words\njob.allow_empty=true\n", "copy", "-o", "job.allow_empty=t");
    OFFERS("", "copy", "-o", "job.min_rows=");
    OFFERS("", "copy", "-o", "job.no=");
    OFFERS("", "copy", "-o", "no.");
    OFFERS_BUT("job.min_rows=", "job.fallback_source=", "copy", "-o", "job.");
    OFFERS_BUT("job.columns.", "job.indexes.", "copy", "-o", "job.");
}

static void test_settings_of_groups(void **state)
{
    (void)state;
    OFFERS("", "copy", "-o", "job.columns.pri");
    OFFERS_BUT("job.columns.a.b.decimal=", "job.min_rows=", "copy", "-o", "job.columns.a.b.");
    OFFERS("words\njob.columns.a.b.text=bytes\n", "copy", "-o", "job.columns.a.b.text=b");
    OFFERS_BUT("job.overrides.t.strategy=", "job.overrides.t.commit=", "copy", "-o",
               "job.overrides.t.");
    OFFERS("", "copy", "-o", "job.indexes.a.");
    OFFERS("", "copy", "-o", "job.min_rows.a.");
}

static const char two_jobs[] =
    "connections = { shop = { driver = \"sqlite\"; path = \"a\"; }; };\n"
    "jobs = ( { name = \"it's $(here) \\\"\"; table = \"a\"; source = \"shop\"; },\n"
    "         { name = \"two\\nlines\"; table = \"a\"; source = \"shop\"; },\n"
    "         { name = \"--quiet\"; table = \"a\"; source = \"shop\"; },\n"
    "         { name = \"plain\"; table = \"a\"; source = \"shop\"; } );\n";

static void test_names_of_the_configuration(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *path = write_file(folder, "c.conf", two_jobs, strlen(two_jobs), 0600);
    OFFERS("words\nit's $(here) \"\tjob\nplain\tjob\n", "run", "-c", path, "");
    OFFERS("words\nplain\tjob\n", "plan", "-c", path, "it's $(here) \"", "");
    OFFERS("words\nshop\tconnection\n", "run", "--target", "s", "-c", path, "--source", "");
    assert_int_equal(setenv("HOME", folder, 1), 0);
    OFFERS("words\nplain\tjob\n", "run", "-c", "~/c.conf", "p");
    OFFERS("", "run", "-c", "/no/such/file", "");
    free(write_file(folder, "c.conf", "jobs = (", 8, 0600));
    OFFERS("", "run", "-c", path, "");
    free(path);
    remove_folder(folder);
}

/* Whatever stands on the line, there is an end to it. */
static void test_nonsense(void **state)
{
    (void)state;
    OFFERS("", "run", "--no-such", "--rows", "x", "-zzz", "\xff\x1b[2J");
    OFFERS("", "copy", "-o", "job.\n=");
    OFFERS("", "copy", ":");
    struct ferry_offers offers = {0};
    ferry_complete(NULL, 0, &offers);
    assert_int_equal(offers.text.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_settings_of_groups),
        cmocka_unit_test(test_names_of_the_configuration),
        cmocka_unit_test(test_nonsense),
    };
    (void)setenv("DBFERRY_DRIVER_DIR", "/nonexistent", 1);
    (void)setenv("DBFERRY_CONFIG", "/nonexistent", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
