/* Tests of relay.c: lines of several pipes stay whole, however they come and whoever reads them. */

#include "unit.h"

#include <signal.h>
#include <stdbool.h>

#include "command/relay.h"

/* A pipe that does not block at either end. */
struct channel {
    int read, write;
};

static struct channel open_channel(void)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    return (struct channel){.read = ends[0], .write = ends[1]};
}

static void say(int to, const char *text)
{
    assert_int_equal(write(to, text, strlen(text)), (ssize_t)strlen(text));
}

/* Two sources and a stream. */
struct place {
    struct channel one, other, stream;
    struct ferry_relay_source from_one, from_other;
    struct ferry_relay relay;
};

static void open_place(struct place *place)
{
    *place =
        (struct place){.one = open_channel(), .other = open_channel(), .stream = open_channel()};
    place->from_one.fd = place->one.read;
    place->from_other.fd = place->other.read;
    place->relay.to = place->stream.write;
}

static void close_place(struct place *place)
{
    ferry_relay_close(&place->relay, &place->from_one);
    ferry_relay_close(&place->relay, &place->from_other);
    ferry_relay_done(&place->relay);
    (void)close(place->one.write);
    (void)close(place->other.write);
    (void)close(place->stream.write);
    (void)close(place->stream.read);
}

static void assert_came(struct place *place, const char *expected)
{
    char found[4096] = "";
    while (ferry_relay_has_lines(&place->relay))
        ferry_relay_write(&place->relay);
    ssize_t size = read(place->stream.read, found, sizeof found - 1);
    found[size < 0 ? 0 : size] = '\0';
    assert_string_equal(found, expected);
}

static void test_lines_in_parts(void **state)
{
    (void)state;
    struct place place;
    open_place(&place);
    say(place.one.write, "the first ");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    say(place.other.write, "another\nand ");
    assert_true(ferry_relay_read(&place.relay, &place.from_other));
    assert_came(&place, "another\n");
    say(place.one.write, "one\n\nthe second");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    say(place.other.write, "more\n");
    assert_true(ferry_relay_read(&place.relay, &place.from_other));
    assert_came(&place, "the first one\n\nand more\n");
    assert_true(ferry_relay_read(&place.relay, &place.from_one)); /* nothing there is no end */
    assert_came(&place, "");
    close_place(&place);
}

static void test_an_end_without_a_line_feed(void **state)
{
    (void)state;
    struct place place;
    open_place(&place);
    say(place.one.write, "no end");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    (void)close(place.one.write);
    assert_false(ferry_relay_read(&place.relay, &place.from_one));
    ferry_relay_close(&place.relay, &place.from_one);
    assert_int_equal(place.from_one.fd, -1);
    ferry_relay_close(&place.relay, &place.from_other); /* nothing was begun */
    assert_came(&place, "no end\n");
    place.one.write = open("/dev/null", O_WRONLY | O_CLOEXEC);
    close_place(&place);
}

/* Where only whole lines count, as with records. */
static void test_whole_lines_alone(void **state)
{
    (void)state;
    struct place place;
    static char part[60000];
    memset(part, 'x', sizeof part - 1);
    open_place(&place);
    place.relay.whole_alone = true;
    say(place.one.write, "one\nhalf");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    ferry_relay_add_line(&place.relay, "ours\n", strlen("ours\n"));
    ferry_relay_close(&place.relay, &place.from_one);
    assert_came(&place, "one\nours\n");
    for (int i = 0; i < 30; i++) { /* a long one waits for its end */
        say(place.other.write, part);
        assert_true(ferry_relay_read(&place.relay, &place.from_other));
    }
    assert_false(ferry_relay_has_lines(&place.relay));
    say(place.other.write, "\n");
    assert_true(ferry_relay_read(&place.relay, &place.from_other));
    assert_int_equal(place.relay.waiting.length, 30 * (sizeof part - 1) + 1);
    close_place(&place);
}

/* A line without an end is broken where it gets too long; memory stays bounded. */
static void test_a_line_without_end(void **state)
{
    (void)state;
    struct place place;
    char part[60000];
    memset(part, 'x', sizeof part);
    open_place(&place);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(write(place.one.write, part, sizeof part), (ssize_t)sizeof part);
        assert_true(ferry_relay_read(&place.relay, &place.from_one));
        assert_true(place.from_one.begun.length <= (1 << 20));
        if (ferry_relay_is_full(&place.relay))
            break;
    }
    assert_true(ferry_relay_is_full(&place.relay));
    assert_int_equal(place.relay.waiting.data[place.relay.waiting.length - 1], '\n');
    close_place(&place);
}

/* A stream that takes a little at a time gets all of it, in pieces that end with lines. */
static void test_a_slow_reader(void **state)
{
    (void)state;
    struct place place;
    size_t total = 0, lines = 0;
    bool whole = true;
    open_place(&place);
    assert_true(fcntl(place.stream.write, F_SETPIPE_SZ, 4096) >= 0);
    for (int i = 0; i < 500; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "line %03d %0*d\n", i, 80, i);
        say(place.one.write, line);
        assert_true(ferry_relay_read(&place.relay, &place.from_one));
        total += strlen(line);
    }
    while (ferry_relay_has_lines(&place.relay)) {
        char found[4096];
        ferry_relay_write(&place.relay); /* also where it takes nothing */
        ferry_relay_write(&place.relay);
        ssize_t size = read(place.stream.read, found, sizeof found);
        assert_true(size > 0);
        whole = whole && found[size - 1] == '\n' && ferry_relay_is_between_lines(&place.relay);
        for (ssize_t k = 0; k < size; k++)
            lines += found[k] == '\n';
        total -= (size_t)size;
    }
    assert_true(whole);
    assert_int_equal(total, 0);
    assert_int_equal(lines, 500);
    close_place(&place);
}

/* Whoever wants to write there, too, waits for the end of a line, and of what came before. */
static void test_when_others_may_write(void **state)
{
    (void)state;
    struct place place;
    char part[5000], found[8192];
    memset(part, 'x', sizeof part);
    open_place(&place);
    say(place.one.write, "short\n");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    uint64_t first = place.relay.taken;
    assert_int_equal(first, 6);
    assert_int_equal(write(place.one.write, part, sizeof part), (ssize_t)sizeof part);
    say(place.one.write, "\n");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    assert_true(ferry_relay_is_between_lines(&place.relay));
    assert_false(ferry_relay_has_written(&place.relay, first));
    ferry_relay_write(&place.relay);
    assert_true(ferry_relay_has_written(&place.relay, first));
    assert_false(ferry_relay_has_written(&place.relay, place.relay.taken));
    assert_true(ferry_relay_is_between_lines(&place.relay));
    ferry_relay_write(&place.relay); /* the long line's first part */
    assert_false(ferry_relay_is_between_lines(&place.relay));
    ferry_relay_write(&place.relay);
    assert_true(ferry_relay_is_between_lines(&place.relay));
    assert_true(ferry_relay_has_written(&place.relay, place.relay.taken));
    assert_int_equal(read(place.stream.read, found, sizeof found), 6 + 5001);
    close_place(&place);
}

static void test_a_stream_that_is_broken(void **state)
{
    (void)state;
    struct place place;
    open_place(&place);
    (void)signal(SIGPIPE, SIG_IGN);
    say(place.one.write, "a line\n");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    (void)close(place.stream.read);
    ferry_relay_write(&place.relay);
    assert_true(place.relay.broken);
    assert_true(ferry_relay_is_between_lines(&place.relay));
    assert_true(ferry_relay_has_written(&place.relay, place.relay.taken));
    assert_false(ferry_relay_has_lines(&place.relay));
    say(place.one.write, "another\nand more");
    assert_true(ferry_relay_read(&place.relay, &place.from_one));
    assert_false(ferry_relay_has_lines(&place.relay));
    place.stream.read = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_in_parts),
        cmocka_unit_test(test_an_end_without_a_line_feed),
        cmocka_unit_test(test_whole_lines_alone),
        cmocka_unit_test(test_a_line_without_end),
        cmocka_unit_test(test_a_slow_reader),
        cmocka_unit_test(test_when_others_may_write),
        cmocka_unit_test(test_a_stream_that_is_broken),
    };
    return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
