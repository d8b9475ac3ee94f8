/* Tests of the mysql driver's sender.c: who waits for whom while a server takes its time. */

#include "sender.h"

struct other {
    struct mydrv_sender *sender;
    bool by_taking, done, good;
    pthread_mutex_t lock;
};

static void *other_main(void *data)
{
    struct other *other = data;
    bool good = other->by_taking ? mydrv_sender_take(other->sender) != NULL
                                 : mydrv_sender_wait(other->sender);
    pthread_mutex_lock(&other->lock);
    other->good = good;
    other->done = true;
    pthread_mutex_unlock(&other->lock);
    return NULL;
}

static bool other_is_done(struct other *other)
{
    pthread_mutex_lock(&other->lock);
    bool done = other->done;
    pthread_mutex_unlock(&other->lock);
    return done;
}

/* While the server works on the first of three parcels, there is no fourth, and nothing is done. */
static void test_a_slow_server(void **state)
{
    (void)state;
    for (int by_taking = 0; by_taking <= 1; by_taking++) {
        struct place place;
        pthread_t thread;
        struct mydrv_sender *sender = begin(&place);
        struct other other = {
            .sender = sender, .by_taking = by_taking, .lock = PTHREAD_MUTEX_INITIALIZER};
        hold(true);
        assert_true(put(sender, "a", 1));
        assert_false(mydrv_sender_is_idle(sender));
        wait_until_busy();
        assert_true(put(sender, "b", 1));
        assert_true(put(sender, "c", 1));
        assert_int_equal(sender->count, 3);
        assert_int_equal(pthread_create(&thread, NULL, other_main, &other), 0);
        pause_shortly();
        assert_false(other_is_done(&other));
        assert_false(mydrv_sender_is_idle(sender));
        hold(false);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(other.good);
        assert_true(mydrv_sender_wait(sender));
        end(&place, 3);
        assert_string_equal(server.log, " a b c");
    }
}

/* Nothing behind a parcel that was refused is sent, and whoever waits is told. */
static void test_a_parcel_that_is_refused(void **state)
{
    (void)state;
    for (int by_taking = 0; by_taking <= 1; by_taking++) {
        struct place place;
        pthread_t thread;
        struct mydrv_parcel *last = NULL;
        struct mydrv_sender *sender = begin(&place);
        struct other other = {
            .sender = sender, .by_taking = by_taking, .lock = PTHREAD_MUTEX_INITIALIZER};
        server.refuses = "b";
        assert_true(put(sender, "a", 1));
        assert_true(mydrv_sender_wait(sender));
        hold(true);
        assert_true(put(sender, "b", 1));
        wait_until_busy();
        assert_true(put(sender, "c", 1));
        assert_true(put(sender, "d", 1));
        assert_int_equal(pthread_create(&thread, NULL, other_main, &other), 0);
        pause_shortly();
        hold(false);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_false(other.good);
        assert_false(mydrv_sender_wait(sender));
        assert_null(mydrv_sender_take(sender));
        assert_true(mydrv_sender_is_idle(sender));
        assert_int_equal(mydrv_sender_stop(sender, &last), MYDRV_SENT_REFUSED);
        assert_string_equal(last->text.data, "b");
        assert_string_equal(server.log, " a b");
        end(&place, 1);
    }
}

/* One that is being sent is waited for; those behind it are not sent any more. */
static void test_stopped_in_the_middle(void **state)
{
    (void)state;
    struct place place;
    struct mydrv_sender *sender = begin(&place);
    hold(true);
    assert_true(put(sender, "a", 1));
    wait_until_busy();
    assert_true(put(sender, "b", 1));
    pthread_mutex_lock(&sender->lock);
    sender->stop = true; /* as the other thread would, and goes on to join */
    pthread_mutex_unlock(&sender->lock);
    hold(false);
    end(&place, 1);
    assert_string_equal(server.log, " a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_server),
        cmocka_unit_test(test_a_parcel_that_is_refused),
        cmocka_unit_test(test_stopped_in_the_middle),
    };
    return cmocka_run_group_tests_name("mysql sender, threads", tests, NULL, NULL);
}
