/* Tests of hash.c: values that the authors of FNV-1a give, and names that stay what they were. */

#include "unit.h"

#include "dbferry/driver.h"

/* http://www.isthe.com/chongo/src/fnv/test_fnv.c: fnv1a_64 of these texts. */
static void test_vectors(void **state)
{
    (void)state;
    assert_int_equal(ferry_hash_bytes(FERRY_HASH_SEED, "", 0), UINT64_C(0xcbf29ce484222325));
    assert_int_equal(ferry_hash_bytes(FERRY_HASH_SEED, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    assert_int_equal(ferry_hash_bytes(FERRY_HASH_SEED, "foobar", 6), UINT64_C(0x85944171f73967e8));
    uint64_t halves = ferry_hash_bytes(FERRY_HASH_SEED, "foo", 3);
    assert_int_equal(ferry_hash_bytes(halves, "bar", 3), UINT64_C(0x85944171f73967e8));
}

static void test_names_have_an_end(void **state)
{
    (void)state;
    uint64_t a = ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, "a"), "bc");
    uint64_t b = ferry_hash_name(ferry_hash_name(FERRY_HASH_SEED, "ab"), "c");
    assert_int_not_equal(a, b);
    assert_int_equal(ferry_hash_name(FERRY_HASH_SEED, "a"),
                     ferry_hash_bytes(FERRY_HASH_SEED, "a\377", 2));
    assert_int_equal(ferry_hash_name(FERRY_HASH_SEED, "foobar"),
                     ferry_hash_bytes(FERRY_HASH_SEED, "foobar\377", 7));
    assert_int_equal(ferry_hash_name(FERRY_HASH_SEED, ""),
                     ferry_hash_bytes(FERRY_HASH_SEED, "\377", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_names_have_an_end),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
