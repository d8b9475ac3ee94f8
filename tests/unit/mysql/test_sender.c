/* Tests of the mysql driver's sender.c: parcels that go round between two threads, against a server
 * that answers when it is let. */

#include "unit.h"

#include "write/rows.h"

#include <errno.h>

#include "locks.h"

/* ---- Memory and threads that a test may deny ---- */

static int blocks; /* that are there */
static bool no_memory, no_thread;

static void *counted_calloc(size_t count, size_t size)
{
    assert_true(count > 0);
    if (no_memory)
        return NULL;
    blocks++;
    return calloc(count, size);
}

static void *counted_realloc(void *old, size_t size)
{
    blocks += old == NULL;
    return realloc(old, size);
}

static void counted_free(void *block)
{
    blocks -= block != NULL;
    free(block);
}

static int try_thread(pthread_t *ret_thread, void *(*start)(void *data), void *data)
{
    return no_thread ? EAGAIN : ferry_thread_create(ret_thread, start, data);
}

/* Each is joined once. */
static int checked_join(pthread_t thread, void **ret_result)
{
    return pthread_join(thread, ret_result) == 0 ? 0 : (abort(), 0);
}

#define calloc counted_calloc
#define realloc counted_realloc
#define free(block) counted_free(block)
#define ferry_thread_create try_thread
#define pthread_join checked_join
#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/write/sender.c"
#undef calloc
#undef realloc
#undef free
#undef ferry_thread_create
#undef pthread_join

/* ---- The server ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;           /* it answers nothing for now */
    bool busy;           /* it has a statement that it does not answer */
    char log[200];       /* the statements, each behind a space */
    const char *refuses; /* this one */
    my_ulonglong rows;   /* that it takes of each */
    unsigned warnings;
    int begun, ended; /* threads that were made known to the library */
} server = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool server_takes(const char *text, size_t length)
{
    char statement[40];
    assert_true(length < sizeof statement);
    memcpy(statement, text, length);
    statement[length] = '\0';
    assert_int_equal(strlen(statement), length);
    pthread_mutex_lock(&server.lock);
    server.busy = true;
    pthread_cond_broadcast(&server.changed);
    while (server.held)
        pthread_cond_wait(&server.changed, &server.lock);
    server.busy = false;
    strcat(strcat(server.log, " "), statement);
    bool taken = server.refuses == NULL || strcmp(server.refuses, statement) != 0;
    pthread_mutex_unlock(&server.lock);
    return taken;
}

static void hold(bool held)
{
    pthread_mutex_lock(&server.lock);
    server.held = held;
    pthread_cond_broadcast(&server.changed);
    pthread_mutex_unlock(&server.lock);
}

static void wait_until_busy(void)
{
    pthread_mutex_lock(&server.lock);
    while (!server.busy)
        pthread_cond_wait(&server.changed, &server.lock);
    pthread_mutex_unlock(&server.lock);
}

int STDCALL mysql_real_query(MYSQL *mysql, const char *sql, unsigned long length)
{
    assert_non_null(mysql);
    return server_takes(sql, length) ? 0 : 1;
}

my_ulonglong STDCALL mysql_affected_rows(MYSQL *mysql)
{
    (void)mysql;
    return server.rows;
}

unsigned int STDCALL mysql_warning_count(MYSQL *mysql)
{
    (void)mysql;
    return server.warnings;
}

my_bool STDCALL mysql_thread_init(void)
{
    server.begun++;
    return 0;
}

void STDCALL mysql_thread_end(void)
{
    server.ended++;
}

static const struct mydrv_text *infile_statement;

bool mydrv_infile_send(struct mydrv_conn *conn, const struct mydrv_text *statement,
                       struct mydrv_parcel *parcel)
{
    assert_non_null(conn);
    infile_statement = statement;
    return server_takes(parcel->text.data, parcel->text.length);
}

/* ---- One lane ---- */

struct place {
    MYSQL native;
    struct mydrv_conn conn;
    struct mydrv_lane lane;
    struct ferry_error error;
};

static void make_place(struct place *place)
{
    memset(place, 0, sizeof *place);
    place->conn.native = &place->native;
    place->lane.conn = &place->conn;
    server.held = server.busy = false;
    server.log[0] = '\0';
    server.refuses = NULL;
    server.rows = 1;
    server.warnings = 0;
    server.begun = server.ended = 0;
}

static struct mydrv_sender *begin(struct place *place)
{
    make_place(place);
    assert_int_equal(mydrv_sender_start(&place->lane, &place->error), FERRY_OK);
    assert_no_error(&place->error);
    return place->lane.sender;
}

/* Send a parcel of one row, or say that nothing is taken any more. */
static bool put(struct mydrv_sender *sender, const char *text, uint64_t bytes)
{
    struct mydrv_parcel *parcel = mydrv_sender_take(sender);
    if (parcel == NULL)
        return false;
    parcel->text.length = 0;
    mydrv_text_add(&parcel->text, text);
    parcel->rows = 1;
    parcel->bytes = bytes;
    mydrv_sender_put(sender);
    return true;
}

/* Of the sender, nothing is left; so many rows it says were taken. */
static void end(struct place *place, uint64_t rows)
{
    assert_int_equal(mydrv_sender_free(place->lane.sender), rows);
    assert_int_equal(server.begun, server.ended);
    assert_int_equal(locks, 0);
    assert_int_equal(conditions, 0);
    assert_int_equal(blocks, 0);
}

/* Time enough for a thread that has nothing to do to wait, or for one that should wait to go on. */
static void pause_shortly(void)
{
    (void)usleep(30000);
}

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
            mydrv_text_add(&parcel.text, "INSERT");
            place.lane.infile = infile;
            server.refuses = cases[i].refused ? "INSERT" : NULL;
            server.rows = cases[i].rows;
            server.warnings = cases[i].warnings;
            infile_statement = NULL;
            assert_int_equal(mydrv_sender_send(&place.lane, &parcel), cases[i].sent);
            assert_string_equal(server.log, " INSERT");
            assert_ptr_equal(infile_statement, infile ? &place.lane.infile_sql : NULL);
            mydrv_text_clear(&parcel.text);
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

/* ---- Two threads ---- */

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
            mydrv_text_add(&parcel->text, "a");
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
        cmocka_unit_test(test_a_slow_server),
        cmocka_unit_test(test_a_parcel_that_is_refused),
        cmocka_unit_test(test_stopped_in_the_middle),
        cmocka_unit_test(test_commits),
        cmocka_unit_test(test_no_commits),
        cmocka_unit_test(test_a_commit_that_fails),
        cmocka_unit_test(test_a_parcel_in_doubt),
        cmocka_unit_test(test_memory_that_is_kept),
        cmocka_unit_test(test_no_memory_and_no_thread),
    };
    return cmocka_run_group_tests_name("mysql sender", tests, NULL, NULL);
}
