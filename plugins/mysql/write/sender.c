/* The thread that sends rows: the server works on one parcel while the next are being encoded.
 *
 * Parcels go round in a ring: one is filled by the core's thread, the others are sent in order.  Of
 * a parcel that the server does not take whole, nothing behind it is sent.
 */

#include "write/rows.h"

#include <pthread.h>
#include <string.h>

#define SENDER_PARCELS 3
#define SENDER_KEEP ((size_t)4 << 20) /* of memory, for the next rows */

struct mydrv_sender {
    struct mydrv_lane *lane;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock: */
    struct mydrv_parcel parcels[SENDER_PARCELS];
    size_t first; /* the one that is being sent, or was not taken */
    size_t count; /* how many wait or are being sent */
    enum mydrv_sent sent;
    bool stop;
    /* of the thread, until it has ended: */
    uint64_t uncommitted, rows;
    bool running;
};

enum mydrv_sent mydrv_sender_send(struct mydrv_lane *lane, struct mydrv_parcel *parcel)
{
    MYSQL *native = lane->conn->native;
    bool done = lane->infile
                    ? mydrv_infile_send(lane->conn, &lane->infile_sql, parcel)
                    : mysql_real_query(native, parcel->text.data, parcel->text.length) == 0;
    if (!done)
        return MYDRV_SENT_REFUSED;
    return mysql_affected_rows(native) == parcel->rows && mysql_warning_count(native) == 0
               ? MYDRV_SENT_WHOLE
               : MYDRV_SENT_DOUBTED;
}

static enum mydrv_sent sender_commit(struct mydrv_sender *sender, uint64_t bytes)
{
    static const char commit[] = "COMMIT AND CHAIN";
    const uint64_t enough = sender->lane->commit_bytes;
    sender->uncommitted += bytes;
    if (enough == 0 || sender->uncommitted < enough)
        return MYDRV_SENT_WHOLE;
    sender->uncommitted = 0;
    return mysql_real_query(sender->lane->conn->native, commit, sizeof commit - 1) == 0
               ? MYDRV_SENT_WHOLE
               : MYDRV_SENT_UNCOMMITTED;
}

/* The next parcel, or NULL where there is nothing more to do. */
static struct mydrv_parcel *sender_next(struct mydrv_sender *sender)
{
    pthread_mutex_lock(&sender->lock);
    while (!sender->stop && sender->count == 0)
        pthread_cond_wait(&sender->changed, &sender->lock);
    struct mydrv_parcel *parcel = sender->stop ? NULL : &sender->parcels[sender->first];
    pthread_mutex_unlock(&sender->lock);
    return parcel;
}

static void sender_report(struct mydrv_sender *sender, enum mydrv_sent sent)
{
    pthread_mutex_lock(&sender->lock);
    sender->sent = sent;
    if (sent == MYDRV_SENT_WHOLE) {
        sender->first = (sender->first + 1) % SENDER_PARCELS;
        sender->count--;
    } else {
        sender->stop = true;
    }
    pthread_cond_broadcast(&sender->changed);
    pthread_mutex_unlock(&sender->lock);
}

static void *sender_main(void *data)
{
    struct mydrv_sender *sender = data;
    struct mydrv_parcel *parcel;
    (void)mysql_thread_init();
    while ((parcel = sender_next(sender)) != NULL) {
        enum mydrv_sent sent = mydrv_sender_send(sender->lane, parcel);
        if (sent == MYDRV_SENT_WHOLE) {
            sender->rows += parcel->rows;
            sent = sender_commit(sender, parcel->bytes);
        }
        if (sent == MYDRV_SENT_WHOLE && parcel->text.room > SENDER_KEEP)
            part_text_clear(&parcel->text);
        sender_report(sender, sent);
    }
    mysql_thread_end();
    return NULL;
}

/* ---- For the core's thread ---- */

ferry_status mydrv_sender_start(struct mydrv_lane *lane, struct ferry_error *err)
{
    struct mydrv_sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL)
        return mydrv_fail_memory(err);
    sender->lane = lane;
    (void)pthread_mutex_init(&sender->lock, NULL);
    (void)pthread_cond_init(&sender->changed, NULL);
    int failure = ferry_thread_create(&sender->thread, sender_main, sender);
    sender->running = failure == 0;
    lane->sender = sender;
    return failure == 0
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "cannot start a thread: %s", strerror(failure));
}

struct mydrv_parcel *mydrv_sender_take(struct mydrv_sender *sender)
{
    pthread_mutex_lock(&sender->lock);
    while (!sender->stop && sender->count == SENDER_PARCELS)
        pthread_cond_wait(&sender->changed, &sender->lock);
    size_t free = (sender->first + sender->count) % SENDER_PARCELS;
    struct mydrv_parcel *parcel = sender->stop ? NULL : &sender->parcels[free];
    pthread_mutex_unlock(&sender->lock);
    return parcel;
}

void mydrv_sender_put(struct mydrv_sender *sender)
{
    pthread_mutex_lock(&sender->lock);
    sender->count++;
    pthread_cond_broadcast(&sender->changed);
    pthread_mutex_unlock(&sender->lock);
}

bool mydrv_sender_is_idle(struct mydrv_sender *sender)
{
    pthread_mutex_lock(&sender->lock);
    bool idle = sender->count == 0 || sender->stop;
    pthread_mutex_unlock(&sender->lock);
    return idle;
}

bool mydrv_sender_wait(struct mydrv_sender *sender)
{
    pthread_mutex_lock(&sender->lock);
    while (!sender->stop && sender->count > 0)
        pthread_cond_wait(&sender->changed, &sender->lock);
    bool good = !sender->stop;
    pthread_mutex_unlock(&sender->lock);
    return good;
}

enum mydrv_sent mydrv_sender_stop(struct mydrv_sender *sender, struct mydrv_parcel **ret_last)
{
    pthread_mutex_lock(&sender->lock);
    sender->stop = true;
    pthread_cond_broadcast(&sender->changed);
    pthread_mutex_unlock(&sender->lock);
    if (sender->running)
        (void)pthread_join(sender->thread, NULL);
    sender->running = false;
    *ret_last = &sender->parcels[sender->first];
    return sender->sent;
}

uint64_t mydrv_sender_free(struct mydrv_sender *sender)
{
    struct mydrv_parcel *last;
    if (sender == NULL)
        return 0;
    (void)mydrv_sender_stop(sender, &last);
    uint64_t rows = sender->rows;
    for (size_t i = 0; i < SENDER_PARCELS; i++)
        part_text_clear(&sender->parcels[i].text);
    (void)pthread_cond_destroy(&sender->changed);
    (void)pthread_mutex_destroy(&sender->lock);
    free(sender);
    return rows;
}
