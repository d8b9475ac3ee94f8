/* Tests of the mysql driver's sender.c: what becomes of a parcel, and when a commit follows it. */

#include "sender.h"

/* ---- What becomes of a parcel ---- */

static void test_one_parcel(void **state)
{
    (void)state;
    static const struct {
        bool refused;
        my_ulonglong rows;
        unsigned warnings;
        enum mydrv_sent sent;
    } cases[] = {
        {false, 5, 0, MYDRV_SENT_WHOLE},   {true, 5, 0, MYDRV_SENT_REFUSED},
        {true, 4, 1, MYDRV_SENT_REFUSED},  {false, 4, 0, MYDRV_SENT_DOUBTED},
        {false, 6, 0, MYDRV_SENT_DOUBTED}, {false, 5, 1, MYDRV_SENT_DOUBTED},
        {false, 0, 2, MYDRV_SENT_DOUBTED},
    };
    for (int infile = 0; infile <= 1; infile++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct place place;
            struct mydrv_parcel parcel = {.rows = 5};
            make_place(&place);
            part_text_add(&parcel.text, "INSERT");
            place.lane.infile = infile;
            server.refuses = cases[i].refused ? "INSERT" : NULL;
            server.rows = cases[i].rows;
            server.warnings = cases[i].warnings;
            infile_statement = NULL;
            assert_int_equal(mydrv_sender_send(&place.lane, &parcel), cases[i].sent);
            assert_string_equal(server.log, " INSERT");
            assert_ptr_equal(infile_statement, infile ? &place.lane.infile_sql : NULL);
            part_text_clear(&parcel.text);
        }
}

static void test_parcels_in_their_order(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct place place;
    struct mydrv_parcel *last = NULL;
    struct mydrv_sender *sender = begin(&place);
    assert_true(mydrv_sender_is_idle(sender));
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_true(put(sender, texts[i], 1));
    assert_true(mydrv_sender_wait(sender));
    assert_true(mydrv_sender_is_idle(sender));
    assert_string_equal(server.log, " a b c d e f g h");
    pause_shortly();
    assert_true(put(sender, "i", 1)); /* the thread waits meanwhile, and hears of it */
    assert_true(mydrv_sender_wait(sender));
    pause_shortly();
    assert_int_equal(mydrv_sender_stop(sender, &last), MYDRV_SENT_WHOLE);
    assert_false(sender->running);
    assert_int_equal(server.begun, 1);
    assert_int_equal(server.ended, 1);
    assert_false(put(sender, "j", 1));
    assert_int_equal(mydrv_sender_stop(sender, &last), MYDRV_SENT_WHOLE); /* once more */
    end(&place, 9);
    assert_string_equal(server.log, " a b c d e f g h i");
}

/* ---- Commits ---- */

static void test_commits(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_sender *sender = begin(&place);
    place.lane.commit_bytes = 100;
    assert_true(put(sender, "a", 40));
    assert_true(put(sender, "b", 60));
    assert_true(put(sender, "c", 99));
    assert_true(put(sender, "d", 1));
    assert_true(put(sender, "e", 250));
    assert_true(put(sender, "f", 1));
    assert_true(mydrv_sender_wait(sender));
    assert_string_equal(server.log,
                        " a b COMMIT AND CHAIN c d COMMIT AND CHAIN e COMMIT AND CHAIN f");
    end(&place, 6);
}

static void test_no_commits(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_sender *sender = begin(&place);
    assert_true(put(sender, "a", UINT32_MAX));
    assert_true(mydrv_sender_wait(sender));
    assert_string_equal(server.log, " a");
    end(&place, 1);
}

static void test_a_commit_that_fails(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_parcel *last = NULL;
    struct mydrv_sender *sender = begin(&place);
    place.lane.commit_bytes = 100;
    server.refuses = "COMMIT AND CHAIN";
    assert_true(put(sender, "a", 50));
    assert_true(mydrv_sender_wait(sender));
    assert_true(put(sender, "b", 50));
    assert_false(mydrv_sender_wait(sender));
    assert_int_equal(mydrv_sender_stop(sender, &last), MYDRV_SENT_UNCOMMITTED);
    assert_string_equal(last->text.data, "b");
    end(&place, 2);
}

/* A parcel in doubt counts no rows and is not committed. */
static void test_a_parcel_in_doubt(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_parcel *last = NULL;
    struct mydrv_sender *sender = begin(&place);
    place.lane.commit_bytes = 1;
    server.warnings = 1;
    assert_true(put(sender, "a", 50));
    assert_false(mydrv_sender_wait(sender));
    assert_int_equal(mydrv_sender_stop(sender, &last), MYDRV_SENT_DOUBTED);
    assert_string_equal(last->text.data, "a");
    assert_string_equal(server.log, " a");
    end(&place, 0);
}

/* ---- Memory and threads ---- */

/* Of a parcel, 4 MiB are kept for the next rows; not more, nor where it was not taken. */
static void test_memory_that_is_kept(void **state)
{
    (void)state;
    const size_t most = 4194304;
    for (int refused = 0; refused <= 1; refused++)
        for (size_t room = most - 1; room <= most + 1; room++) {
            struct place place;
            struct mydrv_sender *sender = begin(&place);
            struct mydrv_parcel *parcel = mydrv_sender_take(sender);
            part_text_add(&parcel->text, "a");
            parcel->text.room = room;
            parcel->rows = 1;
            server.refuses = refused ? "a" : NULL;
            mydrv_sender_put(sender);
            assert_int_equal(mydrv_sender_wait(sender), !refused);
            if (refused || room <= most)
                assert_string_equal(parcel->text.data, "a");
            else
                assert_null(parcel->text.data);
            end(&place, refused ? 0 : 1);
        }
}

static void test_no_memory_and_no_thread(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_parcel *last = NULL;
    make_place(&place);
    no_memory = true;
    assert_int_equal(mydrv_sender_start(&place.lane, &place.error), FERRY_ERR_SYSTEM);
    no_memory = false;
    assert_error(&place.error, FERRY_ERR_SYSTEM, "out of memory");
    assert_null(place.lane.sender);
    end(&place, 0);
    no_thread = true;
    assert_int_equal(mydrv_sender_start(&place.lane, &place.error), FERRY_ERR_SYSTEM);
    no_thread = false;
    assert_error(&place.error, FERRY_ERR_SYSTEM, "cannot start a thread: ");
    assert_int_equal(mydrv_sender_stop(place.lane.sender, &last), MYDRV_SENT_WHOLE);
    end(&place, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_parcel),
        cmocka_unit_test(test_parcels_in_their_order),
        cmocka_unit_test(test_commits),
        cmocka_unit_test(test_no_commits),
        cmocka_unit_test(test_a_commit_that_fails),
        cmocka_unit_test(test_a_parcel_in_doubt),
        cmocka_unit_test(test_memory_that_is_kept),
        cmocka_unit_test(test_no_memory_and_no_thread),
    };
    return cmocka_run_group_tests_name("mysql sender", tests, NULL, NULL);
}
