/* A preload that exchanges a file at one moment of a run: right before the Nth call that has to do
 * with the files of one folder.
 *
 *   EXCHANGE_FOLDER   the folder, absolute
 *   EXCHANGE_AT       N, counted from 1; 0: never
 *   EXCHANGE_DO       lines of "move A B", "link A B", "symlink A B", "remove A"; what cannot be
 *                     done is passed over
 *   EXCHANGE_COUNT    a file that gets the number of calls, and the name of the Nth
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS 1024

static atomic_bool marked[FDS]; /* descriptors of the folder and of files in it */
static atomic_long calls;
static const char *hit = "-";

/* By the kernel's calls: those of the library are ours. */
static void exchange(void)
{
    char kind[16], from[1024], to[1024];
    const char *line = getenv("EXCHANGE_DO");
    for (; line != NULL && *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        int words = sscanf(line, "%15[^ \n] %1023[^ \n] %1023[^ \n]", kind, from, to);
        if (words == 3 && strcmp(kind, "move") == 0)
            (void)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
        else if (words == 3 && strcmp(kind, "link") == 0)
            (void)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
        else if (words == 3 && strcmp(kind, "symlink") == 0)
            (void)syscall(SYS_symlinkat, from, AT_FDCWD, to);
        else if (words == 2 && strcmp(kind, "remove") == 0)
            (void)syscall(SYS_unlinkat, AT_FDCWD, from, 0);
    }
}

static void moment(bool ours, const char *name)
{
    const char *at = getenv("EXCHANGE_AT");
    if (ours && atomic_fetch_add(&calls, 1) + 1 == (at == NULL ? 0 : atol(at))) {
        hit = name;
        exchange();
    }
}

static bool in_folder(const char *path)
{
    const char *folder = getenv("EXCHANGE_FOLDER");
    return path != NULL && folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static bool is_marked(int fd)
{
    return fd >= 0 && fd < FDS && atomic_load(&marked[fd]);
}

static int mark(int fd, bool ours)
{
    if (fd >= 0 && fd < FDS)
        atomic_store(&marked[fd], ours);
    return fd;
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("EXCHANGE_COUNT");
    int fd = path == NULL || calls == 0
                 ? -1
                 : (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0)
        dprintf(fd, "%ld %s\n", (long)calls, hit);
}

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (real == NULL)                                                                              \
        real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                                              \
        REAL(int, name, const char *, int, ...)                                                    \
        bool ours = in_folder(path);                                                               \
        moment(ours, #name);                                                                       \
        return mark(real(path, flags, mode), ours);                                                \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                                              \
        REAL(int, name, int, const char *, int, ...)                                               \
        bool ours = is_marked(folder) || in_folder(path);                                          \
        moment(ours, #name);                                                                       \
        return mark(real(folder, path, flags, mode), ours);                                        \
    }
OPENAT(openat)
OPENAT(openat64)

/* What gcc -D_FORTIFY_SOURCE makes of them. */
#define OPEN_2(name)                                                                               \
    int name(const char *path, int flags)                                                          \
    {                                                                                              \
        REAL(int, name, const char *, int)                                                         \
        bool ours = in_folder(path);                                                               \
        moment(ours, #name);                                                                       \
        return mark(real(path, flags), ours);                                                      \
    }
OPEN_2(__open_2)
OPEN_2(__open64_2)

#define OPENAT_2(name)                                                                             \
    int name(int folder, const char *path, int flags)                                              \
    {                                                                                              \
        REAL(int, name, int, const char *, int)                                                    \
        bool ours = is_marked(folder) || in_folder(path);                                          \
        moment(ours, #name);                                                                       \
        return mark(real(folder, path, flags), ours);                                              \
    }
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

#define CALL(ours, type, name, declared, given, ...)                                               \
    type name declared                                                                             \
    {                                                                                              \
        REAL(type, name, __VA_ARGS__)                                                              \
        moment(ours, #name);                                                                       \
        return real given;                                                                         \
    }

#define BY_PATH(name, declared, given, ...)                                                        \
    CALL(in_folder(path), int, name, declared, given, __VA_ARGS__)
BY_PATH(stat, (const char *path, struct stat *to), (path, to), const char *, struct stat *)
BY_PATH(stat64, (const char *path, struct stat64 *to), (path, to), const char *, struct stat64 *)
BY_PATH(lstat, (const char *path, struct stat *to), (path, to), const char *, struct stat *)
BY_PATH(lstat64, (const char *path, struct stat64 *to), (path, to), const char *, struct stat64 *)
BY_PATH(access, (const char *path, int mode), (path, mode), const char *, int)
BY_PATH(unlink, (const char *path), (path), const char *)
BY_PATH(rename, (const char *path, const char *to), (path, to), const char *, const char *)
BY_PATH(chmod, (const char *path, mode_t mode), (path, mode), const char *, mode_t)
BY_PATH(truncate, (const char *path, off_t size), (path, size), const char *, off_t)
BY_PATH(truncate64, (const char *path, off_t size), (path, size), const char *, off_t)
CALL(in_folder(path), char *, realpath, (const char *path, char *to), (path, to), const char *,
     char *)

#define BY_FOLDER(name, declared, given, ...)                                                      \
    CALL(is_marked(folder) || in_folder(path), int, name, declared, given, __VA_ARGS__)
BY_FOLDER(fstatat, (int folder, const char *path, struct stat *to, int flags),
          (folder, path, to, flags), int, const char *, struct stat *, int)
BY_FOLDER(fstatat64, (int folder, const char *path, struct stat64 *to, int flags),
          (folder, path, to, flags), int, const char *, struct stat64 *, int)
BY_FOLDER(faccessat, (int folder, const char *path, int mode, int flags),
          (folder, path, mode, flags), int, const char *, int, int)
BY_FOLDER(unlinkat, (int folder, const char *path, int flags), (folder, path, flags), int,
          const char *, int)
BY_FOLDER(renameat2, (int folder, const char *path, int there, const char *to, unsigned flags),
          (folder, path, there, to, flags), int, const char *, int, const char *, unsigned)

#define BY_FD(type, name, declared, given, ...)                                                    \
    CALL(is_marked(fd), type, name, declared, given, __VA_ARGS__)
BY_FD(int, fstat, (int fd, struct stat *to), (fd, to), int, struct stat *)
BY_FD(int, fstat64, (int fd, struct stat64 *to), (fd, to), int, struct stat64 *)
BY_FD(int, ftruncate, (int fd, off_t size), (fd, size), int, off_t)
BY_FD(int, ftruncate64, (int fd, off_t size), (fd, size), int, off_t)
BY_FD(int, fchmod, (int fd, mode_t mode), (fd, mode), int, mode_t)
BY_FD(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), int, uid_t, gid_t)
BY_FD(int, flock, (int fd, int how), (fd, how), int, int)
BY_FD(int, fsync, (int fd), (fd), int)
BY_FD(int, fdatasync, (int fd), (fd), int)
BY_FD(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), int, const void *,
      size_t)
BY_FD(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), int,
      const void *, size_t, off_t)
BY_FD(ssize_t, pwrite64, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at),
      int, const void *, size_t, off_t)

int close(int fd)
{
    REAL(int, close, int)
    moment(is_marked(fd), "close");
    (void)mark(fd, false);
    return real(fd);
}

/* The third argument is a number or a pointer; either fits. */
#define FCNTL(name)                                                                                \
    int name(int fd, int how, ...)                                                                 \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, how);                                                                       \
        void *what = va_arg(rest, void *);                                                         \
        va_end(rest);                                                                              \
        REAL(int, name, int, int, ...)                                                             \
        moment(is_marked(fd), #name);                                                              \
        int result = real(fd, how, what);                                                          \
        if (how == F_DUPFD || how == F_DUPFD_CLOEXEC)                                              \
            (void)mark(result, is_marked(fd));                                                     \
        return result;                                                                             \
    }
FCNTL(fcntl)
FCNTL(fcntl64)
