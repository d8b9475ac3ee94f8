/* The report of the conformance suite, in the Test Anything Protocol. */

#include "suite.h"

#include <stdio.h>

static int tap_count;
static int tap_failed;

FERRY_PRINTF(2, 0)
static void print_name(const char *prefix, const char *format, va_list arguments)
{
    (void)printf("%s %d - ", prefix, ++tap_count);
    (void)vprintf(format, arguments);
}

bool tap_ok(bool passed, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_name(passed ? "ok" : "not ok", format, arguments);
    va_end(arguments);
    (void)printf("\n");
    (void)fflush(stdout);
    tap_failed += !passed;
    return passed;
}

void tap_skip(const char *why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_name("ok", format, arguments);
    va_end(arguments);
    (void)printf(" # skip %s\n", why);
}

void tap_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)printf("# ");
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)printf("\n");
}

void tap_error(struct ferry_error *error)
{
    if (error->status != FERRY_OK)
        tap_note("%s: %s", ferry_error_class_of(error->status)->name, error->message);
    ferry_error_clear(error);
}

int tap_end(void)
{
    (void)printf("1..%d\n", tap_count);
    return tap_failed;
}
