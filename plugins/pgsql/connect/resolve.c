/* The addresses of a name, within the time that there is: getaddrinfo() cannot be stopped from
 * outside, so it runs in a thread of its own, which is left behind where it takes too long and
 * clears up whenever it comes to its end.
 */

#include "connect/connect.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RESOLVE_ASK_MS 100  /* how often the core is asked whether the run is to end */
#define RESOLVE_ADDRESSES 8 /* that are tried, at most */

struct resolve {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *host;
    bool done, left;       /* under the lock */
    int failure;           /* the thread's until it is done: of getaddrinfo() ... */
    int system_error;      /* ... and errno */
    struct addrinfo *list; /* NULL: none */
};

static void resolve_free(struct resolve *resolve)
{
    if (resolve->list != NULL)
        freeaddrinfo(resolve->list);
    pthread_cond_destroy(&resolve->changed);
    pthread_mutex_destroy(&resolve->lock);
    free(resolve->host);
    free(resolve);
}

static void *resolve_thread(void *data)
{
    struct resolve *resolve = data;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int failure = getaddrinfo(resolve->host, NULL, &hints, &list);
    resolve->system_error = failure == EAI_SYSTEM ? errno : 0;
    resolve->failure = failure;
    resolve->list = failure == 0 ? list : NULL;
    pthread_mutex_lock(&resolve->lock);
    resolve->done = true;
    bool left = resolve->left;
    pthread_cond_signal(&resolve->changed);
    pthread_mutex_unlock(&resolve->lock);
    if (left)
        resolve_free(resolve);
    return NULL;
}

/* Under the lock: whether it was done in time. */
static bool resolve_wait(struct resolve *resolve, int64_t until_ms, bool *ret_stopped)
{
    while (!resolve->done) {
        *ret_stopped = ferry_should_stop() != 0;
        if (*ret_stopped || pgdrv_clock() >= until_ms)
            return false;
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += RESOLVE_ASK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_clockwait(&resolve->changed, &resolve->lock, CLOCK_MONOTONIC, &until);
    }
    return true;
}

static ferry_status resolve_fail(const struct pgdrv_conn *conn, const char *host,
                                 const char *reason, struct ferry_error *err)
{
    ferry_status status = conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE;
    ferry_fail(err, status,
               "%s: cannot resolve '%s': %s; check the name and this machine's "
               "resolver",
               conn->label, host, reason);
    ferry_error_may_pass(err);
    return status;
}

static ferry_status resolve_list(const struct addrinfo *list, char **ret_addresses,
                                 size_t *ret_count, struct ferry_error *err)
{
    char *text = NULL;
    size_t size = 0;
    size_t count = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return pgdrv_fail_memory(err);
    for (; list != NULL && count < RESOLVE_ADDRESSES; list = list->ai_next) {
        char address[NI_MAXHOST];
        if (getnameinfo(list->ai_addr, list->ai_addrlen, address, sizeof address, NULL, 0,
                        NI_NUMERICHOST) != 0)
            continue;
        fprintf(out, "%s%s", count > 0 ? "," : "", address);
        count++;
    }
    bool written = ferror(out) == 0;
    if (fclose(out) != 0 || !written) {
        free(text);
        return pgdrv_fail_memory(err);
    }
    *ret_addresses = text;
    *ret_count = count;
    return FERRY_OK;
}

static ferry_status resolve_judge(const struct pgdrv_conn *conn, const struct resolve *resolve,
                                  char **ret_addresses, size_t *ret_count, struct ferry_error *err)
{
    int failure = resolve->failure;
    if (failure == EAI_MEMORY || resolve->system_error == ENOMEM)
        return pgdrv_fail_memory(err);
    if (failure != 0)
        return resolve_fail(conn, resolve->host,
                            failure == EAI_NONAME || failure == EAI_NODATA ? "no such host"
                            : failure == EAI_SYSTEM ? strerror(resolve->system_error)
                                                    : gai_strerror(failure),
                            err);
    ferry_status status = resolve_list(resolve->list, ret_addresses, ret_count, err);
    if (status == FERRY_OK && *ret_count == 0) {
        free(*ret_addresses);
        *ret_addresses = NULL;
        return resolve_fail(conn, resolve->host, "it has no address", err);
    }
    return status;
}

static struct resolve *resolve_new(const char *host)
{
    struct resolve *resolve = calloc(1, sizeof *resolve);
    if (resolve == NULL)
        return NULL;
    pthread_mutex_init(&resolve->lock, NULL);
    pthread_cond_init(&resolve->changed, NULL);
    resolve->host = strdup(host);
    if (resolve->host != NULL)
        return resolve;
    resolve_free(resolve);
    return NULL;
}

ferry_status pgdrv_resolve(const struct pgdrv_conn *conn, const char *host, char **ret_addresses,
                           size_t *ret_count, struct ferry_error *err)
{
    struct resolve *resolve = resolve_new(host);
    pthread_t thread;
    bool stopped = false;
    if (resolve == NULL)
        return pgdrv_fail_memory(err);
    if (ferry_thread_create(&thread, resolve_thread, resolve) != 0) {
        resolve_free(resolve);
        return pgdrv_fail_memory(err);
    }
    pthread_mutex_lock(&resolve->lock);
    bool done = resolve_wait(resolve, conn->until_ms, &stopped);
    resolve->left = !done;
    pthread_mutex_unlock(&resolve->lock);
    if (!done) {
        pthread_detach(thread);
        return stopped ? ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled")
                       : resolve_fail(conn, host, "no answer in time (connect_timeout)", err);
    }
    pthread_join(thread, NULL);
    ferry_status status = resolve_judge(conn, resolve, ret_addresses, ret_count, err);
    resolve_free(resolve);
    return status;
}
