/* Tests of prepared.c: what stands in a run file comes back, what nobody has written there is
 * refused, and who may be at work on a run at one time. */

#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/prepared.h"

#define ID "0123456789abcdef0123456789abcdef"
/* All that a name may have, and would end a line or a word. */
#define ODD "a b%20%\n\xC3\xA4\t/../x"

static char folder[] = "/tmp/ferry-prepared.XXXXXX";

static int begin(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int end(void **state)
{
    (void)state;
    char place[sizeof folder + sizeof "/prepared"];
    (void)snprintf(place, sizeof place, "%s/prepared", folder);
    return rmdir(place) != 0 || rmdir(folder) != 0;
}

static struct ferry_prepared sample(void)
{
    struct ferry_prepared prepared = {.fd = -1,
                                      .job = strdup(ODD),
                                      .config = strdup("00000000000000aa"),
                                      .schema = strdup("00000000000000bb"),
                                      .before = strdup(""),
                                      .pieces = 3,
                                      .column = strdup(ODD),
                                      .cuts = calloc(2, sizeof(char *)),
                                      .cut_count = 2};
    memcpy(prepared.id, ID, sizeof prepared.id);
    prepared.cuts[0] = strdup("2024-01-01 00:00:00.5");
    prepared.cuts[1] = strdup("-7");
    return prepared;
}

static void write_sample(void)
{
    struct ferry_error error = {0};
    struct ferry_prepared prepared = sample();
    assert_int_equal(ferry_prepared_write(folder, &prepared, &error), FERRY_OK);
    ferry_prepared_done(&prepared);
}

static struct ferry_prepared opened(void)
{
    struct ferry_error error = {0};
    struct ferry_prepared prepared = {.fd = -1};
    assert_int_equal(ferry_prepared_open(folder, ID, &prepared, &error), FERRY_OK);
    return prepared;
}

static void removed(struct ferry_prepared *prepared)
{
    struct ferry_error error = {0};
    assert_int_equal(ferry_prepared_remove(prepared, &error), FERRY_OK);
    assert_int_equal(ferry_prepared_remove(prepared, &error), FERRY_OK); /* again */
    ferry_prepared_done(prepared);
}

static void test_ids(void **state)
{
    (void)state;
    assert_true(ferry_prepared_id_is_sound(ID));
    static const char *const unsound[] = {"",
                                          "..",
                                          ID "0",
                                          "0123456789ABCDEF0123456789abcdef",
                                          "../../../../../../../../etc/passw",
                                          "0123456789abcdef/123456789abcdef"};
    for (size_t i = 0; i < COUNT(unsound); i++)
        assert_false(ferry_prepared_id_is_sound(unsound[i]));
}

static void test_what_comes_back(void **state)
{
    (void)state;
    struct stat file;
    struct ferry_error error = {0};
    write_sample();
    struct ferry_prepared prepared = opened();
    assert_int_equal(fstat(prepared.fd, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_string_equal(prepared.job, ODD);
    assert_string_equal(prepared.column, ODD);
    assert_string_equal(prepared.config, "00000000000000aa");
    assert_string_equal(prepared.schema, "00000000000000bb");
    assert_string_equal(prepared.before, "");
    assert_int_equal(prepared.pieces, 3);
    assert_int_equal(prepared.cut_count, 2);
    assert_string_equal(prepared.cuts[0], "2024-01-01 00:00:00.5");
    assert_string_equal(prepared.cuts[1], "-7");
    assert_null(prepared.finish);
    assert_int_equal(ferry_prepared_note_finish(&prepared, "aa", &error), FERRY_OK);
    assert_int_equal(ferry_prepared_note_finish(&prepared, "bb", &error), FERRY_OK);
    assert_int_equal(ferry_prepared_check(&prepared, &error), FERRY_OK);
    assert_string_equal(prepared.finish, "bb");
    assert_int_equal(prepared.cut_count, 2); /* of a second reading, too */
    assert_int_equal(ferry_prepared_abandon(&prepared, &error), FERRY_OK);
    assert_int_equal(ferry_prepared_check(&prepared, &error), FERRY_ERR_NOT_FOUND);
    ferry_error_clear(&error);
    removed(&prepared);
    assert_int_equal(ferry_prepared_open(folder, ID, &prepared, &error), FERRY_ERR_NOT_FOUND);
    ferry_error_clear(&error);
    ferry_prepared_done(&prepared);
}

/* Appended to a sound file. */
static void test_lines_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        ferry_status status;
    } cases[] = {
        {"aband", FERRY_OK}, /* without an end it was never written */
        {"abandoned 1\n", FERRY_ERR_NOT_FOUND},
        {"other 1\n", FERRY_ERR_CONFIG},
        {"abandoned\n", FERRY_ERR_CONFIG},
        {"\n", FERRY_ERR_CONFIG},
        {"job %0\n", FERRY_ERR_CONFIG},
        {"job %00\n", FERRY_ERR_CONFIG},
        {"job %2g\n", FERRY_ERR_CONFIG},
        {"job %\n", FERRY_ERR_CONFIG},
        {"pieces 0\n", FERRY_ERR_CONFIG},
        {"pieces 257\n", FERRY_ERR_CONFIG},
        {"pieces 2\n", FERRY_ERR_CONFIG},
        {"pieces -1\n", FERRY_ERR_CONFIG},
        {"pieces 4\n", FERRY_OK},
        {"cut 1\n", FERRY_ERR_CONFIG},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_error error = {0};
        write_sample();
        struct ferry_prepared prepared = opened();
        const size_t length = strlen(cases[i].line);
        assert_int_equal(write(prepared.fd, cases[i].line, length), length);
        assert_int_equal(ferry_prepared_check(&prepared, &error), cases[i].status);
        ferry_error_clear(&error);
        removed(&prepared);
    }
}

static void test_locks(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    write_sample();
    struct ferry_prepared one = opened(), two = opened(), alone = opened();
    assert_int_equal(ferry_prepared_lock(&one, false, 0, &error), FERRY_OK);
    assert_int_equal(ferry_prepared_lock(&two, false, 0, &error), FERRY_OK);
    assert_int_equal(ferry_prepared_lock(&alone, true, 0, &error), FERRY_ERR_BUSY);
    ferry_error_clear(&error);
    assert_int_equal(ferry_prepared_lock_piece(&one, 1, &error), FERRY_OK);
    assert_int_equal(ferry_prepared_lock_piece(&two, 2, &error), FERRY_OK);
    ferry_prepared_done(&one);
    assert_int_equal(ferry_prepared_lock_piece(&two, 1, &error), FERRY_OK);
    ferry_prepared_done(&two);
    assert_int_equal(ferry_prepared_lock(&alone, true, 0, &error), FERRY_OK);
    one = opened();
    assert_int_equal(ferry_prepared_lock(&one, false, 0, &error), FERRY_ERR_BUSY);
    ferry_error_clear(&error);
    removed(&alone); /* and so the lock is free, of a file that is gone */
    assert_int_equal(ferry_prepared_lock(&one, false, 0, &error), FERRY_ERR_NOT_FOUND);
    ferry_error_clear(&error);
    ferry_prepared_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_what_comes_back),
        cmocka_unit_test(test_lines_of_others),
        cmocka_unit_test(test_locks),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
