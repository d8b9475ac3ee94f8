/* Tests of queue.c: order, the bound in bytes, and that stopping wakes whoever waits. */

#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/queue.h"

static const struct ferry_batch_limits limits = {.rows = 1, .bytes = (size_t)64 << 20};

static struct ferry_schema one_column(void)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_column column = {.name = "v", .type = FERRY_TYPE_TEXT};
    assert_int_equal(ferry_schema_add(&schema, &column, sizeof column, &error), FERRY_OK);
    return schema;
}

/* One row with a value of `size` bytes. */
static void fill(struct ferry_batch *batch, uint64_t row, size_t size)
{
    ferry_batch_reset(batch, row);
    struct ferry_cell *cells = ferry_batch_row(batch);
    char *bytes = ferry_batch_bytes(batch, size);
    assert_non_null(bytes);
    cells[0].v.p = bytes;
    cells[0].len = (uint32_t)size;
}

struct side {
    struct ferry_queue *queue;
    size_t row_bytes;
    uint64_t rows;
    atomic_uint_fast64_t done;
    atomic_size_t in_flight; /* bytes put and not yet recycled */
    atomic_size_t peak;
    atomic_int finished;
    bool in_order;
    struct side *other;
};

static void *produce(void *argument)
{
    struct side *side = argument;
    bool no_memory = false;
    while (side->done < side->rows) {
        struct ferry_batch *batch = ferry_queue_take_empty(side->queue, &no_memory);
        if (batch == NULL)
            break;
        fill(batch, side->done + 1, side->row_bytes);
        size_t now = atomic_fetch_add(&side->in_flight, side->row_bytes) + side->row_bytes;
        if (now > side->peak)
            side->peak = now;
        side->done++;
        ferry_queue_put(side->queue, batch);
    }
    ferry_queue_finish(side->queue);
    side->finished = 1;
    return NULL;
}

static void *consume(void *argument)
{
    struct side *side = argument;
    struct ferry_batch *batch;
    side->in_order = true;
    while ((batch = ferry_queue_take_full(side->queue)) != NULL) {
        side->in_order = side->in_order && ferry_batch_first_row(batch) == side->done + 1;
        side->done++;
        atomic_fetch_sub(&side->other->in_flight, side->row_bytes);
        ferry_queue_recycle(side->queue, batch);
    }
    side->finished = 1;
    return NULL;
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* Waits up to 10 s until `value` reaches `wanted`, then a moment more: it must not pass it. */
static void settle(const atomic_uint_fast64_t *value, uint64_t wanted)
{
    for (int i = 0; i < 1000 && *value < wanted; i++)
        pause_ms(10);
    pause_ms(50);
}

static void pass_rows(uint64_t rows, size_t row_bytes)
{
    struct ferry_schema schema = one_column();
    struct ferry_queue *queue = ferry_queue_new(&schema, &limits, 1);
    assert_non_null(queue);
    struct side source = {.queue = queue, .rows = rows, .row_bytes = row_bytes};
    struct side target = {.queue = queue, .row_bytes = row_bytes, .other = &source};
    pthread_t producer, consumer;
    assert_int_equal(pthread_create(&producer, NULL, produce, &source), 0);
    assert_int_equal(pthread_create(&consumer, NULL, consume, &target), 0);
    (void)pthread_join(producer, NULL);
    (void)pthread_join(consumer, NULL);
    assert_int_equal(target.done, rows);
    assert_true(target.in_order);
    /* a batch is let in while there is room, so one may stand above the bound */
    assert_in_range(source.peak, rows == 0 ? 0 : row_bytes, FERRY_QUEUE_BYTES + 2 * row_bytes);
    ferry_queue_free(queue);
    ferry_schema_done(&schema);
}

static void test_rows_pass_in_order(void **state)
{
    (void)state;
    pass_rows(20000, 10);
    pass_rows(200, 100000);
    pass_rows(1, 1);
    pass_rows(0, 0);
}

static void test_rows_above_the_bound_pass_alone(void **state)
{
    (void)state;
    pass_rows(8, FERRY_QUEUE_BYTES + 1000);
}

/* Nobody takes: the source stops at the bound, in bytes where rows are large, else in batches. */
static void fill_up(size_t row_bytes, uint64_t expected)
{
    struct ferry_schema schema = one_column();
    struct ferry_queue *queue = ferry_queue_new(&schema, &limits, 1);
    struct side source = {.queue = queue, .rows = 1000, .row_bytes = row_bytes};
    pthread_t producer;
    assert_int_equal(pthread_create(&producer, NULL, produce, &source), 0);
    settle(&source.done, expected);
    assert_int_equal(source.done, expected);
    assert_false(source.finished);
    struct ferry_batch *batch = ferry_queue_take_full(queue);
    assert_non_null(batch);
    settle(&source.done, expected); /* taken is not yet given back: it still counts */
    assert_int_equal(source.done, expected);
    ferry_queue_recycle(queue, batch);
    settle(&source.done, expected + 1);
    assert_int_equal(source.done, expected + 1);
    ferry_queue_stop(queue);
    (void)pthread_join(producer, NULL);
    assert_true(source.finished);
    ferry_queue_free(queue);
    ferry_schema_done(&schema);
}

static void test_bound_in_bytes(void **state)
{
    (void)state;
    fill_up(FERRY_QUEUE_BYTES / 2, 2);
    fill_up(FERRY_QUEUE_BYTES - sizeof(struct ferry_cell), 1); /* the bound to the byte */
    fill_up(FERRY_QUEUE_BYTES - sizeof(struct ferry_cell) - 1, 2);
    fill_up(FERRY_QUEUE_BYTES * 2, 1);
}

static void test_bound_in_batches(void **state)
{
    (void)state;
    fill_up(10, FERRY_QUEUE_BATCHES);
}

static void test_stop_wakes_the_target(void **state)
{
    (void)state;
    struct ferry_schema schema = one_column();
    struct ferry_queue *queue = ferry_queue_new(&schema, &limits, 1);
    struct side source = {.queue = queue}, target = {.queue = queue, .other = &source};
    pthread_t consumer;
    assert_int_equal(pthread_create(&consumer, NULL, consume, &target), 0);
    pause_ms(30);
    assert_false(target.finished);
    ferry_queue_stop(queue);
    (void)pthread_join(consumer, NULL);
    bool no_memory = true;
    assert_null(ferry_queue_take_empty(queue, &no_memory));
    assert_false(no_memory);
    ferry_queue_stop(queue); /* once more does no harm */
    ferry_queue_free(queue);
    ferry_schema_done(&schema);
}

static void test_stop_drops_what_waits(void **state)
{
    (void)state;
    struct ferry_schema schema = one_column();
    struct ferry_queue *queue = ferry_queue_new(&schema, &limits, 1);
    bool no_memory = false;
    struct ferry_batch *batch = ferry_queue_take_empty(queue, &no_memory);
    fill(batch, 1, 10);
    ferry_queue_put(queue, batch);
    struct ferry_batch *held = ferry_queue_take_empty(queue, &no_memory);
    assert_non_null(held);
    fill(held, 2, 10);
    ferry_queue_stop(queue);
    assert_null(ferry_queue_take_full(queue));
    ferry_queue_put(queue, held); /* the source was in the middle of it: not lost, not passed on */
    assert_null(ferry_queue_take_full(queue));
    ferry_queue_free(queue);
    ferry_queue_free(NULL);
    ferry_schema_done(&schema);
}

static void test_finish_lets_the_rest_pass(void **state)
{
    (void)state;
    struct ferry_schema schema = one_column();
    struct ferry_queue *queue = ferry_queue_new(&schema, &limits, 1);
    bool no_memory = false;
    for (uint64_t row = 1; row <= 3; row++) {
        struct ferry_batch *batch = ferry_queue_take_empty(queue, &no_memory);
        fill(batch, row, 10);
        ferry_queue_put(queue, batch);
    }
    ferry_queue_finish(queue);
    for (uint64_t row = 1; row <= 3; row++) {
        struct ferry_batch *batch = ferry_queue_take_full(queue);
        assert_int_equal(ferry_batch_first_row(batch), row);
        ferry_queue_recycle(queue, batch);
    }
    assert_null(ferry_queue_take_full(queue));
    assert_null(ferry_queue_take_full(queue));
    ferry_queue_free(queue);
    ferry_schema_done(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_pass_in_order),
        cmocka_unit_test(test_rows_above_the_bound_pass_alone),
        cmocka_unit_test(test_bound_in_bytes),
        cmocka_unit_test(test_bound_in_batches),
        cmocka_unit_test(test_stop_wakes_the_target),
        cmocka_unit_test(test_stop_drops_what_waits),
        cmocka_unit_test(test_finish_lets_the_rest_pass),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
