/* What every unit test starts from: cmocka, checks of reported errors, and a folder of its own. */

#ifndef FERRY_UNIT_H
#define FERRY_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The error has this class and `text` in its message; it is cleared. */
static inline void assert_error(struct ferry_error *error, ferry_status status, const char *text)
{
    assert_non_null(error->message);
    if (error->status != status || strstr(error->message, text) == NULL)
        fail_msg("expected class %d and '%s', found %d: %s", status, text, error->status,
                 error->message);
    ferry_error_clear(error);
}

/* Nothing was reported. */
static inline void assert_no_error(const struct ferry_error *error)
{
    if (error->status != FERRY_OK)
        fail_msg("unexpected error of class %d: %s", error->status, error->message);
}

/* A fresh folder; the caller frees the path after remove_folder(). */
static inline char *make_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    assert_true(asprintf(&path, "%s/dbferry-unit.XXXXXX", base == NULL ? "/tmp" : base) > 0);
    assert_non_null(mkdtemp(path));
    return path;
}

static inline int remove_entry(const char *path, const struct stat *stat, int type,
                               struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void remove_folder(char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

/* Writes `size` bytes to FOLDER/NAME with exactly this mode; the caller frees the path. */
static inline char *write_file(const char *folder, const char *name, const char *data, size_t size,
                               mode_t mode)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    (void)unlink(path); /* one that is read-only cannot be opened again, but for root */
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
    return path;
}

/* The whole file as text; the caller frees it. */
static inline char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    (void)fclose(file);
    return text;
}

#endif
