/* One value through mydrv_encode, in a form made for it; for tests that include encode.c. */

#ifndef FERRY_UNIT_MYSQL_ENCODE_H
#define FERRY_UNIT_MYSQL_ENCODE_H

#include <sys/mman.h>

#include "values.h"

#define REFUSED(why) ("!" why), 0

struct encode_case {
    struct ferry_column source;
    const char *native;
    struct ferry_cell cell;
    const char *data; /* what is sent; or "!" and why nothing is */
    size_t size;
};

/* A copy of the text, until the next one, that ends where a page of memory ends: who goes on is
 * killed. */
static inline const char *at_the_edge(const char *text, size_t size)
{
    static char *edge;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (edge == NULL) {
        char *pages =
            mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(pages != MAP_FAILED);
        assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
        edge = pages + page;
    }
    assert_true(size <= page);
    if (size > 0)
        memcpy(edge - size, text, size);
    return edge - size;
}

/* What becomes of the cell. */
static inline void assert_encodes(const struct mydrv_form *form, const struct ferry_cell *given,
                                  const char *expected, size_t expected_size)
{
    struct ferry_cell cell = *given;
    char room[MYDRV_VALUE_ROOM];
    const char *data = NULL;
    size_t size = 0;
    if (cell.len > 0)
        cell.v.p = at_the_edge(cell.v.p, cell.len);
    const char *flaw = mydrv_encode(form, &cell, room, &data, &size);
    bool refused = expected[0] == '!' && expected_size == 0;
    if (flaw != NULL ? !refused || strcmp(flaw, expected + 1) != 0
                     : refused || size != expected_size || memcmp(data, expected, size) != 0)
        fail_msg("%s, '%.*s': %s '%.*s', not '%s'", form->native, (int)given->len,
                 given->len > 0 ? given->v.p : "", flaw == NULL ? "sent" : flaw, (int)size,
                 flaw == NULL ? data : "", expected);
}

static inline void run_encode_case(const struct encode_case *test)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_column source = test->source;
    struct mydrv_form form = {0};
    source.name = "c";
    (void)mydrv_form_make(&form, &source, test->native, &error);
    assert_no_error(&error);
    assert_encodes(&form, &test->cell, test->data, test->size);
    mydrv_form_clear(&form);
}

static inline void run_encode_cases(const struct encode_case *tests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_encode_case(&tests[i]);
}

#endif
