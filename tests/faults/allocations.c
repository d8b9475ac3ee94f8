/* A preload that lets one call that asks for memory, a thread or a mapping fail, or all from then
 * on.
 *
 *   FERRY_FAIL_WHAT   "memory", "thread" or "map"; without it nothing fails
 *   FERRY_FAIL_AT     the number of the call that fails, from 1; 0: none
 *   FERRY_FAIL_MODE   "once" or "ever": that call alone, or all that follow too
 *   FERRY_FAIL_LOG    a file that gets a line "calls N" at the end, "failed" with who called for
 *                     each of the first that fail, and "crashed" with who called
 *   FERRY_FAIL_STACKS
 *                     a file that gets eight bytes for each call in turn, a number: the same for
 *                     the same callers, and odd where OpenSSL is one of them
 *
 * What is asked for before the program's own first line is not counted: the loader's work. */

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES_MAX 48
#define TOLD_MAX 12 /* failures */

enum what { WHAT_NONE, WHAT_MEMORY, WHAT_THREAD, WHAT_MAP };

static enum what what;   /* what fails */
static long fail_at;     /* the number of the call */
static bool fail_ever;   /* and all after it */
static const char *path; /* of the log */
static int stacks = -1;  /* the file of them */
static _Atomic long calls;

static void write_text(int file, const char *text)
{
    if (write(file, text, strlen(text)) < 0)
        return;
}

/* Says who called, without asking for memory. */
static void tell(const char *event)
{
    void *frames[FRAMES_MAX];
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    write_text(file, event);
    int count = backtrace(frames, FRAMES_MAX);
    backtrace_symbols_fd(frames, count, file);
    (void)close(file);
}

static bool is_of_openssl(void *address)
{
    struct dl_find_object found;
    return _dl_find_object(address, &found) == 0 &&
           (strstr(found.dlfo_link_map->l_name, "/libcrypto.so") != NULL ||
            strstr(found.dlfo_link_map->l_name, "/libssl.so") != NULL);
}

/* Without asking for memory, too.  It is a number of this process: others have other addresses. */
static void write_stack(long number)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    uint64_t hash = 14695981039346656037u; /* FNV-1a, by addresses and not by bytes */
    bool of_openssl = false;
    for (int i = 0; i < count; i++) {
        hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211u;
        of_openssl = of_openssl || is_of_openssl(frames[i]);
    }
    hash = (hash & ~(uint64_t)1) | of_openssl;
    if (pwrite(stacks, &hash, sizeof hash, (off_t)sizeof hash * (number - 1)) < 0)
        return;
}

/* Whether this call, which asks for such a thing, is to fail. */
static bool fails(enum what wanted)
{
    if (what != wanted)
        return false;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (stacks >= 0)
        write_stack(number);
    if (fail_at == 0 || number < fail_at || (number > fail_at && !fail_ever))
        return false;
    if (number < fail_at + TOLD_MAX)
        tell("failed\n");
    errno = ENOMEM;
    return true;
}

/* The next of that name: the C library's, or a sanitizer's. */
static void *next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        abort();
    return function;
}

/* ISO C has no cast from an object's address to a function's. */
#define NEXT(type, name)                                                                           \
    static type real;                                                                              \
    if (real == NULL) {                                                                            \
        void *found = next(name);                                                                  \
        memcpy(&real, &found, sizeof real);                                                        \
    }

typedef void *one_size(size_t);
typedef void *two_sizes(size_t, size_t);
typedef void *old_and_size(void *, size_t);
typedef void *old_and_sizes(void *, size_t, size_t);
typedef int aligned(void **, size_t, size_t);
typedef int thread(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef void *map(void *, size_t, int, int, int, off_t);

void *malloc(size_t size)
{
    NEXT(one_size *, "malloc")
    return fails(WHAT_MEMORY) ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
    NEXT(two_sizes *, "calloc")
    return fails(WHAT_MEMORY) ? NULL : real(count, size);
}

void *realloc(void *old, size_t size)
{
    NEXT(old_and_size *, "realloc")
    return fails(WHAT_MEMORY) ? NULL : real(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
    NEXT(old_and_sizes *, "reallocarray")
    return fails(WHAT_MEMORY) ? NULL : real(old, count, size);
}

int posix_memalign(void **place, size_t alignment, size_t size)
{
    NEXT(aligned *, "posix_memalign")
    return fails(WHAT_MEMORY) ? ENOMEM : real(place, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    NEXT(two_sizes *, "aligned_alloc")
    return fails(WHAT_MEMORY) ? NULL : real(alignment, size);
}

/* A sanitizer's strdup() would not come here, and the C library's would. */
char *strndup(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char *copy = malloc(length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *strdup(const char *text)
{
    return strndup(text, strlen(text));
}

int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    NEXT(thread *, "pthread_create")
    return fails(WHAT_THREAD) ? EAGAIN : real(id, attributes, start, argument);
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    NEXT(map *, "mmap")
    return fails(WHAT_MAP) ? MAP_FAILED : real(address, size, protection, flags, file, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    return mmap(address, size, protection, flags, file, offset);
}

static void crash(int number)
{
    tell("crashed\n");
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

__attribute__((constructor)) static void begin(void)
{
    void *frames[1];
    const char *name = getenv("FERRY_FAIL_WHAT");
    const char *at = getenv("FERRY_FAIL_AT");
    const char *mode = getenv("FERRY_FAIL_MODE");
    const char *file = getenv("FERRY_FAIL_STACKS");
    if (name == NULL)
        return;
    (void)backtrace(frames, 1); /* which loads the unwinder, once */
    path = getenv("FERRY_FAIL_LOG");
    if (file != NULL)
        stacks = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fail_at = at == NULL ? 0 : atol(at);
    fail_ever = mode != NULL && strcmp(mode, "ever") == 0;
    if (dlsym(RTLD_DEFAULT, "__asan_init") == NULL) { /* it tells more itself */
        (void)signal(SIGSEGV, crash);
        (void)signal(SIGBUS, crash);
        (void)signal(SIGABRT, crash);
    }
    what = strcmp(name, "memory") == 0   ? WHAT_MEMORY
           : strcmp(name, "thread") == 0 ? WHAT_THREAD
           : strcmp(name, "map") == 0    ? WHAT_MAP
                                         : WHAT_NONE;
}

__attribute__((destructor)) static void end(void)
{
    char text[40];
    long counted = calls;
    enum what was = what;
    what = WHAT_NONE;
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return;
    if (was != WHAT_NONE && snprintf(text, sizeof text, "calls %ld\n", counted) > 0)
        write_text(file, text);
    (void)close(file);
}
