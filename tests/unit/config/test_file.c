/* Tests of file.c: which file is read, and whose file may be read. */

#include "unit.h"

#include "config/file.h"

static int setup(void **state)
{
    *state = make_folder();
    assert_int_equal(unsetenv("DBFERRY_CONFIG"), 0);
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_int_equal(setenv("HOME", *state, 1), 0);
    return 0;
}

static int teardown(void **state)
{
    remove_folder(*state);
    return 0;
}

static void refuses_file(const char *path, const char *message)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config_file *file = NULL;
    if (ferry_config_file_open(path, &file, &error) == FERRY_OK)
        fail_msg("%s was taken", path);
    assert_null(file);
    assert_error(&error, FERRY_ERR_CONFIG, message);
}

static struct ferry_config_file *takes_file(const char *path)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config_file *file = NULL;
    (void)ferry_config_file_open(path, &file, &error);
    assert_no_error(&error);
    assert_non_null(file);
    return file;
}

static char *config_of(void **state, const char *text, mode_t mode)
{
    return write_file(*state, "a.conf", text, strlen(text), mode);
}

static void test_modes(void **state)
{
    char *path = config_of(state, "x = 1;", 0600);
    struct ferry_config_file *file = takes_file(path);
    assert_true(file->private);
    assert_string_equal(file->folder, *state);
    ferry_config_file_free(file);
    static const mode_t readable[] = {0644, 0640, 0604, 0400};
    for (size_t i = 0; i < COUNT(readable); i++) {
        assert_int_equal(chmod(path, readable[i]), 0);
        file = takes_file(path);
        assert_int_equal(file->private, readable[i] == 0400);
        ferry_config_file_free(file);
    }
    static const mode_t writable[] = {0620, 0602, 0666, 0777};
    for (size_t i = 0; i < COUNT(writable); i++) {
        assert_int_equal(chmod(path, writable[i]), 0);
        refuses_file(path, "writable by others");
    }
    free(path);
}

static void test_what_is_no_file(void **state)
{
    char *path = NULL;
    refuses_file(*state, "not a plain file");
    assert_true(asprintf(&path, "%s/pipe", (char *)*state) > 0);
    refuses_file(path, "dbferry init");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses_file(path, "not a plain file"); /* and does not wait for a writer */
    refuses_file("/dev/null", "not a plain file");
    free(path);
}

static void test_another_owner(void **state)
{
    char *path = config_of(state, "x = 1;", 0644);
    if (geteuid() != 0) {
        free(path);
        skip();
    }
    assert_int_equal(chown(path, 65534, 65534), 0);
    refuses_file(path, "another user");
    free(path);
}

static void test_malformed(void **state)
{
    char *path = config_of(state, "a = 1;\nb = ;\n", 0600);
    refuses_file(path, "a.conf:2:");
    free(path);
    path = config_of(state, "a = \"no end\n", 0600);
    refuses_file(path, "a.conf:");
    free(path);
    path = config_of(state, "a = 1;\n@include \"/etc/passwd\"\n", 0600);
    refuses_file(path, "a.conf:2:");
    free(path);
    path = config_of(state,
                     "\xEF\xBB\xBF"
                     "a = 1;\n",
                     0600);
    ferry_config_file_free(takes_file(path)); /* a byte order mark is no mistake */
    free(path);
    path = config_of(state, "", 0600);
    ferry_config_file_free(takes_file(path));
    free(path);
}

static void test_too_large(void **state)
{
    size_t size = (2 << 20);
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, ' ', size);
    char *path = write_file(*state, "a.conf", text, size, 0600);
    refuses_file(path, "larger than");
    free(path);
    free(text);
}

static void test_where_it_is_looked_for(void **state)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *folder = NULL, *path = NULL;
    struct ferry_config_file *file = NULL;
    if (access("/etc/dbferry/dbferry.conf", F_OK) == 0)
        skip();
    assert_int_equal(ferry_config_file_open(NULL, &file, &error), FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "/.config/dbferry/dbferry.conf");
    assert_true(asprintf(&folder, "%s/.config", (char *)*state) > 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(asprintf(&path, "%s/dbferry", folder) > 0);
    assert_int_equal(mkdir(path, 0700), 0);
    char *home = write_file(path, "dbferry.conf", "h = 1;", 6, 0600);
    file = takes_file(NULL);
    assert_string_equal(file->path, home);
    ferry_config_file_free(file);
    char *named = config_of(state, "n = 1;", 0600);
    assert_int_equal(setenv("DBFERRY_CONFIG", named, 1), 0);
    file = takes_file(NULL);
    assert_string_equal(file->path, named);
    ferry_config_file_free(file);
    assert_int_equal(setenv("DBFERRY_CONFIG", "/nonexistent/x", 1), 0);
    refuses_file(NULL, "/nonexistent/x"); /* never another one silently */
    file = takes_file(home);
    assert_string_equal(file->path, home);
    ferry_config_file_free(file);
    free(named);
    free(home);
    free(path);
    free(folder);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_modes),         IN_FOLDER(test_what_is_no_file),
        IN_FOLDER(test_another_owner), IN_FOLDER(test_malformed),
        IN_FOLDER(test_too_large),     IN_FOLDER(test_where_it_is_looked_for),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
